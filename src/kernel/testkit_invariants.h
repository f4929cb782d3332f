/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds of a kernel's state after every entry, whatever the guest has done. */
#ifndef KERNEL_TESTKIT_INVARIANTS_H
#define KERNEL_TESTKIT_INVARIANTS_H

#include <model/kernel.h>

/*
 * Looks at all that can be reached from the initial CNode (at `root_slots`, 2^root_radix slots),
 * the TCBs, the interrupt slots and the scheduler. Returns NULL, or says what does not hold.
 * is_settled: the entry has chosen a thread (OUTCOME_RUN, OUTCOME_IDLE).
 */
const char *invariants_broken(struct kernel *k, paddr_t root_slots, unsigned root_radix,
                              bool is_settled);

#endif
