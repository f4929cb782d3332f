/* SPDX-License-Identifier: BSD-2-Clause */
/* TCB methods as MCS has them: scheduling parameters, fault handlers, timeout handlers. */
#include "../traps.h"
#include "mcs.h"

static seL4_CPtr tcb, context;
static struct event event;

static void fresh(void)
{
    tcb = object_new(seL4_TCBObject, 0);
    context = context_new();
    marks_clear();
}

static seL4_Error set(seL4_CPtr authority, seL4_Word mcp, seL4_Word priority, seL4_CPtr cap,
                      seL4_CPtr handler)
{
    return seL4_TCB_SetSchedParams(tcb, authority, mcp, priority, cap, handler);
}

static seL4_Error set_context(seL4_CPtr cap)
{
    return set(seL4_CapInitThreadTCB, 0, WORKER_PRIORITY, cap, seL4_CapNull);
}

/* --- messages and the order of refusals ------------------------------------------------------ */

static void truncated(void)
{
    static const struct {
        seL4_Word label, words, caps;
    } methods[] = {
        {Label_TCB_Configure, 3, 3},
        {Label_TCB_SetSchedParams, 2, 3},
        {Label_TCB_SetSpace, 2, 3},
        {Label_TCB_SetTimeoutEndpoint, 0, 1},
    };
    static const seL4_Word zeros[3], caps[3] = {ROOT, ROOT, ROOT};

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(methods); i++) {
        for (unsigned less = 0; less < 2; less++) {
            if (less == 0 && methods[i].words == 0)
                continue;
            say_error(invoke(tcb, methods[i].label,
                             (struct words){(unsigned)methods[i].caps - less, caps},
                             (struct words){(unsigned)methods[i].words - !less, zeros}));
        }
    }
}

static void order(void)
{
    const seL4_CPtr limited = object_new(seL4_TCBObject, 0);

    fresh();
    say_error(set(ROOT, 999, 999, ROOT, ROOT));
    say_error(set(limited, 999, 999, ROOT, ROOT));
    say_error(set(limited, 0, 999, ROOT, ROOT));
    say_error(set(limited, 0, 0, ROOT, ROOT));
    say_error(set(limited, 0, 0, context, ROOT));
    say_error(set(limited, 0, 0, context, seL4_CapNull));
    say_error(set(limited, 0, 0, context_new(), ROOT));
}

/* --- scheduling contexts --------------------------------------------------------------------- */

static void contexts(void)
{
    const seL4_CPtr other = context_new(), third = object_new(seL4_TCBObject, 0);

    fresh();
    say_error(set_context(seL4_CapNull));
    say_error(set_context(tcb));
    say_error(set_context(slot_new()));
    say_error(set_context(context));
    say_error(set_context(context));
    say_error(set_context(other));
    say_error(seL4_SchedContext_Bind(context, third));
    say_error(set_context(seL4_CapNull));
    say_error(seL4_SchedContext_Bind(context, third));
    say_error(set_context(context));
    say_error(set_context(other));
}

static void of_notification(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    fresh();
    must(seL4_SchedContext_Bind(context, ntfn), "Bind");
    say_error(set_context(context));
    say_error(seL4_SchedContext_UnbindObject(context, ntfn));
}

static void own(void)
{
    const seL4_CPtr self = seL4_CapInitThreadTCB;

    fresh();
    say_error(seL4_TCB_SetSchedParams(self, self, 255, 255, seL4_CapNull, seL4_CapNull));
    say_error(seL4_TCB_SetSchedParams(self, self, 255, 255, context, seL4_CapNull));
    say_error(seL4_TCB_SetSchedParams(self, self, 255, 255, seL4_CapInitThreadSC, seL4_CapNull));
}

static void gives_time(void)
{
    fresh();
    worker_start(0, mark_once, TEXT("a"));
    say_error(seL4_TCB_SetSchedParams(own_tcb(0), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                      seL4_CapNull, worker_endpoint(0)));
    say_ends();
    say_error(seL4_TCB_SetSchedParams(own_tcb(0), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                      own_context(0), worker_endpoint(0)));
    say_ends();
    rest();
}

/* --- handlers -------------------------------------------------------------------------------- */

static seL4_Error by_sched_params(seL4_CPtr handler)
{
    return set(seL4_CapInitThreadTCB, 0, 0, seL4_CapNull, handler);
}

static seL4_Error by_space(seL4_CPtr handler)
{
    return seL4_TCB_SetSpace(tcb, handler, ROOT, 0, seL4_CapInitThreadVSpace, 0);
}

static seL4_Error by_timeout(seL4_CPtr handler)
{
    return seL4_TCB_SetTimeoutEndpoint(tcb, handler);
}

static seL4_Error (*const ways[])(seL4_CPtr handler) = {by_sched_params, by_space, by_timeout};

static void handlers(void)
{
    const seL4_CPtr caps[] = {seL4_CapNull, slot_new(), ROOT,
                              object_new(seL4_NotificationObject, 0),
                              object_new(seL4_ReplyObject, 0)};

    fresh();
    for (unsigned way = 0; way < ARRAY_LENGTH(ways); way++) {
        for (unsigned i = 0; i < ARRAY_LENGTH(caps); i++)
            say_error(ways[way](caps[i]));
        say(";");
    }
}

/* An endpoint with each set of rights. */
static void handler_rights(void)
{
    seL4_CPtr handler;

    fresh();
    for (unsigned way = 0; way < ARRAY_LENGTH(ways); way++) {
        for (seL4_Word rights = 0; rights < 16; rights++) {
            handler = slot_new();
            must(copy_cap(handler, worker_endpoint(0), (seL4_CapRights_t){{rights}}), "Copy");
            if (ways[way](handler) == seL4_NoError)
                say("%s%s%s%s", rights & 1 ? "W" : "", rights & 2 ? "R" : "", rights & 4 ? "G" : "",
                    rights & 8 ? "P" : "");
        }
        say(";");
    }
}

static void space_order(void)
{
    fresh();
    say_error(seL4_TCB_SetSpace(tcb, ROOT, tcb, 0, tcb, 0));
    say_error(seL4_TCB_SetSpace(tcb, worker_endpoint(0), tcb, 0, tcb, 0));
    say_error(seL4_TCB_SetSpace(tcb, worker_endpoint(0), ROOT, 0, tcb, 0));
    say_error(seL4_TCB_SetSpace(tcb, worker_endpoint(0), ROOT, 0, seL4_CapInitThreadVSpace, 0));
}

static void set_handler(seL4_CPtr handler)
{
    must(seL4_TCB_SetSchedParams(own_tcb(0), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                 own_context(0), handler),
         "SetSchedParams");
}

/* Whoever is told: the handler's badge. */
static void say_fault(void)
{
    event_poll(&event);
    say("%lu", event.badge);
    say_event(&event, trap_ud2_at);
}

static void handler_is_kept(void)
{
    const seL4_CPtr handler = slot_new();

    fresh();
    worker_start(0, trap_ud2, NULL);
    set_handler(worker_endpoint(1));
    say_fault();
    say(";");
    worker_start(0, trap_ud2, NULL);
    must(copy_cap(handler, worker_endpoint(2), seL4_AllRights), "Copy");
    set_handler(handler);
    must(delete_cap(handler), "Delete");
    say_fault();
    rest();
}

static void handler_is_revoked(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    fresh();
    worker_start(0, trap_ud2, NULL);
    set_handler(cap_mint(endpoint, seL4_AllRights, 7));
    must(seL4_CNode_Revoke(ROOT, endpoint, DEPTH), "Revoke");
    say_fault();
    set_handler(worker_endpoint(0));
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    say_fault();
    rest();
}

/* The CSpace of the thread does not matter, nor that it has none. */
static void handler_without_cspace(void)
{
    const seL4_CPtr node = object_new(seL4_CapTableObject, 4);

    fresh();
    worker_start(0, trap_ud2, NULL);
    must(seL4_TCB_SetSpace(own_tcb(0), worker_endpoint(1), node, 0, seL4_CapInitThreadVSpace, 0),
         "SetSpace");
    say_fault();
    rest();
}

static void without_both(void)
{
    fresh();
    start_waiting(0, mark_once, TEXT("a"));
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
    say_error(seL4_TCB_SetSchedParams(own_tcb(0), seL4_CapInitThreadTCB, 255, 255, seL4_CapNull,
                                      seL4_CapNull));
    say_error(seL4_SchedContext_UnbindObject(own_context(0), own_tcb(0)));
    say_error(seL4_SchedContext_Bind(own_context(0), own_tcb(0)));
    rest();
}

static const struct check checks[] = {
    {"SCHEDPAR0001",
     "Configure, SetSchedParams, SetSpace, SetTimeoutEndpoint: a word, a capability "
     "less",
     truncated},
    {"SCHEDPAR0002", "SetSchedParams: the order of refusals", order},
    {"SCHEDPAR0003", "SetSchedParams with scheduling contexts: none, none such, free, used",
     contexts},
    {"SCHEDPAR0004", "SetSchedParams with a notification's scheduling context", of_notification},
    {"SCHEDPAR0005", "SetSchedParams of the caller: none, another, its own", own},
    {"SCHEDPAR0006", "SetSchedParams of a ready thread: none, its own again", gives_time},
    {"SCHEDPAR0007",
     "handlers by SetSchedParams, SetSpace, SetTimeoutEndpoint: what is no endpoint", handlers},
    {"SCHEDPAR0008", "the same: sets of rights of an endpoint that they take", handler_rights},
    {"SCHEDPAR0009", "SetSpace: bad handler, CSpace, VSpace", space_order},
    {"SCHEDPAR0010", "another's handler; one whose capability is deleted then", handler_is_kept},
    {"SCHEDPAR0011", "a handler whose endpoint is revoked", handler_is_revoked},
    {"SCHEDPAR0012", "a handler that the thread's CSpace has not", handler_without_cspace},
    {"SCHEDPAR0013", "SetSchedParams without handler and scheduling context of a suspended thread",
     without_both},
};

const struct check_table sched_params_checks = MCS_TABLE(checks);
