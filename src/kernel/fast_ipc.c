/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two calls that most of a system's messages are: a Call that a thread waits for, and a
 * ReplyRecv to the one that called and waits for it, after which that other thread runs; with MCS
 * on its own scheduling context, or on the one that is lent by the Call and comes back with the
 * reply. What is not certain to be that is left to the way of all calls (kernel/syscall.c), and
 * changes nothing here but how late it is, which an entry begins with. What is left is what
 * that way leaves, byte for byte: test_fastpath.c.
 */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <ipc/wait_queue.h>
#include <sched/sched.h>
#include <sched/time.h>

/* --- who runs then ------------------------------------------------------------------------- */

/* Nobody's turn ends, and nobody's begins by itself. */
static bool has_time(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct core *c = &k->cores[core];

    if (k->config.mcs)
        return k->config.num_domains <= 1 && budget_goes_on(k, core, now);
    c->now = now;
    return now < c->next_tick;
}

/* Whether `next` runs when the current thread `tcb` waits, and nothing else comes of that. */
static bool may_take_over(struct kernel *k, const struct tcb *tcb, const struct tcb *next)
{
    if (next->is_held || next->domain != k->domain || next->yield_to ||
        tcb->fault.type != FAULT_NONE)
        return false;
    if (next->priority >= tcb->priority)
        return true;
    const struct tcb *first = sched_first_ready(k, tcb->core, k->domain);
    return !first || next->priority >= first->priority;
}

/* It was not in a ready queue, nor is it put into one. */
static void take_over(struct kernel *k, unsigned core, struct tcb *next)
{
    struct core *c = &k->cores[core];

    c->current = kernel_paddr(k, next);
    next->state = THREAD_RUNNING;
    if (!k->config.mcs)
        return;
    c->reschedule = false; /* the wish of whoever gave up its context, or waits */
    budget_after_choice(k, core);
}

/* MCS: whether a thread that waits would run on that context. */
static bool may_run_on(const struct tcb *tcb, const struct sched_context *sc)
{
    return sc && sched_context_is_active(sc) && !tcb->in_release_queue;
}

/* --- the message --------------------------------------------------------------------------- */

/* No capabilities; what is not in registers is in the sender's IPC buffer. */
static bool has_plain_message(struct kernel *k, const struct tcb *tcb)
{
    struct message_info info = message_info_decode(tcb->context.reg[UREG_MESSAGE_INFO]);

    return info.extra_caps == 0 &&
           (info.length <= MESSAGE_REGISTER_COUNT || ipc_buffer(k, tcb, false));
}

/* --- Call ---------------------------------------------------------------------------------- */

/* MCS: the receiver has a reply object for the caller, and a context or gets the caller's. */
static bool may_serve(struct kernel *k, const struct tcb *caller, const struct tcb *receiver)
{
    paddr_t sc = receiver->sched_context ? receiver->sched_context : caller->sched_context;

    return receiver->reply && may_run_on(receiver, sched_context_at(k, sc));
}

static bool try_call(struct kernel *k, unsigned core, struct tcb *tcb)
{
    struct core *c = &k->cores[core];
    const struct slot *slot = lookup_find(k, tcb, tcb->context.reg[UREG_CAP]);

    if (!slot || cap_type(slot->cap) != CAP_ENDPOINT || !(slot->cap.endpoint.rights & RIGHT_WRITE))
        return false;
    const union cap cap = slot->cap;
    struct endpoint *ep = endpoint_at(k, cap.endpoint.object);
    struct tcb *receiver = tcb_at(k, ep->head);
    bool may_reply = cap.endpoint.rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY);
    if (ep->state != ENDPOINT_RECEIVING || !may_reply || !has_plain_message(k, tcb) ||
        !may_take_over(k, tcb, receiver) || (k->config.mcs && !may_serve(k, tcb, receiver)))
        return false;
    c->clear = (struct memory_region){0, 0};
    c->stall = 0;
    struct tcb_queue queue = WAIT_QUEUE(ep);
    tcb_queue_remove(k, &queue, receiver, LINK_ENDPOINT);
    WAIT_QUEUE_STORE(ep, queue);
    if (!queue.head)
        ep->state = ENDPOINT_IDLE;
    ipc_transfer(k, tcb, cap.endpoint.object, cap.endpoint.badge, false, receiver);
    if (k->config.mcs)
        reply_object_taken(
            k, core, tcb, receiver,
            &(struct ipc_send){.is_call = true, .can_grant_reply = true, .may_donate = true});
    take_over(k, core, receiver);
    if (!k->config.mcs)
        reply_setup_caller(k, tcb, receiver, receiver->receiver_can_grant);
    return true;
}

/* --- ReplyRecv ----------------------------------------------------------------------------- */

/* What the thread may wait at with that capability pointer, nobody being there to send. */
static struct endpoint *find_endpoint(struct kernel *k, const struct tcb *tcb, union cap *ret_cap)
{
    const struct slot *slot = lookup_find(k, tcb, tcb->context.reg[UREG_CAP]);
    const struct notification *bound = notification_at(k, tcb->bound_notification);

    if (!slot || cap_type(slot->cap) != CAP_ENDPOINT || !(slot->cap.endpoint.rights & RIGHT_READ) ||
        (bound && (bound->state == NOTIFICATION_ACTIVE ||
                   (k->config.mcs && *notification_sched_context(k, tcb->bound_notification)))))
        return NULL;
    *ret_cap = slot->cap;
    struct endpoint *ep = endpoint_at(k, slot->cap.endpoint.object);
    return ep->state == ENDPOINT_SENDING ? NULL : ep;
}

/* `reply`: MCS: the object for the next caller. */
static void wait_at(struct kernel *k, struct tcb *tcb, union cap cap, paddr_t reply)
{
    struct endpoint *ep = endpoint_at(k, cap.endpoint.object);
    struct tcb_queue queue = WAIT_QUEUE(ep);

    tcb->blocked_on = cap.endpoint.object;
    tcb->receiver_can_grant = cap.endpoint.rights & RIGHT_GRANT;
    tcb->state = THREAD_BLOCKED_ON_RECEIVE;
    reply_object_offer(k, tcb, reply);
    wait_queue_add(k, &queue, tcb);
    WAIT_QUEUE_STORE(ep, queue);
    ep->state = ENDPOINT_RECEIVING;
}

static bool may_be_answered(struct kernel *k, const struct tcb *tcb, const struct tcb *caller)
{
    return caller->fault.type == FAULT_NONE && has_plain_message(k, tcb) &&
           may_take_over(k, tcb, caller);
}

static bool try_reply_recv(struct kernel *k, unsigned core, struct tcb *tcb)
{
    struct slot *reply = &tcb->slots[TCB_SLOT_CALLER];
    union cap cap;

    if (cap_type(reply->cap) != CAP_REPLY || reply->cap.reply.is_master)
        return false;
    struct tcb *caller = tcb_at(k, reply->cap.reply.tcb);
    if (!find_endpoint(k, tcb, &cap) || !may_be_answered(k, tcb, caller))
        return false;
    ipc_transfer(k, tcb, 0, 0, false, caller);
    slot_remove(k, reply);
    wait_at(k, tcb, cap, 0);
    take_over(k, core, caller);
    return true;
}

/* What a caller will run on: its own, or what comes back along that reply object. */
static struct sched_context *context_of_caller(struct kernel *k, const struct tcb *caller,
                                               const struct reply *reply)
{
    if (caller->sched_context)
        return sched_context_at(k, caller->sched_context);
    return reply->is_top ? sched_context_at(k, reply->next) : NULL;
}

static bool try_reply_recv_mcs(struct kernel *k, unsigned core, struct tcb *tcb)
{
    const struct slot *slot = lookup_find(k, tcb, tcb->context.reg[UREG_REPLY]);
    struct core *c = &k->cores[core];
    union cap cap;

    if (!slot || cap_type(slot->cap) != CAP_REPLY_OBJECT || !find_endpoint(k, tcb, &cap))
        return false;
    paddr_t object = slot->cap.reply_object.object;
    struct reply *reply = reply_at(k, object);
    struct tcb *caller = tcb_at(k, reply->tcb);
    if (!caller || caller->state != THREAD_BLOCKED_ON_REPLY || !may_be_answered(k, tcb, caller))
        return false;
    struct sched_context *sc = context_of_caller(k, caller, reply);
    if (!may_run_on(caller, sc) || !sched_context_is_due(k, core, sc))
        return false;
    c->clear = (struct memory_region){0, 0};
    c->stall = 0;
    reply_object_answer(k, core, tcb, reply, false);
    wait_at(k, tcb, cap, object);
    take_over(k, core, caller);
    return true;
}

bool fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct tcb *tcb = tcb_at(k, k->cores[core].current);

    if (k->num_cores > 1 || k->has_no_short_cuts ||
        k->config.benchmarks == BENCHMARKS_TRACK_UTILISATION || !has_time(k, core, now))
        return false;
    switch (abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL])) {
    case SYSCALL_CALL:
        return try_call(k, core, tcb);
    case SYSCALL_REPLY_RECV:
        return (k->config.mcs ? try_reply_recv_mcs : try_reply_recv)(k, core, tcb);
    default:
        return false;
    }
}
