/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/kernel_config.h>
#include <test.h>

TEST(defaults)
{
    const struct kernel_config config = kernel_config_default();

    CHECK_STR(kernel_config_problem(&config), NULL);
    CHECK_EQ(config.release, SEL4_RELEASE_16_0);
    CHECK_EQ(config.mcs, false);
    CHECK_EQ(config.max_cores, 1);
    CHECK_EQ(config.iommu, false);
    CHECK_EQ(config.vtx, false);
    CHECK_EQ(config.huge_pages, true);
    CHECK_EQ(config.fsgsbase_inst, false);
    CHECK_EQ(config.syscall_sysenter, false);
    CHECK_EQ(config.debug_build, true);
    CHECK_EQ(config.printing, true);
    CHECK_EQ(config.benchmarks, BENCHMARKS_NONE);
    CHECK_EQ(config.xsave_size, 512);
    CHECK_EQ(config.xsave_features, 0);
    CHECK_EQ(config.num_domains, 1);
    CHECK_EQ(config.num_domain_schedules, 2);
    CHECK_EQ(config.num_priorities, 256);
    CHECK_EQ(config.root_cnode_size_bits, 12);
    CHECK_EQ(config.max_num_bootinfo_untyped_caps, 230);
    CHECK_EQ(config.retype_fan_out_limit, 256);
    CHECK_EQ(config.max_num_work_units_per_preemption, 100);
    CHECK_EQ(config.reset_chunk_bits, 8);
    CHECK_EQ(config.timer_tick_ms, 2);
    CHECK_EQ(config.time_slice, 5);
    CHECK_EQ(config.boot_thread_time_slice, 5);
    CHECK_EQ(config.wcet_scale, 1);
    CHECK_EQ(config.static_max_period_us, 0);
}

TEST(release_names)
{
    CHECK_STR(kernel_config_release_name(SEL4_RELEASE_12_0), "12.0");
    CHECK_STR(kernel_config_release_name(SEL4_RELEASE_12_1), "12.1");
    CHECK_STR(kernel_config_release_name(SEL4_RELEASE_13_0), "13.0");
    CHECK_STR(kernel_config_release_name(SEL4_RELEASE_14_0), "14.0");
    CHECK_STR(kernel_config_release_name(SEL4_RELEASE_15_0), "15.0");
    CHECK_STR(kernel_config_release_name(SEL4_RELEASE_16_0), "16.0");
    CHECK_STR(kernel_config_release_name(0), NULL);
    CHECK_STR(kernel_config_release_name(1100), NULL);
    CHECK_STR(kernel_config_release_name(1601), NULL);
}

/* The kernels of Microkit, rust-sel4 and the proofs are possible ones. */
TEST(kernels_in_use)
{
    struct kernel_config config = kernel_config_default();

    config.mcs = true;
    config.iommu = true;
    config.fsgsbase_inst = true;
    config.xsave_features = 3;
    config.xsave_size = 576;
    config.num_domains = 16;
    config.num_domain_schedules = 100;
    config.root_cnode_size_bits = 17;
    CHECK_STR(kernel_config_problem(&config), NULL);

    config.num_domains = 1;
    config.max_cores = 16;
    config.vtx = true;
    config.vtx_64bit_guests = true;
    CHECK_STR(kernel_config_problem(&config), NULL);

    config = kernel_config_default();
    config.root_cnode_size_bits = 19;
    config.max_num_bootinfo_untyped_caps = 50;
    config.debug_build = false;
    config.printing = false;
    CHECK_STR(kernel_config_problem(&config), NULL);
}

/* Sets one field of the default configuration. */
#define CHECK_PROBLEM(field, value)                                                                \
    do {                                                                                           \
        struct kernel_config changed = kernel_config_default();                                    \
        changed.field = (value);                                                                   \
        CHECK(kernel_config_problem(&changed) != NULL);                                            \
    } while (0)

TEST(values_out_of_range)
{
    CHECK_PROBLEM(release, 1100);
    CHECK_PROBLEM(release, 1700);
    CHECK_PROBLEM(max_cores, 0);
    CHECK_PROBLEM(max_cores, 65);
    CHECK_PROBLEM(num_domains, 0);
    CHECK_PROBLEM(num_domains, 257);
    CHECK_PROBLEM(num_domain_schedules, 0);
    CHECK_PROBLEM(num_priorities, 0);
    CHECK_PROBLEM(num_priorities, 257);
    CHECK_PROBLEM(timer_tick_ms, 0);
    CHECK_PROBLEM(time_slice, 0);
    CHECK_PROBLEM(xsave_size, 576);
    CHECK_PROBLEM(xsave_features, 3);
    CHECK_PROBLEM(root_cnode_size_bits, 6);
    CHECK_PROBLEM(root_cnode_size_bits, 27);
    CHECK_PROBLEM(max_num_bootinfo_untyped_caps, 246);
    CHECK_PROBLEM(max_num_bootinfo_untyped_caps, UINT32_MAX);
    CHECK_PROBLEM(retype_fan_out_limit, 0);
    CHECK_PROBLEM(max_num_work_units_per_preemption, 0);
    CHECK_PROBLEM(reset_chunk_bits, 3);
    CHECK_PROBLEM(reset_chunk_bits, 64);
}

TEST(options_that_exclude_each_other)
{
    struct kernel_config config = kernel_config_default();

    config.max_cores = 4;
    config.num_domains = 2;
    CHECK_STR(kernel_config_problem(&config), "a kernel for several cores has one domain only");

    config = kernel_config_default();
    config.vtx_64bit_guests = true;
    CHECK_STR(kernel_config_problem(&config), "64-bit guests need VT-x support");
    config.vtx = true;
    CHECK_STR(kernel_config_problem(&config), NULL);
    config.release = SEL4_RELEASE_12_1;
    CHECK_STR(kernel_config_problem(&config), "64-bit guests came with release 13.0");

    config = kernel_config_default();
    config.report_error_ipc = true;
    CHECK_STR(kernel_config_problem(&config), NULL);
    config.printing = false;
    CHECK_STR(kernel_config_problem(&config), "error texts in the IPC buffer need printing");

    config = kernel_config_default();
    config.mcs = true;
    config.time_slice = 0; /* MCS has none */
    CHECK_STR(kernel_config_problem(&config), NULL);
    config.wcet_scale = 0;
    CHECK(kernel_config_problem(&config) != NULL);
}

TEST(largest_bootinfo)
{
    struct kernel_config config = kernel_config_default();

    config.max_num_bootinfo_untyped_caps = 245;
    CHECK_STR(kernel_config_problem(&config), NULL);
    config.mcs = true;
    CHECK(kernel_config_problem(&config) != NULL);
    config.max_num_bootinfo_untyped_caps = 244;
    CHECK_STR(kernel_config_problem(&config), NULL);
}
