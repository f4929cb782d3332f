/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts whose budget is used up, and Yield, which uses it up at once. */
#include "../traps.h"
#include "mcs.h"

static seL4_CPtr context, ntfn;
static volatile seL4_Word stop, turns;

static void fresh(void)
{
    context = context_new_short(0);
    ntfn = object_new(seL4_NotificationObject, 0);
    stop = turns = 0;
    marks_clear();
}

static void end(void)
{
    stop = 1;
    must(delete_cap(context), "Delete");
    rest();
}

static void start_on_context(unsigned n, void (*entry)(void *), void *argument)
{
    worker_start(n, entry, argument);
    must(seL4_SchedContext_Unbind(own_context(n)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(n)), "Bind");
}

static void yield_once(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Yield();
    mark(")");
}

/* Of a thread that is ready: it keeps its rate, and does not get more. */
static void configure_again(void)
{
    say_error(context_configure(context, SHORT, FOREVER));
}

/* A whole new budget. */
static void refill(unsigned n)
{
    must(seL4_TCB_Suspend(own_tcb(n)), "Suspend");
    must(context_configure(context, SHORT, FOREVER), "ConfigureFlags");
    must(seL4_TCB_Resume(own_tcb(n)), "Resume");
}

/* --- Yield ----------------------------------------------------------------------------------- */

static void yields(void)
{
    fresh();
    start_on_context(0, yield_once, NULL);
    worker_start(1, mark_once, TEXT("x"));
    set_priority(1, LOWER);
    say_ends();
    configure_again();
    say_ends();
    refill(0);
    say_ends();
    end();
}

/* A budget in many parts: Yield gives up the first only, and all of it is in the first. */
static void yields_in_parts(void)
{
    for (seL4_Word flags = 0; flags <= seL4_SchedContext_Sporadic; flags++) {
        fresh();
        must(delete_cap(context), "Delete");
        context = object_new(seL4_SchedContextObject, 10);
        must(
            seL4_SchedControl_ConfigureFlags(sched_control(), context, SHORT, FOREVER, 8, 0, flags),
            "ConfigureFlags");
        start_on_context(0, yield_once, NULL);
        say_ends();
        end();
    }
}

static void yield_often(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < 5; i++) {
        mark("y");
        seL4_Yield();
    }
}

/* With a short period the next budget comes soon. */
static void yields_in_periods(void)
{
    static const seL4_Word flags[] = {0, seL4_SchedContext_Sporadic};
    struct event event;

    for (unsigned i = 0; i < ARRAY_LENGTH(flags); i++) {
        fresh();
        must(seL4_SchedControl_ConfigureFlags(sched_control(), context, 500, 1000, 0, 0, flags[i]),
             "ConfigureFlags");
        start_on_context(0, yield_often, NULL);
        event_wait(&event);
        say_event(&event, NULL);
        say_marks();
        end();
    }
}

static void equals_yield(void)
{
    fresh();
    worker_start(1, mark_once, TEXT("a"));
    worker_start(2, mark_once, TEXT("b"));
    worker_start(0, yield_often, NULL);
    say_ends();
    end();
}

/* --- without budget -------------------------------------------------------------------------- */

static void spin(void *argument)
{
    (void)argument;
    trap_spin(0, &stop, &turns);
    mark("s");
}

/* Worker 0 has used up the budget. */
static void use_up(void)
{
    start_on_context(0, spin, NULL);
    settle();
}

static void higher_spins(void)
{
    fresh();
    start_on_context(0, spin, NULL);
    set_priority(0, HIGHER);
    worker_start(1, mark_once, TEXT("x"));
    say_ends();
    set_priority(0, WORKER_PRIORITY);
    set_priority(0, 200);
    stop = 1;
    say_ends();
    refill(0);
    say_ends();
    end();
}

static void goes_to_another(void)
{
    fresh();
    use_up();
    say_error(seL4_SchedContext_Unbind(context));
    worker_start(1, mark_once, TEXT("x"));
    must(seL4_SchedContext_Unbind(own_context(1)), "Unbind");
    say_error(seL4_SchedContext_Bind(context, own_tcb(1)));
    say_ends();
    refill(1);
    say_ends();
    end();
}

static void suspended_and_resumed(void)
{
    fresh();
    use_up();
    stop = 1;
    say_error(seL4_TCB_Suspend(own_tcb(0)));
    say_error(seL4_TCB_Resume(own_tcb(0)));
    say_ends();
    say_error(seL4_TCB_Suspend(own_tcb(0)));
    configure_again();
    say_ends();
    say_error(seL4_TCB_Resume(own_tcb(0)));
    say_ends();
    end();
}

static void wait_once(void *argument)
{
    seL4_Wait(ntfn, NULL);
    mark(argument);
}

/* An empty one is refused for a thread that waits, whatever the method. */
static void for_waiting(void)
{
    fresh();
    use_up();
    must(seL4_SchedContext_Unbind(context), "Unbind");
    start_passive(1, wait_once, TEXT("w"));
    say_error(seL4_SchedContext_Bind(context, own_tcb(1)));
    say_error(seL4_TCB_SetSchedParams(own_tcb(1), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                      context, worker_endpoint(1)));
    seL4_Signal(ntfn);
    say_error(seL4_SchedContext_Bind(context, own_tcb(1)));
    say_ends();
    refill(1);
    say_ends();
    end();
}

/* With one that is full it waits on. */
static void full_for_waiting(void)
{
    fresh();
    start_passive(1, wait_once, TEXT("w"));
    say_error(seL4_TCB_SetSchedParams(own_tcb(1), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                      context, worker_endpoint(1)));
    say_ends();
    seL4_Signal(ntfn);
    say_ends();
    end();
}

static void deleted(void)
{
    fresh();
    use_up();
    stop = 1;
    say_error(delete_cap(context));
    say_ends();
    say_error(seL4_SchedContext_Bind(own_context(0), own_tcb(0)));
    say_ends();
    end();
}

static void made_round_robin(void)
{
    fresh();
    use_up();
    stop = 1;
    say_error(context_configure(context, SLICE_US, SLICE_US));
    say_ends();
    end();
}

/* What a thread uses is told by Consumed: at least what it had. */
static void consumed(void)
{
    seL4_SchedContext_Consumed_t used;

    fresh();
    use_up();
    used = seL4_SchedContext_Consumed(context);
    say("error %d %s", used.error, used.consumed + 2 * LEAST >= SHORT ? "all" : "less");
    used = seL4_SchedContext_Consumed(context);
    say("error %d %lu", used.error, used.consumed);
    end();
}

static const struct check checks[] = {
    {"BUDGET0001", "Yield of one with a budget, a lower thread, a new budget", yields},
    {"BUDGET0002", "Yield of a budget with room for ten refills", yields_in_parts},
    {"BUDGET0003", "five times Yield with a short period", yields_in_periods},
    {"BUDGET0004", "five times Yield of round robin among equals", equals_yield},
    {"BUDGET0005", "a higher thread without budget: lowered, raised, a new budget", higher_spins},
    {"BUDGET0006", "an empty one goes to another thread", goes_to_another},
    {"BUDGET0007", "Suspend, Resume, a budget while suspended", suspended_and_resumed},
    {"BUDGET0008", "an empty one for a waiting thread by Bind, SetSchedParams, when it is woken",
     for_waiting},
    {"BUDGET0009", "a full one for a waiting thread by SetSchedParams", full_for_waiting},
    {"BUDGET0010", "Delete of an empty one", deleted},
    {"BUDGET0011", "an empty one becomes round robin", made_round_robin},
    {"BUDGET0012", "Consumed of an empty one, twice", consumed},
};

const struct check_table budget_checks = MCS_TABLE(checks);
