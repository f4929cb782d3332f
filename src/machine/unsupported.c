/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/unsupported.h>

#include <base/bits.h>

static bool uses_cores(const struct kernel_config *c)
{
    return c->max_cores > 1;
}

static bool uses_vtx(const struct kernel_config *c)
{
    return c->vtx;
}

static bool uses_sysenter(const struct kernel_config *c)
{
    return c->syscall_sysenter;
}

static bool uses_log_buffer(const struct kernel_config *c)
{
    return c->benchmarks == BENCHMARKS_TRACK_KERNEL_ENTRIES ||
           c->benchmarks == BENCHMARKS_TRACEPOINTS;
}

static bool uses_code_injection(const struct kernel_config *c)
{
    return c->dangerous_code_injection;
}

static const struct {
    bool (*uses)(const struct kernel_config *config);
    const char *option;
} unsupported[] = {
    {uses_cores, "KernelMaxNumNodes above 1 (several cores)"},
    {uses_vtx, "KernelVTX (VT-x guests)"},
    {uses_sysenter, "KernelSyscall=sysenter"},
    {uses_log_buffer, "KernelBenchmarks=track_kernel_entries or tracepoints (no kernel "
                      "compiles with it for x86_64)"},
    {uses_code_injection, "KernelDangerousCodeInjection"},
};

const char *unsupported_option(const struct kernel_config *config)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(unsupported); i++) {
        if (unsupported[i].uses(config))
            return unsupported[i].option;
    }
    return NULL;
}
