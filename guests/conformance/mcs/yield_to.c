/* SPDX-License-Identifier: BSD-2-Clause */
/* YieldTo: the time of the processor for another, and when it comes back. */
#include "../traps.h"
#include "mcs.h"

#define YIELDER 0
#define TARGET  1
#define OTHER   2

static seL4_CPtr ntfn;
static volatile seL4_Word stop, turns;

static void fresh(void)
{
    ntfn = object_new(seL4_NotificationObject, 0);
    stop = turns = 0;
    marks_clear();
}

/* So much that any kernel's clock notices. */
static void use_time(void)
{
    for (volatile unsigned i = 0; i < 20000; i++)
        ;
}

static void mark_target(void *argument)
{
    use_time();
    mark(argument);
}

/* What comes of it: an error, or whether the target has used some time. */
static void yield_to(void *argument)
{
    seL4_SchedContext_YieldTo_t result;

    mark("(");
    result = seL4_SchedContext_YieldTo((seL4_CPtr)argument);
    mark(")");
    say("%s %s", error_name((seL4_Word)result.error),
        result.error != seL4_NoError ? "" : (result.consumed > 0 ? "some" : "nothing"));
}

static void start_yielder(seL4_CPtr context, seL4_Word mcp)
{
    worker_start(YIELDER, yield_to, (void *)context);
    must(seL4_TCB_SetMCPriority(own_tcb(YIELDER), seL4_CapInitThreadTCB, mcp), "SetMCPriority");
}

static void end(void)
{
    stop = 1;
    rest();
}

/* --- refused --------------------------------------------------------------------------------- */

static void refused(void)
{
    const seL4_CPtr free = context_new(), of_notification = context_new();

    fresh();
    must(seL4_SchedContext_Bind(of_notification, ntfn), "Bind");
    start_yielder(free, seL4_MaxPrio);
    say_ends();
    start_yielder(of_notification, seL4_MaxPrio);
    say_ends();
    start_yielder(own_context(YIELDER), seL4_MaxPrio);
    say_ends();
    end();
}

static void above_mcp(void)
{
    static const seL4_Word mcps[] = {0, WORKER_PRIORITY - 1, WORKER_PRIORITY};

    for (unsigned i = 0; i < ARRAY_LENGTH(mcps); i++) {
        fresh();
        worker_start(TARGET, mark_target, TEXT("t"));
        start_yielder(own_context(TARGET), mcps[i]);
        say_ends();
        end();
    }
}

/* --- targets --------------------------------------------------------------------------------- */

static void be_busy(void *argument)
{
    (void)argument;
    use_time();
}

/* What its context has consumed is told even if the thread does not get to run. */
static void to_ready(seL4_Word priority)
{
    struct event event;

    worker_start(TARGET, be_busy, NULL);
    event_wait(&event);
    fresh();
    worker_start(TARGET, mark_target, TEXT("t"));
    set_priority(TARGET, priority);
    worker_start(OTHER, mark_once, TEXT("x"));
    if (priority > WORKER_PRIORITY)
        must(seL4_TCB_Suspend(own_tcb(TARGET)), "Suspend");
    start_yielder(own_context(TARGET), seL4_MaxPrio);
    say_ends();
    end();
}

static void ready(void)
{
    to_ready(LOWER);
    to_ready(WORKER_PRIORITY);
}

static void to_suspended(void)
{
    fresh();
    worker_start(TARGET, mark_target, TEXT("t"));
    must(seL4_TCB_Suspend(own_tcb(TARGET)), "Suspend");
    start_yielder(own_context(TARGET), seL4_MaxPrio);
    say_ends();
    end();
}

static void wait_and_mark(void *argument)
{
    mark_target(argument);
    seL4_Wait(ntfn, NULL);
    mark_target(argument);
}

static void to_waiting(void)
{
    fresh();
    start_waiting(TARGET, wait_and_mark, TEXT("t"));
    start_yielder(own_context(TARGET), seL4_MaxPrio);
    say_ends();
    end();
}

/* The target waits in the middle: the time comes back. */
static void target_waits(void)
{
    fresh();
    worker_start(TARGET, wait_and_mark, TEXT("t"));
    start_yielder(own_context(TARGET), seL4_MaxPrio);
    say_ends();
    seL4_Signal(ntfn);
    say_ends();
    end();
}

static void spin(void *argument)
{
    (void)argument;
    mark("s");
    trap_spin(0, &stop, &turns);
    mark("S");
}

/* The target has a short budget and uses it up. */
static void target_runs_out(void)
{
    const seL4_CPtr context = context_new_short(0);

    fresh();
    worker_start(TARGET, spin, NULL);
    must(seL4_SchedContext_Unbind(own_context(TARGET)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(TARGET)), "Bind");
    start_yielder(context, seL4_MaxPrio);
    say_ends();
    must(delete_cap(context), "Delete");
    end();
}

static void to_empty(void)
{
    const seL4_CPtr context = context_new_short(0);

    fresh();
    worker_start(TARGET, spin, NULL);
    must(seL4_SchedContext_Unbind(own_context(TARGET)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(TARGET)), "Bind");
    settle();
    start_yielder(context, seL4_MaxPrio);
    say_ends();
    must(delete_cap(context), "Delete");
    end();
}

/* A message to somebody higher, who ends the target's turn. */
static void signal_and_spin(void *argument)
{
    use_time();
    mark("s");
    seL4_Signal(ntfn);
    trap_spin(0, &stop, &turns);
    use_time();
    mark("S");
    (void)argument;
}

static seL4_Error (*volatile interrupt)(void);

static void wait_and_interrupt(void *argument)
{
    (void)argument;
    seL4_Wait(ntfn, NULL);
    mark("i");
    say_error(interrupt());
}

static void while_yielding(seL4_Error (*act)(void))
{
    fresh();
    interrupt = act;
    start_waiting(OTHER, wait_and_interrupt, NULL);
    must(seL4_TCB_SetMCPriority(own_tcb(OTHER), seL4_CapInitThreadTCB, seL4_MaxPrio),
         "SetMCPriority");
    set_priority(OTHER, HIGHER);
    worker_start(TARGET, signal_and_spin, NULL);
    start_yielder(own_context(TARGET), seL4_MaxPrio);
    say_ends();
    end();
}

static seL4_Error suspend_target(void)
{
    return seL4_TCB_Suspend(own_tcb(TARGET));
}

static seL4_Error unbind_target(void)
{
    return seL4_SchedContext_Unbind(own_context(TARGET));
}

static seL4_Error suspend_yielder(void)
{
    stop = 1;
    return seL4_TCB_Suspend(own_tcb(YIELDER));
}

static seL4_Error unbind_yielder(void)
{
    stop = 1;
    return seL4_SchedContext_Unbind(own_context(YIELDER));
}

static seL4_Error lower_target(void)
{
    stop = 1;
    return seL4_TCB_SetPriority(own_tcb(TARGET), seL4_CapInitThreadTCB, LOWER);
}

static seL4_Error configure_target(void)
{
    stop = 1;
    return context_configure(own_context(TARGET), SLICE_US, SLICE_US);
}

static seL4_Error consumed_of_target(void)
{
    stop = 1;
    return (seL4_Error)seL4_SchedContext_Consumed(own_context(TARGET)).error;
}

#define WHILE(name)                                                                                \
    static void try_##name(void)                                                                   \
    {                                                                                              \
        while_yielding(name);                                                                      \
    }

WHILE(suspend_target)
WHILE(unbind_target)
WHILE(suspend_yielder)
WHILE(unbind_yielder)
WHILE(lower_target)
WHILE(configure_target)
WHILE(consumed_of_target)

/* Another yields to the same one: the first has its answer then. */
static seL4_Error yield_to_target(void)
{
    const seL4_SchedContext_YieldTo_t result = seL4_SchedContext_YieldTo(own_context(TARGET));

    stop = 1;
    return (seL4_Error)result.error;
}

WHILE(yield_to_target)

static void delete_while_yielding(void)
{
    const seL4_CPtr context = context_new();

    fresh();
    worker_start(TARGET, wait_and_mark, TEXT("t"));
    must(seL4_SchedContext_Unbind(own_context(TARGET)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(TARGET)), "Bind");
    start_yielder(context, seL4_MaxPrio);
    say_ends();
    say_error(delete_cap(context));
    say_ends();
    end();
}

/* From above, to a thread that may not run before the caller waits. */
static void from_above(void)
{
    seL4_SchedContext_YieldTo_t result;

    fresh();
    worker_start(TARGET, mark_target, TEXT("t"));
    worker_start(OTHER, mark_once, TEXT("x"));
    result = seL4_SchedContext_YieldTo(own_context(TARGET));
    say("%s", error_name((seL4_Word)result.error));
    say_ends();
    result = seL4_SchedContext_YieldTo(seL4_CapInitThreadSC);
    say("%s", error_name((seL4_Word)result.error));
    end();
}

static const struct check checks[] = {
    {"YIELDTO0001", "one without a thread, one of a notification, its own", refused},
    {"YIELDTO0002", "maximum priorities of 0, one less, and that of the target", above_mcp},
    {"YIELDTO0003", "to a lower and to an equal thread, another is ready", ready},
    {"YIELDTO0004", "to a suspended thread", to_suspended},
    {"YIELDTO0005", "to a thread that waits", to_waiting},
    {"YIELDTO0006", "the target waits for a signal", target_waits},
    {"YIELDTO0007", "the target uses its budget up", target_runs_out},
    {"YIELDTO0008", "the target has no budget left", to_empty},
    {"YIELDTO0009", "a higher thread suspends the target", try_suspend_target},
    {"YIELDTO0010", "a higher thread unbinds the target", try_unbind_target},
    {"YIELDTO0011", "a higher thread suspends the yielding one", try_suspend_yielder},
    {"YIELDTO0012", "a higher thread unbinds the yielding one", try_unbind_yielder},
    {"YIELDTO0013", "a higher thread lowers the target", try_lower_target},
    {"YIELDTO0014", "a higher thread configures the target", try_configure_target},
    {"YIELDTO0015", "a higher thread asks what the target has consumed", try_consumed_of_target},
    {"YIELDTO0016", "a higher thread yields to the same one", try_yield_to_target},
    {"YIELDTO0017", "Delete of the target's after it waits", delete_while_yielding},
    {"YIELDTO0018", "from above, and to itself", from_above},
};

const struct check_table yield_to_checks = MCS_TABLE(checks);
