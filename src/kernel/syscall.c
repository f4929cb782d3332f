/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls. Manual, "System Calls". */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <sched/sched.h>

/* --- receiving ----------------------------------------------------------------------------- */

static void receive_fault(struct kernel *k, unsigned core, struct tcb *tcb, cptr_t cptr,
                          struct lookup_failure failure)
{
    fault_raise(k, core, tcb,
                (struct fault){
                    .type = FAULT_CAP,
                    .cap = {.cptr = cptr, .in_receive_phase = true, .lookup = failure},
                });
}

static void receive(struct kernel *k, unsigned core, struct tcb *tcb, struct receiving how)
{
    cptr_t cptr = tcb->context.reg[UREG_CAP];
    struct resolution found = lookup_slot(k, tcb, cptr);
    if (!found.slot) {
        receive_fault(k, core, tcb, cptr, found.failure);
        return;
    }
    switch (cap_object_type(found.slot->cap)->receive(k, core, tcb, found.slot->cap, how)) {
    case RECEIVE_BEGUN:
        break;
    case RECEIVE_IMPOSSIBLE:
        receive_fault(k, core, tcb, cptr, lookup_note_failure(k, lookup_missing_capability(0)));
        break;
    case RECEIVE_NO_REPLY:
        receive_fault(k, core, tcb, tcb->context.reg[UREG_REPLY], k->lookup_failure);
        break;
    }
}

static const struct receiving blocking = {.may_block = true, .wants_calls = true};
static const struct receiving polling = {.may_block = false, .wants_calls = true};
static const struct receiving waiting = {.may_block = true}; /* MCS: a caller gets no reply */
static const struct receiving polling_only = {.may_block = false};

/* Answers whoever called this thread; nothing happens if nobody waits for it. */
static void reply(struct kernel *k, unsigned core, struct tcb *tcb)
{
    struct slot *slot = &tcb->slots[TCB_SLOT_CALLER];
    union cap cap = slot->cap;
    if (cap_type(cap) != CAP_REPLY || cap.reply.is_master)
        return;
    reply_send(k, core, tcb, tcb_at(k, cap.reply.tcb), slot, cap.reply.can_grant);
}

/* --- the calls ----------------------------------------------------------------------------- */

static enum entry_result handle_send(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return invocation_handle(
        k, core, tcb, (struct sending){.cap = tcb->context.reg[UREG_CAP], .may_block = true});
}

static enum entry_result handle_nb_send(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return invocation_handle(k, core, tcb, (struct sending){.cap = tcb->context.reg[UREG_CAP]});
}

static enum entry_result handle_call(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return invocation_handle(k, core, tcb,
                             (struct sending){
                                 .cap = tcb->context.reg[UREG_CAP],
                                 .is_call = true,
                                 .may_block = true,
                                 .may_donate = true,
                             });
}

static enum entry_result receive_with(struct kernel *k, unsigned core, struct tcb *tcb,
                                      struct receiving how)
{
    receive(k, core, tcb, how);
    return ENTRY_DONE;
}

static enum entry_result handle_recv(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return receive_with(k, core, tcb, blocking);
}

static enum entry_result handle_nb_recv(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return receive_with(k, core, tcb, polling);
}

static enum entry_result handle_wait(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return receive_with(k, core, tcb, waiting);
}

static enum entry_result handle_nb_wait(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return receive_with(k, core, tcb, polling_only);
}

static enum entry_result handle_reply(struct kernel *k, unsigned core, struct tcb *tcb)
{
    reply(k, core, tcb);
    return ENTRY_DONE;
}

/* MCS: sends to `dest`, as NBSend does, and receives. */
static enum entry_result send_and_receive(struct kernel *k, unsigned core, struct tcb *tcb,
                                          unsigned dest, struct receiving how)
{
    enum entry_result result = invocation_handle(k, core, tcb,
                                                 (struct sending){
                                                     .cap = tcb->context.reg[dest],
                                                     .may_donate = true,
                                                     .is_first_phase = true,
                                                 });
    if (result == ENTRY_DONE)
        receive(k, core, tcb, how);
    return result;
}

static enum entry_result handle_reply_recv(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (k->config.mcs)
        return send_and_receive(k, core, tcb, UREG_REPLY, blocking);
    reply(k, core, tcb);
    receive(k, core, tcb, blocking);
    return ENTRY_DONE;
}

static enum entry_result handle_nb_send_recv(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return send_and_receive(k, core, tcb, UREG_NB_SEND_RECV_DEST, blocking);
}

static enum entry_result handle_nb_send_wait(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return send_and_receive(k, core, tcb, UREG_REPLY, waiting);
}

static enum entry_result handle_yield(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)tcb;
    sched_yield_current(k, core);
    return ENTRY_DONE;
}

static enum entry_result handle_set_tls_base(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)k;
    (void)core;
    tcb->context.reg[UREG_FS_BASE] = tcb->context.reg[UREG_CAP];
    return ENTRY_DONE;
}

static enum entry_result handle_unknown(struct kernel *k, unsigned core, struct tcb *tcb)
{
    fault_raise(k, core, tcb,
                (struct fault){
                    .type = FAULT_UNKNOWN_SYSCALL,
                    .unknown_syscall = {.number = tcb->context.reg[UREG_SYSCALL]},
                });
    return ENTRY_DONE;
}

static enum entry_result (*const handlers[SYSCALL_COUNT])(struct kernel *, unsigned,
                                                          struct tcb *) = {
    [SYSCALL_UNKNOWN] = handle_unknown,
    [SYSCALL_CALL] = handle_call,
    [SYSCALL_REPLY_RECV] = handle_reply_recv,
    [SYSCALL_NB_SEND_RECV] = handle_nb_send_recv,
    [SYSCALL_NB_SEND_WAIT] = handle_nb_send_wait,
    [SYSCALL_SEND] = handle_send,
    [SYSCALL_NB_SEND] = handle_nb_send,
    [SYSCALL_RECV] = handle_recv,
    [SYSCALL_REPLY] = handle_reply,
    [SYSCALL_YIELD] = handle_yield,
    [SYSCALL_NB_RECV] = handle_nb_recv,
    [SYSCALL_WAIT] = handle_wait,
    [SYSCALL_NB_WAIT] = handle_nb_wait,
    [SYSCALL_DEBUG_PUT_CHAR] = debug_put_char,
    [SYSCALL_DEBUG_DUMP_SCHEDULER] = debug_dump_scheduler,
    [SYSCALL_DEBUG_HALT] = debug_halt,
    [SYSCALL_DEBUG_CAP_IDENTIFY] = debug_cap_identify,
    [SYSCALL_DEBUG_SNAPSHOT] = debug_snapshot,
    [SYSCALL_DEBUG_NAME_THREAD] = debug_name_thread,
    [SYSCALL_BENCHMARK_FLUSH_CACHES] = benchmark_do_nothing,
    [SYSCALL_BENCHMARK_RESET_LOG] = benchmark_reset_log,
    [SYSCALL_BENCHMARK_FINALIZE_LOG] = benchmark_finalize_log,
    [SYSCALL_BENCHMARK_NULL_SYSCALL] = benchmark_do_nothing,
    [SYSCALL_BENCHMARK_GET_THREAD_UTILISATION] = benchmark_get_thread,
    [SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION] = benchmark_reset_thread,
    [SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION] = benchmark_dump_all,
    [SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION] = benchmark_reset_all,
    [SYSCALL_X86_DANGEROUS_WRMSR] = msr_write,
    [SYSCALL_X86_DANGEROUS_RDMSR] = msr_read,
    [SYSCALL_SET_TLS_BASE] = handle_set_tls_base,
};

enum entry_result syscall_handle(struct kernel *k, unsigned core, struct tcb *tcb)
{
    enum syscall syscall =
        abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL]);
    return handlers[syscall] ? handlers[syscall](k, core, tcb) : handle_unknown(k, core, tcb);
}

void syscall_finish_device(struct kernel *k, unsigned core, struct tcb *tcb, uint64_t value)
{
    invocation_finish_device(k, tcb, value);
    switch (abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL])) {
    case SYSCALL_REPLY_RECV:
    case SYSCALL_NB_SEND_RECV:
        receive(k, core, tcb, blocking);
        break;
    case SYSCALL_NB_SEND_WAIT:
        receive(k, core, tcb, waiting);
        break;
    default:
        break;
    }
}
