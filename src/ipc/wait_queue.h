/* SPDX-License-Identifier: BSD-2-Clause */
/* The queues of waiting TCBs that endpoints and notifications hold in their first two words. */
#ifndef IPC_WAIT_QUEUE_H
#define IPC_WAIT_QUEUE_H

#include <sched/queue.h>

#define WAIT_QUEUE(object) ((struct tcb_queue){.head = (object)->head, .tail = (object)->tail})

#define WAIT_QUEUE_STORE(object, queue)                                                            \
    do {                                                                                           \
        (object)->head = (queue).head;                                                             \
        (object)->tail = (queue).tail;                                                             \
    } while (0)

static inline bool goes_before_by_priority(struct kernel *k, const struct tcb *a,
                                           const struct tcb *b)
{
    (void)k;
    return a->priority > b->priority;
}

/* Waiters stand in the order they came in; with MCS those of higher priority go first. */
static inline void wait_queue_add(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb)
{
    if (k->config.mcs)
        tcb_queue_insert(k, queue, tcb, LINK_ENDPOINT, goes_before_by_priority);
    else
        tcb_queue_append(k, queue, tcb, LINK_ENDPOINT);
}

#endif
