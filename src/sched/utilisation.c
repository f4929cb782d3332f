/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched/utilisation.h>

static struct utilisation_log *log_of(struct kernel *k, unsigned core)
{
    return &k->cores[core].utilisation;
}

struct utilisation *utilisation_of(struct kernel *k, unsigned core, struct tcb *tcb)
{
    return tcb ? &tcb->utilisation : &log_of(k, core)->idle;
}

static struct utilisation *current(struct kernel *k, unsigned core)
{
    return utilisation_of(k, core, tcb_at(k, k->cores[core].current));
}

void utilisation_reset(struct utilisation *u)
{
    *u = (struct utilisation){.schedules = 0};
}

void utilisation_start(struct kernel *k, unsigned core)
{
    struct utilisation_log *log = log_of(k, core);
    log->is_on = true;
    log->start = log->entered;
    log->kernel_time = 0;
    log->entries = 0;
    log->schedules = 1;
    utilisation_reset(&log->idle);
    current(k, core)->since = log->entered;
    current(k, core)->schedules++;
}

static void choose(struct utilisation_log *log, struct utilisation *from, struct utilisation *next)
{
    if (!log->is_on)
        return;
    if (log->entered > from->since)
        from->time += log->entered - from->since;
    next->since = log->entered;
    next->schedules++;
    log->schedules++;
}

void utilisation_switch(struct kernel *k, unsigned core, struct tcb *next)
{
    choose(log_of(k, core), current(k, core), utilisation_of(k, core, next));
}

/* Counts as a switch to the idle thread. */
void utilisation_finish(struct kernel *k, unsigned core)
{
    struct utilisation_log *log = log_of(k, core);
    choose(log, current(k, core), &log->idle);
    log->end = log->entered;
    log->is_on = false;
}

void utilisation_skip_slices(struct kernel *k, unsigned core, uint64_t count)
{
    if (!log_of(k, core)->is_on)
        return;
    current(k, core)->schedules += count;
    log_of(k, core)->schedules += count;
}

void utilisation_count_ticks(struct kernel *k, unsigned core, uint64_t ticks)
{
    if (!log_of(k, core)->is_on)
        return;
    current(k, core)->entries += ticks;
    log_of(k, core)->entries += ticks;
}

static bool has_log(const struct kernel *k)
{
    return k->config.benchmarks == BENCHMARKS_TRACK_UTILISATION;
}

void utilisation_enter(struct kernel *k, unsigned core, nanoseconds_t now)
{
    if (!has_log(k))
        return;
    utilisation_look(k, core, now);
    log_of(k, core)->is_inside = true;
}

void utilisation_look(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct utilisation_log *log = log_of(k, core);
    if (has_log(k) && (!log->is_on || !log->is_inside))
        log->entered = now;
}

void utilisation_leave(struct kernel *k, unsigned core, nanoseconds_t now)
{
    struct utilisation_log *log = log_of(k, core);
    if (log->is_on && log->is_inside) {
        struct utilisation *u = current(k, core);
        u->kernel_time += now - log->entered;
        u->entries++;
        log->kernel_time += now - log->entered;
        log->entries++;
    }
    log->is_inside = false;
}
