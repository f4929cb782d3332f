/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two calls that most of a system's messages are: a Call that a thread waits for, and a
 * ReplyRecv to the one that called and waits for it, after which that other thread runs. What is
 * not certain to be that is left to the way of all calls (kernel/syscall.c), and changes nothing
 * here. What is left is what that way leaves, byte for byte: test_fastpath.c.
 */
#include <kernel/syscall.h>

#include <abi/message.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <ipc/wait_queue.h>
#include <sched/sched.h>

/* Whether `next` runs when the current thread `tcb` waits, and nothing else comes of that. */
static bool may_take_over(struct kernel *k, const struct tcb *tcb, const struct tcb *next)
{
    if (next->is_held || next->domain != k->domain || tcb->fault.type != FAULT_NONE)
        return false;
    if (next->priority >= tcb->priority)
        return true;
    const struct tcb *first = sched_first_ready(k, tcb->core, k->domain);
    return !first || next->priority >= first->priority;
}

/* No capabilities; what is not in registers is in the sender's IPC buffer. */
static bool has_plain_message(struct kernel *k, const struct tcb *tcb)
{
    struct message_info info = message_info_decode(tcb->context.reg[UREG_MESSAGE_INFO]);

    return info.extra_caps == 0 &&
           (info.length <= MESSAGE_REGISTER_COUNT || ipc_buffer(k, tcb, false));
}

static bool try_call(struct kernel *k, struct core *c, struct tcb *tcb)
{
    const struct slot *slot = lookup_find(k, tcb, tcb->context.reg[UREG_CAP]);

    if (!slot || cap_type(slot->cap) != CAP_ENDPOINT || !(slot->cap.endpoint.rights & RIGHT_WRITE))
        return false;
    const union cap cap = slot->cap;
    struct endpoint *ep = endpoint_at(k, cap.endpoint.object);
    struct tcb *receiver = tcb_at(k, ep->head);
    bool may_reply = cap.endpoint.rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY);
    if (ep->state != ENDPOINT_RECEIVING || !may_reply || !has_plain_message(k, tcb) ||
        !may_take_over(k, tcb, receiver))
        return false;
    c->clear = (struct memory_region){0, 0};
    c->stall = 0;
    struct tcb_queue queue = WAIT_QUEUE(ep);
    tcb_queue_remove(k, &queue, receiver, LINK_ENDPOINT);
    WAIT_QUEUE_STORE(ep, queue);
    if (!queue.head)
        ep->state = ENDPOINT_IDLE;
    ipc_transfer(k, tcb, cap.endpoint.object, cap.endpoint.badge, false, receiver);
    c->current = kernel_paddr(k, receiver);
    receiver->state = THREAD_RUNNING;
    reply_setup_caller(k, tcb, receiver, receiver->receiver_can_grant);
    return true;
}

/* What the thread may wait at with that capability pointer, nobody being there to send. */
static struct endpoint *find_endpoint(struct kernel *k, const struct tcb *tcb, union cap *ret_cap)
{
    const struct slot *slot = lookup_find(k, tcb, tcb->context.reg[UREG_CAP]);
    const struct notification *bound = notification_at(k, tcb->bound_notification);

    if (!slot || cap_type(slot->cap) != CAP_ENDPOINT || !(slot->cap.endpoint.rights & RIGHT_READ) ||
        (bound && bound->state == NOTIFICATION_ACTIVE))
        return NULL;
    *ret_cap = slot->cap;
    struct endpoint *ep = endpoint_at(k, slot->cap.endpoint.object);
    return ep->state == ENDPOINT_SENDING ? NULL : ep;
}

static bool try_reply_recv(struct kernel *k, struct core *c, struct tcb *tcb)
{
    struct slot *reply = &tcb->slots[TCB_SLOT_CALLER];
    union cap cap;

    if (cap_type(reply->cap) != CAP_REPLY || reply->cap.reply.is_master)
        return false;
    struct tcb *caller = tcb_at(k, reply->cap.reply.tcb);
    struct endpoint *ep = find_endpoint(k, tcb, &cap);
    if (!ep || caller->fault.type != FAULT_NONE || !has_plain_message(k, tcb) ||
        !may_take_over(k, tcb, caller))
        return false;
    ipc_transfer(k, tcb, 0, 0, false, caller);
    slot_remove(k, reply);
    c->current = kernel_paddr(k, caller);
    caller->state = THREAD_RUNNING;
    tcb->blocked_on = cap.endpoint.object;
    tcb->receiver_can_grant = cap.endpoint.rights & RIGHT_GRANT;
    tcb->state = THREAD_BLOCKED_ON_RECEIVE;
    tcb->reply = 0;
    struct tcb_queue queue = WAIT_QUEUE(ep);
    tcb_queue_append(k, &queue, tcb, LINK_ENDPOINT);
    WAIT_QUEUE_STORE(ep, queue);
    ep->state = ENDPOINT_RECEIVING;
    return true;
}

bool fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct core *c = &k->cores[core];
    struct tcb *tcb = tcb_at(k, c->current);

    if (k->config.mcs || k->num_cores > 1 || now >= c->next_tick || k->has_no_short_cuts ||
        k->config.benchmarks == BENCHMARKS_TRACK_UTILISATION)
        return false;
    bool is_done = false;
    switch (abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL])) {
    case SYSCALL_CALL:
        is_done = try_call(k, c, tcb);
        break;
    case SYSCALL_REPLY_RECV:
        is_done = try_reply_recv(k, c, tcb);
        break;
    default:
        break;
    }
    if (is_done)
        c->now = now;
    return is_done;
}
