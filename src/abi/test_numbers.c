/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/numbers.h>

static void check_same(const struct kernel_config *config)
{
    struct abi_numbers numbers;
    abi_numbers_make(config, &numbers);
    for (int64_t number = -100; number < 100; number++)
        CHECK_EQ(abi_numbers_syscall(&numbers, number), abi_syscall(config, number));
    CHECK_EQ(abi_numbers_syscall(&numbers, INT64_MIN), SYSCALL_UNKNOWN);
    CHECK_EQ(abi_numbers_syscall(&numbers, INT64_MAX), SYSCALL_UNKNOWN);
    for (uint64_t label = 0; label < 300; label++)
        CHECK_EQ(abi_numbers_invocation(&numbers, label), abi_invocation(config, label));
    CHECK_EQ(abi_numbers_invocation(&numbers, UINT64_MAX), INV_INVALID);
}

TEST(tables_say_what_the_configuration_says)
{
    static const enum sel4_release releases[] = {SEL4_RELEASE_12_0, SEL4_RELEASE_12_1,
                                                 SEL4_RELEASE_13_0, SEL4_RELEASE_14_0,
                                                 SEL4_RELEASE_15_0, SEL4_RELEASE_16_0};
    struct kernel_config config = kernel_config_default();
    for (unsigned i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        config.release = releases[i];
        for (unsigned variant = 0; variant < 16; variant++) {
            config.mcs = variant & 1;
            config.debug_build = config.printing = variant & 2;
            config.hardware_debug_api = variant & 4;
            config.vtx = config.iommu = variant & 8;
            check_same(&config);
        }
    }
}
