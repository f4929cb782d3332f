/* SPDX-License-Identifier: BSD-2-Clause */
/* Object types as Untyped_Retype numbers them, and their sizes. Manual, "Creating New Objects". */
#ifndef ABI_OBJECT_H
#define ABI_OBJECT_H

#include <abi/kernel_config.h>

enum object_kind {
    OBJECT_UNTYPED,
    OBJECT_TCB,
    OBJECT_ENDPOINT,
    OBJECT_NOTIFICATION,
    OBJECT_CNODE,
    OBJECT_SCHED_CONTEXT,
    OBJECT_REPLY,
    OBJECT_PDPT,
    OBJECT_PML4,
    OBJECT_HUGE_PAGE,
    OBJECT_4K_PAGE,
    OBJECT_LARGE_PAGE,
    OBJECT_PAGE_TABLE,
    OBJECT_PAGE_DIRECTORY,
    OBJECT_IO_PAGE_TABLE,
    OBJECT_VCPU,
    OBJECT_EPT_PML4,
    OBJECT_EPT_PDPT,
    OBJECT_EPT_PAGE_DIRECTORY,
    OBJECT_EPT_PAGE_TABLE,
    OBJECT_KIND_COUNT,
    OBJECT_INVALID = OBJECT_KIND_COUNT,
};

enum {
    SLOT_BITS = 5,
    MIN_UNTYPED_BITS = 4,
    MAX_UNTYPED_BITS = 47,
    ENDPOINT_BITS = 4,
    ASID_POOL_BITS = 12,
    ASID_POOL_INDEX_BITS = 9,
    NUM_ASID_POOLS = 8,
    LARGE_PAGE_BITS = 21,
    HUGE_PAGE_BITS = 30,
};

/* First address that is no user address. */
#define USER_TOP UINT64_C(0x00007ffffffff000)

/* The kind that type number `type` names under `config`, or OBJECT_INVALID. */
enum object_kind abi_object_kind(const struct kernel_config *config, uint64_t type);

/* The type number of `kind` under `config`; UINT64_MAX if the configuration lacks it. */
uint64_t abi_object_type(const struct kernel_config *config, enum object_kind kind);

/*
 * log2 of the bytes that an object takes; `size_bits` is Retype's argument, used for untypeds,
 * CNodes (radix) and scheduling contexts only. size_bits < 64.
 */
unsigned abi_object_size_bits(const struct kernel_config *config, enum object_kind kind,
                              unsigned size_bits);

/* log2 of the least size Retype accepts for `kind`'s size_bits argument; 0 where it has none. */
unsigned abi_object_min_size_bits(const struct kernel_config *config, enum object_kind kind);

const char *abi_object_name(enum object_kind kind);

#endif
