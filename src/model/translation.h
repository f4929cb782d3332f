/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to a seat's questions about a VSpace (kernel/kernel_api.h). */
#ifndef MODEL_TRANSLATION_H
#define MODEL_TRANSLATION_H

#include <model/cap.h>
#include <model/vspace.h>

/* What user level finds at one address. */
struct translation {
    bool present;          /* false: the walk ends at an empty entry */
    enum vm_rights rights; /* VM_KERNEL_ONLY: mapped, but a user access faults with P = 1 */
    paddr_t paddr;         /* of the address itself */
    unsigned size_bits;    /* of the page it lies in: 12, 21, 30 */
};

/* A range with the same rights whose physical addresses ascend alike. Page-aligned. */
struct translation_run {
    vaddr_t start, end;
    paddr_t paddr; /* of start */
    enum vm_rights rights;
};

/* The mappings that one VSpace has lost. */
struct vspace_losses {
    bool lost_all; /* more than the array holds: everything is to be faulted in anew */
    uint32_t count;
    uint64_t loss[VSPACE_LOSSES_MAX]; /* vaddr, with log2 of the size in the low 12 bits */
};

#endif
