/* SPDX-License-Identifier: BSD-2-Clause */
/* Who pays for the time, when a turn ends, and when the seat has to come back: MCS. */
#include <test.h>

#include <ipc/ipc.h>
#include <model/testkit_thread.h>
#include <sched/refill.h>
#include <sched/release.h>
#include <sched/sched.h>

#define US UINT64_C(1000)
#define MS (1000 * US)

struct fixture {
    struct guest g;
    struct guest_thread a, b; /* priority 50: 1 ms of 10; round robin of 5 ms */
    struct sched_context *sc_a, *sc_b;
};

static struct sched_context *context_of(const struct guest *g, struct guest_thread t)
{
    return sched_context_at(g->k, t.tcb->sched_context);
}

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_mcs()};
    guest_root(&f.g)->priority = 1;
    f.a = guest_passive_thread(&f.g, 50);
    guest_bind(&f.g, f.a, guest_make_sched_context(&f.g, 1000, 10000));
    f.b = guest_thread(&f.g, 50);
    f.sc_a = context_of(&f.g, f.a);
    f.sc_b = context_of(&f.g, f.b);
    return f;
}

static struct outcome timer(struct fixture *f, nanoseconds_t now)
{
    return kernel_timer(f->g.k, 0, now);
}

TEST(a_thread_runs_until_its_budget_is_used_and_again_a_period_later)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    CHECK_EQ(timer(&f, 0).deadline, MS);
    CHECK(guest_is_current(&f.g, f.a));
    struct outcome outcome = timer(&f, MS);
    CHECK(guest_is_current(&f.g, guest_root_thread(&f.g)));
    CHECK(f.a.tcb->in_release_queue);
    CHECK_EQ(refill_head(f.sc_a)->time, 10 * MS);
    CHECK_EQ(refill_head(f.sc_a)->amount, MS);
    CHECK_EQ(outcome.deadline, 6 * MS); /* the root's slice */
    timer(&f, 6 * MS);
    CHECK_EQ(timer(&f, 7 * MS).deadline, 10 * MS);
    CHECK_EQ(timer(&f, 10 * MS).deadline, 11 * MS);
    CHECK(guest_is_current(&f.g, f.a));
    guest_end(&f.g);
}

TEST(lateness_is_taken_off_what_is_ahead)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    timer(&f, MS + 300 * US);
    CHECK_EQ(refill_head(f.sc_a)->time, 10 * MS + 300 * US);
    CHECK_EQ(refill_head(f.sc_a)->amount, 700 * US);
    CHECK_EQ(refill_sum(f.sc_a), MS);
    CHECK_EQ(f.sc_a->consumed, MS + 300 * US);
    guest_end(&f.g);
}

TEST(a_turn_ends_when_too_little_is_left_for_a_call)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    guest_advance(&f.g, MS - 20 * US);
    guest_send(&f.g, signal, 0, 0);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(notification_at(f.g.k, guest_cap(&f.g, signal).notification.object)->state,
             NOTIFICATION_ACTIVE);
    guest_advance(&f.g, 1);
    guest_nb_recv(&f.g, signal); /* not carried out */
    CHECK_EQ(f.a.tcb->state, THREAD_RESTART);
    CHECK(f.a.tcb->in_release_queue);
    CHECK_EQ(notification_at(f.g.k, guest_cap(&f.g, signal).notification.object)->state,
             NOTIFICATION_ACTIVE);
    guest_end(&f.g);
}

TEST(round_robin_goes_to_the_back_of_its_queue)
{
    struct fixture f = setup();
    struct guest_thread c = guest_thread(&f.g, 50);
    guest_resume(&f.g, c);
    guest_run(&f.g, f.b);
    CHECK_EQ(timer(&f, MS).deadline, 5 * MS);
    timer(&f, 5 * MS);
    CHECK(guest_is_current(&f.g, c));
    CHECK_EQ(refill_head(f.sc_b)->amount, 5 * MS);
    CHECK_EQ(timer(&f, 5 * MS).deadline, 10 * MS);
    timer(&f, 10 * MS);
    CHECK(guest_is_current(&f.g, f.b));
    guest_end(&f.g);
}

TEST(time_is_charged_when_another_thread_begins_to_pay)
{
    struct fixture f = setup();
    guest_run(&f.g, f.b);
    timer(&f, 0);
    timer(&f, 2 * MS);
    CHECK_EQ(f.sc_b->consumed, 0); /* nothing has happened yet */
    CHECK_EQ(f.g.k->cores[0].consumed, 2 * MS);
    f.g.now = 2 * MS;
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    guest_wait(&f.g, signal);
    CHECK_EQ(f.sc_b->consumed, 2 * MS);
    CHECK_EQ(refill_head(f.sc_b)->amount, 3 * MS);
    CHECK_EQ(f.g.k->cores[0].consumed, 0);
    CHECK_EQ(f.g.k->cores[0].sched_context, guest_root(&f.g)->sched_context);
    guest_end(&f.g);
}

TEST(nobody_pays_while_the_core_is_idle)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_root(&f.g)->state = THREAD_INACTIVE;
    sched_dequeue(f.g.k, guest_root(&f.g));
    struct outcome outcome = timer(&f, MS);
    CHECK_EQ(outcome.kind, OUTCOME_IDLE);
    CHECK_EQ(outcome.deadline, 10 * MS);
    CHECK_EQ(timer(&f, 4 * MS).deadline, 10 * MS);
    CHECK_EQ(timer(&f, 10 * MS).kind, OUTCOME_RUN);
    CHECK_EQ(f.sc_a->consumed, MS);
    CHECK_EQ(f.g.k->cores[0].consumed, 0);
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    f.g.now = 10 * MS;
    CHECK_EQ(guest_wait(&f.g, signal).deadline, NANOSECONDS_NEVER);
    guest_end(&f.g);
}

TEST(yield_gives_the_rest_of_the_refill_up_and_counts_what_was_used)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    guest_advance(&f.g, 100 * US);
    guest_yield(&f.g);
    CHECK(f.a.tcb->in_release_queue);
    CHECK_EQ(refill_head(f.sc_a)->time, 10 * MS);
    CHECK_EQ(f.sc_a->consumed, 100 * US);
    CHECK_EQ(f.a.tcb->context.next_ip, GUEST_SYSCALL_IP + 2);
    guest_end(&f.g);
}

TEST(a_context_without_sporadic_flag_does_not_keep_what_it_slept_through)
{
    struct fixture f = setup();
    f.sc_a->is_sporadic = false;
    guest_run(&f.g, f.b);
    guest_resume(&f.g, f.a);
    f.g.now = 5 * MS;
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(refill_head(f.sc_a)->time, 5 * MS);
    guest_end(&f.g);
}

TEST(domains_last_as_long_as_their_ticks_of_the_tsc)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = true;
    config.num_domains = 2;
    config.num_domain_schedules = 10;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    struct guest_thread other = guest_thread(&g, 50);
    g.k->tsc.mhz = 2000;
    g.k->schedule[0] = (struct domain_slot){0, 6000000}; /* 3 ms */
    g.k->schedule[1] = (struct domain_slot){1, 2000000};
    g.k->schedule[2] = (struct domain_slot){0, 0};
    guest_resume(&g, other);
    sched_set_domain(g.k, 0, other.tcb, 1);
    sched_start_domain_schedule(g.k, 0, 0);
    CHECK_EQ(kernel_timer(g.k, 0, 0).deadline, 3 * MS);
    CHECK_EQ(kernel_timer(g.k, 0, 2 * MS).deadline, 3 * MS);
    CHECK(guest_is_current(&g, guest_root_thread(&g)));
    CHECK_EQ(kernel_timer(g.k, 0, 3 * MS).deadline, 4 * MS);
    CHECK(guest_is_current(&g, other));
    CHECK_EQ(g.k->domain, 1);
    CHECK_EQ(kernel_timer(g.k, 0, 4 * MS).deadline, 6 * MS); /* the root's slice has 2 ms left */
    CHECK(guest_is_current(&g, guest_root_thread(&g)));
    guest_end(&g);
}

/* --- the release queue --------------------------------------------------------------------- */

TEST(threads_are_released_in_the_order_of_their_refills)
{
    struct fixture f = setup();
    struct guest_thread t[4];
    static const nanoseconds_t times[] = {30, 10, 20, 10};
    static const unsigned order[] = {1, 3, 2, 0};
    for (unsigned i = 0; i < 4; i++) {
        t[i] = guest_passive_thread(&f.g, 40);
        guest_bind(&f.g, t[i], guest_make_sched_context(&f.g, 100, 1000));
        tcb_set_state(f.g.k, t[i].tcb, THREAD_RUNNING);
        refill_head(context_of(&f.g, t[i]))->time = times[i];
        release_postpone(f.g.k, t[i].tcb);
    }
    paddr_t at = f.g.k->cores[0].release.head;
    for (unsigned i = 0; i < 4; i++, at = tcb_at(f.g.k, at)->ready_link.next)
        CHECK(tcb_at(f.g.k, at) == t[order[i]].tcb);
    CHECK_EQ(release_deadline(f.g.k, 0), 10);

    f.g.k->cores[0].reprogram = false;
    release_remove(f.g.k, t[2].tcb);
    CHECK(!f.g.k->cores[0].reprogram);
    release_remove(f.g.k, t[1].tcb); /* the first one: another deadline */
    CHECK(f.g.k->cores[0].reprogram);
    f.g.k->cores[0].now = 29;
    release_awaken(f.g.k, 0);
    CHECK(!t[3].tcb->in_release_queue && t[0].tcb->in_release_queue);
    release_remove(f.g.k, t[0].tcb);
    release_remove(f.g.k, t[0].tcb);
    CHECK_EQ(release_deadline(f.g.k, 0), NANOSECONDS_NEVER);
    guest_end(&f.g);
}

/* --- contexts and threads ------------------------------------------------------------------ */

TEST(a_thread_runs_with_a_context_only)
{
    struct fixture f = setup();
    struct guest_thread t = guest_passive_thread(&f.g, 60);
    guest_resume(&f.g, t);
    CHECK(!tcb_is_schedulable(f.g.k, t.tcb) && !t.tcb->in_ready_queue);
    guest_bind(&f.g, t, guest_make(&f.g, OBJECT_SCHED_CONTEXT, 7)); /* without refills */
    CHECK(!tcb_is_schedulable(f.g.k, t.tcb) && !t.tcb->in_ready_queue);
    sched_context_unbind(f.g.k, 0, context_of(&f.g, t));
    guest_bind(&f.g, t, guest_make_sched_context(&f.g, 100, 100));
    CHECK(t.tcb->in_ready_queue);
    timer(&f, 0);
    CHECK(guest_is_current(&f.g, t));
    sched_context_unbind(f.g.k, 0, context_of(&f.g, t));
    timer(&f, 0);
    CHECK(!guest_is_current(&f.g, t));
    guest_end(&f.g);
}

TEST(a_context_bound_before_its_refill_is_due_waits_for_it)
{
    struct fixture f = setup();
    struct guest_thread t = guest_passive_thread(&f.g, 60);
    guest_resume(&f.g, t);
    cptr_t sc = guest_make_sched_context(&f.g, 100, 1000);
    refill_head(sched_context_at(f.g.k, guest_cap(&f.g, sc).sched_context.object))->time = 7;
    guest_bind(&f.g, t, sc);
    CHECK(t.tcb->in_release_queue);
    timer(&f, 7);
    CHECK(guest_is_current(&f.g, t));
    guest_end(&f.g);
}

TEST(priorities_move_threads_in_ready_queues_only)
{
    struct fixture f = setup();
    guest_resume(&f.g, f.b);
    sched_set_priority(f.g.k, 0, f.b.tcb, 70);
    timer(&f, 0);
    CHECK(guest_is_current(&f.g, f.b));
    sched_set_priority(f.g.k, 0, f.a.tcb, 80); /* inactive */
    CHECK_EQ(f.a.tcb->priority, 80);
    CHECK(!f.a.tcb->in_ready_queue);
    tcb_set_state(f.g.k, f.a.tcb, THREAD_RUNNING);
    release_postpone(f.g.k, f.a.tcb);
    sched_set_priority(f.g.k, 0, f.a.tcb, 90);
    CHECK(f.a.tcb->in_release_queue && !f.a.tcb->in_ready_queue);
    guest_end(&f.g);
}

/* --- who has to pay, and who has not ------------------------------------------------------- */

TEST(a_thread_that_was_stopped_on_the_way_still_pays)
{
    struct fixture f = setup();
    guest_run(&f.g, f.a);
    timer(&f, 0);
    tcb_set_state(f.g.k, f.a.tcb, THREAD_INACTIVE);
    timer(&f, 500 * US);
    CHECK_EQ(f.sc_a->consumed, 500 * US);
    CHECK_EQ(refill_head(f.sc_a)->amount, 500 * US);
    guest_end(&f.g);
}

/* And its turn is over: the next one has a whole slice. */
TEST(a_round_robin_thread_that_was_stopped_on_the_way_gets_a_new_slice)
{
    struct fixture f = setup();
    guest_run(&f.g, f.b);
    timer(&f, 0);
    tcb_set_state(f.g.k, f.b.tcb, THREAD_INACTIVE);
    timer(&f, 500 * US);
    CHECK_EQ(f.sc_b->consumed, 500 * US);
    CHECK_EQ(refill_head(f.sc_b)->amount, 5 * MS);
    guest_end(&f.g);
}

TEST(a_context_that_has_ended_pays_nothing)
{
    struct fixture f = setup();
    cptr_t sc = guest_make_sched_context(&f.g, 1000, 10000);
    struct guest_thread t = guest_passive_thread(&f.g, 60);
    guest_bind(&f.g, t, sc);
    guest_run(&f.g, t);
    timer(&f, 0);
    struct sched_context *context = context_of(&f.g, t);
    guest_delete(&f.g, sc);
    CHECK_EQ(kernel_timer(f.g.k, 0, 100 * US).deadline, 5 * MS + 100 * US); /* the root's slice */
    CHECK_EQ(context->consumed, 0);
    CHECK(!guest_is_current(&f.g, t));
    guest_end(&f.g);
}

static void give_timeout_handler(struct fixture *f, struct guest_thread t)
{
    t.tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap =
        guest_cap(&f->g, guest_make(&f->g, OBJECT_ENDPOINT, 0));
}

TEST(neither_a_yield_nor_the_end_of_a_slice_is_a_timeout)
{
    struct fixture f = setup();
    give_timeout_handler(&f, f.a);
    guest_run(&f.g, f.a);
    guest_yield(&f.g);
    CHECK(f.a.tcb->in_release_queue);
    give_timeout_handler(&f, f.b);
    guest_run(&f.g, f.b);
    timer(&f, 5 * MS);
    CHECK_EQ(f.b.tcb->state, THREAD_RUNNING);
    CHECK_EQ(f.b.tcb->fault.type, FAULT_NONE);
    guest_end(&f.g);
}

TEST(calls_are_carried_out_while_the_domain_lasts_long_enough)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = true;
    config.num_domains = 2;
    config.num_domain_schedules = 10;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    const struct notification *n = notification_at(g.k, guest_cap(&g, signal).notification.object);
    g.k->schedule[0] = (struct domain_slot){0, 3000000}; /* 3 ms at 1000 MHz */
    sched_start_domain_schedule(g.k, 0, 0);
    kernel_timer(g.k, 0, 0);
    g.now = 3 * MS - 20 * US - 1;
    guest_send(&g, signal, 0, 0);
    CHECK_EQ(n->state, NOTIFICATION_ACTIVE);
    guest_nb_recv(&g, signal);
    CHECK_EQ(n->state, NOTIFICATION_IDLE);
    g.now++;
    guest_send(&g, signal, 0, 0);
    CHECK_EQ(n->state, NOTIFICATION_IDLE);
    CHECK_EQ(guest_root(&g)->context.next_ip, GUEST_SYSCALL_IP); /* it makes the call again */
    guest_end(&g);
}

TEST(the_only_domain_is_never_over)
{
    struct fixture f = setup();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    f.g.k->tsc.mhz = 2000;
    f.g.k->schedule[0] = (struct domain_slot){0, 1}; /* less than a nanosecond */
    sched_start_domain_schedule(f.g.k, 0, 0);
    timer(&f, 0);
    CHECK_EQ(f.g.k->domain_time, 0);
    guest_send(&f.g, signal, 0, 0);
    CHECK_EQ(notification_at(f.g.k, guest_cap(&f.g, signal).notification.object)->state,
             NOTIFICATION_ACTIVE);
    guest_end(&f.g);
}

/* --- when a refill counts from now on ------------------------------------------------------ */

TEST(being_preempted_moves_no_sporadic_refill)
{
    struct fixture f = setup();
    struct guest_thread high = guest_thread(&f.g, 60);
    guest_run(&f.g, f.a);
    timer(&f, 300 * US);
    guest_resume(&f.g, high);
    sched_reschedule(f.g.k, 0);
    timer(&f, 300 * US);
    CHECK(guest_is_current(&f.g, high));
    tcb_set_state(f.g.k, high.tcb, THREAD_INACTIVE);
    timer(&f, 2 * MS);
    CHECK(guest_is_current(&f.g, f.a));
    CHECK_EQ(refill_head(f.sc_a)->time, 300 * US);
    guest_end(&f.g);
}

/* `t` waits for a signal until 5 ms: then b, which runs, gives it. */
static void signal_after_sleep(struct fixture *f, struct guest_thread t)
{
    cptr_t signal = guest_make(&f->g, OBJECT_NOTIFICATION, 0);
    guest_run(&f->g, t);
    guest_wait(&f->g, signal);
    guest_run(&f->g, f->b);
    kernel_timer(f->g.k, 0, 4 * MS);
    f->g.now = 4 * MS;
    guest_send(&f->g, signal, 0, 0);
    CHECK_EQ(t.tcb->state, THREAD_RUNNING);
}

TEST(a_sporadic_refill_counts_from_when_its_thread_wakes)
{
    struct fixture f = setup();
    f.a.tcb->priority = 40; /* it is not chosen yet */
    signal_after_sleep(&f, f.a);
    CHECK(guest_is_current(&f.g, f.b));
    CHECK_EQ(refill_head(f.sc_a)->time, 4 * MS);
    CHECK_EQ(f.sc_b->consumed, 4 * MS); /* there is no going back behind that */
    guest_end(&f.g);
}

TEST(any_other_counts_from_when_its_thread_is_chosen)
{
    struct fixture f = setup();
    f.a.tcb->priority = 40;
    f.sc_a->is_sporadic = false;
    signal_after_sleep(&f, f.a);
    CHECK_EQ(refill_head(f.sc_a)->time, 0);
    guest_end(&f.g);
}

TEST(a_sporadic_refill_counts_from_when_it_is_bound)
{
    struct fixture f = setup();
    struct guest_thread t = guest_passive_thread(&f.g, 30);
    cptr_t sc = guest_make_sched_context(&f.g, 100, 1000);
    guest_run(&f.g, f.b);
    timer(&f, 7 * US);
    guest_resume(&f.g, t);
    guest_bind(&f.g, t, sc);
    CHECK_EQ(refill_head(context_of(&f.g, t))->time, 7 * US);
    guest_end(&f.g);
}

/* When the endpoint ends that its thread waited at. */
TEST(a_sporadic_refill_counts_from_when_its_thread_is_restarted)
{
    struct fixture f = setup();
    cptr_t ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.a.tcb->priority = 40;
    guest_run(&f.g, f.a);
    guest_send(&f.g, ep, 0, 0);
    CHECK_EQ(f.a.tcb->state, THREAD_BLOCKED_ON_SEND);
    guest_run(&f.g, f.b);
    timer(&f, 4 * MS);
    ipc_cancel_all(f.g.k, 0, guest_cap(&f.g, ep).endpoint.object);
    CHECK_EQ(f.a.tcb->state, THREAD_RESTART);
    CHECK_EQ(refill_head(f.sc_a)->time, 4 * MS);
    guest_end(&f.g);
}

/* A signal that is there already: the context that comes with it, and no other. */
TEST(a_sporadic_refill_counts_from_when_it_is_lent_with_a_signal)
{
    struct fixture f = setup();
    struct kernel *k = f.g.k;
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    paddr_t notification = guest_cap(&f.g, signal).notification.object;
    struct guest_thread t = guest_passive_thread(&f.g, 30);
    cptr_t lent = guest_make_sched_context(&f.g, 100, 1000);
    struct sched_context *sc = sched_context_at(k, guest_cap(&f.g, lent).sched_context.object);
    CHECK(sc->is_sporadic);
    sched_context_bind_notification(k, sc, notification);
    guest_run(&f.g, f.b);
    timer(&f, 7 * US);
    notification_signal(k, 0, notification, 1);
    notification_receive(k, 0, f.a.tcb, notification, false);
    CHECK_EQ(refill_head(f.sc_a)->time, 0);
    CHECK_EQ(refill_head(sc)->time, 0);
    notification_signal(k, 0, notification, 1);
    notification_receive(k, 0, t.tcb, notification, false);
    CHECK(context_of(&f.g, t) == sc);
    CHECK_EQ(refill_head(sc)->time, 7 * US);
    guest_end(&f.g);
}

/* The notification's context that another thread runs on stays with it. */
TEST(waiting_takes_back_what_was_lent_and_nothing_else)
{
    struct fixture f = setup();
    struct kernel *k = f.g.k;
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    paddr_t notification = guest_cap(&f.g, signal).notification.object;
    sched_context_bind_notification(k, f.sc_a, notification);
    notification_bind(k, f.b.tcb, notification);
    cptr_t ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    guest_run(&f.g, f.b);
    guest_recv(&f.g, ep);
    CHECK_EQ(f.b.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK(context_of(&f.g, f.a) == f.sc_a);
    CHECK(context_of(&f.g, f.b) == f.sc_b);
    guest_end(&f.g);
}

/* What lies at address 0, where no object is, is not looked at and not written. */
TEST(no_notification_is_not_the_one_at_address_0)
{
    struct fixture f = setup();
    struct kernel *k = f.g.k;
    uint64_t *at_zero = notification_sched_context(k, 0);
    cptr_t ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    *at_zero = f.b.tcb->sched_context;
    guest_run(&f.g, f.b);
    guest_recv(&f.g, ep);
    CHECK(context_of(&f.g, f.b) == f.sc_b);
    sched_context_unbind_notification(k, f.sc_b);
    CHECK_EQ(*at_zero, f.b.tcb->sched_context);
    guest_end(&f.g);
}

TEST(a_thread_that_cannot_run_waits_for_no_refill)
{
    struct fixture f = setup();
    struct guest_thread t = guest_passive_thread(&f.g, 30);
    cptr_t sc = guest_make_sched_context(&f.g, 100, 1000);
    refill_head(sched_context_at(f.g.k, guest_cap(&f.g, sc).sched_context.object))->time = MS;
    guest_bind(&f.g, t, sc);
    CHECK(!t.tcb->in_release_queue);
    release_remove(f.g.k, t.tcb);
    release_postpone(f.g.k, f.a.tcb);
    release_remove(f.g.k, t.tcb); /* who is not in the queue takes nobody out */
    CHECK_EQ(f.g.k->cores[0].release.head, kernel_paddr(f.g.k, f.a.tcb));
    guest_end(&f.g);
}
