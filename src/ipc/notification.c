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

static void notification_append(struct kernel *k, struct notification *n, struct tcb *tcb)
{
    struct tcb_queue queue = WAIT_QUEUE(n);
    wait_queue_add(k, &queue, tcb);
    WAIT_QUEUE_STORE(n, queue);
    n->state = NOTIFICATION_WAITING;
}

/* MCS: a thread without scheduling context gets the notification's, if nobody has that. */
static void lend(struct kernel *k, unsigned core, paddr_t notification, struct tcb *tcb)
{
    struct sched_context *sc = sched_context_at(k, *notification_sched_context(k, notification));
    if (tcb->sched_context || !sc || sc->tcb)
        return;
    sched_context_donate(k, core, sc, tcb);
    sched_context_resume(k, core, sc);
}

void notification_take_back(struct kernel *k, unsigned core, paddr_t notification,
                            struct tcb *receiver)
{
    struct sched_context *sc = sched_context_at(k, *notification_sched_context(k, notification));
    if (sc && sc->tcb == kernel_paddr(k, receiver))
        sched_context_unbind(k, core, sc);
}

static void deliver(struct kernel *k, unsigned core, paddr_t notification, struct tcb *tcb,
                    word_t badge)
{
    tcb_set_state(k, tcb, THREAD_RUNNING);
    tcb->context.reg[UREG_BADGE] = badge;
    if (k->config.mcs)
        lend(k, core, notification, tcb);
    sched_possible_switch(k, core, tcb);
    if (k->config.mcs)
        sched_unblock_sporadic(k, core, sched_context_at(k, tcb->sched_context));
}

void notification_signal(struct kernel *k, unsigned core, paddr_t notification, word_t badge)
{
    struct notification *n = notification_at(k, notification);
    struct tcb *bound = tcb_at(k, n->bound_tcb);

    if (n->state == NOTIFICATION_WAITING) {
        struct tcb *first = tcb_at(k, n->head);
        notification_remove(k, n, first);
        deliver(k, core, notification, first, badge);
    } else if (n->state == NOTIFICATION_ACTIVE) {
        n->badge |= badge;
    } else if (bound && bound->state == THREAD_BLOCKED_ON_RECEIVE) {
        ipc_cancel(k, core, bound);
        deliver(k, core, notification, bound, badge);
    } else {
        n->state = NOTIFICATION_ACTIVE;
        n->badge = badge;
    }
}

void notification_complete(struct kernel *k, unsigned core, paddr_t notification,
                           struct tcb *receiver)
{
    struct notification *n = notification_at(k, notification);
    receiver->context.reg[UREG_BADGE] = n->badge;
    n->state = NOTIFICATION_IDLE;
    if (!k->config.mcs)
        return;
    lend(k, core, notification, receiver);
    if (receiver->sched_context == *notification_sched_context(k, notification))
        sched_unblock_sporadic(k, core, sched_context_at(k, receiver->sched_context));
}

void notification_receive(struct kernel *k, unsigned core, struct tcb *receiver,
                          paddr_t notification, bool may_block)
{
    struct notification *n = notification_at(k, notification);
    if (n->state == NOTIFICATION_ACTIVE) {
        notification_complete(k, core, notification, receiver);
    } else if (may_block) {
        receiver->blocked_on = notification;
        tcb_set_state(k, receiver, THREAD_BLOCKED_ON_NOTIFICATION);
        notification_append(k, n, receiver);
        if (k->config.mcs)
            notification_take_back(k, core, notification, receiver);
    } else {
        receiver->context.reg[UREG_BADGE] = 0;
    }
}

void notification_reorder(struct kernel *k, struct tcb *tcb)
{
    struct notification *n = notification_at(k, tcb->blocked_on);
    notification_remove(k, n, tcb);
    notification_append(k, n, tcb);
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
        ipc_restart_waiter(k, core, first);
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
