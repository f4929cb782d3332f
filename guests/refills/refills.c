/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the parts of a budget come back: checks like those of guests/conformance, but exact time
 * enters them, so they are made in virtual time, and by the real kernel under QEMU's -icount
 * (docs/mcs.md). No time is said: two threads wait for their budgets, and which of them gets one
 * first is.
 */
#include "mcs/mcs.h"

#define UNIT 5000 /* us */

static seL4_CPtr context, reference, other, ntfns[2];
static volatile bool stop;

static void fresh(void)
{
    context = object_new(seL4_SchedContextObject, 9);
    reference = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    other = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    for (unsigned i = 0; i < ARRAY_LENGTH(ntfns); i++)
        ntfns[i] = object_new(seL4_NotificationObject, 0);
    stop = false;
    marks_clear();
}

static void end(void)
{
    stop = true;
    must(delete_cap(context), "Delete");
    must(delete_cap(reference), "Delete");
    must(delete_cap(other), "Delete");
    rest();
}

static seL4_Error configure(seL4_Word budget, seL4_Word period, seL4_Word refills, seL4_Word flags)
{
    return seL4_SchedControl_ConfigureFlags(sched_control(), context, budget, period, refills, 0,
                                            flags);
}

static void start_on(seL4_CPtr sched_context, unsigned n, void (*entry)(void *), void *argument)
{
    worker_start(n, entry, argument);
    must(seL4_SchedContext_Unbind(own_context(n)), "Unbind");
    must(seL4_SchedContext_Bind(sched_context, own_tcb(n)), "Bind");
}

static uint64_t counter_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static void compute(void)
{
    const uint64_t start = counter_now(), length = UNIT / 5 * tsc_mhz();

    while (counter_now() - start < length)
        continue;
}

static void spin(void *unused)
{
    (void)unused;
    while (!stop)
        counter_now(); /* so that virtual time goes on */
}

/* Worker 2 uses up so much time; only then others run. */
static void pass(seL4_Word units)
{
    worker_start(2, spin, NULL);
    set_priority(2, HIGHER);
    must(seL4_SchedContext_Unbind(own_context(2)), "Unbind");
    must(context_configure(other, units * UNIT, FOREVER), "ConfigureFlags");
    must(seL4_SchedContext_Bind(other, own_tcb(2)), "Bind");
    settle();
    must(seL4_SchedContext_Unbind(other), "Unbind");
}

static void yield_and_mark(void *argument)
{
    seL4_Yield();
    mark(argument);
}

/* Worker 1 marks "r" so many units from now on, unless the workers' time is held up for longer. */
static void start_reference(seL4_Word units)
{
    must(context_configure(reference, UNIT, units * UNIT), "ConfigureFlags");
    start_on(reference, 1, yield_and_mark, TEXT("r"));
    settle();
}

static void wait_for_both(void)
{
    struct event event;

    for (unsigned i = 0; i < 2; i++)
        event_wait(&event);
    say_marks();
}

/* --- from when on a period counts ------------------------------------------------------------ */

/* The budget is there for a while before its thread is let run and yields. */
static void held_up(void)
{
    for (seL4_Word flags = 0; flags <= seL4_SchedContext_Sporadic; flags++) {
        fresh();
        start_reference(10);
        must(configure(UNIT, 8 * UNIT, 0, flags), "ConfigureFlags");
        start_on(context, 0, yield_and_mark, TEXT("a"));
        pass(4);
        wait_for_both();
        end();
    }
}

/* --- parts of a budget ----------------------------------------------------------------------- */

static void use_piecewise(void *argument)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(ntfns); i++) {
        compute();
        seL4_Wait(ntfns[i], NULL);
    }
    yield_and_mark(argument);
}

/* Two pieces used, and the rest given up: the first comes back first, if there is room for it. */
static void pieces(void)
{
    for (seL4_Word flags = 0; flags <= seL4_SchedContext_Sporadic; flags++) {
        for (seL4_Word refills = 0; refills < 3; refills++) {
            fresh();
            must(configure(2 * UNIT, 14 * UNIT, refills, flags), "ConfigureFlags");
            start_reference(17);
            start_on(context, 0, use_piecewise, TEXT("a"));
            for (unsigned i = 0; i < ARRAY_LENGTH(ntfns); i++) {
                settle();
                pass(4);
                seL4_Signal(ntfns[i]);
            }
            wait_for_both();
            end();
        }
        say(";");
    }
}

static void say_badges(unsigned count)
{
    struct event event;

    for (unsigned i = 0; i < count; i++) {
        event_wait(&event);
        say("%lu", event.badge);
    }
}

/*
 * Of a ready thread's budget some comes only after a period, counted from now; what it has it gives
 * up when half a period is over. So there are two refills, this one first. When it is used up a
 * handler hears of it; if it is less than the least budget, it joins the other one.
 */
static void small(void)
{
    static const seL4_Word more[] = {LEAST / 2, LEAST - 1, LEAST, LEAST + 1};

    for (unsigned i = 0; i < ARRAY_LENGTH(more); i++) {
        fresh();
        start_reference(10);
        must(configure(UNIT, 8 * UNIT, 0, 0), "ConfigureFlags");
        start_on(context, 0, yield_and_mark, TEXT("a"));
        must(seL4_TCB_SetTimeoutEndpoint(own_tcb(0), worker_endpoint(2)), "SetTimeoutEndpoint");
        must(configure(UNIT + more[i], 8 * UNIT, 0, 0), "ConfigureFlags");
        pass(4);
        say_badges(2);
        must(seL4_TCB_SetTimeoutEndpoint(own_tcb(0), seL4_CapNull), "SetTimeoutEndpoint");
        end();
    }
}

/* --- the least budget ------------------------------------------------------------------------ */

/* It does not last for a call. */
static void least(void)
{
    static const struct {
        seL4_Word period, flags;
    } kinds[] = {{2000, 0}, {2000, seL4_SchedContext_Sporadic}, {LEAST, 0}};
    struct event event;

    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++) {
        fresh();
        must(configure(LEAST, kinds[i].period, 0, kinds[i].flags), "ConfigureFlags");
        worker_start(0, mark_once, TEXT("a"));
        must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
        set_priority(0, 1); /* the root task's while it settles */
        must(seL4_SchedContext_Bind(context, own_tcb(0)), "Bind");
        for (unsigned turn = 0; turn < 10; turn++) {
            compute();
            settle();
        }
        event_poll(&event);
        say_event(&event, NULL);
        must(configure(UNIT, UNIT, 0, 0), "ConfigureFlags");
        event_wait(&event);
        say_event(&event, NULL);
        say_marks();
        end();
    }
}

static void least_with_handler(void)
{
    struct event event;

    fresh();
    must(configure(LEAST, FOREVER, 0, 0), "ConfigureFlags");
    start_on(context, 0, mark_once, TEXT("a"));
    must(seL4_TCB_SetTimeoutEndpoint(own_tcb(0), worker_endpoint(2)), "SetTimeoutEndpoint");
    event_wait(&event);
    say("badge %lu label %lu length %lu", event.badge, event.label, event.length);
    must(seL4_TCB_SetTimeoutEndpoint(own_tcb(0), seL4_CapNull), "SetTimeoutEndpoint");
    end();
}

/* --- other parameters ------------------------------------------------------------------------ */

static void compute_and_mark(void *argument)
{
    compute();
    mark(argument);
}

/* Less and more again: one that is ready has what was left at once, one that is not has all. */
static void less_and_more(void)
{
    for (unsigned suspended = 0; suspended < 2; suspended++) {
        fresh();
        must(configure(UNIT, 8 * UNIT, 0, 0), "ConfigureFlags");
        start_reference(4);
        start_on(context, 0, compute_and_mark, TEXT("a"));
        if (suspended)
            must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
        say_error(configure(2 * LEAST, 8 * UNIT, 0, 0));
        say_error(configure(UNIT, 8 * UNIT, 0, 0));
        if (suspended)
            must(seL4_TCB_Resume(own_tcb(0)), "Resume");
        wait_for_both();
        end();
    }
}

static void wait_and_compute(void *argument)
{
    seL4_Wait(ntfns[0], NULL);
    compute_and_mark(argument);
}

/* One whose thread waits for a signal is not in use, either. */
static void of_waiting(void)
{
    fresh();
    must(configure(UNIT, 8 * UNIT, 0, 0), "ConfigureFlags");
    start_on(context, 0, wait_and_compute, TEXT("a"));
    settle();
    say_error(configure(2 * LEAST, 8 * UNIT, 0, 0));
    say_error(configure(UNIT, 8 * UNIT, 0, 0));
    start_reference(4);
    seL4_Signal(ntfns[0]);
    wait_for_both();
    end();
}

static void configure_itself(void *argument)
{
    const seL4_Word us = (seL4_Word)argument;

    say_error(configure(us, 8 * UNIT, 0, 0));
    seL4_Yield();
    mark("a");
}

/* Of the thread that calls: it goes on, with no more than it had, and less than the least is none.
 */
static void of_caller(void)
{
    static const seL4_Word budgets[] = {UNIT, 4 * UNIT, 8 * UNIT};

    for (unsigned i = 0; i < ARRAY_LENGTH(budgets); i++) {
        fresh();
        must(configure(2 * UNIT, 40 * UNIT, 0, 0), "ConfigureFlags");
        start_reference(4);
        start_on(context, 0, configure_itself, (void *)budgets[i]);
        wait_for_both();
        end();
    }
}

/* Round robin: what was used does not come a period later, whatever the flags say. */
static void round_robin(void)
{
    for (seL4_Word flags = 0; flags <= seL4_SchedContext_Sporadic; flags++) {
        fresh();
        must(configure(UNIT, UNIT, 0, flags), "ConfigureFlags");
        start_on(context, 0, use_piecewise, TEXT("a"));
        settle();
        seL4_Signal(ntfns[0]);
        settle();
        worker_start(1, yield_and_mark, TEXT("b"));
        seL4_Signal(ntfns[1]);
        say_ends();
        end();
    }
}

/* From round robin to a period: the next budget comes after one. */
static void no_more_round_robin(void)
{
    static const seL4_Word periods[] = {8, 2};

    for (unsigned i = 0; i < ARRAY_LENGTH(periods); i++) {
        fresh();
        must(configure(UNIT, UNIT, 0, 0), "ConfigureFlags");
        start_reference(5);
        start_on(context, 0, yield_and_mark, TEXT("a"));
        say_error(configure(UNIT, periods[i] * UNIT, 0, 0));
        wait_for_both();
        end();
    }
}

static const struct check refills[] = {
    {"REFILL0001", "Yield some time after the budget came, without and with the sporadic flag",
     held_up},
    {"REFILL0002", "a budget used in three pieces: room for two refills, three, four", pieces},
    {"REFILL0003", "a refill of half the least budget, 1 us less, that, 1 us more", small},
    {"REFILL0004", "calls with the least budget: a period, sporadic, round robin", least},
    {"REFILL0005", "the least budget and a timeout handler", least_with_handler},
    {"REFILL0006", "less budget and more again: of a ready thread, of a suspended one",
     less_and_more},
    {"REFILL0007", "less and more again: of a thread that waits for a signal", of_waiting},
    {"REFILL0008", "of the caller: less, more, round robin; then Yield", of_caller},
    {"REFILL0009", "round robin, used in pieces, without and with the sporadic flag", round_robin},
    {"REFILL0010", "round robin that gets a long period, a short one", no_more_round_robin},
};

const struct check_table refill_checks = {
    .checks = refills, .count = ARRAY_LENGTH(refills), .tidy = true};
