/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scheduling contexts were given, remembered from one look at the kernel to the next: it keeps
 * no budgets, only the refills that have to add up to them.
 */
#ifndef KERNEL_TESTKIT_BUDGETS_H
#define KERNEL_TESTKIT_BUDGETS_H

#include <model/kernel.h>

#define BUDGETS_CONTEXTS 256 /* of more than these none is remembered */
#define BUDGETS_ASKED    64  /* between two looks */

struct budgets {
    struct {
        paddr_t context;
        nanoseconds_t budget;
        bool is_there; /* since the last look */
    } given[BUDGETS_CONTEXTS];
    unsigned count;
    nanoseconds_t asked[BUDGETS_ASKED]; /* in calls since the last look, whatever came of them */
    unsigned asked_count;
};

/* `caller` is about to enter the kernel. */
void budgets_note_call(struct budgets *budgets, const struct kernel *k, const struct tcb *caller);

/*
 * Whether the refills of an active scheduling context may add up to `sum`: to what they did at the
 * last look, or to what a call has asked for since.
 */
bool budgets_allow(struct budgets *budgets, paddr_t context, nanoseconds_t sum);

/* The end of a look: contexts that are no more, or no longer active, are forgotten. */
void budgets_end_look(struct budgets *budgets);

#endif
