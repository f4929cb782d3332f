/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: kept, merged, delivered to waiters and to bound threads. */
#include <test.h>

#include <abi/bootinfo.h>
#include <cap/delete.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>

struct fixture {
    struct guest g;
    struct guest_thread a, b;
    cptr_t signal, ep;
    cptr_t one, two; /* badged 1 and 2 */
    struct notification *n;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    f.a = guest_thread(&f.g, 255);
    f.b = guest_thread(&f.g, 255);
    f.signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.one = guest_mint(&f.g, f.signal, RIGHT_WRITE, 1);
    f.two = guest_mint(&f.g, f.signal, RIGHT_WRITE, 2);
    f.n = notification_at(f.g.k, guest_cap(&f.g, f.signal).notification.object);
    return f;
}

static void bind(struct fixture *f, struct guest_thread t)
{
    guest_invoke(&f->g, (struct guest_call){
                            .cap = t.cptr, .method = INV_TCB_BIND_NOTIFICATION, EXTRA(f->signal)});
}

TEST(signals_are_kept_and_merged)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_send(&f.g, f.one, 0, 0);
    guest_send(&f.g, f.two, 0, 0);
    CHECK_EQ(f.n->state, NOTIFICATION_ACTIVE);
    f.a.tcb->context.reg[UREG_MR0] = 0x99;
    guest_recv(&f.g, f.signal);
    CHECK_EQ(f.a.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(f.a), 3);
    CHECK_EQ(thread_word(f.a, 0), 0x99);
    CHECK_EQ(f.n->state, NOTIFICATION_IDLE);
    guest_nb_recv(&f.g, f.signal);
    CHECK_EQ(thread_badge(f.a), 0);
    guest_end(&f.g);
}

TEST(a_signal_wakes_the_first_waiter)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_recv(&f.g, f.signal);
    guest_run(&f.g, f.b);
    guest_recv(&f.g, f.signal);
    CHECK_EQ(f.n->state, NOTIFICATION_WAITING);
    guest_run(&f.g, guest_root_thread(&f.g));
    guest_send(&f.g, f.two, 0, 0);
    CHECK_EQ(f.a.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(f.a), 2);
    CHECK_EQ(f.n->state, NOTIFICATION_WAITING);
    guest_send(&f.g, f.signal, 0, 0);
    CHECK_EQ(f.b.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(f.b), 0);
    CHECK_EQ(f.n->state, NOTIFICATION_IDLE);
    guest_end(&f.g);
}

TEST(a_signal_by_call_is_answered_at_once)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_call_ipc(&f.g, f.one, 5, 2);
    CHECK_EQ(f.a.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(f.a), 0);
    CHECK_EQ(f.a.tcb->context.reg[UREG_MESSAGE_INFO], 0);
    CHECK_EQ(thread_word(f.a, 1), 0x101);
    guest_end(&f.g);
}

TEST(a_bound_thread_gets_signals_while_it_receives)
{
    struct fixture f = setup();
    bind(&f, f.a);
    guest_run(&f.g, f.a);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, f.b);
    guest_send(&f.g, f.two, 0, 0);
    CHECK_EQ(f.a.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_badge(f.a), 2);
    CHECK_EQ(f.n->state, NOTIFICATION_IDLE);
    CHECK_EQ(endpoint_at(f.g.k, guest_cap(&f.g, f.ep).endpoint.object)->state, ENDPOINT_IDLE);
    guest_end(&f.g);
}

TEST(a_bound_thread_takes_a_signal_before_a_message)
{
    struct fixture f = setup();
    bind(&f, f.a);
    guest_run(&f.g, f.b);
    guest_send(&f.g, f.two, 0, 0);
    guest_send(&f.g, f.ep, 7, 0);
    CHECK_EQ(f.b.tcb->state, THREAD_BLOCKED_ON_SEND);
    guest_run(&f.g, f.a);
    guest_nb_recv(&f.g, f.ep);
    CHECK_EQ(thread_badge(f.a), 2);
    CHECK_EQ(f.b.tcb->state, THREAD_BLOCKED_ON_SEND);
    guest_recv(&f.g, f.ep);
    CHECK_EQ(thread_info(f.a).label, 7);
    guest_end(&f.g);
}

TEST(a_bound_thread_that_does_not_receive_is_left_alone)
{
    struct fixture f = setup();
    bind(&f, f.a);
    guest_run(&f.g, f.a);
    guest_send(&f.g, f.ep, 0, 0);
    guest_run(&f.g, f.b);
    guest_send(&f.g, f.two, 0, 0);
    CHECK_EQ(f.a.tcb->state, THREAD_BLOCKED_ON_SEND);
    CHECK_EQ(f.n->state, NOTIFICATION_ACTIVE);
    guest_end(&f.g);
}

TEST(only_the_bound_thread_may_wait)
{
    struct fixture f = setup();
    bind(&f, f.a);
    guest_run(&f.g, f.b);
    guest_recv(&f.g, f.signal);
    CHECK_EQ(f.b.tcb->state, THREAD_INACTIVE); /* faulted */
    guest_run(&f.g, f.a);
    guest_recv(&f.g, f.signal);
    CHECK_EQ(f.a.tcb->state, THREAD_BLOCKED_ON_NOTIFICATION);
    guest_end(&f.g);
}

TEST(waiting_needs_the_right_to_read_and_signalling_to_write)
{
    struct fixture f = setup();
    guest_run(&f.g, f.b);
    guest_call_ipc(&f.g, guest_mint(&f.g, f.signal, RIGHT_READ, 0), 0, 0);
    CHECK_EQ(thread_info(f.b).label, SEL4_INVALID_CAPABILITY);
    CHECK_EQ(f.n->state, NOTIFICATION_IDLE);
    guest_recv(&f.g, f.one);
    CHECK_EQ(f.b.tcb->state, THREAD_INACTIVE);
    guest_end(&f.g);
}

TEST(waiters_of_a_notification_that_ends_are_restarted)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_recv(&f.g, f.signal);
    guest_delete(&f.g, f.one);
    guest_delete(&f.g, f.two);
    guest_delete(&f.g, f.signal);
    CHECK_EQ(f.a.tcb->state, THREAD_RESTART);
    CHECK(f.a.tcb->in_ready_queue);
    guest_end(&f.g);
}

TEST(suspending_a_waiter_leaves_the_others)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_recv(&f.g, f.signal);
    guest_run(&f.g, f.b);
    guest_recv(&f.g, f.signal);
    guest_invoke(&f.g, (struct guest_call){.cap = f.a.cptr, .method = INV_TCB_SUSPEND});
    CHECK_EQ(f.n->head, kernel_paddr(f.g.k, f.b.tcb));
    CHECK_EQ(f.n->state, NOTIFICATION_WAITING);
    guest_invoke(&f.g, (struct guest_call){.cap = f.b.cptr, .method = INV_TCB_SUSPEND});
    CHECK_EQ(f.n->state, NOTIFICATION_IDLE);
    guest_end(&f.g);
}
