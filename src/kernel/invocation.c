/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invoking a capability: finds it and the extra capabilities, lets its type decode and carry out
 * the method, and gives the answer to a caller. Manual, "Capability-based Access Control".
 */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <base/text.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <model/user_error.h>
#include <sched/sched.h>

static struct fault cap_fault(cptr_t cptr, struct lookup_failure lookup)
{
    return (struct fault){
        .type = FAULT_CAP,
        .cap = {.cptr = cptr, .in_receive_phase = false, .lookup = lookup},
    };
}

/*
 * The text of the last user error, its own or an older one of anybody, behind what an error has.
 * The length grows by the text's words, not to its end. Returns by how much.
 */
static unsigned add_error_text(const struct kernel *k, word_t *buffer)
{
    if (!k->config.report_error_ipc || !buffer)
        return 0;
    char *text = (char *)&buffer[IPC_BUFFER_MSG + IPC_ERROR_TEXT_START];
    size_t length = text_copy(text, sizeof(k->user_error.line), k->user_error.line);
    return (unsigned)(length / sizeof(word_t)) + 1;
}

static void reply_words(struct kernel *k, struct tcb *tcb, word_t label, unsigned count,
                        const word_t *words)
{
    word_t *buffer = ipc_buffer(k, tcb, true);
    unsigned length = 0;
    for (unsigned i = 0; i < count; i++)
        length = message_set_word(tcb, buffer, i, words[i]);
    if (label != SEL4_NO_ERROR)
        length += add_error_text(k, buffer);
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

static enum entry_result finish(struct call *call, const struct answer *answer)
{
    struct tcb *caller = call->caller;
    const struct core *core = &call->k->cores[call->core];
    switch (answer->kind) {
    case ANSWER_PREEMPTED:
        return core->stall ? ENTRY_STALL : core->clear.end ? ENTRY_CLEAR : ENTRY_PREEMPTED;
    case ANSWER_DEVICE:
        return ENTRY_DEVICE;
    default:
        break;
    }
    answer_report(call->k, answer);
    /* a method may have blocked, stopped or ended the caller: then it gets no answer */
    if (caller->state != THREAD_RESTART)
        return ENTRY_DONE;
    if (call->is_call)
        reply_to_caller(call->k, caller, answer);
    tcb_set_state(call->k, caller, THREAD_RUNNING);
    return ENTRY_DONE;
}

/* MCS: after such a method the thread might not be one that can receive. Nobody gets the error. */
static enum entry_result refuse_first_phase(struct call *call)
{
    user_error(call->k, "decodeInvocation",
               "Cannot invoke %s capabilities in the first phase of an invocation",
               cap_object_type(call->cap)->second_phase_only);
    tcb_set_state(call->k, call->caller, THREAD_RUNNING);
    return ENTRY_DONE;
}

static enum entry_result invoke(struct call *call)
{
    call->k->cores[call->core].clear = (struct memory_region){0, 0};
    call->k->cores[call->core].stall = 0;
    tcb_set_state(call->k, call->caller, THREAD_RESTART);
    if (call->is_first_phase && cap_object_type(call->cap)->second_phase_only)
        return refuse_first_phase(call);
    struct answer answer = cap_object_type(call->cap)->invoke(call);
    return finish(call, &answer);
}

/* As invoke() begins and finish() ends, of what gives no answer. */
static void begin_plain(struct kernel *k, unsigned core, struct tcb *tcb)
{
    k->cores[core].clear = (struct memory_region){0, 0};
    k->cores[core].stall = 0;
    tcb_set_state(k, tcb, THREAD_RESTART);
}

static void finish_plain(struct kernel *k, struct tcb *tcb)
{
    if (tcb->state == THREAD_RESTART)
        tcb_set_state(k, tcb, THREAD_RUNNING);
}

/*
 * A message without capabilities and words in the IPC buffer, for a thread that waits for it: most
 * of what is invoked. What the invocation of any capability needs is left out, and what it comes to
 * is the same (test_fastpath.c). False: it is none of these, nothing is done.
 */
static bool send_plain(struct kernel *k, unsigned core, struct tcb *tcb, union cap cap,
                       struct sending how)
{
    if (k->has_no_short_cuts || !message_info_is_short(tcb->context.reg[UREG_MESSAGE_INFO]))
        return false;
    if (cap_type(cap) == CAP_ENDPOINT && cap.endpoint.rights & RIGHT_WRITE &&
        endpoint_at(k, cap.endpoint.object)->state == ENDPOINT_RECEIVING) {
        begin_plain(k, core, tcb);
        ipc_send(k, core, tcb, cap.endpoint.object,
                 (struct ipc_send){
                     .may_block = how.may_block,
                     .is_call = how.is_call,
                     .can_grant = cap.endpoint.rights & RIGHT_GRANT,
                     .can_grant_reply = cap.endpoint.rights & RIGHT_GRANT_REPLY,
                     .may_donate = how.may_donate,
                     .badge = cap.endpoint.badge,
                 });
    } else if (cap_type(cap) == CAP_REPLY_OBJECT && !how.is_call) {
        begin_plain(k, core, tcb);
        reply_object_send(k, core, tcb, cap.reply_object.object, cap.reply_object.can_grant);
    } else {
        return false;
    }
    finish_plain(k, tcb);
    return true;
}

static enum entry_result raise_cap_fault(struct kernel *k, unsigned core, struct tcb *tcb,
                                         bool may_block, cptr_t cptr, struct lookup_failure failure)
{
    if (may_block)
        fault_raise(k, core, tcb, cap_fault(cptr, failure));
    return ENTRY_DONE;
}

/* Without a buffer only the words in registers arrive. Releases before 16 say nothing of it. */
static unsigned call_length(struct kernel *k, const word_t *buffer, unsigned sent)
{
    if (buffer || sent <= MESSAGE_REGISTER_COUNT)
        return sent;
    if (k->config.release >= SEL4_RELEASE_16_0)
        user_error(k, "handleInvocation",
                   "Warning: No IPC buffer for thread. Truncating message length to: %d.",
                   MESSAGE_REGISTER_COUNT);
    return MESSAGE_REGISTER_COUNT;
}

enum entry_result invocation_handle(struct kernel *k, unsigned core, struct tcb *tcb,
                                    struct sending how)
{
    struct message_info info = message_info_decode(tcb->context.reg[UREG_MESSAGE_INFO]);
    cptr_t cptr = how.cap;

    struct resolution found = lookup_slot(k, tcb, cptr);
    if (!found.slot) {
        user_error(k, "handleInvocation", "Invocation of invalid cap #%lu.", cptr);
        return raise_cap_fault(k, core, tcb, how.may_block, cptr, found.failure);
    }
    if (send_plain(k, core, tcb, found.slot->cap, how))
        return ENTRY_DONE;

    struct call call = {
        .k = k,
        .core = core,
        .caller = tcb,
        .slot = found.slot,
        .cap = found.slot->cap,
        .cptr = cptr,
        .label = info.label,
        .method = abi_numbers_invocation(&k->numbers, info.label),
        .buffer = ipc_buffer(k, tcb, false),
        .is_call = how.is_call,
        .may_block = how.may_block,
        .may_donate = how.may_donate,
        .is_first_phase = how.is_first_phase,
    };
    cptr_t failed = 0;
    struct lookup_failure failure =
        message_lookup_caps(k, tcb, call.buffer, info.extra_caps, call.extra, &failed);
    if (failure.type != LOOKUP_NO_FAILURE) {
        user_error(k, "handleInvocation", "Lookup of extra caps failed.");
        return raise_cap_fault(k, core, tcb, how.may_block, failed, failure);
    }
    call.length = call_length(k, call.buffer, info.length);
    return invoke(&call);
}

void invocation_finish_device(struct kernel *k, struct tcb *tcb, uint64_t value)
{
    bool is_read = k->cores[k->running_core].device.kind == DEVICE_PORT_IN;
    bool is_call =
        abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL]) == SYSCALL_CALL;
    if (is_call)
        reply_words(k, tcb, SEL4_NO_ERROR, is_read ? 1 : 0, &value);
    tcb_set_state(k, tcb, THREAD_RUNNING);
}
