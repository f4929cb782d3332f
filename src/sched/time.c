/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time slices of the non-MCS kernel. A real kernel gets a timer interrupt every tick
 * (KernelTimerTickMS); here the same grid of ticks is accounted for when an entry happens, and the
 * seat is asked for an entry only when a tick could change what runs.
 */
#include <sched/time.h>

#include <base/bits.h>
#include <sched/sched.h>
#include <sched/utilisation.h>

static nanoseconds_t tick_length(const struct kernel *k)
{
    return (nanoseconds_t)k->config.timer_tick_ms * 1000000;
}

/*
 * The running thread has used `ticks` of its time. One that stands at a preemption point (Restart)
 * uses none: on the real kernel, too, the ticks of a long operation are nobody's.
 */
static void charge_current(struct kernel *k, unsigned core, uint64_t ticks)
{
    struct tcb *current = tcb_at(k, k->cores[core].current);
    if (!current || current->state != THREAD_RUNNING)
        return;
    if (ticks < current->time_slice) {
        current->time_slice -= (uint32_t)ticks;
        return;
    }
    uint64_t after_slice = ticks - current->time_slice;
    current->time_slice = k->config.time_slice - (uint32_t)(after_slice % k->config.time_slice);
    utilisation_skip_slices(k, core, after_slice / k->config.time_slice);
    k->cores[core].slice_over = true;
}

void ticks_end_slice(struct kernel *k, unsigned core)
{
    struct core *c = &k->cores[core];
    struct tcb *current = tcb_at(k, c->current);
    if (c->slice_over && current && tcb_is_runnable(current)) {
        sched_append(k, current);
        sched_reschedule(k, core);
    }
    c->slice_over = false;
}

static void charge_domain(struct kernel *k, unsigned core, uint64_t ticks)
{
    if (k->config.num_domains <= 1)
        return;
    k->domain_time -= min_u64(ticks, k->domain_time);
    if (k->domain_time == 0)
        sched_reschedule(k, core);
}

void ticks_advance(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct core *c = &k->cores[core];
    c->now = now;
    if (now < c->next_tick)
        return;
    uint64_t ticks = (now - c->next_tick) / tick_length(k) + 1;
    c->next_tick += ticks * tick_length(k);
    utilisation_count_ticks(k, core, ticks);
    charge_current(k, core, ticks);
    charge_domain(k, core, ticks);
}

/* A tick matters to the running thread only if another one of its priority waits. */
static uint64_t ticks_to_slice_end(const struct kernel *k, unsigned core, const struct tcb *current)
{
    const struct core *c = &k->cores[core];
    if (!current || current->state != THREAD_RUNNING ||
        !c->ready[current->domain][current->priority].head)
        return UINT64_MAX;
    return current->time_slice;
}

nanoseconds_t ticks_deadline(struct kernel *k, unsigned core)
{
    uint64_t ticks = ticks_to_slice_end(k, core, tcb_at(k, k->cores[core].current));
    if (k->config.num_domains > 1)
        ticks = min_u64(ticks, k->domain_time);
    if (ticks > UINT64_MAX / 2 / tick_length(k))
        return NANOSECONDS_NEVER;
    return k->cores[core].next_tick + (max_u64(ticks, 1) - 1) * tick_length(k);
}

void ticks_start(struct kernel *k, unsigned core, nanoseconds_t now)
{
    k->cores[core].now = now;
    k->cores[core].next_tick = now + tick_length(k);
}
