/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply capabilities: where they are, what takes them away. */
#include <test.h>

#include <abi/bootinfo.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>

struct fixture {
    struct guest g;
    struct guest_thread client, server;
    cptr_t ep;
};

/* The server has received the client's call. */
static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    f.client = guest_thread(&f.g, 255);
    f.server = guest_thread(&f.g, 255);
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    guest_run(&f.g, f.server);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, f.client);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    guest_run(&f.g, f.server);
    return f;
}

static cptr_t save(struct fixture *f)
{
    cptr_t place = f->g.next_slot++;
    guest_call_method(&f->g, (struct guest_call){.cap = INITIAL_CAP_CNODE,
                                                 .method = INV_CNODE_SAVE_CALLER,
                                                 WORDS(place, 64)});
    return place;
}

TEST(the_master_is_made_once)
{
    struct fixture f = setup();
    struct slot *master = &f.client.tcb->slots[TCB_SLOT_REPLY];
    paddr_t next = master->next;
    CHECK(next != 0);
    CHECK(master->cap.reply.is_master);
    reply_setup_master(f.g.k, f.client.tcb);
    CHECK_EQ(master->next, next);
    guest_end(&f.g);
}

TEST(the_caller_slot_holds_a_child_of_the_master)
{
    struct fixture f = setup();
    struct slot *master = &f.client.tcb->slots[TCB_SLOT_REPLY];
    struct slot *caller = &f.server.tcb->slots[TCB_SLOT_CALLER];
    CHECK(slot_at(f.g.k, master->next) == caller);
    CHECK(slot_is_parent_of(f.g.k, master, caller));
    CHECK(!caller->cap.reply.is_master);
    CHECK(tcb_at(f.g.k, caller->cap.reply.tcb) == f.client.tcb);
    guest_end(&f.g);
}

TEST(a_saved_reply_is_used_once)
{
    struct fixture f = setup();
    cptr_t saved = save(&f);
    guest_reply(&f.g, 1, 0);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_call_ipc(&f.g, saved, 2, 0);
    CHECK_EQ(f.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(f.client).label, 2);
    CHECK_EQ(f.server.tcb->context.reg[UREG_MESSAGE_INFO], 0); /* the Call is answered at once */
    CHECK(cap_is_null(guest_cap(&f.g, saved)));
    guest_end(&f.g);
}

/* Nor does a reply come through an endpoint, whose capabilities would arrive as badges. */
TEST(an_empty_slot_is_no_capability_to_reply_with)
{
    struct fixture f = setup();
    guest_syscall(&f.g, (struct guest_syscall){
                            .syscall = SYSCALL_REPLY, .caps = 1, .extra = {f.g.next_slot}});
    CHECK_EQ(f.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(f.client).extra_caps, 0);
    CHECK_EQ(thread_info(f.client).caps_unwrapped, 0);
    guest_end(&f.g);
}

TEST(a_server_may_hold_several_callers)
{
    struct fixture f = setup();
    struct guest_thread second = guest_thread(&f.g, 255);
    cptr_t first = save(&f);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, second);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    guest_run(&f.g, f.server);
    guest_reply(&f.g, 2, 0);
    CHECK_EQ(thread_info(second).label, 2);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_send(&f.g, first, 1, 0);
    CHECK_EQ(thread_info(f.client).label, 1);
    guest_end(&f.g);
}

TEST(a_caller_that_stops_takes_a_saved_reply_with_it)
{
    struct fixture f = setup();
    cptr_t saved = save(&f);
    guest_call_method(&f.g, (struct guest_call){.cap = f.client.cptr, .method = INV_TCB_SUSPEND});
    CHECK(cap_is_null(guest_cap(&f.g, saved)));
    CHECK_EQ(f.client.tcb->slots[TCB_SLOT_REPLY].next, 0);
    guest_end(&f.g);
}

TEST(a_caller_whose_reply_is_deleted_waits_on)
{
    struct fixture f = setup();
    cptr_t saved = save(&f);
    guest_delete(&f.g, saved);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_call_method(&f.g, (struct guest_call){.cap = f.client.cptr, .method = INV_TCB_RESUME});
    CHECK_EQ(f.client.tcb->state, THREAD_RESTART);
    guest_end(&f.g);
}

TEST(a_server_that_ends_leaves_its_caller_waiting)
{
    struct fixture f = setup();
    guest_delete(&f.g, f.server.cptr);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(f.client.tcb->slots[TCB_SLOT_REPLY].next, 0);
    guest_end(&f.g);
}

TEST(a_caller_that_ends_leaves_nothing_to_reply_to)
{
    struct fixture f = setup();
    guest_delete(&f.g, f.client.cptr);
    CHECK(slot_is_empty(&f.server.tcb->slots[TCB_SLOT_CALLER]));
    guest_reply(&f.g, 1, 0);
    CHECK(guest_is_current(&f.g, f.server));
    guest_end(&f.g);
}
