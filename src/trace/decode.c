/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps in words: what a thread asks for. Looks up what the kernel is about to look up, to say what
 * it is; that changes nothing.
 */
#include <trace/call.h>

#include <abi/error.h>
#include <abi/syscall.h>
#include <base/bits.h>
#include <base/text.h>
#include <cap/lookup.h>
#include <inspect/words.h>
#include <ipc/ipc.h>
#include <model/debug.h>

struct decoder {
    struct line *line;
    struct kernel *k;
    const struct tcb *tcb;
    struct message_source message;
    struct trace_call *call;
    paddr_t signalled; /* the notification that the call makes active before it receives, or 0 */
};

static word_t reg(const struct decoder *d, enum user_register r)
{
    return d->tcb->context.reg[r];
}

/* --- threads -------------------------------------------------------------------------------- */

static void add_label(struct line *line, const struct tcb *tcb)
{
    char label[LABEL_BYTES];
    words_thread(tcb, label, sizeof(label));
    line_add(line, "%s", label);
}

/* "client", or "client's VMFault": whom a reply goes to. */
static void add_replied(struct line *line, const struct tcb *caller)
{
    add_label(line, caller);
    if (caller->fault.type != FAULT_NONE)
        line_add(line, "'s %s", abi_fault_name(caller->fault.type));
}

/* --- lookups -------------------------------------------------------------------------------- */

static void expect_cap_fault(struct decoder *d, cptr_t cptr, bool in_receive_phase,
                             struct lookup_failure failure)
{
    if (d->call->expected.type != FAULT_NONE)
        return;
    d->call->expected = (struct fault){
        .type = FAULT_CAP,
        .cap = {.cptr = cptr, .in_receive_phase = in_receive_phase, .lookup = failure},
    };
}

static struct resolution resolve(const struct decoder *d, cptr_t cptr)
{
    return lookup_resolve(d->k, d->tcb->slots[TCB_SLOT_CTABLE].cap, cptr, WORD_BITS);
}

/* "cap 5 "endpoint" badge 3"; a lookup that fails is a fault in the making. */
static union cap add_cap(struct decoder *d, cptr_t cptr, bool in_receive_phase)
{
    union cap cap = cap_add(d->line, d->k, d->tcb, "cap ", cptr);
    struct resolution found = resolve(d, cptr);
    if (!found.slot)
        expect_cap_fault(d, cptr, in_receive_phase, found.failure);
    bool is_badged = cap_type(cap) == CAP_ENDPOINT || cap_type(cap) == CAP_NOTIFICATION;
    if (is_badged && cap.endpoint.badge) {
        line_add(d->line, " badge ");
        line_add_number(d->line, cap.endpoint.badge);
    }
    return cap;
}

static void expect_extra_caps(struct decoder *d)
{
    for (unsigned i = 0; d->message.buffer && i < d->message.info.extra_caps; i++) {
        cptr_t cptr = d->message.buffer[IPC_BUFFER_CAPS_OR_BADGES + i];
        struct resolution found = resolve(d, cptr);
        if (!found.slot)
            expect_cap_fault(d, cptr, false, found.failure);
    }
}

/* --- sending -------------------------------------------------------------------------------- */

/* ", caps [7 "page", 9 "endpoint"]" */
static void add_extra_caps(struct decoder *d)
{
    const struct message_source *message = &d->message;
    if (!message->buffer || !message->info.extra_caps)
        return;
    line_add(d->line, ", caps [");
    for (unsigned i = 0; i < message->info.extra_caps; i++)
        cap_add(d->line, d->k, d->tcb, i ? ", " : "",
                message->buffer[IPC_BUFFER_CAPS_OR_BADGES + i]);
    line_add(d->line, "]");
}

static void add_message(struct decoder *d)
{
    message_add(d->line, &d->message);
    add_extra_caps(d);
}

static const char *method_name(const struct decoder *d)
{
    return abi_invocation_info(&d->k->config, d->call->method).name;
}

/* The slot that a copy goes to; 0: the method makes none, or will fail. */
static paddr_t copy_target(const struct decoder *d, union cap cnode)
{
    bool copies = d->call->method == INV_CNODE_COPY || d->call->method == INV_CNODE_MINT;
    if (!copies || cap_type(cnode) != CAP_CNODE || d->message.length < 2)
        return 0;
    word_t depth = message_word(d->tcb, d->message.buffer, 1) & UINT8_MAX;
    if (depth < 1 || depth > WORD_BITS)
        return 0;
    struct resolution found =
        lookup_resolve(d->k, cnode, message_word(d->tcb, d->message.buffer, 0), (unsigned)depth);
    return found.slot && !found.bits_left ? kernel_paddr(d->k, found.slot) : 0;
}

struct send {
    cptr_t cap;
    bool is_call;
};

static void send_to_endpoint(struct decoder *d, union cap cap, struct send how)
{
    unsigned rights = cap.endpoint.rights;
    bool is_awaited = endpoint_at(d->k, cap.endpoint.object)->state == ENDPOINT_RECEIVING;
    line_add(d->line, ": ");
    add_message(d);
    d->call->later = how.is_call ? RESULT_REPLY : RESULT_OK;
    d->call->lets_nobody_reply = how.is_call && !(rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY));
    if (how.is_call)
        d->call->at_once = RESULT_INVOCATION;
    else if (rights & RIGHT_WRITE)
        d->call->at_once = is_awaited ? RESULT_OK : RESULT_DROPPED; /* a Send would block */
}

static void send_to_notification(struct decoder *d, union cap cap, struct send how)
{
    if (!how.is_call && cap.notification.rights & RIGHT_WRITE)
        d->call->at_once = RESULT_OK;
}

static void send_to_reply(struct decoder *d, union cap cap, struct send how)
{
    line_add(d->line, " to ");
    add_replied(d->line, tcb_at(d->k, cap.reply.tcb));
    line_add(d->line, ": ");
    add_message(d);
    if (!how.is_call)
        d->call->at_once = RESULT_OK;
}

/* MCS: whoever waits for an answer through the object; the receiver that offers it does not. */
static void send_to_reply_object(struct decoder *d, union cap cap, struct send how)
{
    const struct tcb *caller = tcb_at(d->k, reply_at(d->k, cap.reply_object.object)->tcb);
    line_add(d->line, " to ");
    if (caller && caller->state == THREAD_BLOCKED_ON_REPLY)
        add_replied(d->line, caller);
    else
        line_add(d->line, "nobody");
    line_add(d->line, ": ");
    add_message(d);
    if (!how.is_call)
        d->call->at_once = RESULT_OK;
}

/*
 * The words are all there is to show where a label names no method, or where there is nothing that
 * it could be a method of.
 */
static void send_to_object(struct decoder *d, union cap cap, struct send how)
{
    (void)how;
    if (d->call->method != INV_INVALID && !cap_is_null(cap)) {
        arguments_add(d->line, &d->message, d->call->method);
        return;
    }
    line_add(d->line, ": ");
    add_message(d);
    if (d->call->method != INV_INVALID)
        line_add(d->line, " <%s>", method_name(d));
}

/* Capabilities that take messages; all others have methods. */
static void (*const senders[CAP_TYPE_COUNT])(struct decoder *, union cap, struct send) = {
    [CAP_ENDPOINT] = send_to_endpoint,
    [CAP_NOTIFICATION] = send_to_notification,
    [CAP_REPLY] = send_to_reply,
    [CAP_REPLY_OBJECT] = send_to_reply_object,
};

static void decode_sending(struct decoder *d, struct send how)
{
    struct resolution found = resolve(d, how.cap);
    enum cap_type type = found.slot ? cap_type(found.slot->cap) : CAP_NULL;

    d->call->at_once = how.is_call ? RESULT_INVOCATION : RESULT_NO_ANSWER;
    d->call->invoked = found.slot ? kernel_paddr(d->k, found.slot) : 0;
    if (!senders[type])
        d->call->method = abi_invocation(&d->k->config, d->message.info.label);
    if (found.slot)
        d->call->copied_to = copy_target(d, found.slot->cap);
    if (d->call->method != INV_INVALID && type != CAP_NULL) {
        d->call->kind = TRACE_INVOCATION;
        d->call->what = method_name(d);
        line_add(d->line, "%s on ", d->call->what);
    }
    union cap cap = add_cap(d, how.cap, false);
    expect_extra_caps(d);
    if (senders[type])
        senders[type](d, cap, how);
    else
        send_to_object(d, cap, how);
}

static void decode_call(struct decoder *d)
{
    decode_sending(d, (struct send){.cap = reg(d, UREG_CAP), .is_call = true});
}

static void decode_send(struct decoder *d)
{
    decode_sending(d, (struct send){.cap = reg(d, UREG_CAP)});
}

/* What an NBSend does not find raises no fault. */
static void decode_nb_send(struct decoder *d)
{
    decode_sending(d, (struct send){.cap = reg(d, UREG_CAP)});
    d->call->expected.type = FAULT_NONE;
}

/* --- receiving ------------------------------------------------------------------------------ */

static bool is_active(const struct decoder *d, paddr_t notification)
{
    return notification && (notification == d->signalled ||
                            notification_at(d->k, notification)->state == NOTIFICATION_ACTIVE);
}

static void receive_from_endpoint(struct decoder *d, union cap cap)
{
    paddr_t bound = d->tcb->bound_notification;
    bool is_sent_to = endpoint_at(d->k, cap.endpoint.object)->state == ENDPOINT_SENDING;
    d->call->at_once = is_active(d, bound) ? RESULT_SIGNAL
                       : is_sent_to        ? RESULT_MESSAGE
                                           : RESULT_NOTHING;
    d->call->later = bound ? RESULT_EITHER : RESULT_MESSAGE;
}

static void receive_from_notification(struct decoder *d, union cap cap)
{
    d->call->at_once = is_active(d, cap.notification.object) ? RESULT_SIGNAL : RESULT_NOTHING;
    d->call->later = RESULT_SIGNAL;
}

/* Another thread's bound notification gives this one nothing. */
static bool is_bound_elsewhere(const struct decoder *d, union cap cap)
{
    paddr_t bound = notification_at(d->k, cap.notification.object)->bound_tcb;
    return bound && tcb_at(d->k, bound) != d->tcb;
}

static void decode_receiving(struct decoder *d)
{
    union cap cap = add_cap(d, reg(d, UREG_CAP), true);
    bool may_receive = cap_type(cap) == CAP_ENDPOINT ? cap.endpoint.rights & RIGHT_READ
                       : cap_type(cap) == CAP_NOTIFICATION
                           ? (cap.notification.rights & RIGHT_READ) && !is_bound_elsewhere(d, cap)
                           : false;
    if (!may_receive) {
        struct lookup_failure missing = {.type = LOOKUP_MISSING_CAPABILITY};
        expect_cap_fault(d, reg(d, UREG_CAP), true, missing);
    } else if (cap_type(cap) == CAP_ENDPOINT) {
        receive_from_endpoint(d, cap);
    } else {
        receive_from_notification(d, cap);
    }
}

static void add_caller(struct decoder *d)
{
    union cap cap = d->tcb->slots[TCB_SLOT_CALLER].cap;
    line_add(d->line, "to ");
    if (cap_type(cap) == CAP_REPLY && !cap.reply.is_master)
        add_replied(d->line, tcb_at(d->k, cap.reply.tcb));
    else
        line_add(d->line, "nobody");
    line_add(d->line, ": ");
}

static void decode_reply(struct decoder *d)
{
    add_caller(d);
    add_message(d);
}

/* What a signal through the capability makes active: it is kept if nobody waits for it. */
static paddr_t signalled_through(struct kernel *k, union cap cap)
{
    if (cap_type(cap) != CAP_NOTIFICATION || !(cap.notification.rights & RIGHT_WRITE))
        return 0;
    paddr_t object = cap.notification.object;
    return notification_at(k, object)->state == NOTIFICATION_IDLE ? object : 0;
}

/* MCS: what it does not find in its first phase raises no fault. */
static void decode_send_and_receive(struct decoder *d, unsigned dest)
{
    decode_sending(d, (struct send){.cap = reg(d, dest)});
    if (d->call->invoked)
        d->signalled = signalled_through(d->k, slot_at(d->k, d->call->invoked)->cap);
    d->call->expected.type = FAULT_NONE;
    line_add(d->line, "; from ");
    decode_receiving(d);
}

static void decode_nb_send_recv(struct decoder *d)
{
    decode_send_and_receive(d, UREG_NB_SEND_RECV_DEST);
}

static void decode_nb_send_wait(struct decoder *d)
{
    decode_send_and_receive(d, UREG_REPLY);
}

static void decode_reply_recv(struct decoder *d)
{
    if (d->k->config.mcs) {
        decode_send_and_receive(d, UREG_REPLY);
        return;
    }
    decode_reply(d);
    line_add(d->line, "; from ");
    decode_receiving(d);
}

/* --- others --------------------------------------------------------------------------------- */

static void decode_no_arguments(struct decoder *d)
{
    (void)d;
}

static void decode_cap(struct decoder *d)
{
    cap_add(d->line, d->k, d->tcb, "cap ", reg(d, UREG_CAP));
}

static void decode_cap_identify(struct decoder *d)
{
    decode_cap(d);
    d->call->at_once = RESULT_VALUE;
}

static void decode_name_thread(struct decoder *d)
{
    enum { SHOWN = 40 };
    decode_cap(d);
    if (!d->message.buffer)
        return;
    const char *name = (const char *)&d->message.buffer[IPC_BUFFER_MSG];
    size_t length = 0;
    while (length < SHOWN && name[length])
        length++;
    line_add(d->line, ", ");
    line_add_quoted(d->line, name, length);
}

static void decode_set_tls_base(struct decoder *d)
{
    line_add(d->line, "0x%lx", reg(d, UREG_CAP));
}

static void decode_read_msr(struct decoder *d)
{
    line_add(d->line, "register 0x%x", (uint32_t)reg(d, UREG_CAP));
}

static void decode_write_msr(struct decoder *d)
{
    decode_read_msr(d);
    line_add(d->line, ", 0x%lx", reg(d, UREG_MR0));
}

/* Calls that this table does not know more about. */
static void decode_registers(struct decoder *d)
{
    line_add(d->line, "0x%lx, 0x%lx", reg(d, UREG_CAP), reg(d, UREG_MESSAGE_INFO));
}

static const struct {
    void (*decode)(struct decoder *);
    enum trace_kind kind;
} syscalls[SYSCALL_COUNT] = {
    [SYSCALL_CALL] = {decode_call, TRACE_IPC},
    [SYSCALL_REPLY_RECV] = {decode_reply_recv, TRACE_IPC},
    [SYSCALL_NB_SEND_RECV] = {decode_nb_send_recv, TRACE_IPC},
    [SYSCALL_NB_SEND_WAIT] = {decode_nb_send_wait, TRACE_IPC},
    [SYSCALL_SEND] = {decode_send, TRACE_IPC},
    [SYSCALL_NB_SEND] = {decode_nb_send, TRACE_IPC},
    [SYSCALL_RECV] = {decode_receiving, TRACE_IPC},
    [SYSCALL_REPLY] = {decode_reply, TRACE_IPC},
    [SYSCALL_YIELD] = {decode_no_arguments, TRACE_OTHER},
    [SYSCALL_NB_RECV] = {decode_receiving, TRACE_IPC},
    [SYSCALL_WAIT] = {decode_receiving, TRACE_IPC},
    [SYSCALL_NB_WAIT] = {decode_receiving, TRACE_IPC},
    [SYSCALL_DEBUG_DUMP_SCHEDULER] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_DEBUG_HALT] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_DEBUG_CAP_IDENTIFY] = {decode_cap_identify, TRACE_DEBUG},
    [SYSCALL_DEBUG_SNAPSHOT] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_DEBUG_NAME_THREAD] = {decode_name_thread, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_FLUSH_CACHES] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_RESET_LOG] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_FINALIZE_LOG] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_NULL_SYSCALL] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_GET_THREAD_UTILISATION] = {decode_cap, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION] = {decode_cap, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION] = {decode_no_arguments, TRACE_DEBUG},
    [SYSCALL_X86_DANGEROUS_WRMSR] = {decode_write_msr, TRACE_OTHER},
    [SYSCALL_X86_DANGEROUS_RDMSR] = {decode_read_msr, TRACE_OTHER},
    [SYSCALL_SET_TLS_BASE] = {decode_set_tls_base, TRACE_OTHER},
};

/* --- traps ---------------------------------------------------------------------------------- */

static void begin_fault(struct decoder *d, enum fault_type type)
{
    d->call->name = d->call->what = abi_fault_name(type);
    d->call->kind = TRACE_FAULT;
    d->call->later = RESULT_RESTARTED;
}

static void decode_fault(struct decoder *d, struct fault fault)
{
    begin_fault(d, fault.type);
    fault_add(d->line, d->k, d->tcb, &fault);
}

static void decode_syscall(struct decoder *d, const struct trap *trap)
{
    enum syscall syscall = abi_syscall(&d->k->config, (int64_t)reg(d, UREG_SYSCALL));
    (void)trap;
    if (syscall == SYSCALL_UNKNOWN) {
        decode_fault(d, (struct fault){.type = FAULT_UNKNOWN_SYSCALL,
                                       .unknown_syscall = {.number = reg(d, UREG_SYSCALL)}});
        return;
    }
    d->call->name = d->call->what = abi_syscall_name(syscall);
    d->call->kind = (uint8_t)syscalls[syscall].kind;
    line_add(d->line, "%s(", d->call->name);
    if (syscalls[syscall].decode)
        syscalls[syscall].decode(d);
    else
        decode_registers(d);
    line_add(d->line, ")");
}

/* The number that the kernel makes up for these is the handler's business; see gate/seat.c. */
static void decode_int(struct decoder *d, const struct trap *trap)
{
    begin_fault(d, FAULT_UNKNOWN_SYSCALL);
    line_add(d->line, "%s(int 0x%x, rax 0x%lx, ip 0x%lx)", d->call->name, trap->vector,
             reg(d, UREG_RAX), reg(d, UREG_RIP));
}

static void decode_page_fault(struct decoder *d, const struct trap *trap)
{
    enum { FSR_WRITE = 1 << 1 };
    decode_fault(d, (struct fault){.type = FAULT_VM,
                                   .vm = {.address = trap->address,
                                          .fsr = trap->write ? FSR_WRITE : 0,
                                          .instruction_fetch = trap->fetch}});
}

/* Steps that are only counted make no line. */
static void decode_debug_exception(struct decoder *d, const struct trap *trap)
{
    struct tcb tcb = *d->tcb; /* taking one counts it */
    struct fault fault;
    if (debug_take_exception(&tcb, trap->vector, trap->debug, &fault))
        decode_fault(d, fault);
}

static void decode_exception(struct decoder *d, const struct trap *trap)
{
    if (d->k->config.hardware_debug_api && abi_is_debug_exception(trap->vector)) {
        decode_debug_exception(d, trap);
        return;
    }
    decode_fault(d, (struct fault){.type = FAULT_USER_EXCEPTION,
                                   .user_exception = {.vector = trap->vector,
                                                      .error_code = trap->error_code}});
}

static void decode_nothing(struct decoder *d, const struct trap *trap)
{
    (void)d;
    (void)trap;
}

static void (*const trap_decoders[])(struct decoder *, const struct trap *) = {
    [TRAP_SYSCALL] = decode_syscall,       [TRAP_INT] = decode_int,
    [TRAP_PAGE_FAULT] = decode_page_fault, [TRAP_EXCEPTION] = decode_exception,
    [TRAP_INTERRUPTED] = decode_nothing,   [TRAP_GONE] = decode_nothing,
    [TRAP_CPUID] = decode_nothing,         [TRAP_TSC] = decode_nothing,
};

void call_decode(struct line *line, struct kernel *k, const struct tcb *tcb,
                 const struct trap *trap, struct trace_call *ret_call)
{
    *ret_call = (struct trace_call){
        .ip = tcb->context.reg[UREG_RIP],
        .message_info = tcb->context.reg[UREG_MESSAGE_INFO],
    };
    struct decoder decoder = {
        .line = line,
        .k = k,
        .tcb = tcb,
        .message = message_source(k, tcb, ret_call->message_info),
        .call = ret_call,
    };
    trap_decoders[trap->kind](&decoder, trap);
}
