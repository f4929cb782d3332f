/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arithmetic of refills: how much time a scheduling context may use, and from when on. Sporadic
 * servers as the MCS manual has them: what is used comes back one period later. Nothing here looks
 * at threads or queues.
 */
#ifndef SCHED_REFILL_H
#define SCHED_REFILL_H

#include <model/kernel.h>

/* What a configuration allows (refill_limits()). */
struct refill_limits {
    nanoseconds_t min_budget;     /* a thread with less could not finish a call */
    nanoseconds_t max_period;     /* of user level */
    nanoseconds_t latest_release; /* refills from here on are not put off any further */
};

struct refill_limits refill_limits(const struct kernel *k);
nanoseconds_t refill_min_budget(const struct kernel *k); /* of these */

/* In microseconds, as errors tell them: what the TSC can count, or KernelStaticMaxPeriodUs. */
uint64_t refill_min_budget_us(const struct kernel *k);
uint64_t refill_max_period_us(const struct kernel *k);

/* How many refills a scheduling context of 2^size_bits bytes has room for. */
uint64_t refill_capacity(unsigned size_bits);

/* The full budget from now on. period 0: round robin, which has MIN_REFILLS. */
void refill_start(struct sched_context *sc, nanoseconds_t now, uint64_t max_refills,
                  nanoseconds_t budget, nanoseconds_t period);

/* New parameters for one that is in use: never more than `budget` in any `period`. */
void refill_update(struct sched_context *sc, nanoseconds_t now, uint64_t max_refills,
                   nanoseconds_t budget, nanoseconds_t period);

/* The head may be used now. */
bool refill_is_ready(struct sched_context *sc, nanoseconds_t now);
/* What is left of the head after `usage` is enough to go on. */
bool refill_is_sufficient(struct sched_context *sc, nanoseconds_t usage, nanoseconds_t min_budget);

/* `usage` of the head, which is sufficient for it, has been used, and the thread goes on. */
void refill_use(struct sched_context *sc, nanoseconds_t usage, const struct refill_limits *limits);
/* The same at the end of a turn: more may have been used than the head had. */
void refill_end_turn(struct sched_context *sc, nanoseconds_t usage,
                     const struct refill_limits *limits);
/* That of a round robin context: whatever was used of the slice, the next one is whole. */
void refill_end_round(struct sched_context *sc);

/*
 * The head was not used while its thread waited: it counts from now on. False: there is nothing to
 * do (round robin, or not ready yet).
 */
bool refill_unblock(struct sched_context *sc, nanoseconds_t now);

/* Of all refills. */
nanoseconds_t refill_sum(struct sched_context *sc);

#endif
