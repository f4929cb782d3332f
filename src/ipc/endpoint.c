/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: a queue of threads that all wait to send, or all wait to receive. */
#include <ipc/ipc.h>

#include <base/assert.h>
#include <ipc/wait_queue.h>
#include <model/user_error.h>
#include <sched/sched.h>

static void endpoint_append(struct kernel *k, struct endpoint *ep, struct tcb *tcb,
                            enum endpoint_state state)
{
    struct tcb_queue queue = WAIT_QUEUE(ep);
    wait_queue_add(k, &queue, tcb);
    WAIT_QUEUE_STORE(ep, queue);
    ep->state = state;
}

static void endpoint_remove(struct kernel *k, struct endpoint *ep, struct tcb *tcb)
{
    struct tcb_queue queue = WAIT_QUEUE(ep);
    tcb_queue_remove(k, &queue, tcb, LINK_ENDPOINT);
    WAIT_QUEUE_STORE(ep, queue);
    if (!queue.head)
        ep->state = ENDPOINT_IDLE;
}

static struct tcb *endpoint_take_first(struct kernel *k, struct endpoint *ep)
{
    struct tcb *first = tcb_at(k, ep->head);
    ASSERT(first);
    endpoint_remove(k, ep, first);
    return first;
}

static void wake(struct kernel *k, unsigned core, struct tcb *tcb)
{
    tcb_set_state(k, tcb, THREAD_RUNNING);
    sched_possible_switch(k, core, tcb);
}

/* After a Call was received: the caller waits for its reply, or for ever if it may get none. */
static void await_reply(struct kernel *k, struct tcb *caller, struct tcb *receiver, bool may_reply,
                        bool reply_can_grant)
{
    if (may_reply)
        reply_setup_caller(k, caller, receiver, reply_can_grant);
    else
        tcb_set_state(k, caller, THREAD_INACTIVE);
}

static void block_sender(struct kernel *k, struct tcb *sender, paddr_t endpoint,
                         struct ipc_send how)
{
    sender->blocked_on = endpoint;
    sender->sender_badge = how.badge;
    sender->sender_can_grant = how.can_grant;
    sender->sender_can_grant_reply = how.can_grant_reply;
    sender->sender_is_call = how.is_call;
    tcb_set_state(k, sender, THREAD_BLOCKED_ON_SEND);
    endpoint_append(k, endpoint_at(k, endpoint), sender, ENDPOINT_SENDING);
}

void ipc_send(struct kernel *k, unsigned core, struct tcb *sender, paddr_t endpoint,
              struct ipc_send how)
{
    struct endpoint *ep = endpoint_at(k, endpoint);
    if (ep->state != ENDPOINT_RECEIVING) {
        if (how.may_block)
            block_sender(k, sender, endpoint, how);
        return;
    }
    struct tcb *receiver = endpoint_take_first(k, ep);
    bool reply_can_grant = receiver->receiver_can_grant;
    ipc_transfer(k, sender, endpoint, how.badge, how.can_grant, receiver);
    if (k->config.mcs) {
        reply_object_sent(k, core, sender, receiver, &how);
        return;
    }
    wake(k, core, receiver);
    if (how.is_call)
        await_reply(k, sender, receiver, how.can_grant || how.can_grant_reply, reply_can_grant);
}

static void receive_from_sender(struct kernel *k, unsigned core, struct tcb *receiver,
                                paddr_t endpoint, bool reply_can_grant, paddr_t reply)
{
    struct tcb *sender = endpoint_take_first(k, endpoint_at(k, endpoint));
    ipc_transfer(k, sender, endpoint, sender->sender_badge, sender->sender_can_grant, receiver);
    if (k->config.mcs)
        reply_object_received(k, core, sender, receiver, reply);
    else if (sender->sender_is_call)
        await_reply(k, sender, receiver, sender->sender_can_grant || sender->sender_can_grant_reply,
                    reply_can_grant);
    else
        wake(k, core, sender);
}

/* MCS: a reply object serves one at a time: whoever else it is linked to stops waiting. */
static void claim_reply_object(struct kernel *k, unsigned core, struct tcb *receiver, paddr_t reply)
{
    struct tcb *holder = reply ? tcb_at(k, reply_at(k, reply)->tcb) : NULL;
    if (!holder || holder == receiver)
        return;
    user_error(k, "receiveIPC", "Reply object already has unexecuted reply!");
    ipc_cancel(k, core, holder);
}

static void block_receiver(struct kernel *k, struct tcb *receiver, paddr_t endpoint, bool can_grant,
                           paddr_t reply)
{
    receiver->blocked_on = endpoint;
    receiver->receiver_can_grant = can_grant;
    tcb_set_state(k, receiver, THREAD_BLOCKED_ON_RECEIVE);
    reply_object_offer(k, receiver, reply);
    endpoint_append(k, endpoint_at(k, endpoint), receiver, ENDPOINT_RECEIVING);
}

void ipc_receive(struct kernel *k, unsigned core, struct tcb *receiver, union cap endpoint_cap,
                 bool may_block, paddr_t reply)
{
    paddr_t endpoint = endpoint_cap.endpoint.object;
    const struct endpoint *ep = endpoint_at(k, endpoint);
    bool can_grant = endpoint_cap.endpoint.rights & RIGHT_GRANT;
    const struct notification *bound = notification_at(k, receiver->bound_notification);

    claim_reply_object(k, core, receiver, reply);
    if (bound && bound->state == NOTIFICATION_ACTIVE) {
        notification_complete(k, core, receiver->bound_notification, receiver);
        return;
    }
    if (bound && may_block && k->config.mcs)
        notification_take_back(k, core, receiver->bound_notification, receiver);
    if (ep->state == ENDPOINT_SENDING)
        receive_from_sender(k, core, receiver, endpoint, can_grant, reply);
    else if (may_block)
        block_receiver(k, receiver, endpoint, can_grant, reply);
    else
        receiver->context.reg[UREG_BADGE] = 0;
}

void ipc_cancel(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    if (k->config.mcs)
        tcb->fault.type = FAULT_NONE;
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_SEND:
    case THREAD_BLOCKED_ON_RECEIVE:
        endpoint_remove(k, endpoint_at(k, tcb->blocked_on), tcb);
        reply_object_withdraw(k, tcb);
        tcb_set_state(k, tcb, THREAD_INACTIVE);
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        notification_cancel(k, tcb);
        break;
    case THREAD_BLOCKED_ON_REPLY:
        tcb->fault.type = FAULT_NONE;
        if (k->config.mcs)
            reply_object_cancel(k, tcb);
        else
            reply_cancel(k, tcb);
        break;
    default:
        break;
    }
}

void ipc_restart_waiter(struct kernel *k, unsigned core, struct tcb *tcb)
{
    reply_object_withdraw(k, tcb);
    if (k->config.mcs && tcb->fault.type != FAULT_NONE) {
        tcb_set_state(k, tcb, THREAD_INACTIVE);
        return;
    }
    tcb_set_state(k, tcb, THREAD_RESTART);
    if (k->config.mcs)
        sched_unblock_sporadic(k, core, sched_context_at(k, tcb->sched_context));
    if (tcb_is_schedulable(k, tcb))
        sched_enqueue(k, tcb);
}

void ipc_cancel_all(struct kernel *k, unsigned core, paddr_t endpoint)
{
    struct endpoint *ep = endpoint_at(k, endpoint);
    if (ep->state == ENDPOINT_IDLE)
        return;
    while (ep->head)
        ipc_restart_waiter(k, core, endpoint_take_first(k, ep));
    sched_reschedule(k, core);
}

void ipc_cancel_badged_sends(struct kernel *k, unsigned core, paddr_t endpoint, word_t badge)
{
    struct endpoint *ep = endpoint_at(k, endpoint);
    if (ep->state != ENDPOINT_SENDING)
        return;
    struct tcb *next;
    for (struct tcb *tcb = tcb_at(k, ep->head); tcb; tcb = next) {
        next = tcb_at(k, tcb->endpoint_link.next);
        if (tcb->sender_badge != badge)
            continue;
        endpoint_remove(k, ep, tcb);
        ipc_restart_waiter(k, core, tcb);
    }
    sched_reschedule(k, core);
}

void ipc_reorder(struct kernel *k, struct tcb *tcb)
{
    struct endpoint *ep = endpoint_at(k, tcb->blocked_on);
    enum endpoint_state state;
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_SEND:
    case THREAD_BLOCKED_ON_RECEIVE:
        state = (enum endpoint_state)ep->state;
        endpoint_remove(k, ep, tcb);
        endpoint_append(k, ep, tcb, state);
        break;
    case THREAD_BLOCKED_ON_NOTIFICATION:
        notification_reorder(k, tcb);
        break;
    default:
        break;
    }
}
