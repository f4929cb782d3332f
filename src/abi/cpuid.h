/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the CPUID instruction shows a guest: the processor's answers, but for what follows from CR4
 * and XCR0 as the kernel sets them. A kernel with FXSAVE leaves CR4.OSXSAVE off, none turns
 * protection keys on. Intel's manual, volume 2, "CPUID".
 */
#ifndef ABI_CPUID_H
#define ABI_CPUID_H

#include <abi/kernel_config.h>

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* processor: asks the host's processor. */
struct cpuid abi_cpuid(const struct kernel_config *config, uint32_t leaf, uint32_t subleaf,
                       struct cpuid (*processor)(uint32_t leaf, uint32_t subleaf));

#endif
