/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: a thread that cannot go on sends a message to its handler, as a Call that the kernel
 * makes on its behalf. The reply says how it goes on. Manual, "Faults".
 */
#include <ipc/ipc.h>

#include <cap/lookup.h>
#include <ipc/fault_report.h>
#include <model/context.h>
#include <model/debug.h>
#include <sched/sched.h>

/* --- the message --------------------------------------------------------------------------- */

struct message_writer {
    struct tcb *receiver;
    word_t *buffer;
    unsigned length;
    unsigned next;
};

static void message_add(struct message_writer *m, word_t word)
{
    m->length = message_set_word(m->receiver, m->buffer, m->next++, word);
}

static void message_add_registers(struct message_writer *m, const struct tcb *sender,
                                  const uint8_t *registers, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        message_add(m, sender->context.reg[registers[i]]);
}

static void write_cap_fault(struct message_writer *m, const struct tcb *sender)
{
    const struct fault *fault = &sender->fault;
    message_add(m, sender->context.reg[UREG_RIP]);
    message_add(m, fault->cap.cptr);
    message_add(m, fault->cap.in_receive_phase);
    message_add(m, fault->cap.lookup.type);
    word_t words[3];
    unsigned count = lookup_failure_words(fault->cap.lookup, words);
    for (unsigned i = 0; i < count; i++)
        message_add(m, words[i]);
}

static void write_unknown_syscall(struct message_writer *m, const struct tcb *sender)
{
    message_add_registers(m, sender, abi_unknown_syscall_registers, UNKNOWN_SYSCALL_REGISTERS);
    message_add(m, sender->fault.unknown_syscall.number);
}

static void write_user_exception(struct message_writer *m, const struct tcb *sender)
{
    message_add_registers(m, sender, abi_user_exception_registers, USER_EXCEPTION_REGISTERS);
    message_add(m, sender->fault.user_exception.vector);
    message_add(m, sender->fault.user_exception.error_code);
}

static bool has_breakpoint(const struct fault *fault)
{
    return fault->debug.reason == BREAKPOINT_DATA || fault->debug.reason == BREAKPOINT_INSTRUCTION;
}

static void write_debug_exception(struct message_writer *m, const struct tcb *sender)
{
    const struct fault *fault = &sender->fault;
    message_add(m, sender->context.reg[UREG_RIP]);
    message_add(m, fault->debug.reason);
    if (!has_breakpoint(fault))
        return;
    message_add(m, fault->debug.address);
    message_add(m, fault->debug.breakpoint);
}

static void write_vm_fault(struct message_writer *m, const struct tcb *sender)
{
    message_add(m, sender->context.reg[UREG_RIP]);
    message_add(m, sender->fault.vm.address);
    message_add(m, sender->fault.vm.instruction_fetch);
    message_add(m, sender->fault.vm.fsr);
}

/* --- the reply ----------------------------------------------------------------------------- */

struct reply_reader {
    struct kernel *k;
    const struct tcb *handler;
    struct message_info info;
};

static bool reply_restarts(const struct reply_reader *r, struct tcb *faulter)
{
    (void)r;
    (void)faulter;
    return true;
}

/* Takes registers from the reply; a reply without a label restarts the thread. */
static bool reply_sets_registers(const struct reply_reader *r, struct tcb *faulter,
                                 const uint8_t *registers, unsigned count)
{
    const word_t *buffer = ipc_buffer(r->k, r->handler, false);
    unsigned reach = (unsigned)min_u64(r->info.length, buffer ? count : MESSAGE_REGISTER_COUNT);
    for (unsigned i = 0; i < reach && i < count; i++)
        faulter->context.reg[registers[i]] =
            register_sanitise(registers[i], message_word(r->handler, buffer, i));
    return r->info.label == 0;
}

static bool reply_to_unknown_syscall(const struct reply_reader *r, struct tcb *faulter)
{
    return reply_sets_registers(r, faulter, abi_unknown_syscall_registers,
                                UNKNOWN_SYSCALL_REGISTERS);
}

static bool reply_to_user_exception(const struct reply_reader *r, struct tcb *faulter)
{
    return reply_sets_registers(r, faulter, abi_user_exception_registers, USER_EXCEPTION_REGISTERS);
}

/* The answer to a step says after how many instructions the next one is reported; 0: none is. */
static bool reply_to_debug_exception(const struct reply_reader *r, struct tcb *faulter)
{
    if (faulter->fault.debug.reason == BREAKPOINT_SINGLE_STEP)
        debug_configure_stepping(faulter,
                                 r->info.length < 1 ? 1 : message_word(r->handler, NULL, 0));
    return r->info.label == 0;
}

/* --- by type of fault ---------------------------------------------------------------------- */

static const struct fault_ops {
    void (*write)(struct message_writer *m, const struct tcb *sender);
    bool (*reply)(const struct reply_reader *r, struct tcb *faulter);
} fault_ops[FAULT_TYPE_COUNT] = {
    [FAULT_CAP] = {.write = write_cap_fault, .reply = reply_restarts},
    [FAULT_UNKNOWN_SYSCALL] = {.write = write_unknown_syscall, .reply = reply_to_unknown_syscall},
    [FAULT_USER_EXCEPTION] = {.write = write_user_exception, .reply = reply_to_user_exception},
    [FAULT_DEBUG_EXCEPTION] = {.write = write_debug_exception, .reply = reply_to_debug_exception},
    [FAULT_VM] = {.write = write_vm_fault, .reply = reply_restarts},
};

unsigned fault_write_message(struct kernel *k, const struct tcb *sender, struct tcb *receiver,
                             word_t *buffer)
{
    (void)k;
    struct message_writer m = {.receiver = receiver, .buffer = buffer};
    fault_ops[sender->fault.type].write(&m, sender);
    return m.length;
}

bool fault_handle_reply(struct kernel *k, struct tcb *faulter, struct tcb *handler)
{
    struct reply_reader r = {
        .k = k,
        .handler = handler,
        .info = message_info_decode(handler->context.reg[UREG_MESSAGE_INFO]),
    };
    return fault_ops[faulter->fault.type].reply(&r, faulter);
}

/* The endpoint that `tcb`'s handler pointer names, if a fault may be sent through it. */
static bool find_handler(struct kernel *k, struct tcb *tcb, union cap *ret_cap,
                         struct lookup_failure *ret_failure)
{
    struct resolution found = lookup_slot(k, tcb, tcb->fault_handler);
    if (!found.slot) {
        *ret_failure = found.failure;
        return false;
    }
    union cap cap = found.slot->cap;
    bool may_send = cap_type(cap) == CAP_ENDPOINT && (cap.endpoint.rights & RIGHT_WRITE) &&
                    (cap.endpoint.rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY));
    if (!may_send) {
        *ret_failure = lookup_note_failure(k, lookup_missing_capability(0));
        return false;
    }
    *ret_cap = cap;
    return true;
}

void fault_raise(struct kernel *k, unsigned core, struct tcb *tcb, struct fault fault)
{
    union cap handler;
    struct lookup_failure failure;
    if (!find_handler(k, tcb, &handler, &failure)) {
        fault_report_unhandled(k, tcb, fault);
        tcb->unhandled = fault;
        tcb_set_state(k, tcb, THREAD_INACTIVE);
        return;
    }
    tcb->fault = fault;
    ipc_send(k, core, tcb, handler.endpoint.object,
             (struct ipc_send){
                 .may_block = true,
                 .is_call = true,
                 .can_grant = handler.endpoint.rights & RIGHT_GRANT,
                 .can_grant_reply = true,
                 .badge = handler.endpoint.badge,
             });
}
