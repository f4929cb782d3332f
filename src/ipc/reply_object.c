/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies of the MCS kernel. A thread that receives names a reply object; whoever calls it is
 * linked to that, and lends the receiver its scheduling context if that has none. The reply objects
 * along which one context was lent form a stack: the context names the top, each names the one
 * below.
 */
#include <ipc/ipc.h>

#include <base/assert.h>
#include <sched/sched.h>

/* --- the stack ----------------------------------------------------------------------------- */

static void link_thread(struct kernel *k, struct reply *reply, struct tcb *tcb)
{
    reply->tcb = kernel_paddr(k, tcb);
    tcb->reply = kernel_paddr(k, reply);
}

static void unlink_thread(struct kernel *k, struct reply *reply, struct tcb *tcb)
{
    reply->tcb = 0;
    tcb->reply = 0;
    tcb_set_state(k, tcb, THREAD_INACTIVE);
}

static void set_next(struct reply *reply, paddr_t next, bool is_top)
{
    reply->next = next & 0xffffffffffff;
    reply->is_top = is_top;
}

/* Takes the object out of its stack: those above and below it know nothing of each other. */
static void cut(struct kernel *k, struct reply *reply)
{
    struct reply *below = reply_at(k, reply->prev);
    if (reply->is_top)
        sched_context_at(k, reply->next)->reply = 0;
    else if (reply->next)
        reply_at(k, reply->next)->prev = 0;
    if (below)
        set_next(below, 0, false);
    reply->prev = 0;
    set_next(reply, 0, false);
}

static void push(struct kernel *k, struct reply *reply, struct sched_context *sc)
{
    paddr_t here = kernel_paddr(k, reply);
    struct reply *below = reply_at(k, sc->reply);
    if (below)
        set_next(below, here, false);
    reply->prev = sc->reply;
    set_next(reply, kernel_paddr(k, sc), true);
    sc->reply = here;
}

/* Takes the top off; returns the context. */
static struct sched_context *pop(struct kernel *k, struct reply *reply)
{
    struct sched_context *sc = sched_context_at(k, reply->next);
    struct reply *below = reply_at(k, reply->prev);
    sc->reply = reply->prev;
    if (below)
        set_next(below, reply->next, true);
    reply->prev = 0;
    set_next(reply, 0, false);
    return sc;
}

/* --- calls --------------------------------------------------------------------------------- */

void reply_object_offer(struct kernel *k, struct tcb *receiver, paddr_t reply)
{
    receiver->reply = 0;
    if (reply)
        link_thread(k, reply_at(k, reply), receiver);
}

void reply_object_withdraw(struct kernel *k, struct tcb *receiver)
{
    if (receiver->reply)
        unlink_thread(k, reply_at(k, receiver->reply), receiver);
}

/* `caller` waits for the reply; `callee` has taken its message. */
static void await_reply(struct kernel *k, unsigned core, struct tcb *caller, struct tcb *callee,
                        struct reply *reply, bool may_donate)
{
    struct sched_context *sc = sched_context_at(k, caller->sched_context);
    ASSERT(!reply->tcb && !reply->next && !reply->prev);
    link_thread(k, reply, caller);
    tcb_set_state(k, caller, THREAD_BLOCKED_ON_REPLY);
    if (sc && may_donate && !callee->sched_context) {
        push(k, reply, sc);
        sched_context_donate(k, core, sc, callee);
    }
}

void reply_object_taken(struct kernel *k, unsigned core, struct tcb *sender, struct tcb *receiver,
                        const struct ipc_send *how)
{
    struct reply *reply = reply_at(k, receiver->reply);
    reply_object_withdraw(k, receiver);
    if (how->is_call) {
        if (reply && (how->can_grant || how->can_grant_reply))
            await_reply(k, core, sender, receiver, reply, how->may_donate);
        else
            tcb_set_state(k, sender, THREAD_INACTIVE);
    } else if (how->may_donate && !receiver->sched_context) {
        sched_context_donate(k, core, sched_context_at(k, sender->sched_context), receiver);
    }
    tcb_set_state(k, receiver, THREAD_RUNNING);
    sched_unblock_sporadic(k, core, sched_context_at(k, receiver->sched_context));
}

void reply_object_sent(struct kernel *k, unsigned core, struct tcb *sender, struct tcb *receiver,
                       const struct ipc_send *how)
{
    reply_object_taken(k, core, sender, receiver, how);
    sched_possible_switch(k, core, receiver);
}

void reply_object_received(struct kernel *k, unsigned core, struct tcb *sender,
                           struct tcb *receiver, paddr_t reply)
{
    sched_unblock_sporadic(k, core, sched_context_at(k, sender->sched_context));
    if (!sender->sender_is_call) {
        tcb_set_state(k, sender, THREAD_RUNNING);
        sched_possible_switch(k, core, sender);
    } else if (reply && (sender->sender_can_grant || sender->sender_can_grant_reply)) {
        await_reply(k, core, sender, receiver, reply_at(k, reply),
                    sender->fault.type != FAULT_TIMEOUT);
    } else {
        tcb_set_state(k, sender, THREAD_INACTIVE);
    }
}

/* --- replies ------------------------------------------------------------------------------- */

void reply_object_cancel(struct kernel *k, struct tcb *caller)
{
    struct reply *reply = reply_at(k, caller->reply);
    cut(k, reply);
    unlink_thread(k, reply, caller);
}

/* `caller`, who waits on it, gets its context back if that was lent along this very call. */
static void take_back(struct kernel *k, unsigned core, struct reply *reply, struct tcb *caller)
{
    if (!reply->is_top) {
        reply_object_cancel(k, caller);
        return;
    }
    struct sched_context *sc = pop(k, reply);
    if (!caller->sched_context)
        sched_context_donate(k, core, sc, caller);
    unlink_thread(k, reply, caller);
}

void reply_object_end(struct kernel *k, unsigned core, paddr_t paddr)
{
    struct reply *reply = reply_at(k, paddr);
    struct tcb *tcb = tcb_at(k, reply->tcb);
    if (!tcb)
        return;
    if (tcb->state == THREAD_BLOCKED_ON_REPLY)
        take_back(k, core, reply, tcb);
    else
        ipc_cancel(k, core, tcb);
}

/* Whoever got its reply goes on if its context has time now. */
static void go_on(struct kernel *k, unsigned core, struct tcb *caller, bool had_timed_out)
{
    struct sched_context *sc = sched_context_at(k, caller->sched_context);
    if (!sc || !tcb_is_runnable(caller))
        return;
    if (sched_context_is_due(k, core, sc))
        sched_possible_switch(k, core, caller);
    else if (fault_has_timeout_handler(caller) && !had_timed_out)
        fault_raise_timeout(k, core, caller);
    else
        sched_context_postpone(k, sc);
}

enum fault_type reply_object_answer(struct kernel *k, unsigned core, struct tcb *sender,
                                    struct reply *reply, bool can_grant)
{
    struct tcb *caller = tcb_at(k, reply->tcb);
    take_back(k, core, reply, caller);
    sched_unblock_sporadic(k, core, sched_context_at(k, caller->sched_context));

    enum fault_type fault = caller->fault.type;
    if (fault == FAULT_NONE) {
        ipc_transfer(k, sender, 0, 0, can_grant, caller);
        tcb_set_state(k, caller, THREAD_RUNNING);
    } else {
        bool restart = fault_handle_reply(k, caller, sender);
        caller->fault.type = FAULT_NONE;
        tcb_set_state(k, caller, restart ? THREAD_RESTART : THREAD_INACTIVE);
    }
    return fault;
}

void reply_object_send(struct kernel *k, unsigned core, struct tcb *sender, paddr_t paddr,
                       bool can_grant)
{
    struct reply *reply = reply_at(k, paddr);
    struct tcb *caller = tcb_at(k, reply->tcb);
    if (!caller || caller->state != THREAD_BLOCKED_ON_REPLY)
        return;
    enum fault_type fault = reply_object_answer(k, core, sender, reply, can_grant);
    go_on(k, core, caller, fault == FAULT_TIMEOUT);
}
