/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched/queue.h>

static struct tcb_link *tcb_link(struct tcb *tcb, enum tcb_link_place place)
{
    return (struct tcb_link *)((char *)tcb + place);
}

void tcb_queue_prepend(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                       enum tcb_link_place place)
{
    paddr_t here = kernel_paddr(k, tcb);
    *tcb_link(tcb, place) = (struct tcb_link){.prev = 0, .next = queue->head};
    if (queue->head)
        tcb_link(tcb_at(k, queue->head), place)->prev = here;
    else
        queue->tail = here;
    queue->head = here;
}

void tcb_queue_append(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                      enum tcb_link_place place)
{
    paddr_t here = kernel_paddr(k, tcb);
    *tcb_link(tcb, place) = (struct tcb_link){.prev = queue->tail, .next = 0};
    if (queue->tail)
        tcb_link(tcb_at(k, queue->tail), place)->next = here;
    else
        queue->head = here;
    queue->tail = here;
}

void tcb_queue_insert(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                      enum tcb_link_place place,
                      bool (*goes_before)(struct kernel *k, const struct tcb *a,
                                          const struct tcb *b))
{
    struct tcb *before = tcb_at(k, queue->tail);
    while (before && goes_before(k, tcb, before))
        before = tcb_at(k, tcb_link(before, place)->prev);
    if (!before) {
        tcb_queue_prepend(k, queue, tcb, place);
        return;
    }
    paddr_t next = tcb_link(before, place)->next;
    if (!next) {
        tcb_queue_append(k, queue, tcb, place);
        return;
    }
    *tcb_link(tcb, place) = (struct tcb_link){.prev = kernel_paddr(k, before), .next = next};
    tcb_link(before, place)->next = kernel_paddr(k, tcb);
    tcb_link(tcb_at(k, next), place)->prev = kernel_paddr(k, tcb);
}

void tcb_queue_remove(struct kernel *k, struct tcb_queue *queue, struct tcb *tcb,
                      enum tcb_link_place place)
{
    struct tcb_link *link = tcb_link(tcb, place);
    if (link->prev)
        tcb_link(tcb_at(k, link->prev), place)->next = link->next;
    else
        queue->head = link->next;
    if (link->next)
        tcb_link(tcb_at(k, link->next), place)->prev = link->prev;
    else
        queue->tail = link->prev;
    *link = (struct tcb_link){0, 0};
}
