/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of a kernel that notes each entry (KernelBenchmarks=track_kernel_entries). */
#ifndef SEL4_BENCHMARK_TRACK_TYPES_H
#define SEL4_BENCHMARK_TRACK_TYPES_H

#include <sel4/simple_types.h>
#include <stdint.h>

#if defined(CONFIG_BENCHMARK_TRACK_KERNEL_ENTRIES) || defined(CONFIG_DEBUG_BUILD)
/* Why the kernel was entered. */
typedef enum {
#if LIBSEL4_RELEASE >= 1400
    Entry_Unknown,
#endif
    Entry_Interrupt,
    Entry_UnknownSyscall,
    Entry_UserLevelFault,
    Entry_DebugFault,
    Entry_VMFault,
    Entry_Syscall,
#if LIBSEL4_RELEASE < 1400
    Entry_UnimplementedDevice,
#endif
    Entry_VMExit
} entry_type_t;

/* path: entry_type_t; then, of a system call, what it was; of anything else core and a word. */
typedef struct SEL4_PACKED kernel_entry {
    seL4_Word path : 3;
    union {
        struct {
            seL4_Word core : 3;
            seL4_Word word : 26;
        };
        struct {
            seL4_Word syscall_no : 4;
            seL4_Word cap_type : 5;
            seL4_Word is_fastpath : 1;
            seL4_Word invocation_tag : 19;
        };
    };
} kernel_entry_t;
#endif

#ifdef CONFIG_BENCHMARK_TRACK_KERNEL_ENTRIES
typedef struct benchmark_syscall_log_entry {
    uint64_t start_time;
    uint32_t duration;
    kernel_entry_t entry;
} benchmark_track_kernel_entry_t;
#endif

#endif
