/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which pages of a VSpace Linux has mapped: a sparse set of pages. An edit costs some microseconds
 * in the guest's process, so a seat makes only those that change something: it maps around a fault
 * what is not mapped yet, and unmaps of a loss what was.
 */
#ifndef GATE_MAPPED_H
#define GATE_MAPPED_H

#include <base/types.h>

#define MAPPED_BUCKETS 64

struct mapped_block;

/* All zero: no page. */
struct mapped {
    struct mapped_block *buckets[MAPPED_BUCKETS];
};

/* Addresses are page-aligned, ranges [start, end). */

bool mapped_has(const struct mapped *mapped, vaddr_t page);

/* -ENOMEM: nothing was added, or not all. */
int mapped_add(struct mapped *mapped, vaddr_t start, vaddr_t end);

/*
 * Takes the pages of the range out. Returns whether there were any; [*ret_start, *ret_end) is the
 * least range that holds them all.
 */
bool mapped_remove(struct mapped *mapped, vaddr_t start, vaddr_t end, vaddr_t *ret_start,
                   vaddr_t *ret_end);

/* Empties the set and frees its memory. */
void mapped_clear(struct mapped *mapped);

#endif
