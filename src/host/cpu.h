/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pinning: a hand-over between processes on one CPU costs 2 us, across two CPUs 80 us, so the
 * machine and the guest's processes share one, but for a thread that need not be woken
 * (seat/pair.h). So the machine, which mostly sleeps, has to be let run at once when its time has
 * come: meanwhile the guest runs on.
 */
#ifndef HOST_CPU_H
#define HOST_CPU_H

#include <base/types.h>

struct host_cpu_set {
    unsigned long mask[1024 / 64];
    size_t size; /* bytes in use; 0: nothing to restore */
};

/* Linux's struct sched_attr, as of the first version. */
struct host_sched_attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

/* Pins the calling thread, and what it creates from now on, to the CPU it is on. */
int host_cpu_pin(struct host_cpu_set *ret_previous);
/* Another thread, pinned to the caller's CPU like that one: to another CPU, or back to there. */
int host_cpu_place(int tid, const struct host_cpu_set *allowed, bool goes);
unsigned host_cpu_count(const struct host_cpu_set *set);
void host_cpu_restore(const struct host_cpu_set *previous);

/*
 * The calling thread, which mostly sleeps, is to run as soon as it is woken. Whoever may (root)
 * makes it one of the real-time class, of its lowest priority; else its timers have no slack and,
 * from Linux 6.12 on, it asks for short slices. One that has another class or was made nice stays
 * so; what it creates is as it was before.
 */
int host_cpu_be_prompt(void);

/* The processor's answer to the CPUID instruction. */
enum { HOST_EAX, HOST_EBX, HOST_ECX, HOST_EDX, HOST_CPUID_REGISTERS };
void host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t ret_answer[HOST_CPUID_REGISTERS]);

#endif
