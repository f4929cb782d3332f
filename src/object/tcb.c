/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread control blocks: their life and bindings. Manual, "Threads and Execution". */
#include <object/tcb.h>

#include <abi/message.h>
#include <base/text.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <model/debug.h>
#include <object/object_types.h>
#include <sched/release.h>
#include <sched/sched.h>

#define RFLAGS_USER_DEFAULT 0x202

/* --- life ---------------------------------------------------------------------------------- */

union cap tcb_cap(paddr_t paddr)
{
    union cap cap = cap_null();
    cap.type = CAP_TCB;
    cap.tcb.object = paddr;
    return cap;
}

void tcb_set_name(struct tcb *tcb, const char *name)
{
    text_copy(tcb->name, sizeof(tcb->name), name);
    tcb->names++;
}

static void all_tcbs_add(struct kernel *k, struct tcb *tcb)
{
    paddr_t here = kernel_paddr(k, tcb);
    tcb->all_link = (struct tcb_link){.prev = 0, .next = k->all_tcbs};
    if (k->all_tcbs)
        tcb_at(k, k->all_tcbs)->all_link.prev = here;
    k->all_tcbs = here;
}

static void all_tcbs_remove(struct kernel *k, struct tcb *tcb)
{
    if (tcb->all_link.prev)
        tcb_at(k, tcb->all_link.prev)->all_link.next = tcb->all_link.next;
    else
        k->all_tcbs = tcb->all_link.next;
    if (tcb->all_link.next)
        tcb_at(k, tcb->all_link.next)->all_link.prev = tcb->all_link.prev;
    if (k->dump_cursor == kernel_paddr(k, tcb))
        k->dump_cursor = tcb->all_link.next;
    if (k->snapshot.tcb == kernel_paddr(k, tcb)) {
        k->snapshot.tcb = tcb->all_link.next;
        k->snapshot.index = 0;
    }
}

union cap tcb_create(struct kernel *k, unsigned core, const struct tcb *creator, paddr_t paddr)
{
    struct tcb *tcb = tcb_at(k, paddr);
    tcb->state = THREAD_INACTIVE;
    tcb->context.reg[UREG_RFLAGS] = RFLAGS_USER_DEFAULT;
    tcb->time_slice = k->config.time_slice;
    tcb->domain = (uint8_t)k->domain;
    tcb->core = (uint8_t)core;
    tcb->serial = k->next_serial++;
    debug_init(tcb, creator);
    if (creator)
        text_format(tcb->name, sizeof(tcb->name), "child of: '%s'", creator->name);
    all_tcbs_add(k, tcb);
    return tcb_cap(paddr);
}

void tcb_suspend(struct kernel *k, unsigned core, struct tcb *tcb)
{
    ipc_cancel(k, core, tcb);
    if (tcb->state == THREAD_RUNNING)
        tcb->context.reg[UREG_RIP] = tcb->context.next_ip;
    sched_dequeue(k, tcb);
    release_remove(k, tcb);
    sched_cancel_yield_to(k, tcb);
    tcb_set_state(k, tcb, THREAD_INACTIVE);
}

void tcb_restart(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (tcb_is_runnable(tcb))
        return;
    ipc_cancel(k, core, tcb);
    tcb->unhandled.type = FAULT_NONE;
    if (!k->config.mcs)
        reply_setup_master(k, tcb);
    tcb_set_state(k, tcb, THREAD_RESTART);
    if (k->config.mcs) {
        struct sched_context *sc = sched_context_at(k, tcb->sched_context);
        sched_unblock_sporadic(k, core, sc);
        sched_context_resume(k, core, sc);
    } else {
        sched_enqueue(k, tcb);
    }
    sched_possible_switch(k, core, tcb);
}

/* MCS: its scheduling context is free, and whoever yielded to that gets its answer. */
static void give_up_sched_context(struct kernel *k, struct tcb *tcb)
{
    struct sched_context *sc = sched_context_at(k, tcb->sched_context);
    if (!sc)
        return;
    sched_context_unbind(k, k->running_core, sc);
    if (sc->yield_from)
        sched_complete_yield_to(k, tcb_at(k, sc->yield_from));
}

static struct finalised tcb_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (!is_final)
        return finalise_nothing(k, cap, is_final);

    struct tcb *tcb = tcb_at(k, cap.tcb.object);
    if (sched_must_stall(k, tcb))
        return (struct finalised){.remainder = cap, .is_in_use = true};
    notification_unbind(k, tcb);
    give_up_sched_context(k, tcb);
    tcb_suspend(k, k->running_core, tcb);
    all_tcbs_remove(k, tcb);
    tcb->serial = 0;
    k->deaths++;

    union cap zombie = cap_null();
    zombie.type = CAP_ZOMBIE;
    zombie.zombie.is_tcb = true;
    zombie.zombie.object = cap.tcb.object;
    zombie.zombie.slots_left = TCB_SLOT_COUNT;
    return (struct finalised){.remainder = zombie, .cleanup = cap_null()};
}

/* --- methods ------------------------------------------------------------------------------- */

static struct answer tcb_suspend_method(struct call *call)
{
    tcb_suspend(call->k, call->core, call_tcb(call));
    return answer_ok();
}

static struct answer tcb_resume_method(struct call *call)
{
    tcb_restart(call->k, call->core, call_tcb(call));
    return answer_ok();
}

static struct answer bind_failed(struct answer answer, const char *why)
{
    return answer_with_reason(answer,
                              (struct reason){.where = "decodeBindNotification", .why = why});
}

static struct answer tcb_bind_notification_method(struct call *call)
{
    if (!call->extra[0])
        return bind_failed(answer_truncated_message(), "TCB BindNotification: Truncated message.");
    struct tcb *tcb = call_tcb(call);
    union cap cap = call->extra[0]->cap;
    if (tcb->bound_notification)
        return bind_failed(answer_illegal_operation(),
                           "TCB BindNotification: TCB already has a bound notification.");
    if (cap_type(cap) != CAP_NOTIFICATION)
        return bind_failed(answer_illegal_operation(),
                           "TCB BindNotification: Notification is invalid.");
    if (!(cap.notification.rights & RIGHT_READ))
        return bind_failed(answer_illegal_operation(),
                           "TCB BindNotification: Insufficient access rights");
    const struct notification *n = notification_at(call->k, cap.notification.object);
    if (n->state == NOTIFICATION_WAITING || n->bound_tcb)
        return bind_failed(answer_illegal_operation(),
                           "TCB BindNotification: Notification cannot be bound.");
    notification_bind(call->k, tcb, cap.notification.object);
    return answer_ok();
}

static struct answer tcb_unbind_notification_method(struct call *call)
{
    if (!call_tcb(call)->bound_notification)
        return answer_because(answer_illegal_operation(), "decodeUnbindNotification",
                              "TCB UnbindNotification: TCB already has no bound Notification.");
    notification_unbind(call->k, call_tcb(call));
    return answer_ok();
}

static struct answer tcb_set_affinity_method(struct call *call)
{
    if (call->length < 1)
        return answer_because(answer_truncated_message(), "decodeSetAffinity",
                              "TCB SetAffinity: Truncated message.");
    word_t core = call_word(call, 0);
    if (core >= call->k->num_cores)
        return answer_because(answer_illegal_operation(), "decodeSetAffinity",
                              "TCB SetAffinity: Requested CPU does not exist.");
    sched_set_core(call->k, call_tcb(call), (unsigned)core);
    return answer_ok();
}

static struct answer tcb_set_flags_method(struct call *call)
{
    if (call->length < 2)
        return answer_because(answer_truncated_message(), "decodeSetFlags",
                              "TCB SetFlags: Truncated message.");
    struct tcb *tcb = call_tcb(call);
    tcb->flags = (tcb->flags & ~call_word(call, 0)) | (call_word(call, 1) & TCB_FLAG_MASK);
    return answer_word(tcb->flags);
}

static struct answer (*const tcb_methods[INVOCATION_COUNT])(struct call *) = {
    [INV_TCB_READ_REGISTERS] = tcb_read_registers,
    [INV_TCB_WRITE_REGISTERS] = tcb_write_registers,
    [INV_TCB_COPY_REGISTERS] = tcb_copy_registers,
    [INV_TCB_CONFIGURE] = tcb_configure,
    [INV_TCB_SET_PRIORITY] = tcb_set_priority,
    [INV_TCB_SET_MCPRIORITY] = tcb_set_mcpriority,
    [INV_TCB_SET_SCHED_PARAMS] = tcb_set_sched_params,
    [INV_TCB_SET_TIMEOUT_ENDPOINT] = tcb_set_timeout_endpoint,
    [INV_TCB_SET_IPC_BUFFER] = tcb_set_ipc_buffer,
    [INV_TCB_SET_SPACE] = tcb_set_space,
    [INV_TCB_SUSPEND] = tcb_suspend_method,
    [INV_TCB_RESUME] = tcb_resume_method,
    [INV_TCB_BIND_NOTIFICATION] = tcb_bind_notification_method,
    [INV_TCB_UNBIND_NOTIFICATION] = tcb_unbind_notification_method,
    [INV_TCB_SET_AFFINITY] = tcb_set_affinity_method,
    [INV_TCB_SET_BREAKPOINT] = tcb_set_breakpoint,
    [INV_TCB_GET_BREAKPOINT] = tcb_get_breakpoint,
    [INV_TCB_UNSET_BREAKPOINT] = tcb_unset_breakpoint,
    [INV_TCB_CONFIGURE_SINGLE_STEPPING] = tcb_configure_single_stepping,
    [INV_TCB_SET_TLS_BASE] = tcb_set_tls_base,
    [INV_TCB_SET_FLAGS] = tcb_set_flags_method,
};

static struct answer tcb_invoke(struct call *call)
{
    if (sched_must_stall(call->k, call_tcb(call)))
        return answer_kind_only(ANSWER_PREEMPTED);
    if (!tcb_methods[call->method])
        return answer_because(answer_illegal_operation(), "decodeTCBInvocation",
                              "TCB: Illegal operation.");
    return tcb_methods[call->method](call);
}

static bool tcb_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.tcb.object;
    *ret_size_bits = TCB_BITS;
    return true;
}

static bool tcb_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_TCB && a.tcb.object == b.tcb.object;
}

const struct object_type tcb_object_type = {
    .name = "tcb",
    .identify_tag = 12,
    .invoke = tcb_invoke,
    .second_phase_only = "thread",
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = tcb_extent,
    .same_region = tcb_same_region,
    .same_object = same_object_as_region,
    .finalise = tcb_finalise,
    .cleanup = no_cleanup,
};
