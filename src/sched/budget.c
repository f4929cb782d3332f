/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MCS: who pays for the time. core->consumed is what has passed and is not charged yet; it is
 * charged to core->sched_context when a turn ends, or when an entry changes who pays or which
 * deadline holds. See docs/mcs.md.
 */
#include <sched/time.h>

#include <base/bits.h>
#include <sched/refill.h>
#include <sched/release.h>
#include <sched/sched.h>

static struct tcb *current_tcb(struct kernel *k, unsigned core)
{
    return tcb_at(k, k->cores[core].current);
}

/* NULL: nobody does, the core is idle. */
static struct sched_context *payer(struct kernel *k, unsigned core)
{
    return sched_context_at(k, k->cores[core].sched_context);
}

void budget_start(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct core *c = &k->cores[core];
    const struct tcb *current = current_tcb(k, core);
    c->now = now;
    c->consumed = 0;
    c->sched_context = current ? current->sched_context : 0;
    c->reprogram = true;
}

/* A domain ends when what is left of it would not do for a call. */
static void advance_domain(struct kernel *k, nanoseconds_t elapsed)
{
    if (k->config.num_domains <= 1)
        return;
    if (elapsed + refill_min_budget(k) >= k->domain_time)
        k->domain_time = 0;
    else
        k->domain_time -= elapsed;
}

static bool domain_is_over(const struct kernel *k)
{
    return k->config.num_domains > 1 && k->domain_time == 0;
}

void budget_advance(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct core *c = &k->cores[core];
    nanoseconds_t elapsed = now > c->now ? now - c->now : 0;
    c->now += elapsed;
    c->consumed += elapsed;
    advance_domain(k, elapsed);
}

void sched_commit_time(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    struct sched_context *sc = payer(k, core);
    if (sc && sched_context_is_active(sc)) {
        struct refill_limits limits = refill_limits(k);
        refill_use(sc, c->consumed, &limits);
        sc->consumed += c->consumed;
    }
    c->consumed = 0;
}

/* --- the end of a turn --------------------------------------------------------------------- */

static bool has_timeout_handler(const struct tcb *tcb)
{
    return cap_type(tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap) == CAP_ENDPOINT;
}

/* No head is too small to be used: whether it is due is all there is to ask. */
static enum budget_state end_turn(struct kernel *k, unsigned core, struct tcb *current,
                                  struct sched_context *sc, bool may_time_out)
{
    if (may_time_out && !sched_context_is_round_robin(sc) && has_timeout_handler(current))
        return BUDGET_TIMED_OUT;
    if (refill_is_ready(sc, k->cores[core].now))
        sched_append(k, current);
    else
        release_postpone(k, current);
    return BUDGET_OVER;
}

/* At the begin of an entry: whoever pays is whoever ran, if that can run still. */
static enum budget_state charge(struct kernel *k, unsigned core, struct sched_context *sc,
                                nanoseconds_t usage, bool may_time_out)
{
    struct core *c = &k->cores[core];
    struct tcb *current = current_tcb(k, core);
    struct refill_limits limits = refill_limits(k);
    refill_end_turn(sc, usage, &limits);
    sc->consumed += usage;
    c->consumed = 0;
    if (!tcb_is_schedulable(k, current))
        return BUDGET_OVER;
    enum budget_state state = end_turn(k, core, current, sc, may_time_out);
    sched_reschedule(k, core);
    c->reprogram = true;
    return state;
}

enum budget_state sched_check_budget(struct kernel *k, unsigned core)
{
    struct sched_context *sc = payer(k, core);
    if (refill_is_sufficient(sc, k->cores[core].consumed, refill_min_budget(k)))
        return domain_is_over(k) ? BUDGET_OVER : BUDGET_SUFFICES;
    return charge(k, core, sc, k->cores[core].consumed, true);
}

enum budget_state sched_charge_interrupted(struct kernel *k, unsigned core)
{
    struct tcb *current = current_tcb(k, core);
    struct sched_context *sc = payer(k, core);
    if (current && tcb_is_schedulable(k, current))
        return sched_check_budget(k, core);
    if (sc && sched_context_is_active(sc))
        return charge(k, core, sc, k->cores[core].consumed, false);
    k->cores[core].consumed = 0;
    return BUDGET_OVER;
}

/* What is left of the head is given up; but only what was used counts as consumed. */
void budget_yield(struct kernel *k, unsigned core)
{
    struct sched_context *sc = payer(k, core);
    nanoseconds_t consumed = sc->consumed + k->cores[core].consumed;
    charge(k, core, sc, refill_head(sc)->amount, false);
    sc->consumed = consumed;
}

/* --- entries that all go well -------------------------------------------------------------- */

bool budget_goes_on(struct kernel *k, unsigned core, nanoseconds_t now)
{
    const struct core *c = &k->cores[core];
    budget_advance(k, core, now);
    return refill_is_sufficient(payer(k, core), c->consumed, refill_min_budget(k)) &&
           c->now < release_deadline(k, core);
}

bool budget_try_yield(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    struct sched_context *sc = payer(k, core);
    if (!sched_context_is_round_robin(sc) || !refill_is_ready(sc, c->now))
        return false;
    refill_end_round(sc);
    sc->consumed += c->consumed;
    c->consumed = 0;
    return true;
}

/* --- choosing ------------------------------------------------------------------------------ */

void budget_before_choice(struct kernel *k, unsigned core)
{
    release_awaken(k, core);
    if (domain_is_over(k)) {
        k->cores[core].reprogram = true;
        sched_reschedule(k, core);
    }
}

void budget_after_choice(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    const struct tcb *current = current_tcb(k, core);
    paddr_t next = current ? current->sched_context : 0;
    if (c->sched_context != next) {
        struct sched_context *sc = sched_context_at(k, next);
        c->reprogram = true;
        if (sc && !sc->is_sporadic)
            refill_unblock(sc, c->now);
    }
    if (c->reprogram)
        sched_commit_time(k, core);
    c->sched_context = next;
    c->reprogram = false;
}

nanoseconds_t budget_deadline(struct kernel *k, unsigned core)
{
    const struct core *c = &k->cores[core];
    struct sched_context *sc = payer(k, core);
    nanoseconds_t deadline = release_deadline(k, core);
    if (sc && sched_context_is_active(sc))
        deadline = min_u64(deadline, c->now - c->consumed + refill_head(sc)->amount);
    if (k->config.num_domains > 1)
        deadline = min_u64(deadline, c->now + k->domain_time);
    return deadline;
}
