/* SPDX-License-Identifier: BSD-2-Clause */
/* When a TCB runs: its priorities and, with MCS, its scheduling context and handlers. */
#include <object/tcb.h>

#include <abi/message.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <object/decode.h>
#include <sched/sched.h>

/* --- handlers, MCS ------------------------------------------------------------------------- */

bool tcb_can_use_handler(const struct slot *source)
{
    return slot_is_empty(source) || fault_can_use_handler(source->cap);
}

void tcb_install_handler(const struct call *call, enum tcb_slot place, struct slot *source)
{
    struct slot *dest = &call_tcb(call)->slots[place];
    slot_delete_one(call->k, dest);
    if (!slot_is_empty(source))
        slot_insert(call->k, source->cap, source, dest);
}

struct answer tcb_set_timeout_endpoint(struct call *call)
{
    if (call_is_truncated(call, 0, 1))
        return answer_because(answer_truncated_message(), "decodeSetTimeoutEndpoint",
                              "TCB SetTimeoutEndpoint: Truncated message.");
    if (!tcb_can_use_handler(call->extra[0]))
        return answer_because(answer_invalid_capability(1), "decodeSetTimeoutEndpoint",
                              "TCB SetTimeoutEndpoint: timeout endpoint cap invalid.");
    tcb_install_handler(call, TCB_SLOT_TIMEOUT_HANDLER, call->extra[0]);
    return answer_ok();
}

/* --- priorities ---------------------------------------------------------------------------- */

/* SetPriority, SetMCPriority and SetSchedParams differ in what they set and in what they say. */
struct priority_method {
    int mcp_word, priority_word; /* where the message has them; -1: not at all */
    const char *where;
    const char *truncated, *no_tcb, *mcp_too_high, *priority_too_high;
};

static const struct priority_method set_priority_method = {
    .mcp_word = -1,
    .priority_word = 0,
    .where = "decodeSetPriority",
    .truncated = "TCB SetPriority: Truncated message.",
    .no_tcb = "Set priority: authority cap not a TCB.",
    .priority_too_high = "TCB SetPriority: Requested priority %lu too high (max %lu).",
};
static const struct priority_method set_mcpriority_method = {
    .mcp_word = 0,
    .priority_word = -1,
    .where = "decodeSetMCPriority",
    .truncated = "TCB SetMCPriority: Truncated message.",
    .no_tcb = "TCB SetMCPriority: authority cap not a TCB.",
    .mcp_too_high =
        "TCB SetMCPriority: Requested maximum controlled priority %lu too high (max %lu).",
};
static const struct priority_method set_sched_params_method = {
    .mcp_word = 0,
    .priority_word = 1,
    .where = "decodeSetSchedParams",
    .truncated = "TCB SetSchedParams: Truncated message.",
    .no_tcb = "TCB SetSchedParams: authority cap not a TCB.",
    .mcp_too_high =
        "TCB SetSchedParams: Requested maximum controlled priority %lu too high (max %lu).",
    .priority_too_high = "TCB SetSchedParams: Requested priority %lu too high (max %lu).",
};

static struct answer priorities_failed(const struct priority_method *method, struct answer answer,
                                       const char *why)
{
    return answer_with_reason(answer, (struct reason){.where = method->where, .why = why});
}

/* The authority limits priorities by its own maximum controlled priority. */
static struct answer check_priority(const struct priority_method *method,
                                    const struct tcb *authority, word_t priority,
                                    const char *too_high)
{
    word_t max = authority->max_controlled_priority;
    if (priority <= max)
        return answer_ok();
    return answer_with_reason(
        answer_range_error(0, max),
        (struct reason){.where = method->where, .why = too_high, .argument = {priority, max}});
}

static struct answer check_priorities(struct call *call, const struct priority_method *method,
                                      unsigned caps)
{
    bool has_mcp = method->mcp_word >= 0, has_priority = method->priority_word >= 0;
    if (call_is_truncated(call, has_mcp && has_priority ? 2 : 1, caps))
        return priorities_failed(method, answer_truncated_message(), method->truncated);
    if (cap_type(call->extra[0]->cap) != CAP_TCB)
        return priorities_failed(method, answer_invalid_capability(1), method->no_tcb);

    const struct tcb *authority = tcb_at(call->k, call->extra[0]->cap.tcb.object);
    struct answer answer = answer_ok();
    word_t mcp = has_mcp ? call_word(call, (unsigned)method->mcp_word) : 0;
    word_t priority = has_priority ? call_word(call, (unsigned)method->priority_word) : 0;
    if (has_mcp)
        answer = check_priority(method, authority, mcp, method->mcp_too_high);
    if (!answer_is_error(answer) && has_priority)
        answer = check_priority(method, authority, priority, method->priority_too_high);
    return answer;
}

static void commit_priorities(struct call *call, const struct priority_method *method)
{
    struct kernel *k = call->k;
    struct tcb *tcb = call_tcb(call);
    if (method->mcp_word >= 0)
        tcb->max_controlled_priority = (uint8_t)call_word(call, (unsigned)method->mcp_word);
    if (method->priority_word < 0)
        return;
    sched_set_priority(k, call->core, tcb,
                       (unsigned)call_word(call, (unsigned)method->priority_word));
    if (k->config.mcs)
        ipc_reorder(k, tcb);
}

static struct answer set_priorities(struct call *call, const struct priority_method *method)
{
    struct answer answer = check_priorities(call, method, 1);
    if (!answer_is_error(answer))
        commit_priorities(call, method);
    return answer;
}

struct answer tcb_set_priority(struct call *call)
{
    return set_priorities(call, &set_priority_method);
}

struct answer tcb_set_mcpriority(struct call *call)
{
    return set_priorities(call, &set_mcpriority_method);
}

/* --- SetSchedParams ------------------------------------------------------------------------ */

static struct answer sched_params_failed(struct answer answer, const char *why)
{
    return priorities_failed(&set_sched_params_method, answer, why);
}

static struct answer check_sched_context(struct call *call, union cap cap)
{
    const struct tcb *tcb = call_tcb(call);
    if (cap_is_null(cap) && tcb == call->caller)
        return sched_params_failed(
            answer_illegal_operation(),
            "TCB SetSchedParams: Cannot change sched_context of current thread");
    if (cap_is_null(cap))
        return answer_ok();
    if (cap_type(cap) != CAP_SCHED_CONTEXT)
        return sched_params_failed(answer_invalid_capability(2),
                                   "TCB Configure: sched context cap invalid.");
    struct sched_context *sc = sched_context_at(call->k, cap.sched_context.object);
    bool is_its_own = tcb->sched_context == cap.sched_context.object;
    if (!is_its_own && tcb->sched_context)
        return sched_params_failed(answer_illegal_operation(),
                                   "TCB Configure: tcb already has a scheduling context.");
    if (!is_its_own && sc->tcb)
        return sched_params_failed(answer_illegal_operation(),
                                   "TCB Configure: sched context already bound.");
    if (tcb_is_waiting(tcb) && !sched_context_is_released(call->k, call->core, sc))
        return sched_params_failed(
            answer_illegal_operation(),
            "TCB Configure: tcb blocked and scheduling context not schedulable.");
    return answer_ok();
}

static void set_sched_context(struct call *call, union cap cap)
{
    struct kernel *k = call->k;
    struct tcb *tcb = call_tcb(call);
    paddr_t wanted = cap_is_null(cap) ? 0 : (paddr_t)cap.sched_context.object;
    if (tcb->sched_context == wanted)
        return;
    if (wanted)
        sched_context_bind(k, call->core, sched_context_at(k, wanted), tcb);
    else
        sched_context_unbind(k, call->core, sched_context_at(k, tcb->sched_context));
}

static struct answer set_sched_params_mcs(struct call *call)
{
    const struct priority_method *method = &set_sched_params_method;
    struct answer answer = check_priorities(call, method, 3);
    if (answer_is_error(answer))
        return answer;
    union cap sched_context = call->extra[1]->cap;
    answer = check_sched_context(call, sched_context);
    if (answer_is_error(answer))
        return answer;
    if (!tcb_can_use_handler(call->extra[2]))
        return sched_params_failed(answer_invalid_capability(3),
                                   "TCB Configure: fault endpoint cap invalid.");
    tcb_install_handler(call, TCB_SLOT_FAULT_HANDLER, call->extra[2]);
    commit_priorities(call, method);
    set_sched_context(call, sched_context);
    return answer_ok();
}

struct answer tcb_set_sched_params(struct call *call)
{
    return call->k->config.mcs ? set_sched_params_mcs(call)
                               : set_priorities(call, &set_sched_params_method);
}
