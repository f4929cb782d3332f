/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies of the non-MCS kernel. A caller's master reply capability stays in its own TCB; the one
 * in the receiver's caller slot is derived from it, so it can be found and taken back.
 */
#include <ipc/ipc.h>

#include <base/assert.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <sched/sched.h>

static union cap reply_cap(paddr_t tcb, bool is_master, bool can_grant)
{
    union cap cap = cap_null();
    cap.type = CAP_REPLY;
    cap.reply.tcb = tcb;
    cap.reply.is_master = is_master;
    cap.reply.can_grant = can_grant;
    return cap;
}

void reply_setup_master(struct kernel *k, struct tcb *tcb)
{
    struct slot *slot = &tcb->slots[TCB_SLOT_REPLY];
    if (slot_is_empty(slot))
        slot_insert_root(k, slot, reply_cap(kernel_paddr(k, tcb), true, true));
}

void reply_setup_caller(struct kernel *k, struct tcb *sender, struct tcb *receiver, bool can_grant)
{
    tcb_set_state(k, sender, THREAD_BLOCKED_ON_REPLY);
    slot_insert(k, reply_cap(kernel_paddr(k, sender), false, can_grant),
                &sender->slots[TCB_SLOT_REPLY], &receiver->slots[TCB_SLOT_CALLER]);
}

void reply_cancel(struct kernel *k, struct tcb *tcb)
{
    struct slot *reply = slot_at(k, tcb->slots[TCB_SLOT_REPLY].next);
    if (reply)
        slot_delete_one(k, reply);
}

void reply_send(struct kernel *k, unsigned core, struct tcb *sender, struct tcb *receiver,
                struct slot *reply_slot, bool can_grant)
{
    ASSERT(receiver->state == THREAD_BLOCKED_ON_REPLY);
    if (receiver->fault.type == FAULT_NONE) {
        ipc_transfer(k, sender, 0, 0, can_grant, receiver);
        slot_delete_one(k, reply_slot);
        tcb_set_state(k, receiver, THREAD_RUNNING);
        sched_possible_switch(k, core, receiver);
        return;
    }
    slot_delete_one(k, reply_slot);
    bool restart = fault_handle_reply(k, receiver, sender);
    receiver->fault.type = FAULT_NONE;
    if (restart) {
        tcb_set_state(k, receiver, THREAD_RESTART);
        sched_possible_switch(k, core, receiver);
    } else {
        tcb_set_state(k, receiver, THREAD_INACTIVE);
    }
}
