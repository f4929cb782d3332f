/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of a kernel that measures between trace points (KernelBenchmarks=tracepoints). */
#ifndef SEL4_BENCHMARK_TRACEPOINTS_TYPES_H
#define SEL4_BENCHMARK_TRACEPOINTS_TYPES_H

#include <sel4/simple_types.h>

#ifdef CONFIG_BENCHMARK_TRACEPOINTS
typedef struct benchmark_tracepoint_log_entry {
    seL4_Word id;
    seL4_Word duration;
} benchmark_tracepoint_log_entry_t;
#endif

#endif
