/* SPDX-License-Identifier: BSD-2-Clause */
/* Doubly linked queues of TCBs. Which pair of links of the TCB a queue uses is an argument. */
#ifndef SCHED_QUEUE_H
#define SCHED_QUEUE_H

#include <model/kernel.h>

enum tcb_link_place {
    LINK_READY = offsetof(struct tcb, ready_link),
    LINK_ENDPOINT = offsetof(struct tcb, endpoint_link),
};

void tcb_queue_prepend(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                       enum tcb_link_place place);
void tcb_queue_append(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                      enum tcb_link_place place);
/* Behind all others but those that `tcb` goes before: equals stay in the order they came in. */
void tcb_queue_insert(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                      enum tcb_link_place place,
                      bool (*goes_before)(struct kernel *k, const struct tcb *a,
                                          const struct tcb *b));
/* tcb must be in the queue. */
void tcb_queue_remove(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                      enum tcb_link_place place);

#endif
