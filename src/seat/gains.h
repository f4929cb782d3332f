/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a page that a guest has just mapped is worth mapping before it is touched: that saves the
 * fault, but is a call to Linux for nothing if another one is mapped next. So it is done for a
 * guest that touched the last such page before it mapped another, and never for pages in a row,
 * which one call maps all together when the first of them is touched. What is mapped ahead tells
 * nothing of whether it is touched; so some pages are left to their faults to find out again. A
 * page that is mapped because of a fault on it is touched for certain. One that was filled
 * (seat/fill.h), and touched by nothing else, did not have to be mapped at all: while most are
 * such, all are left to their faults.
 */
#ifndef SEAT_GAINS_H
#define SEAT_GAINS_H

#include <model/translation.h>

struct gains {
    vaddr_t row;     /* where the row of pages begins ... */
    vaddr_t last;    /* ... that ends with the page that was mapped last */
    vaddr_t faulted; /* one that was touched and not there: its handler maps it; 0: none */
    bool is_touched;
    uint8_t fills; /* more pages of late that were filled, and no more, than that were not */
    uint8_t ahead; /* pages mapped ahead since one was left to its fault */
};

/* The guest has mapped `page`: whether the seat should do so at once. */
bool seat_gains_map_ahead(struct gains *gains, vaddr_t page);

/*
 * Whether the guest has mapped `address` page by page, one behind the other, up to now: then it
 * will touch all of these. Cuts the run to them, if so.
 */
bool seat_gains_cut_to_row(const struct gains *gains, vaddr_t address, struct translation_run *run);

/* A fault on a page that the seat has not mapped yet. */
void seat_gains_note_fault(struct gains *gains, vaddr_t address);

/* Before that fault is noted: whether it is the first on the page that was mapped last, alone. */
bool seat_gains_may_fill(const struct gains *gains, vaddr_t address);
/* After it was noted: it came to nothing but that the page was filled. */
void seat_gains_note_fill(struct gains *gains);

#endif
