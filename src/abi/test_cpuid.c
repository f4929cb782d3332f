/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/cpuid.h>
#include <test.h>

/* A processor with x87, SSE, AVX, a component of 64 bytes, and protection keys, all turned on. */
static struct cpuid processor(uint32_t leaf, uint32_t subleaf)
{
    static const struct {
        uint32_t leaf, subleaf;
        struct cpuid answer;
    } table[] = {
        {0, 0, {0xd, 1, 2, 3}},
        {1, 0, {4, 5, UINT32_MAX, 6}},
        {7, 0, {1, 7, UINT32_MAX, 8}},
        {7, 1, {9, 10, UINT32_MAX, 11}},
        {0xd, 0, {0x207, 0xa88, 0xa88, 0}},
        {0xd, 1, {15, 0x3c8, 0, 0}},
        {0xd, 2, {256, 576, 0, 0}},
        {0xd, 5, {60, 1024, 0, 0}},
        {0xd, 6, {64, 1152, 2, 0}},
        {0xd, 9, {8, 2688, 0, 0}},
    };

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].leaf == leaf && table[i].subleaf == subleaf)
            return table[i].answer;
    return (struct cpuid){.eax = leaf, .ebx = leaf == 0xd ? 0 : subleaf};
}

static struct cpuid ask(uint64_t features, uint32_t leaf, uint32_t subleaf)
{
    struct kernel_config config = kernel_config_default();

    config.xsave_features = features;
    return abi_cpuid(&config, leaf, subleaf, processor);
}

TEST(only_what_the_kernel_turns_on_is_told_as_on)
{
    CHECK_EQ(ask(0, 1, 0).ecx, UINT32_MAX & ~(1u << 27));
    CHECK_EQ(ask(3, 1, 0).ecx, UINT32_MAX);
    CHECK_EQ(ask(3, 7, 0).ecx, UINT32_MAX & ~(1u << 4));
    CHECK_EQ(ask(3, 7, 1).ecx, UINT32_MAX);
}

TEST(size_of_the_save_area_is_that_of_the_configuration)
{
    CHECK_EQ(ask(0, 0xd, 0).ebx, 576);
    CHECK_EQ(ask(3, 0xd, 0).ebx, 576);
    CHECK_EQ(ask(7, 0xd, 0).ebx, 832);
    CHECK_EQ(ask(7, 0xd, 0).ecx, 0xa88); /* of all that the processor could */
    CHECK_EQ(ask(0x207, 0xd, 0).ebx, 2696);
    CHECK_EQ(ask(0x207, 0xd, 1).ebx, 576 + 256 + 8);
    CHECK_EQ(ask(0x67, 0xd, 1).ebx, 576 + 256 + 64 + 64); /* 60, then aligned to 64 */
    CHECK_EQ(ask(7, 0xd, 2).ebx, 576);
    CHECK_EQ(ask(7, 0xd, 3).ebx, 0);
}

TEST(all_else_is_the_processors)
{
    CHECK_EQ(ask(0, 0, 0).eax, 0xd);
    CHECK_EQ(ask(0, 0, 0).edx, 3);
    CHECK_EQ(ask(0, 1, 0).ebx, 5);
    CHECK_EQ(ask(0, 0x80000001, 0).eax, 0x80000001);
    CHECK_EQ(ask(0, 4, 2).ebx, 2);
}
