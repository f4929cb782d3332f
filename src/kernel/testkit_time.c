/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What holds of time and of replies in an MCS kernel: refills, who has which scheduling context,
 * the release queue, the stacks of calls. A state is looked at as it is, whatever led to it.
 */
#include <kernel/testkit_survey.h>

#include <object/object_types.h>
#include <sched/refill.h>
#include <sched/release.h>
#include <sched/sched.h>

#define MAX_STACK          10000
#define NANOSECONDS_PER_US 1000

/* Some capability names it: `type` and place. */
static bool is_named(const struct survey *s, enum cap_type type, paddr_t object)
{
    for (unsigned i = 0; i < s->count; i++) {
        union cap cap = s->slot[i]->cap;
        paddr_t base;
        unsigned bits;
        if (cap_type(cap) == type && cap_object_type(cap)->extent(cap, &base, &bits) &&
            base == object)
            return true;
    }
    return false;
}

/* --- refills ------------------------------------------------------------------------------- */

/* Guests give budgets in microseconds, and nothing is lost of them. */
static void check_refills(struct survey *s, paddr_t paddr, struct sched_context *sc,
                          unsigned size_bits)
{
    nanoseconds_t min_budget = refill_min_budget(s->k);
    REQUIRE(s, sc->refill_max >= MIN_REFILLS && sc->refill_max <= refill_capacity(size_bits));
    REQUIRE(s, sc->refill_head < sc->refill_max && sc->refill_tail < sc->refill_max);
    if (s->problem)
        return;
    REQUIRE(s, refill_sum(sc) % NANOSECONDS_PER_US == 0);
    REQUIRE(s, !s->budgets || budgets_allow(s->budgets, paddr, refill_sum(sc)));
    REQUIRE(s, refill_sum(sc) >= min_budget);
    REQUIRE(s, refill_head(sc)->amount >= min_budget);
    if (sched_context_is_round_robin(sc)) {
        REQUIRE(s, sc->refill_max == MIN_REFILLS && sc->refill_head != sc->refill_tail);
        return;
    }
    REQUIRE(s, refill_sum(sc) < sc->period);
    for (uint64_t i = sc->refill_head; i != sc->refill_tail && !s->problem;) {
        uint64_t next = i + 1 == sc->refill_max ? 0 : i + 1;
        const struct refill *a = refill_at(sc, i), *b = refill_at(sc, next);
        REQUIRE(s, a->time + a->amount <= b->time);
        i = next;
    }
}

/* --- scheduling contexts ------------------------------------------------------------------- */

/* From the top down; each waits for its reply, and knows its neighbours. */
static void check_stack(struct survey *s, paddr_t paddr, const struct sched_context *sc)
{
    struct kernel *k = s->k;
    paddr_t above = paddr, at = sc->reply;
    bool is_top = true;
    for (unsigned i = 0; at && !s->problem; i++) {
        const struct reply *reply = reply_at(k, at);
        REQUIRE(s, i < MAX_STACK);
        REQUIRE(s, is_named(s, CAP_REPLY_OBJECT, at));
        REQUIRE(s, reply->next == above && reply->is_top == is_top);
        REQUIRE(s, reply->tcb && tcb_at(k, reply->tcb)->state == THREAD_BLOCKED_ON_REPLY);
        above = at;
        at = reply->prev;
        is_top = false;
    }
}

static void check_sched_context(struct survey *s, union cap cap)
{
    struct kernel *k = s->k;
    paddr_t paddr = cap.sched_context.object;
    struct sched_context *sc = sched_context_at(k, paddr);
    if (sched_context_is_active(sc))
        check_refills(s, paddr, sc, (unsigned)cap.sched_context.size_bits);
    REQUIRE(s, !sc->is_sporadic || sched_context_is_active(sc));
    REQUIRE(s, !sc->tcb || is_named(s, CAP_TCB, sc->tcb));
    REQUIRE(s, !sc->tcb || tcb_at(k, sc->tcb)->sched_context == paddr);
    REQUIRE(s, !sc->notification || is_named(s, CAP_NOTIFICATION, sc->notification));
    REQUIRE(s, !sc->notification || *notification_sched_context(k, sc->notification) == paddr);
    REQUIRE(s, !sc->yield_from || is_named(s, CAP_TCB, sc->yield_from));
    REQUIRE(s, !sc->yield_from || tcb_at(k, sc->yield_from)->yield_to == paddr);
    check_stack(s, paddr, sc);
}

static void check_notification(struct survey *s, paddr_t notification)
{
    struct kernel *k = s->k;
    paddr_t sc = *notification_sched_context(k, notification);
    REQUIRE(s, !sc || is_named(s, CAP_SCHED_CONTEXT, sc));
    REQUIRE(s, !sc || sched_context_at(k, sc)->notification == notification);
}

/* --- replies ------------------------------------------------------------------------------- */

static void check_reply(struct survey *s, paddr_t paddr)
{
    struct kernel *k = s->k;
    const struct reply *reply = reply_at(k, paddr);
    if (!reply->tcb) {
        REQUIRE(s, !reply->prev && !reply->next && !reply->is_top);
        return;
    }
    REQUIRE(s, is_named(s, CAP_TCB, reply->tcb));
    const struct tcb *tcb = tcb_at(k, reply->tcb);
    REQUIRE(s, tcb->reply == paddr);
    REQUIRE(s, tcb->state == THREAD_BLOCKED_ON_REPLY ||
                   (tcb->state == THREAD_BLOCKED_ON_RECEIVE && !reply->prev && !reply->next));
    if (reply->next && reply->is_top)
        REQUIRE(s, sched_context_at(k, reply->next)->reply == paddr);
    else if (reply->next)
        REQUIRE(s, reply_at(k, reply->next)->prev == paddr);
}

/* --- threads ------------------------------------------------------------------------------- */

static void check_thread(struct survey *s, struct tcb *tcb)
{
    struct kernel *k = s->k;
    paddr_t here = kernel_paddr(k, tcb);
    struct sched_context *sc = sched_context_at(k, tcb->sched_context);
    REQUIRE(s, !sc || is_named(s, CAP_SCHED_CONTEXT, tcb->sched_context));
    REQUIRE(s, !sc || sc->tcb == here);
    REQUIRE(s, !tcb->reply || is_named(s, CAP_REPLY_OBJECT, tcb->reply));
    REQUIRE(s, !tcb->reply || reply_at(k, tcb->reply)->tcb == here);
    REQUIRE(s, tcb->state != THREAD_BLOCKED_ON_REPLY || tcb->reply);
    REQUIRE(s, !tcb->yield_to || sched_context_at(k, tcb->yield_to)->yield_from == here);
    REQUIRE(s, !tcb->in_release_queue || (sc && tcb_is_runnable(tcb) && !tcb->in_ready_queue));
    REQUIRE(s, !tcb->in_release_queue || !sched_context_is_round_robin(sc));
    for (enum tcb_slot handler = TCB_SLOT_FAULT_HANDLER; handler <= TCB_SLOT_TIMEOUT_HANDLER;
         handler++) {
        enum cap_type type = cap_type(tcb->slots[handler].cap);
        REQUIRE(s, type == CAP_NULL || type == CAP_ENDPOINT);
    }
}

static void check_release_queue(struct survey *s, unsigned core)
{
    struct kernel *k = s->k;
    const struct core *c = &k->cores[core];
    paddr_t before = 0, at = c->release.head;
    nanoseconds_t time = 0;
    for (unsigned i = 0; at && i < MAX_STACK && !s->problem; i++) {
        const struct tcb *tcb = tcb_at(k, at);
        nanoseconds_t release = refill_head(sched_context_at(k, tcb->sched_context))->time;
        REQUIRE(s, tcb->in_release_queue && tcb->ready_link.prev == before);
        REQUIRE(s, release >= time);
        time = release;
        before = at;
        at = tcb->ready_link.next;
    }
    REQUIRE(s, c->release.tail == before);
}

/* Between entries: who runs pays, can pay, and nobody whose time has come still waits. */
static void check_payer(struct survey *s, unsigned core)
{
    struct kernel *k = s->k;
    const struct core *c = &k->cores[core];
    const struct tcb *current = tcb_at(k, c->current);
    REQUIRE(s, !c->reprogram);
    REQUIRE(s, c->sched_context == (current ? current->sched_context : 0));
    REQUIRE(s, release_deadline(k, core) > c->now);
    if (!current || s->problem)
        return;
    struct sched_context *sc = sched_context_at(k, c->sched_context);
    REQUIRE(s, refill_is_ready(sc, c->now));
    REQUIRE(s, refill_is_sufficient(sc, c->consumed, refill_min_budget(k)));
}

void survey_check_time(struct survey *s, bool is_settled)
{
    struct kernel *k = s->k;
    if (!k->config.mcs)
        return;
    for (unsigned i = 0; i < s->count && !s->problem; i++) {
        union cap cap = s->slot[i]->cap;
        if (cap_type(cap) == CAP_SCHED_CONTEXT)
            check_sched_context(s, cap);
        else if (cap_type(cap) == CAP_REPLY_OBJECT)
            check_reply(s, cap.reply_object.object);
        else if (cap_type(cap) == CAP_NOTIFICATION)
            check_notification(s, cap.notification.object);
    }
    if (s->budgets)
        budgets_end_look(s->budgets);
    for (paddr_t at = k->all_tcbs; at && !s->problem; at = tcb_at(k, at)->all_link.next)
        check_thread(s, tcb_at(k, at));
    if (!s->problem)
        check_release_queue(s, k->running_core);
    if (!s->problem && is_settled)
        check_payer(s, k->running_core);
}
