/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/condition.h>
#include <abi/object.h>

/*
 * In the order of enum object_kind, which is that of the type numbers: a type that a configuration
 * lacks takes none. Sizes that vary are 0 here and answered by abi_object_size_bits().
 */
static const struct {
    const char *name;
    uint8_t condition;
    uint8_t size_bits;
} objects[OBJECT_KIND_COUNT] = {
    [OBJECT_UNTYPED] = {"Untyped", CONDITION_ALWAYS, 0},
    [OBJECT_TCB] = {"TCB", CONDITION_ALWAYS, 0},
    [OBJECT_ENDPOINT] = {"Endpoint", CONDITION_ALWAYS, ENDPOINT_BITS},
    [OBJECT_NOTIFICATION] = {"Notification", CONDITION_ALWAYS, 0},
    [OBJECT_CNODE] = {"CNode", CONDITION_ALWAYS, 0},
    [OBJECT_SCHED_CONTEXT] = {"SchedContext", CONDITION_MCS, 0},
    [OBJECT_REPLY] = {"Reply", CONDITION_MCS, 5},
    [OBJECT_PDPT] = {"PDPT", CONDITION_ALWAYS, PAGE_BITS},
    [OBJECT_PML4] = {"PML4", CONDITION_ALWAYS, PAGE_BITS},
    [OBJECT_HUGE_PAGE] = {"HugePage", CONDITION_HUGE_PAGES, HUGE_PAGE_BITS},
    [OBJECT_4K_PAGE] = {"4K", CONDITION_ALWAYS, PAGE_BITS},
    [OBJECT_LARGE_PAGE] = {"LargePage", CONDITION_ALWAYS, LARGE_PAGE_BITS},
    [OBJECT_PAGE_TABLE] = {"PageTable", CONDITION_ALWAYS, PAGE_BITS},
    [OBJECT_PAGE_DIRECTORY] = {"PageDirectory", CONDITION_ALWAYS, PAGE_BITS},
    [OBJECT_IO_PAGE_TABLE] = {"IOPageTable", CONDITION_IOMMU, PAGE_BITS},
    [OBJECT_VCPU] = {"VCPU", CONDITION_VTX, 14},
    [OBJECT_EPT_PML4] = {"EPTPML4", CONDITION_VTX, PAGE_BITS},
    [OBJECT_EPT_PDPT] = {"EPTPDPT", CONDITION_VTX, PAGE_BITS},
    [OBJECT_EPT_PAGE_DIRECTORY] = {"EPTPD", CONDITION_VTX, PAGE_BITS},
    [OBJECT_EPT_PAGE_TABLE] = {"EPTPT", CONDITION_VTX, PAGE_BITS},
};

/* From this XSAVE area on a TCB needs the double size: x87, SSE and AVX state with its header. */
#define XSAVE_SIZE_OF_LARGE_TCB 832

enum object_kind abi_object_kind(const struct kernel_config *config, uint64_t type)
{
    const uint32_t conditions = abi_conditions(config);

    for (unsigned kind = 0; kind < OBJECT_KIND_COUNT; kind++)
        if (condition_holds(conditions, objects[kind].condition) && type-- == 0)
            return kind;
    return OBJECT_INVALID;
}

uint64_t abi_object_type(const struct kernel_config *config, enum object_kind kind)
{
    const uint32_t conditions = abi_conditions(config);
    uint64_t type = 0;

    if (kind >= OBJECT_KIND_COUNT || !condition_holds(conditions, objects[kind].condition))
        return UINT64_MAX;
    for (unsigned before = 0; before < kind; before++)
        type += condition_holds(conditions, objects[before].condition);
    return type;
}

unsigned abi_object_size_bits(const struct kernel_config *config, enum object_kind kind,
                              unsigned size_bits)
{
    switch (kind) {
    case OBJECT_UNTYPED:
    case OBJECT_SCHED_CONTEXT:
        return size_bits;
    case OBJECT_CNODE:
        return size_bits + SLOT_BITS;
    case OBJECT_TCB:
        return config->xsave_size >= XSAVE_SIZE_OF_LARGE_TCB ? 12 : 11;
    case OBJECT_NOTIFICATION:
        return config->mcs ? 6 : 5;
    default:
        return objects[kind].size_bits;
    }
}

unsigned abi_object_min_size_bits(const struct kernel_config *config, enum object_kind kind)
{
    switch (kind) {
    case OBJECT_UNTYPED:
        return MIN_UNTYPED_BITS;
    case OBJECT_CNODE:
        return 1;
    case OBJECT_SCHED_CONTEXT:
        return config->release < SEL4_RELEASE_13_0 ? 8 : 7;
    default:
        return 0;
    }
}

const char *abi_object_name(enum object_kind kind)
{
    return kind < OBJECT_KIND_COUNT ? objects[kind].name : "unknown object";
}
