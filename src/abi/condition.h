/* SPDX-License-Identifier: BSD-2-Clause */
/* What the existence of system calls, methods, object types and faults depends on. */
#ifndef ABI_CONDITION_H
#define ABI_CONDITION_H

#include <abi/kernel_config.h>

enum condition {
    CONDITION_ALWAYS,
    CONDITION_SINCE_12_1,
    CONDITION_SINCE_14_0,
    CONDITION_SINCE_15_0,
    CONDITION_MCS,
    CONDITION_NOT_MCS,
    CONDITION_SMP_NOT_MCS,
    CONDITION_HUGE_PAGES,
    CONDITION_IOMMU,
    CONDITION_VTX,
    CONDITION_VTX_64BIT_GUESTS,
    CONDITION_HARDWARE_DEBUG_API,
    CONDITION_PRINTING,
    CONDITION_DEBUG_BUILD,
    CONDITION_DEBUG_SMP,
    CONDITION_DANGEROUS_CODE_INJECTION,
    CONDITION_BENCHMARKS,
    CONDITION_LOG_BUFFER,
    CONDITION_TRACK_UTILISATION,
    CONDITION_DEBUG_TRACK_UTILISATION,
    CONDITION_DANGEROUS_MSR,
    CONDITION_SET_TLS_BASE_SELF,
};

/* The conditions that hold under `config`, each as the bit of its number. */
uint32_t abi_conditions(const struct kernel_config *config);

static inline bool condition_holds(uint32_t conditions, enum condition condition)
{
    return conditions >> condition & 1;
}

#endif
