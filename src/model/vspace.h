/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root of a VSpace: a PML4. Its lower half is the real x86_64 table. The upper half, where a
 * real kernel keeps its own mappings and user level has no addresses, holds what a seat must be
 * told about this VSpace: the mappings it has lost since the seat last asked, and the last gained.
 */
#ifndef MODEL_VSPACE_H
#define MODEL_VSPACE_H

#include <base/types.h>

#define VSPACE_ENTRIES    256
#define VSPACE_LOSSES_MAX 240

/* x86_64 paging entries */
enum pte_bits {
    PTE_PRESENT = 1 << 0,
    PTE_WRITE = 1 << 1,
    PTE_USER = 1 << 2,
    PTE_PWT = 1 << 3,
    PTE_PCD = 1 << 4,
    PTE_ACCESSED = 1 << 5,
    PTE_DIRTY = 1 << 6,
    PTE_LARGE = 1 << 7, /* PDPT and page directory entries; PAT in page table entries */
};
#define PTE_ADDRESS UINT64_C(0x0000fffffffff000)

struct vspace {
    uint64_t entry[VSPACE_ENTRIES];
    uint64_t serial; /* never used twice; 0: no ASID, no seat process */
    uint64_t asid;
    uint32_t loss_count;
    bool lost_all;    /* more losses than the array holds: everything is to be faulted in anew */
    uint64_t process; /* a seat's own note, 0 at first: which of its processes this is */
    vaddr_t gain;     /* the page of 4 KiB mapped last since the seat looked; 0: none */
    uint64_t reserved[11];
    uint64_t loss[VSPACE_LOSSES_MAX]; /* vaddr, with log2 of the size in the low 12 bits */
};

_Static_assert(sizeof(struct vspace) == PAGE_BYTES, "a PML4 is one page");

#endif
