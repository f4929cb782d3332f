/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pages of a VSpace Linux has mapped: a sparse set of pages. An edit costs some microseconds
 * in the guest's process, so a seat makes only those that change something: it maps around a fault
 * what is not mapped yet, and unmaps of a loss what was.
 *
 * The set has all its memory in itself: in place it lies in an area of its process with a fixed
 * size (runtime/region.h). It can hold pages of so many blocks of 2 MiB at a time; when that is not
 * enough, its owner unmaps everything and begins anew with what is touched from then on.
 */
#ifndef SEAT_MAPPED_H
#define SEAT_MAPPED_H

#include <base/types.h>

#define MAPPED_BLOCK_BITS  21
#define MAPPED_BLOCK_WORDS 8 /* a bit for each of the 512 pages */

/*
 * 768 MiB if they are dense; sel4test's driver, which touches most of all, needs 23. In 32 KiB
 * there would be room for 440: 4 KiB are left for what else a process knows of itself.
 */
#define MAPPED_BLOCKS  384
#define MAPPED_BUCKETS 256

/* Blocks are named by their number + 1; 0: none. */
struct mapped_block {
    uint64_t pages[MAPPED_BLOCK_WORDS];
    uint32_t place; /* address / 2 MiB */
    uint16_t next;  /* of its bucket, or free one */
    uint16_t unused;
};

/* All zero: no page. */
struct mapped {
    uint16_t buckets[MAPPED_BUCKETS];
    uint16_t made; /* blocks beyond were never used */
    uint16_t free;
    uint16_t unused[2];
    struct mapped_block blocks[MAPPED_BLOCKS];
};

_Static_assert(sizeof(struct mapped) <= 28 * 1024, "leaves a page of 32 KiB");

/* Addresses are page-aligned, ranges [start, end). */

bool mapped_has(const struct mapped *mapped, vaddr_t page);

/* False: there is no room. Nothing was added, or not all. */
bool mapped_add(struct mapped *mapped, vaddr_t start, vaddr_t end);

/*
 * Takes the pages of the range out. Returns whether there were any; [*ret_start, *ret_end) is the
 * least range that holds them all.
 */
bool mapped_remove(struct mapped *mapped, vaddr_t start, vaddr_t end, vaddr_t *ret_start,
                   vaddr_t *ret_end);

/*
 * The first pages in the range that lie beside each other, all in one block; false: there are none.
 */
bool mapped_first(const struct mapped *mapped, vaddr_t start, vaddr_t end, vaddr_t *ret_start,
                  vaddr_t *ret_end);

#endif
