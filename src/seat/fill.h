/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What loads programs maps a page, fills it with one string instruction, and unmaps it. To have
 * Linux map and unmap it takes much longer than to fill it: so `rep movs` and `rep stos` are
 * carried out in the seat's own mapping of guest memory. The processor allows to stop such an
 * instruction between two elements; what is left to do, rcx says.
 */
#ifndef SEAT_FILL_H
#define SEAT_FILL_H

#include <abi/registers.h>
#include <model/translation.h>

struct kernel;

/*
 * A write to the page at `page`, which goes to memory at `paddr` and may be written, has faulted in
 * the VSpace with that root. True: the instruction at rip is one of these, has written all that it
 * writes to that page, as reg[] shows, and is to be executed for the rest. False: nothing was done.
 */
bool seat_fill_page(struct kernel *k, paddr_t root, vaddr_t page, paddr_t paddr,
                    word_t reg[USER_REGISTER_COUNT]);

#endif
