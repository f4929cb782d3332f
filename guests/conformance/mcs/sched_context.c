/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: who can have one, and what becomes of a thread that gets or loses one. */
#include "mcs.h"

static seL4_CPtr context, tcb, ntfn;

static void fresh(void)
{
    context = context_new();
    tcb = object_new(seL4_TCBObject, 0);
    ntfn = object_new(seL4_NotificationObject, 0);
    marks_clear();
}

static seL4_Error bind(seL4_CPtr cap)
{
    return seL4_SchedContext_Bind(context, cap);
}

static seL4_Error unbind(seL4_CPtr cap)
{
    return seL4_SchedContext_UnbindObject(context, cap);
}

/* --- methods --------------------------------------------------------------------------------- */

static void sizes(void)
{
    static const seL4_Word bits[] = {0, 6, 7, 8, 12, 47, 63, 64};
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 13);

    for (unsigned i = 0; i < ARRAY_LENGTH(bits); i++)
        say_error(seL4_Untyped_Retype(untyped, seL4_SchedContextObject, bits[i], ROOT, 0, 0,
                                      slot_new(), 1));
    /* 2^7 + 2^8 bytes, each aligned to its size, and half of it */
    say_error(seL4_Untyped_Retype(untyped, seL4_ReplyObject, 0, ROOT, 0, 0, slot_new(), 129));
}

static void truncated(void)
{
    fresh();
    say_error(invoke(context, Label_SchedContext_Bind, NONE, WORDS(1, 2)));
    say_error(invoke(context, Label_SchedContext_UnbindObject, NONE, WORDS(1, 2)));
    say_error(invoke(context, Label_SchedContext_Unbind, NONE, NONE));
    say_error(invoke(context, Label_SchedContext_Consumed, NONE, NONE));
    say_error(invoke(context, Label_TCB_Resume, NONE, NONE));
}

static void bind_wrong(void)
{
    const seL4_CPtr caps[] = {ROOT, slot_new(), object_new(seL4_EndpointObject, 0),
                              object_new(seL4_ReplyObject, 0), sched_control()};

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(caps); i++) {
        say_error(bind(caps[i]));
        say_error(unbind(caps[i]));
    }
    say_error(bind(context));
    say_error(unbind(context));
}

static void bind_thread(void)
{
    const seL4_CPtr first = object_new(seL4_TCBObject, 0), other = context_new();

    fresh();
    say_error(bind(first));
    say_error(bind(first));
    say_error(bind(tcb));
    say_error(bind(ROOT));
    say_error(seL4_SchedContext_Bind(other, first));
    say_error(unbind(tcb));
    say_error(unbind(first));
    say_error(unbind(first));
    say_error(seL4_SchedContext_Bind(other, first));
    say_error(bind(first));
    say_error(bind(tcb));
}

static void bind_notification(void)
{
    const seL4_CPtr other = object_new(seL4_NotificationObject, 0), more = context_new();

    fresh();
    say_error(bind(ntfn));
    say_error(bind(ntfn));
    say_error(bind(other));
    say_error(seL4_SchedContext_Bind(more, ntfn));
    say_error(unbind(other));
    say_error(unbind(ntfn));
    say_error(unbind(ntfn));
    say_error(bind(other));
}

static void bind_both(void)
{
    fresh();
    say_error(bind(ntfn));
    say_error(bind(tcb));
    say_error(unbind(ntfn));
    say_error(bind(ntfn));
    say_error(unbind(tcb));
    say_error(bind(tcb));
    say_error(seL4_SchedContext_Unbind(context));
    say_error(unbind(ntfn));
    say_error(unbind(tcb));
}

static void bind_without_rights(void)
{
    const seL4_CPtr reader = slot_new(), plain = slot_new();

    fresh();
    must(copy_cap(reader, ntfn, seL4_CanRead), "Copy");
    must(copy_cap(plain, context, seL4_NoRights), "Copy");
    say_error(seL4_SchedContext_Bind(plain, reader));
    say_error(seL4_SchedContext_UnbindObject(plain, reader));
}

static void unbind_all(void)
{
    fresh();
    say_error(seL4_SchedContext_Unbind(context));
    must(bind(tcb), "Bind");
    say_error(seL4_SchedContext_Unbind(context));
    say_error(bind(tcb));
    say_error(seL4_SchedContext_Unbind(seL4_CapInitThreadSC));
    say_error(seL4_SchedContext_UnbindObject(seL4_CapInitThreadSC, seL4_CapInitThreadTCB));
    say_error(seL4_SchedContext_UnbindObject(seL4_CapInitThreadSC, tcb));
    say_error(seL4_SchedContext_Bind(seL4_CapInitThreadSC, tcb));
    say_error(bind(seL4_CapInitThreadTCB));
}

static void copies(void)
{
    const seL4_CPtr copy = slot_new(), minted = slot_new();

    fresh();
    say_error(copy_cap(copy, context, seL4_NoRights));
    say_error(mint_cap(minted, context, 9));
    say_cap(minted);
    say_error(seL4_SchedContext_Bind(minted, tcb));
    say_error(delete_cap(copy));
    say_error(bind(tcb));
    say_error(seL4_CNode_Revoke(ROOT, context, DEPTH));
    say_cap(minted);
    say_error(unbind(tcb));
}

/* A new one has used nothing, and what has been told is not told again. */
static void consumed(void)
{
    seL4_SchedContext_Consumed_t used;

    fresh();
    used = seL4_SchedContext_Consumed(context);
    say("new: error %d %lu,", used.error, used.consumed);
    used = seL4_SchedContext_Consumed(own_context(0));
    used = seL4_SchedContext_Consumed(own_context(0));
    say("idle: error %d %lu,", used.error, used.consumed);
    for (unsigned i = 0; i < 200; i++)
        seL4_SchedContext_Unbind(context);
    seL4_Yield(); /* it is charged when a turn ends, not before */
    used = seL4_SchedContext_Consumed(seL4_CapInitThreadSC);
    say("own: error %d %s", used.error, used.consumed > 0 ? "some" : "none");
}

/* --- threads that get and lose one --------------------------------------------------------------
 */

static void not_configured(void)
{
    fresh();
    context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    start_passive(0, mark_once, TEXT("a"));
    worker_start(0, mark_once, TEXT("b"));
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    say_error(bind(own_tcb(0)));
    say_ends();
    say("configured:");
    say_error(context_configure(context, SLICE_US, SLICE_US));
    say_ends();
    must(delete_cap(context), "Delete");
    rest();
}

static void bind_other(void *argument)
{
    mark("(");
    must(seL4_SchedContext_Bind((seL4_CPtr)argument, own_tcb(1)), "Bind");
    mark(")");
}

static void bind_to(seL4_Word priority)
{
    fresh();
    worker_start(1, mark_once, TEXT("r"));
    must(seL4_SchedContext_Unbind(own_context(1)), "Unbind");
    set_priority(1, priority);
    worker_start(2, mark_once, TEXT("x"));
    /* of the two that are ready the one that binds goes first */
    worker_start(0, bind_other, (void *)own_context(1));
    say_ends();
    rest();
}

static void binds(void)
{
    bind_to(LOWER);
    bind_to(WORKER_PRIORITY);
    bind_to(HIGHER);
}

static void unbind_ready(void)
{
    fresh();
    worker_start(0, mark_once, TEXT("a"));
    say_error(seL4_SchedContext_Unbind(own_context(0)));
    say_ends();
    say_error(seL4_SchedContext_Bind(own_context(0), own_tcb(0)));
    say_ends();
    worker_start(0, mark_once, TEXT("b"));
    say_error(seL4_SchedContext_UnbindObject(own_context(0), own_tcb(0)));
    say_ends();
    rest();
}

/* Resume, and SetPriority, of a thread without: it needs both, in any order. */
static void resume_without(void)
{
    fresh();
    worker_start(0, mark_once, TEXT("a"));
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    say_error(seL4_TCB_Resume(own_tcb(0)));
    set_priority(0, HIGHER);
    say_ends();
    say_error(seL4_TCB_Suspend(own_tcb(0)));
    must(seL4_SchedContext_Bind(own_context(0), own_tcb(0)), "Bind");
    say_ends();
    say_error(seL4_TCB_Resume(own_tcb(0)));
    say_ends();
    rest();
}

static void delete_used(void)
{
    fresh();
    worker_start(0, mark_once, TEXT("a"));
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    must(bind(own_tcb(0)), "Bind");
    say_error(delete_cap(context));
    say_ends();
    say_error(seL4_SchedContext_Bind(own_context(0), own_tcb(0)));
    say_ends();
    rest();
}

static void delete_thread(void)
{
    fresh();
    must(bind(tcb), "Bind");
    say_error(bind(own_tcb(0)));
    must(delete_cap(tcb), "Delete");
    tcb = object_new(seL4_TCBObject, 0);
    say_error(bind(tcb));
}

static void lose_own(void *argument)
{
    const seL4_CPtr own = (seL4_CPtr)argument;

    mark("a");
    say_error(seL4_SchedContext_Unbind(own));
    say_error(seL4_SchedContext_UnbindObject(own, own_tcb(0)));
    say_error(seL4_TCB_SetSchedParams(own_tcb(0), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                      seL4_CapNull, worker_endpoint(0)));
    mark("b");
    delete_cap(own);
    mark("c");
}

static void from_itself(void)
{
    fresh();
    worker_start(0, mark_once, NULL);
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
    worker_start(0, lose_own, (void *)context);
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    must(bind(own_tcb(0)), "Bind");
    say_ends();
    say_cap(context);
    /* its Delete has been done */
    must(seL4_SchedContext_Bind(own_context(0), own_tcb(0)), "Bind");
    say_ends();
    rest();
}

/* Of a waiting thread, and then what it waits for comes. */
static void wait_once(void *argument)
{
    mark("(");
    seL4_Wait(ntfn, NULL);
    mark(argument);
}

static void bind_waiting(void)
{
    fresh();
    start_passive(0, wait_once, TEXT("a)"));
    say_error(bind(own_tcb(0)));
    seL4_Signal(ntfn);
    say_ends();
    must(delete_cap(context), "Delete");
    rest();
    fresh();
    start_passive(0, wait_once, TEXT("b)"));
    seL4_Signal(ntfn);
    say_ends();
    say_error(bind(own_tcb(0)));
    say_ends();
    must(delete_cap(context), "Delete");
    rest();
}

static const struct check checks[] = {
    {"SCHEDCTX0001", "Retype to scheduling contexts of all sizes, then to reply objects", sizes},
    {"SCHEDCTX0002", "messages too short; a label of another object", truncated},
    {"SCHEDCTX0003", "Bind and UnbindObject of what is neither thread nor notification",
     bind_wrong},
    {"SCHEDCTX0004", "Bind and UnbindObject of threads, bound and not", bind_thread},
    {"SCHEDCTX0005", "Bind and UnbindObject of notifications, bound and not", bind_notification},
    {"SCHEDCTX0006", "Bind of a thread and a notification at once; Unbind of both", bind_both},
    {"SCHEDCTX0007", "Bind with capabilities that lack rights", bind_without_rights},
    {"SCHEDCTX0008", "Unbind of nothing, of a thread, of the caller, by each method", unbind_all},
    {"SCHEDCTX0009", "Copy, Mint, Delete of a copy, Revoke", copies},
    {"SCHEDCTX0010", "Consumed: new, of one that does not run, the caller's", consumed},
    {"SCHEDCTX0011", "a thread on one without budget, which gets some", not_configured},
    {"SCHEDCTX0012", "Bind to a lower, an equal, a higher thread that is ready", binds},
    {"SCHEDCTX0013", "Unbind and UnbindObject of a ready thread, and Bind", unbind_ready},
    {"SCHEDCTX0014", "Resume without, then Bind; Bind, then Resume", resume_without},
    {"SCHEDCTX0015", "Delete of a ready thread's", delete_used},
    {"SCHEDCTX0016", "Delete of the thread that has it", delete_thread},
    {"SCHEDCTX0017", "a thread unbinds its own in three ways, and deletes it", from_itself},
    {"SCHEDCTX0018", "Bind to a waiting thread before and after it is woken", bind_waiting},
};

const struct check_table sched_context_checks = MCS_TABLE(checks);
