/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual address spaces. On x86_64 a page is reached through four levels: PML4 (the VSpace
 * itself), PDPT (512 GiB), page directory (1 GiB), page table (2 MiB). seL4 maps nothing by
 * itself: each level is an object that user level makes and maps.
 */
#ifndef GUEST_VSPACE_H
#define GUEST_VSPACE_H

#include "guest.h"

/* Room for paging structures under one VSpace; must() reports when it is used up. */
#define VSPACE_MAX_TABLES 32

struct vspace {
    seL4_CPtr pml4;
    struct {
        seL4_Word vaddr;
        unsigned bits; /* log2 of what it covers: 39, 30, 21 */
    } tables[VSPACE_MAX_TABLES];
    unsigned table_count;
};

/* The root task's own; all code of guests/common runs in it. */
extern struct vspace root_vspace;

/* An empty one, with an ASID out of the initial pool. */
void vspace_create(struct vspace *vspace);

/* Makes the paging structures for the page at `vaddr` that are not there yet. */
void vspace_make_tables(struct vspace *vspace, seL4_Word vaddr);

/* Maps a frame of 4 KiB. A frame capability carries one mapping: map a copy to map it again. */
void vspace_map(struct vspace *vspace, seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights);

/* A new frame of zeroes, mapped read-write; returns its capability. */
seL4_CPtr vspace_new_page(struct vspace *vspace, seL4_Word vaddr);

/* An address at the beginning of the root task's image, where the kernel has made the tables. */
seL4_Word image_place(void);

/*
 * Gives an empty VSpace the root task's image: code and constants read-only, and shared unless
 * own_code says otherwise; variables as a copy of what they hold now.
 */
void vspace_copy_image(struct vspace *vspace, bool own_code);

/* Shows a frame in the root task at a fixed address; one at a time. */
void *window_open(seL4_CPtr frame);
void window_close(void);

#endif
