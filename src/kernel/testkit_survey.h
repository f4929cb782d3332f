/* SPDX-License-Identifier: BSD-2-Clause */
/* All slots of a kernel, and what the checks of its invariants share. */
#ifndef KERNEL_TESTKIT_SURVEY_H
#define KERNEL_TESTKIT_SURVEY_H

#include <kernel/testkit_budgets.h>
#include <model/kernel.h>

#define SURVEY_MAX_SLOTS 65536

struct survey {
    struct kernel *k;
    struct slot *slot[SURVEY_MAX_SLOTS];
    unsigned count;
    uint64_t *seen;          /* a bit for each place of a slot in memory */
    struct budgets *budgets; /* of earlier looks, or NULL */
    const char *problem;
};

/* The first condition that does not hold is the problem. */
#define REQUIRE(survey, condition)                                                                 \
    do {                                                                                           \
        if (!(condition) && !(survey)->problem)                                                    \
            (survey)->problem = #condition;                                                        \
    } while (0)

/* ASIDs, page tables against capabilities (testkit_mappings.c). */
void survey_check_mappings(struct survey *s);
/* Interrupt vectors and I/O ports against capabilities (testkit_mappings.c). */
void survey_check_hardware(struct survey *s);
/* What devices and guests may write against capabilities (testkit_open_pages.c). */
void survey_check_open_pages(struct survey *s);

/* MCS: refills, scheduling contexts, replies (testkit_time.c). */
void survey_check_time(struct survey *s, bool is_settled);

#endif
