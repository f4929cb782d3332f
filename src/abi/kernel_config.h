/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one seL4 kernel build is, as user level can tell. Every variant of the ABI is a function of
 * this value; there is no #ifdef for variants anywhere. Names follow the options of the kernel's
 * build system (KernelIsMCS, KernelMaxNumNodes, ...); see the seL4 manual, "Configuration".
 */
#ifndef ABI_KERNEL_CONFIG_H
#define ABI_KERNEL_CONFIG_H

#include <base/types.h>

/* major * 100 + minor, so that releases compare as numbers */
enum sel4_release {
    SEL4_RELEASE_12_0 = 1200,
    SEL4_RELEASE_12_1 = 1201,
    SEL4_RELEASE_13_0 = 1300,
    SEL4_RELEASE_14_0 = 1400,
    SEL4_RELEASE_15_0 = 1500,
    SEL4_RELEASE_16_0 = 1600,
};

enum kernel_benchmarks {
    BENCHMARKS_NONE,
    BENCHMARKS_GENERIC,
    BENCHMARKS_TRACK_KERNEL_ENTRIES,
    BENCHMARKS_TRACEPOINTS,
    BENCHMARKS_TRACK_UTILISATION,
};

struct kernel_config {
    unsigned release; /* enum sel4_release */
    bool mcs;
    unsigned max_cores; /* KernelMaxNumNodes; more than one means SMP support */
    bool iommu;
    bool vtx;
    bool vtx_64bit_guests;
    bool hardware_debug_api;
    bool huge_pages;
    bool fsgsbase_inst; /* user level executes wrfsbase; else the SetTLSBase syscall exists */
    bool syscall_sysenter;
    bool debug_build;
    bool printing;
    bool dangerous_code_injection;
    bool dangerous_msr;
    bool report_error_ipc; /* KernelInvocationReportErrorIPC */
    bool irq_pic;          /* the legacy PIC instead of IOAPIC */
    enum kernel_benchmarks benchmarks;
    unsigned xsave_size;     /* bytes; 512 for FXSAVE */
    uint64_t xsave_features; /* XCR0 of user threads; 0 for FXSAVE */
    unsigned num_domains;
    unsigned num_domain_schedules;
    unsigned num_priorities;
    unsigned root_cnode_size_bits;
    unsigned max_num_bootinfo_untyped_caps;
    unsigned retype_fan_out_limit;
    unsigned max_num_work_units_per_preemption;
    unsigned reset_chunk_bits;
    unsigned timer_tick_ms;          /* non-MCS */
    unsigned time_slice;             /* non-MCS, in ticks */
    unsigned boot_thread_time_slice; /* MCS, in ms */
    unsigned wcet_scale;             /* MCS */
    uint64_t static_max_period_us;   /* MCS; 0: from the clock's frequency */
};

/* The configuration of a plain debug build of release 16.0 for pc99: non-MCS, one core. */
struct kernel_config kernel_config_default(void);

/* A sentence that says why no seL4 kernel has this configuration, or NULL if one may. */
const char *kernel_config_problem(const struct kernel_config *config);

/* "16.0", "12.1", ...; NULL for a release that is not supported. */
const char *kernel_config_release_name(unsigned release);

#endif
