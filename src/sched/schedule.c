/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What runs next. An entry leaves one of three wishes in struct core: go on with the current
 * thread; weigh one candidate against it; choose anew. sched_schedule() fulfils it at the end of
 * the entry. The order of threads within a priority is part of the semantics: a thread that stops
 * running goes to the front of its queue, unless its time slice is over or it yields.
 */
#include <sched/sched.h>

#include <base/assert.h>
#include <base/bits.h>
#include <sched/time.h>
#include <sched/utilisation.h>

bool tcb_is_runnable(const struct tcb *tcb)
{
    return tcb->state == THREAD_RUNNING || tcb->state == THREAD_RESTART;
}

bool tcb_is_blocked(const struct tcb *tcb)
{
    return !tcb_is_runnable(tcb);
}

bool tcb_is_waiting(const struct tcb *tcb)
{
    return !tcb_is_runnable(tcb) && tcb->state != THREAD_INACTIVE;
}

static bool has_time(struct kernel *k, const struct tcb *tcb)
{
    const struct sched_context *sc = sched_context_at(k, tcb->sched_context);
    return sc && sched_context_is_active(sc) && !tcb->in_release_queue;
}

bool tcb_is_schedulable(struct kernel *k, const struct tcb *tcb)
{
    return tcb_is_runnable(tcb) && (!k->config.mcs || has_time(k, tcb));
}

bool tcb_may_run(struct kernel *k, const struct tcb *tcb)
{
    return tcb_is_schedulable(k, tcb) && !tcb->is_held;
}

static struct tcb *current_tcb(struct kernel *k, unsigned core)
{
    return tcb_at(k, k->cores[core].current);
}

static bool wishes_nothing(const struct core *c)
{
    return !c->reschedule && !c->switch_candidate;
}

void tcb_set_state(struct kernel *k, struct tcb *tcb, enum thread_state state)
{
    tcb->state = state;
    const struct core *c = &k->cores[tcb->core];
    if (c->current == kernel_paddr(k, tcb) && wishes_nothing(c) && !tcb_is_schedulable(k, tcb))
        sched_reschedule(k, tcb->core);
}

void sched_reschedule(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    struct tcb *candidate = tcb_at(k, c->switch_candidate);
    if (candidate && tcb_is_schedulable(k, candidate))
        sched_enqueue(k, candidate);
    c->switch_candidate = 0;
    c->reschedule = true;
}

void sched_possible_switch(struct kernel *k, unsigned core, struct tcb *tcb)
{
    struct core *c = &k->cores[core];
    if (tcb->is_held || !tcb_is_schedulable(k, tcb))
        return;
    if (tcb->domain != k->domain || tcb->core != core) {
        sched_enqueue(k, tcb);
    } else if (!wishes_nothing(c)) {
        sched_reschedule(k, core);
        sched_enqueue(k, tcb);
    } else {
        c->switch_candidate = kernel_paddr(k, tcb);
    }
}

static void switch_to(struct kernel *k, unsigned core, struct tcb *tcb)
{
    ASSERT(!tcb || tcb_may_run(k, tcb));
    utilisation_switch(k, core, tcb);
    if (tcb)
        sched_dequeue(k, tcb);
    k->cores[core].current = tcb ? kernel_paddr(k, tcb) : 0;
}

static void choose_anew(struct kernel *k, unsigned core)
{
    if (k->domain_time == 0)
        sched_next_domain(k);
    switch_to(k, core, sched_first_ready(k, core, k->domain));
}

/* No ready thread of the domain would be chosen before one of this priority. */
static bool is_highest_priority(struct kernel *k, unsigned core, unsigned priority)
{
    const struct tcb *first = sched_first_ready(k, core, k->domain);
    return !first || priority >= first->priority;
}

static void weigh_candidate(struct kernel *k, unsigned core, struct tcb *candidate,
                            bool current_was_runnable)
{
    const struct tcb *current = current_tcb(k, core);
    bool may_lose = !current || candidate->priority < current->priority;
    if (may_lose && !is_highest_priority(k, core, candidate->priority)) {
        sched_enqueue(k, candidate);
        choose_anew(k, core);
    } else if (current_was_runnable && candidate->priority == current->priority) {
        /* equals do not preempt each other: the current thread stands before it */
        sched_append(k, candidate);
        choose_anew(k, core);
    } else {
        switch_to(k, core, candidate);
    }
}

static void activate_current(struct kernel *k, unsigned core)
{
    struct tcb *current = current_tcb(k, core);
    if (current && current->yield_to)
        sched_complete_yield_to(k, current);
    if (current && current->state == THREAD_RESTART) {
        current->context.next_ip = current->context.reg[UREG_RIP];
        current->state = THREAD_RUNNING;
    }
}

void sched_schedule(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    if (k->config.mcs)
        budget_before_choice(k, core);
    if (!wishes_nothing(c)) {
        struct tcb *current = current_tcb(k, core);
        struct tcb *candidate = tcb_at(k, c->switch_candidate);
        bool was_runnable = current && tcb_may_run(k, current);
        if (was_runnable)
            sched_enqueue(k, current);
        c->reschedule = false;
        c->switch_candidate = 0;
        if (candidate)
            weigh_candidate(k, core, candidate, was_runnable);
        else
            choose_anew(k, core);
    }
    if (k->config.mcs)
        budget_after_choice(k, core);
    activate_current(k, core);
}

bool sched_must_stall(struct kernel *k, const struct tcb *tcb)
{
    if (tcb->core == k->running_core || tcb_at(k, k->cores[tcb->core].current) != tcb)
        return false;
    k->cores[k->running_core].stall |= bit(tcb->core);
    return true;
}

void sched_stall(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    struct tcb *current = current_tcb(k, core);
    sched_reschedule(k, core);
    if (current && tcb_is_schedulable(k, current))
        sched_enqueue(k, current);
    utilisation_switch(k, core, NULL);
    c->current = 0;
    k->interrupt_cores |= bit(core);
}

void sched_set_core(struct kernel *k, struct tcb *tcb, unsigned core)
{
    bool is_current = tcb == current_tcb(k, tcb->core);
    sched_dequeue(k, tcb);
    if (is_current)
        sched_reschedule(k, tcb->core);
    tcb->core = (uint8_t)core;
    if (tcb_is_runnable(tcb))
        sched_append(k, tcb);
}

void sched_yield_current(struct kernel *k, unsigned core)
{
    if (k->config.mcs) {
        budget_yield(k, core);
        return;
    }
    struct tcb *current = current_tcb(k, core);
    sched_dequeue(k, current);
    sched_append(k, current);
    sched_reschedule(k, core);
}

/* MCS: the thread goes to the front of its new queue, if it is in one or runs. */
static void set_priority_of_ready(struct kernel *k, unsigned core, struct tcb *tcb,
                                  unsigned priority)
{
    bool is_ready = tcb->in_ready_queue || tcb == current_tcb(k, core);
    sched_dequeue(k, tcb);
    tcb->priority = (uint8_t)priority;
    if (!is_ready || !tcb_is_schedulable(k, tcb))
        return;
    sched_enqueue(k, tcb);
    sched_reschedule(k, core);
}

void sched_set_priority(struct kernel *k, unsigned core, struct tcb *tcb, unsigned priority)
{
    if (k->config.mcs) {
        set_priority_of_ready(k, core, tcb, priority);
        return;
    }
    sched_dequeue(k, tcb);
    tcb->priority = (uint8_t)priority;
    if (!tcb_is_runnable(tcb))
        return;
    if (tcb == current_tcb(k, core))
        sched_reschedule(k, core);
    else
        sched_possible_switch(k, core, tcb);
}

void sched_hold(struct kernel *k, struct tcb *tcb)
{
    const struct core *c = &k->cores[tcb->core];
    paddr_t here = kernel_paddr(k, tcb);
    tcb->is_held = true;
    sched_dequeue(k, tcb);
    if (c->current == here || c->switch_candidate == here)
        sched_reschedule(k, tcb->core);
}

void sched_unhold(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (!tcb->is_held)
        return;
    tcb->is_held = false;
    if (tcb_is_schedulable(k, tcb))
        sched_possible_switch(k, core, tcb);
}

/* --- by variant ---------------------------------------------------------------------------- */

void sched_start(struct kernel *k, unsigned core, nanoseconds_t now)
{
    (k->config.mcs ? budget_start : ticks_start)(k, core, now);
    if (core == 0)
        sched_start_domains(k);
}

void sched_advance(struct kernel *k, unsigned core, nanoseconds_t now)
{
    if (k->config.mcs)
        budget_advance(k, core, now);
    else
        ticks_advance(k, core, now);
}

void sched_end_slice(struct kernel *k, unsigned core)
{
    if (!k->config.mcs)
        ticks_end_slice(k, core);
}

nanoseconds_t sched_deadline(struct kernel *k, unsigned core)
{
    return k->config.mcs ? budget_deadline(k, core) : ticks_deadline(k, core);
}
