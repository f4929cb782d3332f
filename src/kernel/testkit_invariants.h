/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds of a kernel's state after every entry, whatever the guest has done. */
#ifndef KERNEL_TESTKIT_INVARIANTS_H
#define KERNEL_TESTKIT_INVARIANTS_H

#include <kernel/testkit_budgets.h>
#include <model/kernel.h>

struct slot_array {
    paddr_t slots;
    unsigned radix;
};

/*
 * Looks at all that can be reached from `roots` (the initial CNode, and others), the TCBs, the
 * interrupt slots and the scheduler. Returns NULL, or says what does not hold.
 * is_settled: the entry has chosen a thread (OUTCOME_RUN, OUTCOME_IDLE).
 * budgets: what earlier looks at the same kernel have found, or NULL.
 */
const char *invariants_broken(struct kernel *k, const struct slot_array *roots, unsigned count,
                              bool is_settled, struct budgets *budgets);

#endif
