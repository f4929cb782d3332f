/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: a word of signals, and the threads that wait for them. */
#include <ipc/ipc.h>

#include <ipc/wait_queue.h>
#include <sched/sched.h>

static void notification_remove(struct kernel *k, struct notification *n, struct tcb *tcb)
{
    struct tcb_queue queue = WAIT_QUEUE(n);
    tcb_queue_remove(k, &queue, tcb, LINK_ENDPOINT);
    WAIT_QUEUE_STORE(n, queue);
    if (!queue.head)
        n->state = NOTIFICATION_IDLE;
}

static void deliver(struct kernel *k, unsigned core, struct tcb *tcb, word_t badge)
{
    tcb_set_state(k, tcb, THREAD_RUNNING);
    tcb->context.reg[UREG_BADGE] = badge;
    sched_possible_switch(k, core, tcb);
}

void notification_signal(struct kernel *k, unsigned core, paddr_t notification, word_t badge)
{
    struct notification *n = notification_at(k, notification);
    struct tcb *bound = tcb_at(k, n->bound_tcb);

    if (n->state == NOTIFICATION_WAITING) {
        struct tcb *first = tcb_at(k, n->head);
        notification_remove(k, n, first);
        deliver(k, core, first, badge);
    } else if (n->state == NOTIFICATION_ACTIVE) {
        n->badge |= badge;
    } else if (bound && bound->state == THREAD_BLOCKED_ON_RECEIVE) {
        ipc_cancel(k, core, bound);
        deliver(k, core, bound, badge);
    } else {
        n->state = NOTIFICATION_ACTIVE;
        n->badge = badge;
    }
}

void notification_complete(struct kernel *k, paddr_t notification, struct tcb *receiver)
{
    struct notification *n = notification_at(k, notification);
    receiver->context.reg[UREG_BADGE] = n->badge;
    n->state = NOTIFICATION_IDLE;
}

void notification_receive(struct kernel *k, unsigned core, struct tcb *receiver,
                          paddr_t notification, bool may_block)
{
    (void)core;
    struct notification *n = notification_at(k, notification);
    if (n->state == NOTIFICATION_ACTIVE) {
        notification_complete(k, notification, receiver);
    } else if (may_block) {
        receiver->blocked_on = notification;
        tcb_set_state(k, receiver, THREAD_BLOCKED_ON_NOTIFICATION);
        struct tcb_queue queue = WAIT_QUEUE(n);
        tcb_queue_append(k, &queue, receiver, LINK_ENDPOINT);
        WAIT_QUEUE_STORE(n, queue);
        n->state = NOTIFICATION_WAITING;
    } else {
        receiver->context.reg[UREG_BADGE] = 0;
    }
}

void notification_cancel(struct kernel *k, struct tcb *tcb)
{
    notification_remove(k, notification_at(k, tcb->blocked_on), tcb);
    tcb_set_state(k, tcb, THREAD_INACTIVE);
}

void notification_cancel_all(struct kernel *k, unsigned core, paddr_t notification)
{
    struct notification *n = notification_at(k, notification);
    if (n->state != NOTIFICATION_WAITING)
        return;
    while (n->head) {
        struct tcb *first = tcb_at(k, n->head);
        notification_remove(k, n, first);
        tcb_set_state(k, first, THREAD_RESTART);
        sched_enqueue(k, first);
    }
    sched_reschedule(k, core);
}

void notification_bind(struct kernel *k, struct tcb *tcb, paddr_t notification)
{
    notification_at(k, notification)->bound_tcb = kernel_paddr(k, tcb);
    tcb->bound_notification = notification;
}

void notification_unbind(struct kernel *k, struct tcb *tcb)
{
    struct notification *n = notification_at(k, tcb->bound_notification);
    if (!n)
        return;
    n->bound_tcb = 0;
    tcb->bound_notification = 0;
}
