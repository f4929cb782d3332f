/* SPDX-License-Identifier: BSD-2-Clause */
#include "generator.h"

#include <abi/invocation.h>
#include <abi/syscall.h>
#include <inttypes.h>

#define LABEL_BYTES 64

/* Three enumerations, each of which begins where the one before ends. */
static const struct {
    const char *name;
    const char *end;
    enum invocation after; /* its last method is the one before this */
} enumerations[] = {
    {"invocation_label", "nInvocationLabels", INV_X86_PDPT_MAP},
    {"sel4_arch_invocation_label", "nSeL4ArchInvocationLabels", INV_X86_PAGE_DIRECTORY_MAP},
    {"arch_invocation_label", "nArchInvocationLabels", INVOCATION_COUNT},
};

bool write_labels(FILE *out, const struct kernel_config *config)
{
    enum invocation inv = INV_INVALID + 1;
    uint64_t next = 1;

    fprintf(out, "/* Labels: the methods of kernel objects. */\n");
    for (size_t i = 0; i < sizeof(enumerations) / sizeof(enumerations[0]); i++) {
        fprintf(out, "enum %s {\n", enumerations[i].name);
        if (i == 0)
            fprintf(out, "    InvalidInvocation = 0,\n");
        for (; inv < enumerations[i].after; inv++) {
            const uint64_t label = abi_invocation_label(config, inv);
            char name[LABEL_BYTES];

            if (label == 0)
                continue;
            label_name(abi_invocation_info(config, inv).name, name, sizeof(name));
            fprintf(out, "    %s = %" PRIu64 ",\n", name, label);
            next = label + 1;
        }
        fprintf(out, "    %s = %" PRIu64 "\n};\n\n", enumerations[i].end, next);
    }
    return true;
}

bool write_label_macros(FILE *out, const struct kernel_config *config)
{
    for (enum invocation inv = INV_INVALID + 1; inv < INVOCATION_COUNT; inv++)
        if (abi_invocation_label(config, inv) != 0)
            fprintf(out, "#define Label_%s %" PRIu64 "\n", abi_invocation_info(config, inv).name,
                    abi_invocation_label(config, inv));
    return true;
}

/*
 * A call that the configuration lacks has no number. Two have a name where the kernel does not know
 * them: seL4_BenchmarkSetLogBuffer() with benchmarks of any kind, and DebugSendIPI, before release
 * 16.0, with one core.
 */
static int64_t syscall_number(const struct kernel_config *config, enum syscall call)
{
    struct kernel_config other = *config;

    if (call == SYSCALL_BENCHMARK_SET_LOG_BUFFER && config->benchmarks != BENCHMARKS_NONE)
        other.benchmarks = BENCHMARKS_TRACEPOINTS;
    if (call == SYSCALL_DEBUG_SEND_IPI && config->release < SEL4_RELEASE_16_0)
        other.max_cores = 2;
    return abi_syscall_number(&other, call);
}

bool write_syscalls(FILE *out, const struct kernel_config *config)
{
    fprintf(out, "#include <sel4/macros.h>\n\n/* System calls. */\ntypedef enum {\n");
    for (enum syscall call = SYSCALL_UNKNOWN + 1; call < SYSCALL_COUNT; call++) {
        const int64_t number = syscall_number(config, call);

        if (number != 0)
            fprintf(out, "    seL4_Sys%s = %" PRId64 ",\n", abi_syscall_name(call), number);
    }
    fprintf(out, "    SEL4_FORCE_LONG_ENUM(seL4_Syscall_ID)\n} seL4_Syscall_ID;\n");
    return true;
}
