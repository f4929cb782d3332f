/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready queues: one per domain and priority, with a bit map of those that are not empty. */
#include <sched/sched.h>

#include <base/bits.h>
#include <sched/queue.h>

static struct tcb_queue *ready_queue(struct kernel *k, const struct tcb *tcb)
{
    return &k->cores[tcb->core].ready[tcb->domain][tcb->priority];
}

/* The bit map follows from the queue. */
static void ready_update_map(struct kernel *k, const struct tcb *tcb)
{
    uint64_t *map = &k->cores[tcb->core].ready_map[tcb->domain][tcb->priority / 64];
    uint64_t queue_bit = bit(tcb->priority % 64);
    if (ready_queue(k, tcb)->head)
        *map |= queue_bit;
    else
        *map &= ~queue_bit;
}

/* Another core that would choose the thread has to: what it runs is less urgent. */
static void notice_ready(struct kernel *k, const struct tcb *tcb)
{
    const struct tcb *current = tcb_at(k, k->cores[tcb->core].current);
    if (tcb->core == k->running_core || tcb->domain != k->domain ||
        (current && current->priority >= tcb->priority))
        return;
    sched_reschedule(k, tcb->core);
    k->interrupt_cores |= bit(tcb->core);
}

static void ready_insert(struct kernel *k, struct tcb *tcb,
                         void (*insert)(struct kernel *, struct tcb_queue *, struct tcb *,
                                        enum tcb_link_place))
{
    if (tcb->in_ready_queue || tcb->is_held)
        return;
    insert(k, ready_queue(k, tcb), tcb, LINK_READY);
    ready_update_map(k, tcb);
    tcb->in_ready_queue = true;
    notice_ready(k, tcb);
}

void sched_enqueue(struct kernel *k, struct tcb *tcb)
{
    ready_insert(k, tcb, tcb_queue_prepend);
}

void sched_append(struct kernel *k, struct tcb *tcb)
{
    ready_insert(k, tcb, tcb_queue_append);
}

void sched_dequeue(struct kernel *k, struct tcb *tcb)
{
    if (!tcb->in_ready_queue)
        return;
    tcb_queue_remove(k, ready_queue(k, tcb), tcb, LINK_READY);
    ready_update_map(k, tcb);
    tcb->in_ready_queue = false;
}

struct tcb *sched_first_ready(struct kernel *k, unsigned core, unsigned domain)
{
    const struct core *c = &k->cores[core];
    for (unsigned word = MAX_PRIORITIES / 64; word-- > 0;) {
        uint64_t map = c->ready_map[domain][word];
        if (map)
            return tcb_at(k, c->ready[domain][word * 64 + highest_bit(map)].head);
    }
    return NULL;
}
