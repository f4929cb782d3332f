/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched/release.h>

#include <base/assert.h>
#include <sched/queue.h>
#include <sched/refill.h>
#include <sched/sched.h>

static nanoseconds_t release_time(struct kernel *k, const struct tcb *tcb)
{
    return refill_head(sched_context_at(k, tcb->sched_context))->time;
}

static bool is_before(struct kernel *k, const struct tcb *a, const struct tcb *b)
{
    return release_time(k, a) < release_time(k, b);
}

void release_remove(struct kernel *k, struct tcb *tcb)
{
    if (!tcb->in_release_queue)
        return;
    struct core *c = &k->cores[tcb->core];
    if (c->release.head == kernel_paddr(k, tcb))
        c->reprogram = true;
    tcb_queue_remove(k, &c->release, tcb, LINK_READY);
    tcb->in_release_queue = false;
}

void release_postpone(struct kernel *k, struct tcb *tcb)
{
    struct core *c = &k->cores[tcb->core];
    sched_dequeue(k, tcb);
    ASSERT(!tcb->in_release_queue);
    tcb_queue_insert(k, &c->release, tcb, LINK_READY, is_before);
    tcb->in_release_queue = true;
    c->reprogram = true;
}

void release_awaken(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    while (release_deadline(k, core) <= c->now) {
        struct tcb *first = tcb_at(k, c->release.head);
        release_remove(k, first);
        sched_possible_switch(k, core, first);
    }
}

nanoseconds_t release_deadline(struct kernel *k, unsigned core)
{
    const struct tcb *first = tcb_at(k, k->cores[core].release.head);
    return first ? release_time(k, first) : NANOSECONDS_NEVER;
}
