/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending, receiving, calling and replying; who waits, who runs, and what both find afterwards. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>

/* A client and a server of one priority above the initial thread's idea of it, one endpoint. */
struct pair {
    struct guest g;
    struct guest_thread client, server;
    cptr_t ep;
    struct endpoint *e;
};

static struct pair setup(void)
{
    struct pair p = {.g = guest_boot_default()};
    p.client = guest_thread(&p.g, 255);
    p.server = guest_thread(&p.g, 255);
    p.ep = guest_make(&p.g, OBJECT_ENDPOINT, 0);
    p.e = endpoint_at(p.g.k, guest_cap(&p.g, p.ep).endpoint.object);
    return p;
}

static void server_waits(struct pair *p)
{
    guest_run(&p->g, p->server);
    guest_recv(&p->g, p->ep);
    CHECK_EQ(p->server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
}

TEST(a_send_waits_until_someone_receives)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_send(&p.g, p.ep, 9, 3);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_SEND);
    CHECK_EQ(p.e->state, ENDPOINT_SENDING);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    CHECK(guest_is_current(&p.g, p.server));
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(p.e->state, ENDPOINT_IDLE);
    CHECK_EQ(thread_info(p.server).label, 9);
    CHECK_EQ(thread_info(p.server).length, 3);
    CHECK_EQ(thread_word(p.server, 2), 0x102);
    guest_end(&p.g);
}

TEST(a_receiver_waits_until_someone_sends)
{
    struct pair p = setup();
    cptr_t badged = guest_mint(&p.g, p.ep, RIGHT_WRITE, 42);
    server_waits(&p);
    guest_run(&p.g, p.client);
    guest_send(&p.g, badged, 9, 20);
    CHECK_EQ(p.e->state, ENDPOINT_IDLE);
    CHECK_EQ(p.server.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(p.server), 42);
    CHECK_EQ(thread_info(p.server).length, 20);
    for (unsigned i = 0; i < 20; i++)
        CHECK_EQ(thread_word(p.server, i), 0x100 + i);
    CHECK_EQ(p.server.tcb->context.next_ip, GUEST_SYSCALL_IP + 2);
    guest_end(&p.g);
}

TEST(a_send_leaves_the_sender_its_registers)
{
    struct pair p = setup();
    server_waits(&p);
    guest_run(&p.g, p.client);
    guest_send(&p.g, p.ep, 9, 2);
    CHECK_EQ(thread_badge(p.client), p.ep);
    CHECK_EQ(thread_info(p.client).label, 9);
    CHECK(guest_is_current(&p.g, p.client)); /* equals do not preempt */
    guest_end(&p.g);
}

TEST(nb_send_without_receiver_is_dropped)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_nb_send(&p.g, p.ep, 9, 2);
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(p.e->state, ENDPOINT_IDLE);
    server_waits(&p);
    guest_run(&p.g, p.client);
    guest_nb_send(&p.g, p.ep, 9, 2);
    CHECK_EQ(p.server.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(p.server).label, 9);
    guest_end(&p.g);
}

TEST(nb_recv_without_sender_writes_a_badge_of_0_only)
{
    struct pair p = setup();
    guest_run(&p.g, p.server);
    p.server.tcb->context.reg[UREG_MR1] = 0xabc;
    guest_nb_recv(&p.g, p.ep);
    CHECK_EQ(p.server.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(p.server), 0);
    CHECK_EQ(thread_word(p.server, 1), 0xabc);
    CHECK_EQ(p.e->state, ENDPOINT_IDLE);
    guest_end(&p.g);
}

TEST(waiters_are_served_in_their_order)
{
    struct pair p = setup();
    struct guest_thread low = guest_thread(&p.g, 1), high = guest_thread(&p.g, 200);
    const struct guest_thread order[] = {low, p.client, high};
    for (unsigned i = 0; i < 3; i++) {
        guest_run(&p.g, order[i]);
        guest_send(&p.g, p.ep, i, 0);
    }
    guest_run(&p.g, p.server);
    for (unsigned i = 0; i < 3; i++) {
        guest_nb_recv(&p.g, p.ep);
        CHECK_EQ(thread_info(p.server).label, i);
    }
    CHECK_EQ(p.e->head, 0);
    CHECK_EQ(p.e->tail, 0);
    guest_end(&p.g);
}

TEST(a_woken_thread_of_higher_priority_runs_at_once)
{
    struct pair p = setup();
    struct guest_thread low = guest_thread(&p.g, 10);
    server_waits(&p);
    guest_root(&p.g)->priority = 5;
    guest_run(&p.g, low);
    guest_send(&p.g, p.ep, 0, 0);
    CHECK(guest_is_current(&p.g, p.server));
    CHECK(low.tcb->in_ready_queue);
    guest_end(&p.g);
}

/* --- calls --------------------------------------------------------------------------------- */

TEST(a_call_waits_for_its_reply)
{
    struct pair p = setup();
    server_waits(&p);
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, p.ep, 1, 1);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(p.server.tcb->slots[TCB_SLOT_CALLER].cap.type, CAP_REPLY);
    guest_run(&p.g, p.server);
    guest_reply(&p.g, 5, 6);
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(p.client).label, 5);
    CHECK_EQ(thread_info(p.client).length, 6);
    CHECK_EQ(thread_word(p.client, 5), 0x105);
    CHECK_EQ(thread_badge(p.client), 0);
    CHECK(cap_is_null(p.server.tcb->slots[TCB_SLOT_CALLER].cap));
    CHECK(guest_is_current(&p.g, p.server));
    guest_reply(&p.g, 7, 0);
    CHECK_EQ(thread_info(p.client).label, 5);
    guest_end(&p.g);
}

TEST(a_call_that_waited_to_be_received_gets_its_reply_too)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, p.ep, 1, 1);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_SEND);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_reply_recv(&p.g, p.ep, 5, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(p.client).label, 5);
    CHECK_EQ(p.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_end(&p.g);
}

TEST(a_call_without_the_right_to_grant_a_reply_never_ends)
{
    struct pair p = setup();
    cptr_t plain = guest_mint(&p.g, p.ep, RIGHT_WRITE, 0);
    cptr_t reply_only = guest_mint(&p.g, p.ep, RIGHT_WRITE | RIGHT_GRANT_REPLY, 0);
    server_waits(&p);
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, plain, 0, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_INACTIVE);
    CHECK(cap_is_null(p.server.tcb->slots[TCB_SLOT_CALLER].cap));
    server_waits(&p);
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, reply_only, 0, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_end(&p.g);
}

TEST(receiving_again_gives_a_pending_caller_up)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, p.ep, 1, 0);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    guest_nb_recv(&p.g, p.ep);
    CHECK(cap_is_null(p.server.tcb->slots[TCB_SLOT_CALLER].cap));
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_reply(&p.g, 5, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_end(&p.g);
}

TEST(waiting_on_a_notification_keeps_the_caller)
{
    struct pair p = setup();
    cptr_t signal = guest_make(&p.g, OBJECT_NOTIFICATION, 0);
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, p.ep, 1, 0);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    guest_nb_recv(&p.g, signal);
    guest_reply(&p.g, 5, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_RUNNING);
    guest_end(&p.g);
}

TEST(suspending_a_caller_takes_its_reply_capability_away)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, p.ep, 1, 0);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    guest_invoke(&p.g, (struct guest_call){.cap = p.client.cptr, .method = INV_TCB_SUSPEND});
    CHECK_EQ(p.client.tcb->state, THREAD_INACTIVE);
    CHECK(cap_is_null(p.server.tcb->slots[TCB_SLOT_CALLER].cap));
    guest_end(&p.g);
}

TEST(a_call_to_oneself_by_way_of_a_resume_is_sent_again)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_call_ipc(&p.g, p.ep, 1, 0);
    guest_run(&p.g, p.server);
    guest_recv(&p.g, p.ep);
    guest_invoke(&p.g, (struct guest_call){.cap = p.client.cptr, .method = INV_TCB_RESUME});
    CHECK_EQ(p.client.tcb->state, THREAD_RESTART);
    CHECK(cap_is_null(p.server.tcb->slots[TCB_SLOT_CALLER].cap));
    CHECK_EQ(p.client.tcb->context.reg[UREG_RIP], GUEST_SYSCALL_IP);
    guest_end(&p.g);
}

/* --- ends ---------------------------------------------------------------------------------- */

TEST(waiters_of_an_endpoint_that_ends_are_restarted)
{
    struct pair p = setup();
    guest_run(&p.g, p.client);
    guest_send(&p.g, p.ep, 0, 0);
    guest_run(&p.g, p.server);
    guest_call_ipc(&p.g, p.ep, 0, 0);
    guest_run(&p.g, guest_root_thread(&p.g));
    guest_call_method(
        &p.g,
        (struct guest_call){.cap = INITIAL_CAP_CNODE, .method = INV_CNODE_DELETE, WORDS(p.ep, 64)});
    CHECK_EQ(p.client.tcb->state, THREAD_RESTART);
    CHECK_EQ(p.server.tcb->state, THREAD_RESTART);
    CHECK(p.client.tcb->in_ready_queue && p.server.tcb->in_ready_queue);
    CHECK(guest_is_current(&p.g, guest_root_thread(&p.g)));
    guest_end(&p.g);
}

/* Without MCS it makes its fault again. */
TEST(a_faulting_waiter_is_restarted_too)
{
    struct pair p = setup();
    p.client.tcb->fault_handler = p.ep;
    guest_run(&p.g, p.client);
    kernel_vm_fault(p.g.k, 0, 0x1234, 4, 0);
    CHECK_EQ(p.client.tcb->state, THREAD_BLOCKED_ON_SEND);
    ipc_cancel_all(p.g.k, 0, guest_cap(&p.g, p.ep).endpoint.object);
    CHECK_EQ(p.client.tcb->state, THREAD_RESTART);
    CHECK(p.client.tcb->in_ready_queue);
    guest_end(&p.g);
}

TEST(an_idle_endpoint_that_ends_makes_nobody_choose_anew)
{
    struct pair p = setup();
    guest_delete(&p.g, p.ep);
    guest_delete(&p.g, guest_make(&p.g, OBJECT_NOTIFICATION, 0));
    CHECK(!p.g.k->cores[0].reschedule);
    guest_end(&p.g);
}

TEST(cancelling_badged_sends_leaves_the_others_in_their_order)
{
    struct pair p = setup();
    cptr_t seven = guest_mint(&p.g, p.ep, RIGHTS_ALL, 7);
    cptr_t eight = guest_mint(&p.g, p.ep, RIGHTS_ALL, 8);
    struct guest_thread t[5];
    for (unsigned i = 0; i < 5; i++) {
        t[i] = guest_thread(&p.g, 100);
        guest_run(&p.g, t[i]);
        guest_send(&p.g, i % 2 ? eight : seven, i, 0);
    }
    guest_run(&p.g, guest_root_thread(&p.g));
    guest_call_method(&p.g, (struct guest_call){.cap = INITIAL_CAP_CNODE,
                                                .method = INV_CNODE_CANCEL_BADGED_SENDS,
                                                WORDS(seven, 64)});
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(t[i].tcb->state, i % 2 ? THREAD_BLOCKED_ON_SEND : THREAD_RESTART);
    CHECK_EQ(p.e->state, ENDPOINT_SENDING);
    CHECK_EQ(p.e->head, kernel_paddr(p.g.k, t[1].tcb));
    CHECK_EQ(p.e->tail, kernel_paddr(p.g.k, t[3].tcb));
    guest_call_method(&p.g, (struct guest_call){.cap = INITIAL_CAP_CNODE,
                                                .method = INV_CNODE_CANCEL_BADGED_SENDS,
                                                WORDS(eight, 64)});
    CHECK_EQ(p.e->state, ENDPOINT_IDLE);
    guest_end(&p.g);
}

TEST(receivers_are_no_badged_senders)
{
    struct pair p = setup();
    server_waits(&p);
    ipc_cancel_badged_sends(p.g.k, 0, kernel_paddr(p.g.k, p.e), 0);
    CHECK_EQ(p.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_end(&p.g);
}
