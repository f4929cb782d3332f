/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pinning: a hand-over between processes on one CPU costs 2 us, across two CPUs 80 us, so the
 * machine and the guest's processes share one.
 */
#ifndef HOST_CPU_H
#define HOST_CPU_H

#include <base/types.h>

struct host_cpu_set {
    unsigned long mask[1024 / 64];
    size_t size; /* bytes in use; 0: nothing to restore */
};

/* Pins the calling thread, and what it creates from now on, to the CPU it is on. */
int host_cpu_pin(struct host_cpu_set *ret_previous);
void host_cpu_restore(const struct host_cpu_set *previous);

/* The processor's answer to the CPUID instruction. */
enum { HOST_EAX, HOST_EBX, HOST_ECX, HOST_EDX, HOST_CPUID_REGISTERS };
void host_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t ret_answer[HOST_CPUID_REGISTERS]);

#endif
