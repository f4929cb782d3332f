/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/cpu.h>
#include <host/host.h>

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
    one.mask[cpu / 64 % (sizeof(one.mask) / sizeof(one.mask[0]))] = 1UL << cpu % 64;
    error = host_sched_setaffinity(0, previous.size, one.mask);
    if (!error)
        *ret_previous = previous;
    return (int)error;
}

void host_cpu_restore(const struct host_cpu_set *previous)
{
    if (previous->size)
        host_sched_setaffinity(0, previous->size, previous->mask);
}

void host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t ret_answer[HOST_CPUID_REGISTERS])
{
    __asm__ volatile("cpuid"
                     : "=a"(ret_answer[HOST_EAX]), "=b"(ret_answer[HOST_EBX]),
                       "=c"(ret_answer[HOST_ECX]), "=d"(ret_answer[HOST_EDX])
                     : "a"(leaf), "c"(subleaf));
}
