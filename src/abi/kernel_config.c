/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/bootinfo.h>
#include <abi/kernel_config.h>
#include <abi/object.h>
#include <base/bits.h>

static const struct {
    unsigned release;
    const char *name;
} releases[] = {
    {SEL4_RELEASE_12_0, "12.0"}, {SEL4_RELEASE_12_1, "12.1"}, {SEL4_RELEASE_13_0, "13.0"},
    {SEL4_RELEASE_14_0, "14.0"}, {SEL4_RELEASE_15_0, "15.0"}, {SEL4_RELEASE_16_0, "16.0"},
};

#define FXSAVE_SIZE    512
#define MIN_XSAVE_SIZE 576  /* the legacy area and the XSAVE header */
#define MAX_XSAVE_SIZE 2048 /* what a TCB object leaves beside its CNode slots */

struct kernel_config kernel_config_default(void)
{
    return (struct kernel_config){
        .release = SEL4_RELEASE_16_0,
        .max_cores = 1,
        .huge_pages = true,
        .debug_build = true,
        .printing = true,
        .xsave_size = FXSAVE_SIZE,
        .num_domains = 1,
        .num_domain_schedules = 2,
        .num_priorities = 256,
        .root_cnode_size_bits = 12,
        .max_num_bootinfo_untyped_caps = 230,
        .retype_fan_out_limit = 256,
        .max_num_work_units_per_preemption = 100,
        .reset_chunk_bits = 8,
        .timer_tick_ms = 2,
        .time_slice = 5,
        .boot_thread_time_slice = 5,
        .wcet_scale = 1,
    };
}

static bool in_range(unsigned value, unsigned low, unsigned high)
{
    return low <= value && value <= high;
}

static unsigned max_untypeds(const struct kernel_config *config)
{
    const unsigned list = abi_bootinfo_layout(config).untyped_list;

    return (BOOTINFO_FRAME_SIZE - list) / abi_bootinfo_untyped_layout(config).size;
}

static const char *scheduling_problem(const struct kernel_config *config)
{
    if (!in_range(config->max_cores, 1, WORD_BITS))
        return "a kernel for x86_64 has 1 to 64 cores";
    if (!in_range(config->num_domains, 1, 256))
        return "a kernel has 1 to 256 domains";
    if (config->max_cores > 1 && config->num_domains > 1)
        return "a kernel for several cores has one domain only";
    if (config->num_domain_schedules < 1)
        return "the domain schedule has at least one entry";
    if (!in_range(config->num_priorities, 1, 256))
        return "a kernel has 1 to 256 priorities";
    if (!config->mcs && (config->timer_tick_ms < 1 || config->time_slice < 1))
        return "the timer tick and the time slice are at least 1";
    if (config->mcs && (config->boot_thread_time_slice < 1 || config->wcet_scale < 1))
        return "the boot thread's time slice and the WCET scale are at least 1";
    return NULL;
}

static const char *memory_problem(const struct kernel_config *config)
{
    /* the root CNode fills a page at least and stays below 4 GiB */
    if (!in_range(config->root_cnode_size_bits, 7, 26))
        return "the root CNode has 2^7 to 2^26 slots";
    if (config->max_num_bootinfo_untyped_caps > max_untypeds(config))
        return "BootInfo does not fit a page with so many untyped capabilities";
    if (config->retype_fan_out_limit < 1)
        return "the fan-out limit of Untyped_Retype is at least 1";
    if (config->max_num_work_units_per_preemption < 1)
        return "the kernel needs at least one work unit before a preemption point";
    if (!in_range(config->reset_chunk_bits, MIN_UNTYPED_BITS, MAX_UNTYPED_BITS))
        return "an untyped is reset in chunks of 2^4 to 2^47 bytes";
    return NULL;
}

const char *kernel_config_problem(const struct kernel_config *config)
{
    const char *problem;

    if (kernel_config_release_name(config->release) == NULL)
        return "only the releases 12.0, 12.1, 13.0, 14.0, 15.0 and 16.0 are known";
    if (config->vtx_64bit_guests && !config->vtx)
        return "64-bit guests need VT-x support";
    if (config->vtx_64bit_guests && config->release < SEL4_RELEASE_13_0)
        return "64-bit guests came with release 13.0";
    if (config->report_error_ipc && !config->printing)
        return "error texts in the IPC buffer need printing";
    if (config->xsave_features == 0 && config->xsave_size != FXSAVE_SIZE)
        return "FXSAVE state has 512 bytes";
    if (config->xsave_features != 0 &&
        !in_range(config->xsave_size, MIN_XSAVE_SIZE, MAX_XSAVE_SIZE))
        return "XSAVE state has 576 to 2048 bytes";

    problem = scheduling_problem(config);
    return problem != NULL ? problem : memory_problem(config);
}

const char *kernel_config_release_name(unsigned release)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(releases); i++)
        if (releases[i].release == release)
            return releases[i].name;
    return NULL;
}
