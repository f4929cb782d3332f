/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts and threads: who has which, and what follows from that. See docs/mcs.md. */
#include <sched/sched.h>

#include <abi/message.h>
#include <base/assert.h>
#include <sched/refill.h>
#include <sched/release.h>

bool sched_context_is_due(struct kernel *k, unsigned core, struct sched_context *sc)
{
    return refill_is_ready(sc, k->cores[core].now);
}

bool sched_context_is_released(struct kernel *k, unsigned core, struct sched_context *sc)
{
    return sched_context_is_active(sc) && sched_context_is_due(k, core, sc);
}

void sched_unblock_sporadic(struct kernel *k, unsigned core, struct sched_context *sc)
{
    struct core *c = &k->cores[core];
    if (!sc || !sc->is_sporadic || c->sched_context == kernel_paddr(k, sc))
        return;
    if (refill_unblock(sc, c->now))
        c->reprogram = true;
}

void sched_context_postpone(struct kernel *k, struct sched_context *sc)
{
    release_postpone(k, tcb_at(k, sc->tcb));
}

void sched_context_resume(struct kernel *k, unsigned core, struct sched_context *sc)
{
    if (sc && tcb_is_schedulable(k, tcb_at(k, sc->tcb)) && !sched_context_is_due(k, core, sc))
        sched_context_postpone(k, sc);
}

/* --- to and from threads ------------------------------------------------------------------- */

void sched_context_bind(struct kernel *k, unsigned core, struct sched_context *sc, struct tcb *tcb)
{
    ASSERT(!sc->tcb && !tcb->sched_context);
    tcb->sched_context = kernel_paddr(k, sc);
    sc->tcb = kernel_paddr(k, tcb);
    sched_unblock_sporadic(k, core, sc);
    sched_context_resume(k, core, sc);
    if (tcb_is_schedulable(k, tcb)) {
        sched_enqueue(k, tcb);
        sched_reschedule(k, core);
    }
}

void sched_context_unbind(struct kernel *k, unsigned core, struct sched_context *sc)
{
    const struct core *c = &k->cores[core];
    struct tcb *tcb = tcb_at(k, sc->tcb);
    if (!tcb)
        return;
    sched_dequeue(k, tcb);
    release_remove(k, tcb);
    tcb->sched_context = 0;
    if (sc->tcb == c->current || sc->tcb == c->switch_candidate)
        sched_reschedule(k, core);
    sc->tcb = 0;
}

void sched_context_donate(struct kernel *k, unsigned core, struct sched_context *sc, struct tcb *to)
{
    ASSERT(!to->sched_context);
    sched_context_unbind(k, core, sc);
    sc->tcb = kernel_paddr(k, to);
    to->sched_context = kernel_paddr(k, sc);
}

/* --- to and from notifications and replies ------------------------------------------------- */

void sched_context_bind_notification(struct kernel *k, struct sched_context *sc,
                                     paddr_t notification)
{
    *notification_sched_context(k, notification) = kernel_paddr(k, sc);
    sc->notification = notification;
}

void sched_context_unbind_notification(struct kernel *k, struct sched_context *sc)
{
    if (!sc->notification)
        return;
    *notification_sched_context(k, sc->notification) = 0;
    sc->notification = 0;
}

void sched_context_unbind_reply(struct kernel *k, struct sched_context *sc)
{
    struct reply *top = reply_at(k, sc->reply);
    if (!top)
        return;
    top->next = 0;
    top->is_top = false;
    sc->reply = 0;
}

/* --- consumed time ------------------------------------------------------------------------- */

uint64_t sched_context_take_consumed(struct sched_context *sc)
{
    enum { NANOSECONDS_PER_US = 1000 };
    uint64_t consumed = sc->consumed / NANOSECONDS_PER_US;
    sc->consumed = 0;
    return consumed;
}

void sched_cancel_yield_to(struct kernel *k, struct tcb *yielder)
{
    struct sched_context *sc = sched_context_at(k, yielder->yield_to);
    if (!sc)
        return;
    sc->yield_from = 0;
    yielder->yield_to = 0;
}

void sched_complete_yield_to(struct kernel *k, struct tcb *yielder)
{
    struct sched_context *sc = sched_context_at(k, yielder->yield_to);
    if (!sc)
        return;
    yielder->context.reg[UREG_BADGE] = 0;
    yielder->context.reg[UREG_MR0] = sched_context_take_consumed(sc);
    yielder->context.reg[UREG_MESSAGE_INFO] =
        message_info_encode((struct message_info){.length = 1});
    sched_cancel_yield_to(k, yielder);
}

bool sched_yield_to(struct kernel *k, unsigned core, struct sched_context *sc, struct tcb *caller)
{
    if (sc->yield_from)
        sched_complete_yield_to(k, tcb_at(k, sc->yield_from));
    sched_context_resume(k, core, sc);

    struct tcb *tcb = tcb_at(k, sc->tcb);
    if (!tcb_is_schedulable(k, tcb))
        return false;
    sched_dequeue(k, tcb);
    if (tcb->priority < caller->priority) {
        sched_enqueue(k, tcb);
        return false;
    }
    caller->yield_to = kernel_paddr(k, sc);
    sc->yield_from = kernel_paddr(k, caller);
    sched_enqueue(k, caller);
    sched_enqueue(k, tcb);
    sched_reschedule(k, core);
    return true;
}
