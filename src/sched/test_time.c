/* SPDX-License-Identifier: BSD-2-Clause */
/* Ticks: time slices, deadlines, domains. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/testkit_thread.h>
#include <sched/sched.h>

#define TICK UINT64_C(2000000)

struct fixture {
    struct guest g;
    struct guest_thread a, b;
};

static struct fixture setup_with(struct kernel_config config)
{
    struct fixture f = {.g = guest_boot(config, GUEST_MEMORY_END)};
    guest_root(&f.g)->priority = 1;
    f.a = guest_thread(&f.g, 100);
    f.b = guest_thread(&f.g, 100);
    guest_run(&f.g, f.a);
    guest_resume(&f.g, f.b);
    return f;
}

static struct fixture setup(void)
{
    return setup_with(kernel_config_default());
}

TEST(a_slice_is_five_ticks)
{
    struct fixture f = setup();
    for (unsigned i = 1; i < 5; i++) {
        struct outcome outcome = kernel_timer(f.g.k, 0, i * TICK);
        CHECK(guest_is_current(&f.g, f.a));
        CHECK_EQ(outcome.deadline, 5 * TICK);
        CHECK_EQ(f.a.tcb->time_slice, 5 - i);
    }
    kernel_timer(f.g.k, 0, 5 * TICK - 1);
    CHECK(guest_is_current(&f.g, f.a));
    struct outcome outcome = kernel_timer(f.g.k, 0, 5 * TICK);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(f.a.tcb->time_slice, 5);
    CHECK(f.a.tcb->in_ready_queue);
    CHECK_EQ(outcome.deadline, 10 * TICK);
    guest_end(&f.g);
}

TEST(the_grid_of_ticks_does_not_move_with_threads)
{
    struct fixture f = setup();
    guest_advance(&f.g, TICK / 2);
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(kernel_timer(f.g.k, 0, TICK / 2).deadline, 5 * TICK);
    kernel_timer(f.g.k, 0, TICK);
    CHECK_EQ(f.b.tcb->time_slice, 4);
    CHECK_EQ(f.a.tcb->time_slice, 5);
    guest_end(&f.g);
}

TEST(late_ticks_are_all_charged)
{
    struct fixture f = setup();
    kernel_timer(f.g.k, 0, 3 * TICK + 1);
    CHECK_EQ(f.a.tcb->time_slice, 2);
    CHECK_EQ(f.g.k->cores[0].next_tick, 4 * TICK);
    kernel_timer(f.g.k, 0, 12 * TICK);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(f.a.tcb->time_slice, 3); /* 9 ticks: 2 of the old slice, one whole, 2 of the next */
    guest_end(&f.g);
}

TEST(what_is_left_of_a_slice_is_kept)
{
    struct fixture f = setup();
    kernel_timer(f.g.k, 0, 2 * TICK);
    guest_advance(&f.g, 2 * TICK);
    guest_yield(&f.g);
    CHECK_EQ(f.a.tcb->time_slice, 3);
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(kernel_timer(f.g.k, 0, 2 * TICK).deadline, 5 * TICK);
    guest_end(&f.g);
}

TEST(a_thread_alone_at_its_priority_needs_no_tick)
{
    struct fixture f = setup();
    sched_dequeue(f.g.k, f.b.tcb);
    CHECK_EQ(kernel_timer(f.g.k, 0, 1).deadline, NANOSECONDS_NEVER);
    kernel_timer(f.g.k, 0, 1000 * TICK);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK(!f.a.tcb->in_ready_queue);
    guest_end(&f.g);
}

/* The call is made in the old slice; then the others have their turn. */
TEST(a_slice_that_ends_on_the_way_into_the_kernel)
{
    struct fixture f = setup();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    const struct notification *n = notification_at(f.g.k, guest_cap(&f.g, signal).endpoint.object);
    guest_advance(&f.g, 5 * TICK);
    guest_send(&f.g, signal, 0, 0);
    CHECK_EQ(n->state, NOTIFICATION_ACTIVE);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(f.a.tcb->state, THREAD_RUNNING);
    CHECK_EQ(f.a.tcb->context.next_ip, GUEST_SYSCALL_IP + 2);
    guest_end(&f.g);
}

TEST(a_thread_that_blocks_at_the_end_of_its_slice_is_in_no_queue)
{
    struct fixture f = setup();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    guest_advance(&f.g, 5 * TICK);
    guest_recv(&f.g, signal);
    CHECK(!f.a.tcb->in_ready_queue);
    CHECK(guest_is_current(&f.g, f.b));
    guest_end(&f.g);
}

TEST(idle_time_is_charged_to_nobody)
{
    struct guest g = guest_boot_default();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    CHECK_EQ(guest_recv(&g, signal).kind, OUTCOME_IDLE);
    kernel_timer(g.k, 0, 100 * TICK);
    CHECK_EQ(guest_root(&g)->time_slice, 5);
    CHECK_EQ(g.k->cores[0].next_tick, 101 * TICK);
    guest_end(&g);
}

TEST(time_that_stands_still_charges_nothing)
{
    struct fixture f = setup();
    kernel_timer(f.g.k, 0, 3 * TICK);
    kernel_timer(f.g.k, 0, 3 * TICK);
    kernel_timer(f.g.k, 0, TICK);
    CHECK_EQ(f.a.tcb->time_slice, 2);
    guest_end(&f.g);
}

/* --- domains ------------------------------------------------------------------------------- */

static struct fixture setup_domains(void)
{
    struct kernel_config config = kernel_config_default();
    config.num_domains = 4;
    config.num_domain_schedules = 10;
    struct fixture f = setup_with(config);
    const struct domain_slot schedule[] = {{0, 3}, {1, 2}, {0, 0}};
    for (unsigned i = 0; i < ARRAY_LENGTH(schedule); i++)
        f.g.k->schedule[i] = schedule[i];
    sched_set_domain(f.g.k, 0, f.b.tcb, 1);
    sched_start_domain_schedule(f.g.k, 0, 0);
    kernel_timer(f.g.k, 0, 0);
    return f;
}

TEST(only_threads_of_the_current_domain_run)
{
    struct fixture f = setup_domains();
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(kernel_timer(f.g.k, 0, 0).deadline, 3 * TICK);
    guest_advance(&f.g, TICK);
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(kernel_timer(f.g.k, 0, 3 * TICK).deadline, 5 * TICK);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(f.g.k->domain, 1);
    kernel_timer(f.g.k, 0, 5 * TICK); /* the end marker: back to the start */
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(f.g.k->schedule_index, 0);
    guest_end(&f.g);
}

TEST(an_empty_domain_idles)
{
    struct fixture f = setup_domains();
    tcb_set_state(f.g.k, f.b.tcb, THREAD_INACTIVE);
    sched_dequeue(f.g.k, f.b.tcb);
    struct outcome outcome = kernel_timer(f.g.k, 0, 3 * TICK);
    CHECK_EQ(outcome.kind, OUTCOME_IDLE);
    CHECK_EQ(outcome.deadline, 5 * TICK);
    CHECK_EQ(kernel_timer(f.g.k, 0, 5 * TICK).kind, OUTCOME_RUN);
    guest_end(&f.g);
}

TEST(turns_of_domains_alone_wake_nobody)
{
    struct fixture f = setup_domains();
    CHECK(sched_time_can_wake(f.g.k, 0)); /* b is ready in domain 1 */
    tcb_set_state(f.g.k, f.b.tcb, THREAD_INACTIVE);
    sched_dequeue(f.g.k, f.b.tcb);
    CHECK_EQ(kernel_timer(f.g.k, 0, 3 * TICK).kind, OUTCOME_IDLE);
    CHECK(sched_time_can_wake(f.g.k, 0)); /* others in domain 0 */
    for (;;) {
        struct tcb *ready = sched_first_ready(f.g.k, 0, 0);
        if (!ready)
            break;
        tcb_set_state(f.g.k, ready, THREAD_INACTIVE);
        sched_dequeue(f.g.k, ready);
    }
    CHECK(!sched_time_can_wake(f.g.k, 0));
    CHECK(sched_deadline(f.g.k, 0) != NANOSECONDS_NEVER);
    guest_end(&f.g);
}

TEST(a_thread_woken_in_another_domain_waits_for_it)
{
    struct fixture f = setup_domains();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    f.b.tcb->priority = 200;
    guest_run(&f.g, f.b);
    guest_recv(&f.g, signal);
    CHECK(guest_is_current(&f.g, f.a));
    guest_send(&f.g, signal, 0, 0);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK(f.b.tcb->in_ready_queue);
    guest_end(&f.g);
}

/* --- ticks in a long operation ------------------------------------------------------------- */

/* Thread a has begun to delete a CNode and stands at the first preemption point. */
static struct outcome begin_deletion(struct fixture *f, cptr_t *ret_cnode)
{
    struct kernel *k = f->g.k;
    *ret_cnode = guest_make_used_cnode(&f->g, 4);
    k->config.max_num_work_units_per_preemption = 1;
    struct guest_syscall call = {
        .syscall = SYSCALL_CALL,
        .cap = INITIAL_CAP_CNODE,
        .label = abi_invocation_label(&k->config, INV_CNODE_DELETE),
        WORDS(*ret_cnode, 64),
    };
    struct outcome outcome = guest_syscall_once(&f->g, call);
    CHECK_EQ(outcome.kind, OUTCOME_PREEMPTED);
    CHECK_EQ(f->a.tcb->state, THREAD_RESTART);
    return outcome;
}

TEST(ticks_at_preemption_points_are_not_of_the_slice)
{
    struct fixture f = setup();
    cptr_t cnode;
    CHECK_EQ(begin_deletion(&f, &cnode).deadline, NANOSECONDS_NEVER);
    guest_advance(&f.g, 7 * TICK);
    CHECK_EQ(kernel_timer(f.g.k, 0, f.g.now).kind, OUTCOME_RUN);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(f.a.tcb->time_slice, 5);
    CHECK_EQ(f.a.tcb->context.next_ip, GUEST_SYSCALL_IP);
    CHECK_EQ(kernel_syscall(f.g.k, 0, f.g.now).kind, OUTCOME_PREEMPTED);
    guest_advance(&f.g, 7 * TICK);
    guest_finish(&f.g, kernel_continue(f.g.k, 0, f.g.now));
    CHECK_EQ(cap_type(guest_cap(&f.g, cnode)), CAP_NULL);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(f.a.tcb->time_slice, 5);
    CHECK_EQ(f.g.k->cores[0].next_tick, 15 * TICK);
    guest_end(&f.g);
}

TEST(a_turn_of_a_domain_ends_at_a_preemption_point)
{
    struct fixture f = setup_domains();
    cptr_t cnode;
    CHECK_EQ(begin_deletion(&f, &cnode).deadline, 3 * TICK);
    guest_advance(&f.g, 3 * TICK);
    CHECK_EQ(kernel_timer(f.g.k, 0, f.g.now).kind, OUTCOME_RUN);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(cap_type(guest_cap(&f.g, cnode)), CAP_ZOMBIE);
    guest_advance(&f.g, 2 * TICK);
    CHECK_EQ(kernel_timer(f.g.k, 0, f.g.now).kind, OUTCOME_RUN);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(f.a.tcb->context.next_ip, GUEST_SYSCALL_IP);
    guest_finish(&f.g, kernel_syscall(f.g.k, 0, f.g.now));
    CHECK_EQ(cap_type(guest_cap(&f.g, cnode)), CAP_NULL);
    guest_end(&f.g);
}

TEST(a_schedule_without_end_marker_wraps_at_its_end)
{
    struct fixture f = setup_domains();
    for (unsigned i = 0; i < 10; i++)
        f.g.k->schedule[i] = (struct domain_slot){.domain = 0, .duration = 1};
    sched_start_domain_schedule(f.g.k, 0, 4);
    for (unsigned i = 5; i < 10; i++) {
        sched_next_domain(f.g.k);
        CHECK_EQ(f.g.k->schedule_index, i);
    }
    sched_next_domain(f.g.k);
    CHECK_EQ(f.g.k->schedule_index, 4);
    guest_end(&f.g);
}

TEST(moving_the_current_thread_to_another_domain_takes_it_off)
{
    struct fixture f = setup_domains();
    guest_invoke(&f.g, (struct guest_call){.cap = INITIAL_CAP_DOMAIN,
                                           .method = INV_DOMAIN_SET_SET,
                                           WORDS(1),
                                           EXTRA(f.a.cptr)});
    kernel_timer(f.g.k, 0, 0);
    CHECK(guest_is_current(&f.g, guest_root_thread(&f.g)));
    CHECK(f.a.tcb->in_ready_queue);
    guest_end(&f.g);
}

TEST(new_threads_live_in_the_current_domain)
{
    struct fixture f = setup_domains();
    kernel_timer(f.g.k, 0, 3 * TICK);
    CHECK_EQ(guest_thread(&f.g, 5).tcb->domain, 1);
    guest_end(&f.g);
}
