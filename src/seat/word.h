/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate word: how a static program on the linked libsel4 (libsel4/word/sel4/trap.h) finds the
 * gate. It reads an address at a fixed place of its address space and jumps there. Guests of other
 * kinds find nothing at that place, as on a real kernel: so such a program is known by the
 * instruction that reads it.
 */
#ifndef SEAT_WORD_H
#define SEAT_WORD_H

#include <abi/registers.h>
#include <base/types.h>
#include <seat/trap.h>

struct kernel;

/* libsel4 has the same. It is above all that a seat has in a process. */
#define WORD_PLACE UINT64_C(0x7fffc0000000)

/* Whether that fault is of that instruction, in a VSpace that has no page at the place. */
bool seat_reads_word(struct kernel *k, paddr_t root, const struct trap *trap,
                     const word_t reg[USER_REGISTER_COUNT]);

#endif
