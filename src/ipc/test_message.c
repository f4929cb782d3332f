/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message carries: words with and without buffers, capabilities and badges. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>

struct pair {
    struct guest g;
    struct guest_thread client, server;
    cptr_t ep, place; /* the server offers `place` */
};

static void offer(const struct pair *p, cptr_t root, word_t index, word_t depth)
{
    p->server.buffer[IPC_BUFFER_RECEIVE_CNODE] = root;
    p->server.buffer[IPC_BUFFER_RECEIVE_INDEX] = index;
    p->server.buffer[IPC_BUFFER_RECEIVE_DEPTH] = depth;
}

static struct pair setup(void)
{
    struct pair p = {.g = guest_boot_default()};
    p.client = guest_thread(&p.g, 255);
    p.server = guest_thread(&p.g, 255);
    p.ep = guest_make(&p.g, OBJECT_ENDPOINT, 0);
    p.place = p.g.next_slot++;
    offer(&p, INITIAL_CAP_CNODE, p.place, 64);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    guest_run(&p.g, p.client);
    return p;
}

static struct message_info send_caps(struct pair *p, cptr_t through, unsigned caps, cptr_t a,
                                     cptr_t b, cptr_t c)
{
    guest_syscall(&p->g, (struct guest_syscall){.syscall = SYSCALL_SEND,
                                                .cap = through,
                                                .label = 1,
                                                .length = 1,
                                                .words = {0x55},
                                                .caps = caps,
                                                .extra = {a, b, c}});
    return thread_info(p->server);
}

static void remove_buffer(struct guest_thread t)
{
    t.tcb->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_KERNEL_ONLY;
}

TEST(long_messages_are_cut_to_120_words)
{
    struct pair p = setup();
    p.client.tcb->context.reg[UREG_CAP] = p.ep;
    p.client.tcb->context.reg[UREG_MESSAGE_INFO] = 127;
    p.client.tcb->context.reg[UREG_SYSCALL] =
        (word_t)abi_syscall_number(&p.g.k->config, SYSCALL_SEND);
    p.client.buffer[IPC_BUFFER_MSG + 119] = 0x77;
    p.client.buffer[IPC_BUFFER_USER_DATA] = 0x88;
    kernel_syscall(p.g.k, 0, 0);
    CHECK_EQ(thread_info(p.server).length, 120);
    CHECK_EQ(thread_word(p.server, 119), 0x77);
    CHECK_EQ(p.server.buffer[IPC_BUFFER_USER_DATA], 0);
    guest_end(&p.g);
}

TEST(without_a_buffer_of_the_sender_four_words_arrive)
{
    struct pair p = setup();
    remove_buffer(p.client);
    guest_send(&p.g, p.ep, 1, 20);
    CHECK_EQ(thread_info(p.server).length, 4);
    CHECK_EQ(thread_word(p.server, 3), 0x103);
    guest_end(&p.g);
}

TEST(without_a_buffer_of_the_receiver_four_words_arrive_and_no_capabilities)
{
    struct pair p = setup();
    remove_buffer(p.server);
    guest_syscall(
        &p.g, (struct guest_syscall){
                  .syscall = SYSCALL_SEND, .cap = p.ep, .length = 20, .caps = 1, .extra = {p.ep}});
    CHECK_EQ(thread_info(p.server).length, 4);
    CHECK_EQ(thread_info(p.server).extra_caps, 0);
    CHECK_EQ(p.server.tcb->state, THREAD_RUNNING);
    guest_end(&p.g);
}

TEST(the_first_capability_is_copied_to_the_receive_slot)
{
    struct pair p = setup();
    cptr_t signal = guest_make(&p.g, OBJECT_NOTIFICATION, 0);
    struct message_info info = send_caps(&p, p.ep, 2, signal, signal, 0);
    CHECK_EQ(info.extra_caps, 1);
    CHECK_EQ(info.caps_unwrapped, 0);
    CHECK_EQ(info.label, 1);
    CHECK_EQ(info.length, 1);
    CHECK_EQ(guest_cap(&p.g, p.place).type, CAP_NOTIFICATION);
    CHECK(slot_is_parent_of(p.g.k, guest_slot(&p.g, signal), guest_slot(&p.g, p.place)));
    guest_end(&p.g);
}

TEST(capabilities_to_the_endpoint_arrive_as_badges)
{
    struct pair p = setup();
    cptr_t seven = guest_mint(&p.g, p.ep, RIGHTS_ALL, 7), tcb = INITIAL_CAP_TCB;
    struct message_info info = send_caps(&p, seven, 3, seven, tcb, p.ep);
    CHECK_EQ(info.extra_caps, 3);
    CHECK_EQ(info.caps_unwrapped, 5);
    CHECK_EQ(p.server.buffer[IPC_BUFFER_CAPS_OR_BADGES], 7);
    CHECK_EQ(p.server.buffer[IPC_BUFFER_CAPS_OR_BADGES + 2], 0);
    CHECK_EQ(guest_cap(&p.g, p.place).type, CAP_TCB);
    guest_end(&p.g);
}

TEST(without_the_grant_right_no_capability_is_sent)
{
    struct pair p = setup();
    cptr_t no_grant = guest_mint(&p.g, p.ep, RIGHT_WRITE | RIGHT_GRANT_REPLY, 0);
    struct message_info info = send_caps(&p, no_grant, 2, INITIAL_CAP_TCB, p.ep, 0);
    CHECK_EQ(info.extra_caps, 0);
    CHECK_EQ(info.caps_unwrapped, 0);
    CHECK(cap_is_null(guest_cap(&p.g, p.place)));
    guest_end(&p.g);
}

TEST(what_cannot_be_copied_ends_the_transfer)
{
    struct pair p = setup();
    cptr_t copied = INITIAL_CAP_TCB;
    struct message_info info = send_caps(&p, p.ep, 3, p.ep, INITIAL_CAP_IRQ_CONTROL, copied);
    CHECK_EQ(info.extra_caps, 1);
    CHECK_EQ(info.caps_unwrapped, 1);
    CHECK(cap_is_null(guest_cap(&p.g, p.place)));
    guest_end(&p.g);
}

TEST(an_empty_slot_ends_the_transfer)
{
    struct pair p = setup();
    struct message_info info = send_caps(&p, p.ep, 2, p.g.next_slot, INITIAL_CAP_TCB, 0);
    CHECK_EQ(info.extra_caps, 0);
    CHECK(cap_is_null(guest_cap(&p.g, p.place)));
    guest_end(&p.g);
}

TEST(a_receive_slot_must_exist_and_be_empty)
{
    const struct {
        cptr_t root;
        word_t index, depth;
    } offers[] = {{INITIAL_CAP_CNODE, INITIAL_CAP_TCB, 64},
                  {INITIAL_CAP_CNODE, 4000, 0},
                  {INITIAL_CAP_CNODE, 1 << 20, 64},
                  {INITIAL_CAP_TCB, 4000, 64},
                  {1 << 20, 4000, 64}};
    for (unsigned i = 0; i < ARRAY_LENGTH(offers); i++) {
        struct pair p = setup();
        offer(&p, offers[i].root, offers[i].index, offers[i].depth);
        struct message_info info = send_caps(&p, p.ep, 1, INITIAL_CAP_CNODE, 0, 0);
        CHECK_EQ(info.extra_caps, 0);
        CHECK_EQ(info.length, 1);
        guest_end(&p.g);
    }
}

TEST(frames_arrive_unmapped)
{
    struct pair p = setup();
    cptr_t mapped = INITIAL_CAP_BOOTINFO_FRAME;
    CHECK(guest_cap(&p.g, mapped).frame.asid);
    CHECK_EQ(send_caps(&p, p.ep, 1, mapped, 0, 0).extra_caps, 1);
    CHECK_EQ(guest_cap(&p.g, p.place).frame.asid, 0);
    CHECK_EQ(guest_cap(&p.g, p.place).frame.map_type, FRAME_MAP_NONE);
    guest_end(&p.g);
}

/* Looked up when it is sent: a fault. Looked up when it is received later: dropped. */
TEST(extra_capabilities_that_do_not_resolve)
{
    struct pair p = setup();
    cptr_t far = 1 << 20, other = guest_make(&p.g, OBJECT_ENDPOINT, 0);
    send_caps(&p, p.ep, 2, INITIAL_CAP_TCB, far, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(p.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);

    struct guest_thread late = guest_thread(&p.g, 255);
    guest_run(&p.g, late);
    guest_syscall(&p.g, (struct guest_syscall){.syscall = SYSCALL_SEND,
                                               .cap = other,
                                               .length = 2,
                                               .caps = 2,
                                               .extra = {INITIAL_CAP_TCB, INITIAL_CAP_TCB}});
    CHECK_EQ(late.tcb->state, THREAD_BLOCKED_ON_SEND);
    late.buffer[IPC_BUFFER_CAPS_OR_BADGES + 1] = far;
    struct guest_thread receiver = guest_thread(&p.g, 255);
    guest_run(&p.g, receiver);
    guest_recv(&p.g, other);
    CHECK_EQ(thread_info(receiver).length, 2);
    CHECK_EQ(thread_info(receiver).extra_caps, 0);
    CHECK_EQ(late.tcb->state, THREAD_RUNNING);
    guest_end(&p.g);
}

TEST(nb_send_drops_what_does_not_resolve)
{
    struct pair p = setup();
    guest_syscall(&p.g,
                  (struct guest_syscall){
                      .syscall = SYSCALL_NB_SEND, .cap = p.ep, .caps = 1, .extra = {1 << 20}});
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(p.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_nb_send(&p.g, 1 << 20, 0, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    guest_end(&p.g);
}

/* Whether a reply may carry capabilities depends on the capability that the Call was received by.
 */
TEST(replies_carry_capabilities_if_the_receiver_could_grant)
{
    for (unsigned grant = 0; grant < 2; grant++) {
        struct pair p = setup();
        cptr_t receive = guest_mint(&p.g, p.ep, grant ? RIGHTS_ALL : RIGHT_READ, 0);
        guest_send(&p.g, p.ep, 0, 0);
        guest_run(&p.g, p.server);
        guest_recv(&p.g, receive);
        guest_run(&p.g, p.client);
        p.client.buffer[IPC_BUFFER_RECEIVE_CNODE] = INITIAL_CAP_CNODE;
        p.client.buffer[IPC_BUFFER_RECEIVE_INDEX] = p.place;
        p.client.buffer[IPC_BUFFER_RECEIVE_DEPTH] = 64;
        guest_call_ipc(&p.g, p.ep, 0, 0);
        guest_run(&p.g, p.server);
        guest_syscall(&p.g, (struct guest_syscall){.syscall = SYSCALL_REPLY,
                                                   .caps = 2,
                                                   .extra = {INITIAL_CAP_TCB, p.ep}});
        CHECK_EQ(thread_info(p.client).extra_caps, grant);
        CHECK_EQ(guest_cap(&p.g, p.place).type, grant ? CAP_TCB : CAP_NULL);
        guest_end(&p.g);
    }
}
