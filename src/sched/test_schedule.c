/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs next: priorities, equals, candidates, yields. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/testkit_thread.h>
#include <sched/sched.h>

struct fixture {
    struct guest g;
    struct guest_thread a, b, c; /* of one priority, all ready; a is the current thread */
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    guest_root(&f.g)->priority = 1;
    f.a = guest_thread(&f.g, 100);
    f.b = guest_thread(&f.g, 100);
    f.c = guest_thread(&f.g, 100);
    guest_run(&f.g, f.a);
    guest_resume(&f.g, f.b);
    guest_resume(&f.g, f.c);
    return f;
}

TEST(yield_goes_round)
{
    struct fixture f = setup();
    const struct guest_thread order[] = {f.b, f.c, f.a, f.b, f.c, f.a};
    for (unsigned i = 0; i < ARRAY_LENGTH(order); i++) {
        guest_yield(&f.g);
        CHECK(guest_is_current(&f.g, order[i]));
        CHECK(!order[i].tcb->in_ready_queue);
    }
    guest_end(&f.g);
}

TEST(a_yield_of_the_only_one_goes_on)
{
    struct fixture f = setup();
    sched_dequeue(f.g.k, f.b.tcb);
    sched_dequeue(f.g.k, f.c.tcb);
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.a));
    guest_end(&f.g);
}

TEST(a_thread_that_is_preempted_stays_first_of_its_priority)
{
    struct fixture f = setup();
    struct guest_thread high = guest_thread(&f.g, 200);
    tcb_set_state(f.g.k, high.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, high.tcb);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, high));
    tcb_set_state(f.g.k, high.tcb, THREAD_INACTIVE);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, f.a));
    guest_end(&f.g);
}

TEST(a_woken_equal_waits_behind_all_others)
{
    struct fixture f = setup();
    struct guest_thread d = guest_thread(&f.g, 100);
    tcb_set_state(f.g.k, d.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, d.tcb);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, f.a));
    const struct guest_thread order[] = {f.b, f.c, d, f.a};
    for (unsigned i = 0; i < ARRAY_LENGTH(order); i++) {
        guest_yield(&f.g);
        CHECK(guest_is_current(&f.g, order[i]));
    }
    guest_end(&f.g);
}

TEST(a_woken_lower_one_stands_first_of_its_priority)
{
    struct fixture f = setup();
    struct guest_thread low = guest_thread(&f.g, 50), other = guest_thread(&f.g, 50);
    guest_resume(&f.g, other);
    tcb_set_state(f.g.k, low.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, low.tcb);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(f.g.k->cores[0].ready[0][50].head, kernel_paddr(f.g.k, low.tcb));
    guest_end(&f.g);
}

/* A server that answers runs its client at once only if nothing better is ready. */
TEST(a_candidate_runs_when_the_current_thread_blocks_and_nothing_is_higher)
{
    for (unsigned higher_ready = 0; higher_ready < 2; higher_ready++) {
        struct fixture f = setup();
        struct guest_thread low = guest_thread(&f.g, 50);
        if (!higher_ready) {
            sched_dequeue(f.g.k, f.b.tcb);
            sched_dequeue(f.g.k, f.c.tcb);
        }
        tcb_set_state(f.g.k, low.tcb, THREAD_RUNNING);
        sched_possible_switch(f.g.k, 0, low.tcb);
        tcb_set_state(f.g.k, f.a.tcb, THREAD_BLOCKED_ON_RECEIVE);
        sched_schedule(f.g.k, 0);
        CHECK(guest_is_current(&f.g, higher_ready ? f.b : low));
        CHECK(!f.a.tcb->in_ready_queue);
        guest_end(&f.g);
    }
}

TEST(an_equal_candidate_goes_before_the_others_when_the_current_thread_blocks)
{
    struct fixture f = setup();
    struct guest_thread d = guest_thread(&f.g, 100);
    tcb_set_state(f.g.k, d.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, d.tcb);
    tcb_set_state(f.g.k, f.a.tcb, THREAD_BLOCKED_ON_RECEIVE);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, d));
    guest_end(&f.g);
}

TEST(of_two_candidates_both_are_enqueued)
{
    struct fixture f = setup();
    struct guest_thread one = guest_thread(&f.g, 150), two = guest_thread(&f.g, 150);
    tcb_set_state(f.g.k, one.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, one.tcb);
    tcb_set_state(f.g.k, two.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, two.tcb);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, two)); /* the later one stands first */
    CHECK(one.tcb->in_ready_queue);
    guest_end(&f.g);
}

TEST(a_schedule_may_fill_its_table)
{
    struct kernel_config config = kernel_config_default();
    config.num_domains = 2;
    config.num_domain_schedules = MAX_SCHEDULE;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    for (unsigned i = 0; i < MAX_SCHEDULE; i++)
        g.k->schedule[i] = (struct domain_slot){0, 10 + i};
    sched_start_domain_schedule(g.k, 0, MAX_SCHEDULE - 1);
    CHECK_EQ(g.k->domain_time, 10 + MAX_SCHEDULE - 1);
    g.k->schedule_start = 3;
    sched_next_domain(g.k);
    CHECK_EQ(g.k->schedule_index, 3);
    CHECK_EQ(g.k->domain_time, 13);
    guest_end(&g);
}

TEST(nobody_left_is_idle)
{
    struct guest g = guest_boot_default();
    tcb_set_state(g.k, guest_root(&g), THREAD_INACTIVE);
    sched_schedule(g.k, 0);
    CHECK_EQ(g.k->cores[0].current, 0);
    struct outcome outcome = kernel_timer(g.k, 0, 1);
    CHECK_EQ(outcome.kind, OUTCOME_IDLE);
    CHECK_EQ(outcome.deadline, NANOSECONDS_NEVER);
    guest_end(&g);
}

TEST(a_restarted_thread_goes_to_its_fault_ip_when_it_is_chosen)
{
    struct fixture f = setup();
    f.b.tcb->state = THREAD_RESTART;
    f.b.tcb->context.reg[UREG_RIP] = 0x9000;
    f.b.tcb->context.next_ip = 0x9002;
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(f.b.tcb->state, THREAD_RUNNING);
    CHECK_EQ(f.b.tcb->context.next_ip, 0x9000);
    guest_end(&f.g);
}

TEST(a_candidate_that_is_held_meanwhile_is_not_chosen)
{
    struct fixture f = setup();
    struct guest_thread high = guest_thread(&f.g, 200);
    tcb_set_state(f.g.k, high.tcb, THREAD_RUNNING);
    sched_possible_switch(f.g.k, 0, high.tcb);
    sched_hold(f.g.k, high.tcb);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK(!high.tcb->in_ready_queue);
    sched_unhold(f.g.k, 0, high.tcb);
    sched_schedule(f.g.k, 0);
    CHECK(guest_is_current(&f.g, high));
    guest_end(&f.g);
}

/*
 * A thread that another one has brought into the domain (SetDomain) is ready above the current
 * thread until the next choice. `priority`: the candidate's; the current thread is of 100.
 */
static struct fixture setup_late(struct guest_thread *ret_late, unsigned priority, bool blocks,
                                 struct guest_thread *ret_candidate)
{
    struct fixture f = setup();
    *ret_late = guest_thread(&f.g, 200);
    *ret_candidate = guest_thread(&f.g, priority);
    tcb_set_state(f.g.k, ret_late->tcb, THREAD_RUNNING);
    tcb_set_state(f.g.k, ret_candidate->tcb, THREAD_RUNNING);
    sched_enqueue(f.g.k, ret_late->tcb);
    sched_possible_switch(f.g.k, 0, ret_candidate->tcb);
    if (blocks)
        tcb_set_state(f.g.k, f.a.tcb, THREAD_BLOCKED_ON_RECEIVE);
    sched_schedule(f.g.k, 0);
    return f;
}

TEST(a_candidate_is_weighed_against_the_current_thread_alone)
{
    static const struct {
        unsigned priority;
        bool blocks, is_chosen;
    } cases[] = {{150, false, true}, {200, false, true},  {150, true, true},
                 {100, true, true},  {100, false, false}, {50, true, false}};
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct guest_thread late, candidate;
        struct fixture f = setup_late(&late, cases[i].priority, cases[i].blocks, &candidate);
        CHECK(guest_is_current(&f.g, cases[i].is_chosen ? candidate : late));
        guest_end(&f.g);
    }
}

TEST(an_equal_candidate_that_loses_goes_to_the_back)
{
    struct guest_thread late, candidate;
    struct fixture f = setup_late(&late, 100, false, &candidate);
    tcb_set_state(f.g.k, late.tcb, THREAD_INACTIVE);
    sched_schedule(f.g.k, 0);
    const struct guest_thread order[] = {f.a, f.b, f.c, candidate};
    for (unsigned i = 0; i < ARRAY_LENGTH(order); i++) {
        CHECK(guest_is_current(&f.g, order[i]));
        guest_yield(&f.g);
    }
    guest_end(&f.g);
}
