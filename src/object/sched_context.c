/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: who may use the CPU, and how much of it. MCS; see docs/mcs.md. */
#include <object/decode.h>
#include <object/object_types.h>
#include <object/tcb.h>
#include <sched/sched.h>

static struct sched_context *call_sched_context(const struct call *call)
{
    return sched_context_at(call->k, call->cap.sched_context.object);
}

static struct answer failed(struct answer answer, const char *where, const char *why)
{
    return answer_with_reason(answer, (struct reason){.where = where, .why = why});
}

/* --- Bind ---------------------------------------------------------------------------------- */

static struct answer bind_failed(struct answer answer, const char *why)
{
    return failed(answer, "decodeSchedContext_Bind", why);
}

static struct answer bind_tcb(struct call *call, struct sched_context *sc, struct tcb *tcb)
{
    if (sc->tcb)
        return bind_failed(answer_illegal_operation(),
                           "SchedContext_Bind: sched context already bound.");
    if (tcb->sched_context)
        return bind_failed(answer_illegal_operation(), "SchedContext_Bind: tcb already bound.");
    if (tcb_is_waiting(tcb) && !sched_context_is_released(call->k, call->core, sc))
        return bind_failed(
            answer_illegal_operation(),
            "SchedContext_Bind: tcb blocked and scheduling context not schedulable.");
    sched_context_bind(call->k, call->core, sc, tcb);
    return answer_ok();
}

static struct answer bind_notification(struct call *call, struct sched_context *sc,
                                       paddr_t notification)
{
    if (sc->notification)
        return bind_failed(answer_illegal_operation(),
                           "SchedContext_Bind: sched context already bound.");
    if (*notification_sched_context(call->k, notification))
        return bind_failed(answer_illegal_operation(),
                           "SchedContext_Bind: notification already bound");
    sched_context_bind_notification(call->k, sc, notification);
    return answer_ok();
}

static struct answer sched_context_bind_method(struct call *call)
{
    struct sched_context *sc = call_sched_context(call);
    if (!call->extra[0])
        return bind_failed(answer_truncated_message(), "SchedContext_Bind: Truncated Message.");
    union cap cap = call->extra[0]->cap;
    if (cap_type(cap) == CAP_TCB)
        return bind_tcb(call, sc, tcb_at(call->k, cap.tcb.object));
    if (cap_type(cap) == CAP_NOTIFICATION)
        return bind_notification(call, sc, cap.notification.object);
    return bind_failed(answer_invalid_capability(1), "SchedContext_Bind: invalid cap.");
}

/* --- Unbind -------------------------------------------------------------------------------- */

static struct answer unbind_failed(struct answer answer, const char *why)
{
    return failed(answer, "decodeSchedContext_UnbindObject", why);
}

static struct answer unbind_tcb(struct call *call, struct sched_context *sc, paddr_t tcb)
{
    if (sc->tcb != tcb)
        return unbind_failed(answer_illegal_operation(),
                             "SchedContext UnbindObject: object not bound");
    if (tcb_at(call->k, tcb) == call->caller)
        return unbind_failed(answer_illegal_operation(),
                             "SchedContext UnbindObject: cannot unbind sc of current thread");
    sched_context_unbind(call->k, call->core, sc);
    return answer_ok();
}

static struct answer unbind_notification(struct call *call, struct sched_context *sc,
                                         paddr_t notification)
{
    if (sc->notification != notification)
        return unbind_failed(answer_illegal_operation(),
                             "SchedContext UnbindObject: object not bound");
    sched_context_unbind_notification(call->k, sc);
    return answer_ok();
}

static struct answer sched_context_unbind_object_method(struct call *call)
{
    struct sched_context *sc = call_sched_context(call);
    if (!call->extra[0])
        return unbind_failed(answer_truncated_message(), "SchedContext_Unbind: Truncated message.");
    union cap cap = call->extra[0]->cap;
    if (cap_type(cap) == CAP_TCB)
        return unbind_tcb(call, sc, cap.tcb.object);
    if (cap_type(cap) == CAP_NOTIFICATION)
        return unbind_notification(call, sc, cap.notification.object);
    return unbind_failed(answer_invalid_capability(1), "SchedContext_Unbind: invalid cap");
}

static void unbind_all(struct kernel *k, unsigned core, struct sched_context *sc)
{
    sched_context_unbind(k, core, sc);
    sched_context_unbind_notification(k, sc);
    sched_context_unbind_reply(k, sc);
}

static struct answer sched_context_unbind_method(struct call *call)
{
    struct sched_context *sc = call_sched_context(call);
    if (tcb_at(call->k, sc->tcb) == call->caller)
        return failed(answer_illegal_operation(), "decodeSchedContextInvocation",
                      "SchedContext UnbindObject: cannot unbind sc of current thread");
    unbind_all(call->k, call->core, sc);
    return answer_ok();
}

/* --- Consumed and YieldTo ------------------------------------------------------------------ */

static struct answer sched_context_consumed_method(struct call *call)
{
    return answer_word(sched_context_take_consumed(call_sched_context(call)));
}

static struct answer sched_context_yield_to_method(struct call *call)
{
    static const char where[] = "decodeSchedContext_YieldTo";
    struct sched_context *sc = call_sched_context(call);
    const struct tcb *tcb = tcb_at(call->k, sc->tcb);
    if (!tcb)
        return failed(answer_illegal_operation(), where,
                      "SchedContext_YieldTo: cannot yield to an inactive sched context");
    if (tcb == call->caller)
        return failed(answer_illegal_operation(), where,
                      "SchedContext_YieldTo: cannot seL4_SchedContext_YieldTo on self");
    if (tcb->priority > call->caller->max_controlled_priority)
        return answer_because(answer_illegal_operation(), where,
                              "SchedContext_YieldTo: insufficient mcp (%lu) to yield to a thread "
                              "with prio (%lu)",
                              (word_t)call->caller->max_controlled_priority, (word_t)tcb->priority);
    if (sched_yield_to(call->k, call->core, sc, call->caller))
        return answer_ok();
    return answer_word(sched_context_take_consumed(sc));
}

/* --- the capability ------------------------------------------------------------------------ */

static struct answer (*const sched_context_methods[INVOCATION_COUNT])(struct call *) = {
    [INV_SCHED_CONTEXT_BIND] = sched_context_bind_method,
    [INV_SCHED_CONTEXT_UNBIND] = sched_context_unbind_method,
    [INV_SCHED_CONTEXT_UNBIND_OBJECT] = sched_context_unbind_object_method,
    [INV_SCHED_CONTEXT_CONSUMED] = sched_context_consumed_method,
    [INV_SCHED_CONTEXT_YIELD_TO] = sched_context_yield_to_method,
};

static struct answer sched_context_invoke(struct call *call)
{
    if (!sched_context_methods[call->method])
        return answer_because(answer_illegal_operation(), "decodeSchedContextInvocation",
                              "SchedContext invocation: Illegal operation attempted.");
    return sched_context_methods[call->method](call);
}

static bool sched_context_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.sched_context.object;
    *ret_size_bits = (unsigned)cap.sched_context.size_bits;
    return true;
}

static bool sched_context_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_SCHED_CONTEXT && a.sched_context.object == b.sched_context.object &&
           a.sched_context.size_bits == b.sched_context.size_bits;
}

static struct finalised sched_context_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final) {
        struct sched_context *sc = sched_context_at(k, cap.sched_context.object);
        unbind_all(k, k->running_core, sc);
        if (sc->yield_from)
            sched_complete_yield_to(k, tcb_at(k, sc->yield_from));
        sc->refill_max = 0;
        sc->is_sporadic = false;
    }
    return finalise_nothing(k, cap, is_final);
}

const struct object_type sched_context_object_type = {
    .name = "sched context",
    .identify_tag = 22,
    .invoke = sched_context_invoke,
    .second_phase_only = "sched context",
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = sched_context_extent,
    .same_region = sched_context_same_region,
    .same_object = same_object_as_region,
    .finalise = sched_context_finalise,
    .cleanup = no_cleanup,
};
