/* SPDX-License-Identifier: BSD-2-Clause */
/* How time is accounted for, by variant of the kernel; sched/sched.h chooses between them. */
#ifndef SCHED_TIME_H
#define SCHED_TIME_H

#include <model/kernel.h>

/* --- without MCS: ticks and time slices (sched/time.c) ------------------------------------- */
void ticks_start(struct kernel *k, unsigned core, nanoseconds_t now);
void ticks_advance(struct kernel *k, unsigned core, nanoseconds_t now);
void ticks_end_slice(struct kernel *k, unsigned core);
nanoseconds_t ticks_deadline(struct kernel *k, unsigned core);

/* --- MCS: scheduling contexts (sched/budget.c) --------------------------------------------- */
void budget_start(struct kernel *k, unsigned core, nanoseconds_t now);
void budget_advance(struct kernel *k, unsigned core, nanoseconds_t now);
/* Before a thread is chosen: those whose refills have come can be. */
void budget_before_choice(struct kernel *k, unsigned core);
/* After it: from now on another one may pay. */
void budget_after_choice(struct kernel *k, unsigned core);
nanoseconds_t budget_deadline(struct kernel *k, unsigned core);
void budget_yield(struct kernel *k, unsigned core);
/*
 * Notes the time that has passed, as budget_advance(). True: the current thread has time for an
 * entry, and nobody's refill has come.
 */
bool budget_goes_on(struct kernel *k, unsigned core, nanoseconds_t now);
/* As budget_yield(), if the thread's next turn begins at once; else nothing is done. */
bool budget_try_yield(struct kernel *k, unsigned core);

#endif
