/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/condition.h>

static uint32_t bit_if(bool holds, enum condition condition)
{
    return (uint32_t)holds << condition;
}

uint32_t abi_conditions(const struct kernel_config *config)
{
    const bool smp = config->max_cores > 1;
    const bool debug = config->debug_build;
    const bool vtx_64bit_guests = config->vtx_64bit_guests && config->release >= SEL4_RELEASE_13_0;
    const bool utilisation = config->benchmarks == BENCHMARKS_TRACK_UTILISATION;
    const bool log_buffer = config->benchmarks == BENCHMARKS_TRACK_KERNEL_ENTRIES ||
                            config->benchmarks == BENCHMARKS_TRACEPOINTS;
    uint32_t conditions = 0;

    /* straight-line: this is on the path of every invocation */
    conditions |= bit_if(true, CONDITION_ALWAYS);
    conditions |= bit_if(config->release >= SEL4_RELEASE_12_1, CONDITION_SINCE_12_1);
    conditions |= bit_if(config->release >= SEL4_RELEASE_14_0, CONDITION_SINCE_14_0);
    conditions |= bit_if(config->release >= SEL4_RELEASE_15_0, CONDITION_SINCE_15_0);
    conditions |= bit_if(config->mcs, CONDITION_MCS);
    conditions |= bit_if(!config->mcs, CONDITION_NOT_MCS);
    conditions |= bit_if(smp && !config->mcs, CONDITION_SMP_NOT_MCS);
    conditions |= bit_if(config->huge_pages, CONDITION_HUGE_PAGES);
    conditions |= bit_if(config->iommu, CONDITION_IOMMU);
    conditions |= bit_if(config->vtx, CONDITION_VTX);
    conditions |= bit_if(vtx_64bit_guests, CONDITION_VTX_64BIT_GUESTS);
    conditions |= bit_if(config->hardware_debug_api, CONDITION_HARDWARE_DEBUG_API);
    conditions |= bit_if(config->printing, CONDITION_PRINTING);
    conditions |= bit_if(debug, CONDITION_DEBUG_BUILD);
    conditions |= bit_if(debug && smp, CONDITION_DEBUG_SMP);
    conditions |= bit_if(config->dangerous_code_injection, CONDITION_DANGEROUS_CODE_INJECTION);
    conditions |= bit_if(config->benchmarks != BENCHMARKS_NONE, CONDITION_BENCHMARKS);
    conditions |= bit_if(log_buffer, CONDITION_LOG_BUFFER);
    conditions |= bit_if(utilisation, CONDITION_TRACK_UTILISATION);
    conditions |= bit_if(debug && utilisation, CONDITION_DEBUG_TRACK_UTILISATION);
    conditions |= bit_if(config->dangerous_msr, CONDITION_DANGEROUS_MSR);
    conditions |= bit_if(!config->fsgsbase_inst, CONDITION_SET_TLS_BASE_SELF);
    return conditions;
}
