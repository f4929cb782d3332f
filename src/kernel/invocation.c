/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invoking a capability: finds it and the extra capabilities, lets its type decode and carry out
 * the method, and gives the answer to a caller. Manual, "Capability-based Access Control".
 */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <kernel/user_error.h>
#include <sched/sched.h>

static struct fault cap_fault(cptr_t cptr, struct lookup_failure lookup)
{
    return (struct fault){
        .type = FAULT_CAP,
        .cap = {.cptr = cptr, .in_receive_phase = false, .lookup = lookup},
    };
}

static void reply_words(struct kernel *k, struct tcb *tcb, word_t label, unsigned count,
                        const word_t *words)
{
    word_t *buffer = ipc_buffer(k, tcb, true);
    unsigned length = 0;
    for (unsigned i = 0; i < count; i++)
        length = message_set_word(tcb, buffer, i, words[i]);
    tcb->context.reg[UREG_BADGE] = 0;
    tcb->context.reg[UREG_MESSAGE_INFO] =
        message_info_encode((struct message_info){.label = label, .length = length});
}

static void reply_to_caller(struct kernel *k, struct tcb *tcb, const struct answer *answer)
{
    if (answer->kind == ANSWER_WRITTEN) {
        tcb->context.reg[UREG_BADGE] = 0;
        tcb->context.reg[UREG_MESSAGE_INFO] =
            message_info_encode((struct message_info){.length = answer->length});
        return;
    }
    reply_words(k, tcb, answer->label, answer->length, answer->word);
}

/* Debug kernels say why a thread did not get what it asked for. */
static void report_error(const struct call *call, const struct answer *answer)
{
    const char *method = abi_invocation_info(&call->k->config, call->method).name;
    const char *type = cap_object_type(call->cap)->name;
    if (cap_is_null(call->cap))
        user_error(call->k, call->core, call->caller, "decodeInvocation",
                   "Attempted to invoke a null cap #%lu.", call->cptr);
    else if (call->method == INV_INVALID)
        user_error(call->k, call->core, call->caller, "decodeInvocation",
                   "%s cap #%lu: %s (label %lu).", type, call->cptr, abi_error_name(answer->label),
                   call->label);
    else
        user_error(call->k, call->core, call->caller, method, "%s cap #%lu: %s.", type, call->cptr,
                   abi_error_name(answer->label));
}

static enum entry_result finish(struct call *call, struct answer answer)
{
    struct tcb *caller = call->caller;
    switch (answer.kind) {
    case ANSWER_PREEMPTED:
        return call->k->cores[call->core].clear.end ? ENTRY_CLEAR : ENTRY_PREEMPTED;
    case ANSWER_DEVICE:
        return ENTRY_DEVICE;
    default:
        break;
    }
    /* a method may have blocked, stopped or ended the caller: then it gets no answer */
    if (caller->state != THREAD_RESTART)
        return ENTRY_DONE;
    if (answer.label != SEL4_NO_ERROR)
        report_error(call, &answer);
    if (call->is_call)
        reply_to_caller(call->k, caller, &answer);
    tcb_set_state(call->k, caller, THREAD_RUNNING);
    return ENTRY_DONE;
}

static enum entry_result invoke(struct call *call)
{
    call->k->cores[call->core].clear = (struct memory_region){0, 0};
    tcb_set_state(call->k, call->caller, THREAD_RESTART);
    return finish(call, cap_object_type(call->cap)->invoke(call));
}

static enum entry_result raise_cap_fault(struct kernel *k, unsigned core, struct tcb *tcb,
                                         bool may_block, cptr_t cptr, struct lookup_failure failure)
{
    if (may_block)
        fault_raise(k, core, tcb, cap_fault(cptr, failure));
    return ENTRY_DONE;
}

enum entry_result invocation_handle(struct kernel *k, unsigned core, struct tcb *tcb, bool is_call,
                                    bool may_block)
{
    struct message_info info = message_info_decode(tcb->context.reg[UREG_MESSAGE_INFO]);
    cptr_t cptr = tcb->context.reg[UREG_CAP];

    struct resolution found = lookup_slot(k, tcb, cptr);
    if (!found.slot) {
        user_error(k, core, tcb, "handleInvocation", "Invocation of invalid cap #%lu.", cptr);
        return raise_cap_fault(k, core, tcb, may_block, cptr, found.failure);
    }

    struct call call = {
        .k = k,
        .core = core,
        .caller = tcb,
        .slot = found.slot,
        .cap = found.slot->cap,
        .cptr = cptr,
        .label = info.label,
        .method = abi_invocation(&k->config, info.label),
        .buffer = ipc_buffer(k, tcb, false),
        .is_call = is_call,
        .may_block = may_block,
    };
    cptr_t failed = 0;
    struct lookup_failure failure =
        message_lookup_caps(k, tcb, call.buffer, info.extra_caps, call.extra, &failed);
    if (failure.type != LOOKUP_NO_FAILURE) {
        user_error(k, core, tcb, "handleInvocation", "Lookup of extra caps failed.");
        return raise_cap_fault(k, core, tcb, may_block, failed, failure);
    }
    call.length =
        call.buffer ? info.length : (unsigned)min_u64(info.length, MESSAGE_REGISTER_COUNT);
    return invoke(&call);
}

void invocation_finish_device(struct kernel *k, struct tcb *tcb, uint64_t value)
{
    bool is_read = k->cores[k->running_core].device.kind == DEVICE_PORT_IN;
    bool is_call = abi_syscall(&k->config, (int64_t)tcb->context.reg[UREG_SYSCALL]) == SYSCALL_CALL;
    if (is_call)
        reply_words(k, tcb, SEL4_NO_ERROR, is_read ? 1 : 0, &value);
    tcb_set_state(k, tcb, THREAD_RUNNING);
}
