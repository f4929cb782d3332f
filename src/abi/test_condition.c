/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/condition.h>
#include <test.h>

static bool holds(const struct kernel_config *config, enum condition condition)
{
    return condition_holds(abi_conditions(config), condition);
}

/* An option of its own each: off first, then on; nothing else may change. */
#define CHECK_OPTION(field, off, on, changed)                                                      \
    do {                                                                                           \
        struct kernel_config config = kernel_config_default();                                     \
        config.field = (off);                                                                      \
        const uint32_t without = abi_conditions(&config);                                          \
        config.field = (on);                                                                       \
        CHECK_EQ(without &(changed), 0);                                                           \
        CHECK_EQ(abi_conditions(&config), without | (changed));                                    \
    } while (0)

TEST(options)
{
    CHECK_OPTION(huge_pages, false, true, 1u << CONDITION_HUGE_PAGES);
    CHECK_OPTION(iommu, false, true, 1u << CONDITION_IOMMU);
    CHECK_OPTION(vtx, false, true, 1u << CONDITION_VTX);
    CHECK_OPTION(vtx_64bit_guests, false, true, 1u << CONDITION_VTX_64BIT_GUESTS);
    CHECK_OPTION(hardware_debug_api, false, true, 1u << CONDITION_HARDWARE_DEBUG_API);
    CHECK_OPTION(printing, false, true, 1u << CONDITION_PRINTING);
    CHECK_OPTION(debug_build, false, true, 1u << CONDITION_DEBUG_BUILD);
    CHECK_OPTION(dangerous_code_injection, false, true, 1u << CONDITION_DANGEROUS_CODE_INJECTION);
    CHECK_OPTION(dangerous_msr, false, true, 1u << CONDITION_DANGEROUS_MSR);
    CHECK_OPTION(fsgsbase_inst, true, false, 1u << CONDITION_SET_TLS_BASE_SELF);
    CHECK_OPTION(max_cores, 1, 2, 1u << CONDITION_SMP_NOT_MCS | 1u << CONDITION_DEBUG_SMP);
    CHECK_OPTION(benchmarks, BENCHMARKS_NONE, BENCHMARKS_GENERIC, 1u << CONDITION_BENCHMARKS);
    CHECK_OPTION(benchmarks, BENCHMARKS_GENERIC, BENCHMARKS_TRACEPOINTS,
                 1u << CONDITION_LOG_BUFFER);
    CHECK_OPTION(benchmarks, BENCHMARKS_GENERIC, BENCHMARKS_TRACK_KERNEL_ENTRIES,
                 1u << CONDITION_LOG_BUFFER);
    CHECK_OPTION(benchmarks, BENCHMARKS_GENERIC, BENCHMARKS_TRACK_UTILISATION,
                 1u << CONDITION_TRACK_UTILISATION | 1u << CONDITION_DEBUG_TRACK_UTILISATION);
}

TEST(mcs)
{
    struct kernel_config config = kernel_config_default();

    config.max_cores = 2;
    CHECK(holds(&config, CONDITION_NOT_MCS) && !holds(&config, CONDITION_MCS));
    CHECK(holds(&config, CONDITION_SMP_NOT_MCS));
    config.mcs = true;
    CHECK(holds(&config, CONDITION_MCS) && !holds(&config, CONDITION_NOT_MCS));
    CHECK(!holds(&config, CONDITION_SMP_NOT_MCS));
    CHECK(holds(&config, CONDITION_DEBUG_SMP));
}

TEST(releases)
{
    struct kernel_config config = kernel_config_default();

    config.release = SEL4_RELEASE_12_0;
    config.vtx_64bit_guests = true; /* an option of release 13.0 */
    CHECK(holds(&config, CONDITION_ALWAYS));
    CHECK(!holds(&config, CONDITION_SINCE_12_1));
    CHECK(!holds(&config, CONDITION_VTX_64BIT_GUESTS));
    config.release = SEL4_RELEASE_12_1;
    CHECK(holds(&config, CONDITION_SINCE_12_1));
    config.release = SEL4_RELEASE_13_0;
    CHECK(holds(&config, CONDITION_VTX_64BIT_GUESTS));
    CHECK(!holds(&config, CONDITION_SINCE_14_0));
    config.release = SEL4_RELEASE_14_0;
    CHECK(holds(&config, CONDITION_SINCE_14_0));
    CHECK(!holds(&config, CONDITION_SINCE_15_0));
    config.release = SEL4_RELEASE_15_0;
    CHECK(holds(&config, CONDITION_SINCE_15_0));
}
