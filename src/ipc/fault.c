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
    struct kernel *k;
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

static void write_cap_fault(struct message_writer *m, struct tcb *sender)
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

static void write_unknown_syscall(struct message_writer *m, struct tcb *sender)
{
    message_add_registers(m, sender, abi_unknown_syscall_registers, UNKNOWN_SYSCALL_REGISTERS);
    message_add(m, sender->fault.unknown_syscall.number);
}

static void write_user_exception(struct message_writer *m, struct tcb *sender)
{
    message_add_registers(m, sender, abi_user_exception_registers, USER_EXCEPTION_REGISTERS);
    message_add(m, sender->fault.user_exception.vector);
    message_add(m, sender->fault.user_exception.error_code);
}

static bool has_breakpoint(const struct fault *fault)
{
    return fault->debug.reason == BREAKPOINT_DATA || fault->debug.reason == BREAKPOINT_INSTRUCTION;
}

static void write_debug_exception(struct message_writer *m, struct tcb *sender)
{
    const struct fault *fault = &sender->fault;
    message_add(m, sender->context.reg[UREG_RIP]);
    message_add(m, fault->debug.reason);
    if (!has_breakpoint(fault))
        return;
    message_add(m, fault->debug.address);
    message_add(m, fault->debug.breakpoint);
}

static void write_vm_fault(struct message_writer *m, struct tcb *sender)
{
    message_add(m, sender->context.reg[UREG_RIP]);
    message_add(m, sender->fault.vm.address);
    message_add(m, sender->fault.vm.instruction_fetch);
    message_add(m, sender->fault.vm.fsr);
}

/* What its context has used, which starts anew from there, if it still has one. */
static void write_timeout(struct message_writer *m, struct tcb *sender)
{
    struct sched_context *sc = sched_context_at(m->k, sender->sched_context);
    message_add(m, sender->fault.timeout.badge);
    if (sc)
        message_add(m, sched_context_take_consumed(sc));
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

static bool reply_to_timeout(const struct reply_reader *r, struct tcb *faulter)
{
    return reply_sets_registers(r, faulter, abi_timeout_registers, TIMEOUT_REGISTERS);
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
    void (*write)(struct message_writer *m, struct tcb *sender);
    bool (*reply)(const struct reply_reader *r, struct tcb *faulter);
} fault_ops[FAULT_TYPE_COUNT] = {
    [FAULT_CAP] = {.write = write_cap_fault, .reply = reply_restarts},
    [FAULT_UNKNOWN_SYSCALL] = {.write = write_unknown_syscall, .reply = reply_to_unknown_syscall},
    [FAULT_USER_EXCEPTION] = {.write = write_user_exception, .reply = reply_to_user_exception},
    [FAULT_DEBUG_EXCEPTION] = {.write = write_debug_exception, .reply = reply_to_debug_exception},
    [FAULT_TIMEOUT] = {.write = write_timeout, .reply = reply_to_timeout},
    [FAULT_VM] = {.write = write_vm_fault, .reply = reply_restarts},
};

unsigned fault_write_message(struct kernel *k, struct tcb *sender, struct tcb *receiver,
                             word_t *buffer)
{
    struct message_writer m = {.k = k, .receiver = receiver, .buffer = buffer};
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

/* --- the handler --------------------------------------------------------------------------- */

bool fault_can_use_handler(union cap cap)
{
    return cap_type(cap) == CAP_ENDPOINT && (cap.endpoint.rights & RIGHT_WRITE) &&
           (cap.endpoint.rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY));
}

/* MCS: the TCB holds the capability itself, checked when it was put there. */
static union cap installed_handler(const struct tcb *tcb)
{
    return tcb->slots[TCB_SLOT_FAULT_HANDLER].cap;
}

/* Else it is what the thread's handler pointer leads to now. */
static union cap find_handler(struct kernel *k, struct tcb *tcb)
{
    struct resolution found = lookup_slot(k, tcb, tcb->fault_handler);
    if (!found.slot)
        return cap_null();
    if (!fault_can_use_handler(found.slot->cap)) {
        lookup_note_failure(k, lookup_missing_capability(0));
        return cap_null();
    }
    return found.slot->cap;
}

static void send_fault(struct kernel *k, unsigned core, struct tcb *tcb, union cap handler,
                       struct fault fault)
{
    tcb->fault = fault;
    ipc_send(k, core, tcb, handler.endpoint.object,
             (struct ipc_send){
                 .may_block = true,
                 .is_call = true,
                 .can_grant = handler.endpoint.rights & RIGHT_GRANT,
                 .can_grant_reply = true,
                 .may_donate = fault.type != FAULT_TIMEOUT,
                 .badge = handler.endpoint.badge,
             });
}

void fault_raise(struct kernel *k, unsigned core, struct tcb *tcb, struct fault fault)
{
    union cap handler = k->config.mcs ? installed_handler(tcb) : find_handler(k, tcb);
    if (cap_is_null(handler)) {
        fault_report_unhandled(k, tcb, fault);
        tcb->unhandled = fault;
        tcb_set_state(k, tcb, THREAD_INACTIVE);
        return;
    }
    send_fault(k, core, tcb, handler, fault);
}

bool fault_has_timeout_handler(const struct tcb *tcb)
{
    return cap_type(tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap) == CAP_ENDPOINT;
}

void fault_raise_timeout(struct kernel *k, unsigned core, struct tcb *tcb)
{
    send_fault(k, core, tcb, tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap,
               (struct fault){
                   .type = FAULT_TIMEOUT,
                   .timeout = {.badge = sched_context_at(k, tcb->sched_context)->badge},
               });
}
