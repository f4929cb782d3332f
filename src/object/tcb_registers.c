/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading, writing and copying the registers of a TCB. */
#include <object/tcb.h>

#include <ipc/ipc.h>
#include <model/context.h>
#include <object/object_types.h>
#include <sched/sched.h>

/* Words before the registers in WriteRegisters' message: flags and count. */
#define WRITE_REGISTERS_HEADER 2

enum { READ_SUSPEND_SOURCE = 1 << 0 };
enum { WRITE_RESUME_TARGET = 1 << 0 };
enum {
    COPY_SUSPEND_SOURCE = 1 << 0,
    COPY_RESUME_TARGET = 1 << 1,
    COPY_FRAME = 1 << 2,
    COPY_INTEGER = 1 << 3,
};

/*
 * The registers were replaced: the way back restores all of them. Only the current thread, which
 * can do it to itself with CopyRegisters, leaves as it came in.
 */
static void registers_replaced(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (tcb_at(k, k->cores[core].current) == tcb)
        sched_reschedule(k, core);
    else
        tcb->context.by_sysret = false;
}

struct answer tcb_read_registers(struct call *call)
{
    if (call->length < 2)
        return answer_because(answer_truncated_message(), "decodeReadRegisters",
                              "TCB ReadRegisters: Truncated message.");
    word_t count = call_word(call, 1);
    if (count < 1 || count > USER_REGISTER_COUNT)
        return answer_because(
            answer_range_error(1, USER_REGISTER_COUNT), "decodeReadRegisters",
            "TCB ReadRegisters: Attempted to read an invalid number of registers (%lu).",
            reason_int(count));
    struct tcb *tcb = call_tcb(call);
    if (tcb == call->caller)
        return answer_because(answer_illegal_operation(), "decodeReadRegisters",
                              "TCB ReadRegisters: Attempted to read our own registers.");

    if (call_word(call, 0) & READ_SUSPEND_SOURCE)
        tcb_suspend(call->k, call->core, tcb);
    if (!call->is_call)
        return answer_ok();
    word_t *buffer = ipc_buffer(call->k, call->caller, true);
    unsigned length = 0;
    for (unsigned i = 0; i < count; i++)
        length = message_set_word(call->caller, buffer, i, tcb->context.reg[i]);
    return answer_written(length);
}

struct answer tcb_write_registers(struct call *call)
{
    if (call->length < WRITE_REGISTERS_HEADER)
        return answer_because(answer_truncated_message(), "decodeWriteRegisters",
                              "TCB WriteRegisters: Truncated message.");
    word_t count = call_word(call, 1);
    if (call->length - WRITE_REGISTERS_HEADER < count)
        return answer_because(
            answer_truncated_message(), "decodeWriteRegisters",
            "TCB WriteRegisters: Message too short for requested write size (%lu/%lu).",
            (word_t)call->length - WRITE_REGISTERS_HEADER, reason_int(count));
    struct tcb *tcb = call_tcb(call);
    if (tcb == call->caller)
        return answer_because(answer_illegal_operation(), "decodeWriteRegisters",
                              "TCB WriteRegisters: Attempted to write our own registers.");

    word_t flags = call_word(call, 0);
    for (unsigned i = 0; i < count && i < USER_REGISTER_COUNT; i++)
        tcb->context.reg[i] = register_sanitise(i, call_word(call, WRITE_REGISTERS_HEADER + i));
    tcb->context.next_ip = tcb->context.reg[UREG_RIP];
    registers_replaced(call->k, call->core, tcb);
    if (flags & WRITE_RESUME_TARGET)
        tcb_restart(call->k, call->core, tcb);
    return answer_ok();
}

static void copy_range(struct tcb *dest, const struct tcb *source, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        dest->context.reg[i] = source->context.reg[i];
}

struct answer tcb_copy_registers(struct call *call)
{
    if (call->length < 1 || !call->extra[0])
        return answer_because(answer_truncated_message(), "decodeCopyRegisters",
                              "TCB CopyRegisters: Truncated message.");
    if (cap_type(call->extra[0]->cap) != CAP_TCB)
        return answer_because(answer_invalid_capability(1), "decodeCopyRegisters",
                              "TCB CopyRegisters: Invalid source TCB.");

    word_t flags = call_word(call, 0);
    struct tcb *source = tcb_at(call->k, call->extra[0]->cap.tcb.object);
    struct tcb *dest = call_tcb(call);
    if (sched_must_stall(call->k, source))
        return answer_kind_only(ANSWER_PREEMPTED);
    if (flags & COPY_SUSPEND_SOURCE)
        tcb_suspend(call->k, call->core, source);
    if (flags & COPY_RESUME_TARGET)
        tcb_restart(call->k, call->core, dest);
    if (flags & COPY_FRAME) {
        copy_range(dest, source, 0, FRAME_REGISTER_COUNT);
        dest->context.next_ip = dest->context.reg[UREG_RIP];
    }
    if (flags & COPY_INTEGER)
        copy_range(dest, source, FRAME_REGISTER_COUNT, USER_REGISTER_COUNT);
    registers_replaced(call->k, call->core, dest);
    return answer_ok();
}

struct answer tcb_set_tls_base(struct call *call)
{
    if (call->length < 1)
        return answer_because(answer_truncated_message(), "decodeSetTLSBase",
                              "TCB SetTLSBase: Truncated message.");
    struct tcb *tcb = call_tcb(call);
    tcb->context.reg[UREG_FS_BASE] = call_word(call, 0);
    if (tcb_at(call->k, call->k->cores[call->core].current) == tcb)
        sched_reschedule(call->k, call->core);
    return answer_ok();
}
