/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains: which threads may run at all, in a fixed cycle. Manual, "Domains". */
#include <sched/release.h>
#include <sched/sched.h>

#include <base/bits.h>

/* What `ticks` of an entry are in the unit of kernel->domain_time. */
static uint64_t duration(const struct kernel *k, uint64_t ticks)
{
    uint64_t mhz = max_u64(k->tsc.mhz, 1);
    if (!k->config.mcs)
        return ticks;
    return ticks / mhz > UINT64_MAX / 2000 ? UINT64_MAX / 2
                                           : ticks / mhz * 1000 + ticks % mhz * 1000 / mhz;
}

static void enter_domain(struct kernel *k, unsigned index)
{
    k->cores[k->running_core].reprogram = true; /* domains are for one core */
    k->schedule_index = index;
    k->domain = k->schedule[index].domain;
    k->domain_time = duration(k, k->schedule[index].duration);
}

void sched_start_domains(struct kernel *k)
{
    enter_domain(k, k->schedule_start);
}

void sched_next_domain(struct kernel *k)
{
    unsigned next = k->schedule_index + 1;
    bool at_end = next >= k->config.num_domain_schedules || k->schedule[next].duration == 0;
    enter_domain(k, at_end ? k->schedule_start : next);
}

void sched_start_domain_schedule(struct kernel *k, unsigned core, unsigned index)
{
    k->schedule_start = index;
    enter_domain(k, index);
    sched_reschedule(k, core);
}

void sched_set_domain(struct kernel *k, unsigned core, struct tcb *tcb, unsigned domain)
{
    sched_dequeue(k, tcb);
    tcb->domain = (uint8_t)domain;
    if (tcb_is_schedulable(k, tcb))
        sched_enqueue(k, tcb);
    if (k->cores[core].current == kernel_paddr(k, tcb))
        sched_reschedule(k, core);
}

bool sched_time_can_wake(struct kernel *k, unsigned core)
{
    for (unsigned domain = 0; domain < k->config.num_domains; domain++)
        if (sched_first_ready(k, core, domain))
            return true;
    return release_deadline(k, core) != NANOSECONDS_NEVER;
}
