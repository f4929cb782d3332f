/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/object.h>
#include <base/bits.h>
#include <test.h>

enum column {
    PLAIN,
    WITH_IOMMU,
    MCS,
    MCS_WITH_IOMMU,
    MCS_WITH_IOMMU_VTX,
    WITH_VTX,
    COLUMNS,
};

static struct kernel_config column_config(enum column column)
{
    struct kernel_config config = kernel_config_default();

    config.mcs = column == MCS || column == MCS_WITH_IOMMU || column == MCS_WITH_IOMMU_VTX;
    config.iommu = column == WITH_IOMMU || column == MCS_WITH_IOMMU || column == MCS_WITH_IOMMU_VTX;
    config.vtx = column == MCS_WITH_IOMMU_VTX || column == WITH_VTX;
    return config;
}

#define NONE (-1)

/* In the order of enum object_kind. */
static const struct {
    const char *name;
    int types[COLUMNS];
} table[OBJECT_KIND_COUNT] = {
    {"Untyped", {0, 0, 0, 0, 0, 0}},
    {"TCB", {1, 1, 1, 1, 1, 1}},
    {"Endpoint", {2, 2, 2, 2, 2, 2}},
    {"Notification", {3, 3, 3, 3, 3, 3}},
    {"CNode", {4, 4, 4, 4, 4, 4}},
    {"SchedContext", {NONE, NONE, 5, 5, 5, NONE}},
    {"Reply", {NONE, NONE, 6, 6, 6, NONE}},
    {"PDPT", {5, 5, 7, 7, 7, 5}},
    {"PML4", {6, 6, 8, 8, 8, 6}},
    {"HugePage", {7, 7, 9, 9, 9, 7}},
    {"4K", {8, 8, 10, 10, 10, 8}},
    {"LargePage", {9, 9, 11, 11, 11, 9}},
    {"PageTable", {10, 10, 12, 12, 12, 10}},
    {"PageDirectory", {11, 11, 13, 13, 13, 11}},
    {"IOPageTable", {NONE, 12, NONE, 14, 14, NONE}},
    {"VCPU", {NONE, NONE, NONE, NONE, 15, 12}},
    {"EPTPML4", {NONE, NONE, NONE, NONE, 16, 13}},
    {"EPTPDPT", {NONE, NONE, NONE, NONE, 17, 14}},
    {"EPTPD", {NONE, NONE, NONE, NONE, 18, 15}},
    {"EPTPT", {NONE, NONE, NONE, NONE, 19, 16}},
};

static const unsigned counts[COLUMNS] = {12, 13, 14, 15, 20, 17};

static void check_type(const struct kernel_config *config, enum object_kind kind, int type)
{
    const uint64_t number = type == NONE ? UINT64_MAX : (uint64_t)type;

    CHECK_EQ(abi_object_type(config, kind), number);
    CHECK_EQ(abi_object_kind(config, number), type == NONE ? OBJECT_INVALID : kind);
}

TEST(types)
{
    for (enum column column = 0; column < COLUMNS; column++) {
        const struct kernel_config config = column_config(column);

        for (enum object_kind kind = 0; kind < OBJECT_KIND_COUNT; kind++) {
            CHECK_STR(abi_object_name(kind), table[kind].name);
            check_type(&config, kind, table[kind].types[column]);
        }
        CHECK_EQ(abi_object_kind(&config, counts[column] - 1) < OBJECT_KIND_COUNT, true);
        CHECK_EQ(abi_object_kind(&config, counts[column]), OBJECT_INVALID);
    }
}

/* From the huge page on all types are one less. */
TEST(types_without_huge_pages)
{
    for (enum column column = 0; column < COLUMNS; column++) {
        struct kernel_config config = column_config(column);

        config.huge_pages = false;
        for (enum object_kind kind = 0; kind < OBJECT_KIND_COUNT; kind++) {
            const int type = table[kind].types[column];

            if (kind == OBJECT_HUGE_PAGE)
                check_type(&config, kind, NONE);
            else
                check_type(&config, kind, type == NONE ? NONE : type - (kind > OBJECT_HUGE_PAGE));
        }
        CHECK_EQ(abi_object_kind(&config, counts[column] - 1), OBJECT_INVALID);
    }
}

/* The constants that libsel4 has for types which a configuration lacks. */
TEST(numbers_that_name_no_type)
{
    static const uint64_t types[] = {20,       0xffffff,   0xfffffe,   0xfffffd,
                                     0xfffffa, 0xfffffffe, UINT64_MAX, UINT64_C(1) << 32};
    const struct kernel_config config = column_config(MCS_WITH_IOMMU_VTX);

    for (unsigned i = 0; i < ARRAY_LENGTH(types); i++)
        CHECK_EQ(abi_object_kind(&config, types[i]), OBJECT_INVALID);
    CHECK_EQ(abi_object_type(&config, OBJECT_INVALID), UINT64_MAX);
    CHECK_STR(abi_object_name(OBJECT_INVALID), "unknown object");
}

TEST(fixed_sizes)
{
    static const struct {
        enum object_kind kind;
        unsigned size_bits;
    } sizes[] = {
        {OBJECT_TCB, 11},
        {OBJECT_ENDPOINT, 4},
        {OBJECT_NOTIFICATION, 5},
        {OBJECT_REPLY, 5},
        {OBJECT_PDPT, 12},
        {OBJECT_PML4, 12},
        {OBJECT_HUGE_PAGE, 30},
        {OBJECT_4K_PAGE, 12},
        {OBJECT_LARGE_PAGE, 21},
        {OBJECT_PAGE_TABLE, 12},
        {OBJECT_PAGE_DIRECTORY, 12},
        {OBJECT_IO_PAGE_TABLE, 12},
        {OBJECT_VCPU, 14},
        {OBJECT_EPT_PML4, 12},
        {OBJECT_EPT_PDPT, 12},
        {OBJECT_EPT_PAGE_DIRECTORY, 12},
        {OBJECT_EPT_PAGE_TABLE, 12},
    };
    const struct kernel_config config = kernel_config_default();

    for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
        CHECK_EQ(abi_object_size_bits(&config, sizes[i].kind, 0), sizes[i].size_bits);
        CHECK_EQ(abi_object_size_bits(&config, sizes[i].kind, 63), sizes[i].size_bits);
        CHECK_EQ(abi_object_min_size_bits(&config, sizes[i].kind), 0);
    }
}

TEST(chosen_sizes)
{
    struct kernel_config config = column_config(MCS);

    CHECK_EQ(abi_object_size_bits(&config, OBJECT_UNTYPED, 47), 47);
    CHECK_EQ(abi_object_size_bits(&config, OBJECT_CNODE, 12), 17);
    CHECK_EQ(abi_object_size_bits(&config, OBJECT_CNODE, 63), 68);
    CHECK_EQ(abi_object_size_bits(&config, OBJECT_SCHED_CONTEXT, 7), 7);

    CHECK_EQ(abi_object_min_size_bits(&config, OBJECT_UNTYPED), 4);
    CHECK_EQ(abi_object_min_size_bits(&config, OBJECT_CNODE), 1);
    CHECK_EQ(abi_object_min_size_bits(&config, OBJECT_SCHED_CONTEXT), 7);
    config.release = SEL4_RELEASE_12_1;
    CHECK_EQ(abi_object_min_size_bits(&config, OBJECT_SCHED_CONTEXT), 8);
}

TEST(sizes_that_options_change)
{
    struct kernel_config config = column_config(MCS);

    CHECK_EQ(abi_object_size_bits(&config, OBJECT_NOTIFICATION, 0), 6);
    CHECK_EQ(abi_object_size_bits(&config, OBJECT_TCB, 0), 11);
    config.xsave_features = 3;
    config.xsave_size = 576;
    CHECK_EQ(abi_object_size_bits(&config, OBJECT_TCB, 0), 11);
    config.xsave_features = 7;
    config.xsave_size = 832;
    CHECK_EQ(abi_object_size_bits(&config, OBJECT_TCB, 0), 12);
}
