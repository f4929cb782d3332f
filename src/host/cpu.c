/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/cpu.h>
#include <host/host.h>
#include <sys/prctl.h>

static unsigned long *word_of(struct host_cpu_set *set, unsigned cpu)
{
    return &set->mask[cpu / 64 % (sizeof(set->mask) / sizeof(set->mask[0]))];
}

int host_cpu_pin(struct host_cpu_set *ret_previous)
{
    struct host_cpu_set previous = {.size = 0}, one = {.size = 0};
    unsigned cpu = 0;

    long size = host_sched_getaffinity(0, sizeof(previous.mask), previous.mask);
    if (size < 0)
        return (int)size;
    previous.size = (size_t)size;
    long error = host_getcpu(&cpu, NULL);
    if (error < 0)
        return (int)error;
    *word_of(&one, cpu) = 1UL << cpu % 64;
    error = host_sched_setaffinity(0, previous.size, one.mask);
    if (!error)
        *ret_previous = previous;
    return (int)error;
}

unsigned host_cpu_count(const struct host_cpu_set *set)
{
    unsigned count = 0;

    for (size_t i = 0; i < set->size / sizeof(set->mask[0]); i++)
        count += (unsigned)__builtin_popcountl(set->mask[i]);
    return count;
}

int host_cpu_place(int tid, const struct host_cpu_set *allowed, bool goes)
{
    struct host_cpu_set set = {.size = allowed->size};
    unsigned cpu = 0;

    long error = host_getcpu(&cpu, NULL);
    if (error < 0)
        return (int)error;
    if (goes) {
        set = *allowed;
        *word_of(&set, cpu) &= ~(1UL << cpu % 64);
    } else {
        *word_of(&set, cpu) = 1UL << cpu % 64;
    }
    return (int)host_sched_setaffinity(tid, set.size, set.mask);
}

void host_cpu_restore(const struct host_cpu_set *previous)
{
    if (previous->size)
        host_sched_setaffinity(0, previous->size, previous->mask);
}

/*
 * A thread of the real-time class is what a timer wakes at once, whoever runs. Who may not have
 * that asks for a short slice, which Linux takes the runtime of a thread without deadline for: it
 * comes late by up to a tick of Linux's where it was interrupted in what it did before.
 */
int host_cpu_be_prompt(void)
{
    enum { POLICY_OTHER = 0, POLICY_FIFO = 1, RESET_ON_FORK = 1, SHORTEST_SLICE = 100000 };
    struct host_sched_attributes attributes = {.size = sizeof(attributes)};

    int error = (int)host_prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    if (!error)
        error = (int)host_sched_getattr(0, &attributes, sizeof(attributes), 0);
    if (error || attributes.policy != POLICY_OTHER || attributes.nice)
        return error;
    struct host_sched_attributes urgent = {
        .size = sizeof(urgent), .policy = POLICY_FIFO, .flags = RESET_ON_FORK, .priority = 1};
    if (host_sched_setattr(0, &urgent, 0) == 0)
        return 0;
    attributes.flags |= RESET_ON_FORK;
    attributes.runtime = SHORTEST_SLICE;
    return (int)host_sched_setattr(0, &attributes, 0);
}

void host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t ret_answer[HOST_CPUID_REGISTERS])
{
    __asm__ volatile("cpuid"
                     : "=a"(ret_answer[HOST_EAX]), "=b"(ret_answer[HOST_EBX]),
                       "=c"(ret_answer[HOST_ECX]), "=d"(ret_answer[HOST_EDX])
                     : "a"(leaf), "c"(subleaf));
}
