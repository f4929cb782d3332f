/* SPDX-License-Identifier: BSD-2-Clause */
#include <sched/refill.h>

#include <base/assert.h>
#include <base/bits.h>

#define KERNEL_WCET_US 10 /* of x86 */
#define US             UINT64_C(1000)

/* A period's length where none of the real limits matters any more: some 36 years. */
#define LONGEST_PERIOD_US (UINT64_MAX / 16 / US)

uint64_t refill_min_budget_us(const struct kernel *k)
{
    return UINT64_C(2) * KERNEL_WCET_US * k->config.wcet_scale;
}

uint64_t refill_max_period_us(const struct kernel *k)
{
    if (k->config.static_max_period_us)
        return k->config.static_max_period_us;
    return UINT64_MAX / max_u64(k->tsc.mhz, 1) / 8;
}

nanoseconds_t refill_min_budget(const struct kernel *k)
{
    return refill_min_budget_us(k) * US;
}

struct refill_limits refill_limits(const struct kernel *k)
{
    nanoseconds_t max_period = min_u64(refill_max_period_us(k), LONGEST_PERIOD_US) * US;
    return (struct refill_limits){
        .min_budget = refill_min_budget(k),
        .max_period = max_period,
        .latest_release = UINT64_MAX - 5 * max_period,
    };
}

uint64_t refill_capacity(unsigned size_bits)
{
    return (bit(size_bits) - SCHED_CONTEXT_BYTES) / sizeof(struct refill);
}

/* --- the ring ------------------------------------------------------------------------------ */

static uint64_t next_index(const struct sched_context *sc, uint64_t index)
{
    return index + 1 == sc->refill_max ? 0 : index + 1;
}

static bool is_single(const struct sched_context *sc)
{
    return sc->refill_head == sc->refill_tail;
}

static bool is_full(const struct sched_context *sc)
{
    return next_index(sc, sc->refill_tail) == sc->refill_head;
}

static struct refill take_head(struct sched_context *sc)
{
    ASSERT(!is_single(sc));
    struct refill head = *refill_head(sc);
    sc->refill_head = next_index(sc, sc->refill_head);
    return head;
}

static void add_tail(struct sched_context *sc, struct refill refill)
{
    ASSERT(!is_full(sc));
    sc->refill_tail = next_index(sc, sc->refill_tail);
    *refill_tail(sc) = refill;
}

nanoseconds_t refill_sum(struct sched_context *sc)
{
    nanoseconds_t sum = 0;
    for (uint64_t i = sc->refill_head;; i = next_index(sc, i)) {
        sum += refill_at(sc, i)->amount;
        if (i == sc->refill_tail)
            return sum;
    }
}

/* --- making -------------------------------------------------------------------------------- */

/* Round robin: the second refill is what has been used of the slice. */
static void complete_round_robin(struct sched_context *sc)
{
    if (sched_context_is_round_robin(sc))
        add_tail(sc, (struct refill){.time = refill_head(sc)->time, .amount = 0});
}

void refill_start(struct sched_context *sc, nanoseconds_t now, uint64_t max_refills,
                  nanoseconds_t budget, nanoseconds_t period)
{
    ASSERT(max_refills >= MIN_REFILLS);
    sc->period = period;
    sc->refill_max = max_refills;
    sc->refill_head = 0;
    sc->refill_tail = 0;
    *refill_head(sc) = (struct refill){.time = now, .amount = budget};
    complete_round_robin(sc);
}

void refill_update(struct sched_context *sc, nanoseconds_t now, uint64_t max_refills,
                   nanoseconds_t budget, nanoseconds_t period)
{
    struct refill head = *refill_head(sc);
    if (head.time <= now)
        head.time = now;
    nanoseconds_t rest = budget - min_u64(head.amount, budget);
    head.amount = min_u64(head.amount, budget);

    sc->period = period;
    sc->refill_max = max_refills;
    sc->refill_head = 0;
    sc->refill_tail = 0;
    *refill_head(sc) = head;
    if (rest)
        add_tail(sc, (struct refill){.time = head.time + period, .amount = rest});
    else
        complete_round_robin(sc);
}

/* --- questions ----------------------------------------------------------------------------- */

bool refill_is_ready(struct sched_context *sc, nanoseconds_t now)
{
    return refill_head(sc)->time <= now;
}

bool refill_is_sufficient(struct sched_context *sc, nanoseconds_t usage, nanoseconds_t min_budget)
{
    nanoseconds_t amount = refill_head(sc)->amount;
    return usage <= amount && amount - usage >= min_budget;
}

/* --- using --------------------------------------------------------------------------------- */

/*
 * Used time comes back as `refill`. It melts into the last one if that reaches up to it (what is
 * charged piece by piece stays one refill), or if the ring is full: then the last one waits for it.
 */
static void put_back(struct sched_context *sc, struct refill refill)
{
    struct refill *tail = refill_tail(sc);
    if (tail->time + tail->amount >= refill.time) {
        tail->amount += refill.amount;
    } else if (!is_full(sc)) {
        add_tail(sc, refill);
    } else {
        tail->time = refill.time - tail->amount;
        tail->amount += refill.amount;
    }
}

static void put_off_head(struct sched_context *sc)
{
    if (is_single(sc)) {
        refill_head(sc)->time += sc->period;
        return;
    }
    struct refill head = take_head(sc);
    head.time += sc->period;
    put_back(sc, head);
}

/* A head too small to be used joins the next one, which keeps its end. */
static void join_small_head(struct sched_context *sc)
{
    struct refill head = take_head(sc);
    refill_head(sc)->amount += head.amount;
    refill_head(sc)->time -= head.amount;
}

static void use_sporadic(struct sched_context *sc, nanoseconds_t usage,
                         const struct refill_limits *limits)
{
    while (refill_head(sc)->amount <= usage && refill_head(sc)->time < limits->latest_release) {
        usage -= refill_head(sc)->amount;
        put_off_head(sc);
    }
    struct refill *head = refill_head(sc);
    if (usage > 0 && head->time < limits->latest_release) {
        struct refill used = {.time = head->time + sc->period, .amount = usage};
        head->amount -= usage;
        head->time += usage;
        put_back(sc, used);
    }
    while (refill_head(sc)->amount < limits->min_budget)
        join_small_head(sc);
}

void refill_use(struct sched_context *sc, nanoseconds_t usage, const struct refill_limits *limits)
{
    if (!sched_context_is_round_robin(sc)) {
        use_sporadic(sc, usage, limits);
        return;
    }
    refill_head(sc)->amount -= usage;
    refill_tail(sc)->amount += usage;
}

void refill_end_round(struct sched_context *sc)
{
    refill_head(sc)->amount += refill_tail(sc)->amount;
    refill_tail(sc)->amount = 0;
}

void refill_end_turn(struct sched_context *sc, nanoseconds_t usage,
                     const struct refill_limits *limits)
{
    if (sched_context_is_round_robin(sc))
        refill_end_round(sc);
    else
        use_sporadic(sc, usage, limits);
}

/* --- waiting ------------------------------------------------------------------------------- */

static bool head_reaches_next(struct sched_context *sc)
{
    if (is_single(sc))
        return false;
    const struct refill *head = refill_head(sc);
    return refill_at(sc, next_index(sc, sc->refill_head))->time <= head->time + head->amount;
}

bool refill_unblock(struct sched_context *sc, nanoseconds_t now)
{
    if (sched_context_is_round_robin(sc) || !refill_is_ready(sc, now))
        return false;
    refill_head(sc)->time = now;
    while (head_reaches_next(sc)) {
        struct refill head = take_head(sc);
        refill_head(sc)->amount += head.amount;
        refill_head(sc)->time = head.time;
    }
    return true;
}
