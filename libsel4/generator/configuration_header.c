/* SPDX-License-Identifier: BSD-2-Clause */
#include "generator.h"

#include <abi/syscall.h>
#include <base/bits.h>

bool write_kernel_configuration(FILE *out, const struct kernel_config *config)
{
    const enum kernel_benchmarks benchmarks = config->benchmarks;
    const bool xsave = config->xsave_features != 0;
    const struct {
        const char *name;
        bool holds;
    } options[] = {
        {"CONFIG_ARCH_X86", true},
        {"CONFIG_ARCH_X86_64", true},
        {"CONFIG_PLAT_PC99", true},
        {"CONFIG_HAVE_FPU", true},
        {"CONFIG_SYSCALL", !config->syscall_sysenter},
        {"CONFIG_SYSENTER", config->syscall_sysenter},
        {"CONFIG_KERNEL_MCS", config->mcs},
        {"CONFIG_ENABLE_SMP_SUPPORT", config->max_cores > 1},
        {"CONFIG_IOMMU", config->iommu},
        {"CONFIG_VTX", config->vtx},
        {"CONFIG_X86_64_VTX_64BIT_GUESTS", config->vtx_64bit_guests},
        {"CONFIG_HARDWARE_DEBUG_API", config->hardware_debug_api},
        {"CONFIG_HUGE_PAGE", config->huge_pages},
        {"CONFIG_IRQ_PIC", config->irq_pic},
        {"CONFIG_IRQ_IOAPIC", !config->irq_pic},
        {"CONFIG_FSGSBASE_INST", config->fsgsbase_inst},
        {"CONFIG_FSGSBASE_MSR", !config->fsgsbase_inst},
        {"CONFIG_SET_TLS_BASE_SELF", abi_syscall_number(config, SYSCALL_SET_TLS_BASE) != 0},
        {"CONFIG_XSAVE", xsave},
        {"CONFIG_FXSAVE", !xsave},
        {"CONFIG_DEBUG_BUILD", config->debug_build},
        {"CONFIG_PRINTING", config->printing},
        {"CONFIG_KERNEL_INVOCATION_REPORT_ERROR_IPC", config->report_error_ipc},
        {"CONFIG_NO_BENCHMARKS", benchmarks == BENCHMARKS_NONE},
        {"CONFIG_ENABLE_BENCHMARKS", benchmarks != BENCHMARKS_NONE},
        {"CONFIG_BENCHMARK_GENERIC", benchmarks == BENCHMARKS_GENERIC},
        {"CONFIG_BENCHMARK_TRACK_KERNEL_ENTRIES", benchmarks == BENCHMARKS_TRACK_KERNEL_ENTRIES},
        {"CONFIG_BENCHMARK_TRACEPOINTS", benchmarks == BENCHMARKS_TRACEPOINTS},
        {"CONFIG_BENCHMARK_TRACK_UTILISATION", benchmarks == BENCHMARKS_TRACK_UTILISATION},
        {"CONFIG_DANGEROUS_CODE_INJECTION", config->dangerous_code_injection},
        {"CONFIG_KERNEL_X86_DANGEROUS_MSR", config->dangerous_msr},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(options); i++)
        if (options[i].holds)
            write_define(out, options[i].name, 1);
    write_define(out, "CONFIG_WORD_SIZE", WORD_BITS);
    write_define(out, "CONFIG_MAX_NUM_NODES", config->max_cores);
    write_define(out, "CONFIG_XSAVE_FEATURE_SET", (int64_t)config->xsave_features);
    write_define(out, "CONFIG_XSAVE_SIZE", config->xsave_size);
    write_define(out, "CONFIG_NUM_DOMAINS", config->num_domains);
    write_define(out, "CONFIG_NUM_DOMAIN_SCHEDULES", config->num_domain_schedules);
    write_define(out, "CONFIG_NUM_PRIORITIES", config->num_priorities);
    write_define(out, "CONFIG_ROOT_CNODE_SIZE_BITS", config->root_cnode_size_bits);
    write_define(out, "CONFIG_RETYPE_FAN_OUT_LIMIT", config->retype_fan_out_limit);
    write_define(out, "CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS",
                 config->max_num_bootinfo_untyped_caps);
    return true;
}

bool write_libsel4_configuration(FILE *out, const struct kernel_config *config)
{
    write_define(out, "CONFIG_LIB_SEL4_INLINE_INVOCATIONS", 1);
    write_define(out, "CONFIG_LIB_SEL4_USE_THREAD_LOCALS", 1);
    write_define(out, "CONFIG_LIB_SEL4_PRINT_INVOCATION_ERRORS", config->report_error_ipc);
    return true;
}
