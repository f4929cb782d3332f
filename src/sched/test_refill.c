/* SPDX-License-Identifier: BSD-2-Clause */
/* Refills, computed by hand; then any sequence of operations keeps what always holds. */
#include <test.h>

#include <string.h>

#include <model/testkit_guest.h>
#include <sched/refill.h>

#define MAX_REFILLS 16

struct object {
    _Alignas(16) char bytes[SCHED_CONTEXT_BYTES + MAX_REFILLS * sizeof(struct refill)];
};

static const struct refill_limits limits = {
    .min_budget = 20,
    .max_period = 1000000,
    .latest_release = UINT64_MAX / 2,
};

static struct sched_context *make(struct object *o, uint64_t max, nanoseconds_t now,
                                  nanoseconds_t budget, nanoseconds_t period)
{
    struct sched_context *sc = (struct sched_context *)o->bytes;
    memset(o, 0, sizeof(*o));
    refill_start(sc, now, max, budget, period);
    return sc;
}

static uint64_t count(const struct sched_context *sc)
{
    return (sc->refill_tail + sc->refill_max - sc->refill_head) % sc->refill_max + 1;
}

static struct refill *nth(struct sched_context *sc, uint64_t n)
{
    return refill_at(sc, (sc->refill_head + n) % sc->refill_max);
}

#define CHECK_REFILL(sc, n, at, what)                                                              \
    do {                                                                                           \
        CHECK_EQ(nth(sc, n)->time, at);                                                            \
        CHECK_EQ(nth(sc, n)->amount, what);                                                        \
    } while (0)

TEST(a_new_context_has_its_budget_from_now_on)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 500, 100, 1000);
    CHECK_EQ(count(sc), 1);
    CHECK_REFILL(sc, 0, 500, 100);
    CHECK(!refill_is_ready(sc, 499));
    CHECK(refill_is_ready(sc, 500));
    CHECK(refill_is_sufficient(sc, 80, limits.min_budget));
    CHECK(!refill_is_sufficient(sc, 81, limits.min_budget));
    CHECK(!refill_is_sufficient(sc, 101, limits.min_budget));
}

TEST(what_is_used_comes_back_a_period_later)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 0, 100, 1000);
    refill_use(sc, 30, &limits);
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 30, 70);
    CHECK_REFILL(sc, 1, 1000, 30);
    refill_use(sc, 20, &limits); /* piece by piece stays one refill */
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 50, 50);
    CHECK_REFILL(sc, 1, 1000, 50);
    refill_end_turn(sc, 50, &limits);
    CHECK_EQ(count(sc), 1);
    CHECK_REFILL(sc, 0, 1000, 100);
}

TEST(using_too_much_is_paid_back_ahead)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 0, 100, 1000);
    refill_end_turn(sc, 250, &limits);
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 2050, 50);
    CHECK_REFILL(sc, 1, 3000, 50);
}

TEST(a_head_too_small_to_use_joins_the_next)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 0, 100, 1000);
    refill_use(sc, 81, &limits);
    CHECK_EQ(count(sc), 1);
    CHECK_REFILL(sc, 0, 981, 100); /* it ends when it would have ended */
}

TEST(a_full_ring_puts_the_last_refill_off)
{
    struct object o;
    struct sched_context *sc = make(&o, 2, 0, 100, 1000);
    refill_use(sc, 30, &limits);
    CHECK(refill_unblock(sc, 500));
    refill_use(sc, 20, &limits);
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 520, 50);
    CHECK_REFILL(sc, 1, 1470, 50);
}

TEST(a_head_that_is_used_up_makes_room_in_a_full_ring)
{
    struct object o;
    struct sched_context *sc = make(&o, 2, 0, 100, 1000);
    refill_use(sc, 30, &limits);
    CHECK(refill_unblock(sc, 500));
    refill_use(sc, 70, &limits);
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 1000, 30);
    CHECK_REFILL(sc, 1, 1500, 70);
}

TEST(an_idle_head_counts_from_now_and_takes_in_what_it_reaches)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 0, 100, 200);
    refill_use(sc, 50, &limits);
    CHECK(refill_unblock(sc, 149));
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 149, 50);
    CHECK(!refill_unblock(sc, 148)); /* not ready */
    CHECK(refill_unblock(sc, 150));
    CHECK_EQ(count(sc), 1);
    CHECK_REFILL(sc, 0, 150, 100);
}

TEST(round_robin_gets_its_slice_back_at_once)
{
    struct object o;
    struct sched_context *sc = make(&o, MIN_REFILLS, 7, 100, 0);
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 1, 7, 0);
    refill_use(sc, 30, &limits);
    CHECK_REFILL(sc, 0, 7, 70);
    CHECK_REFILL(sc, 1, 7, 30);
    CHECK(!refill_unblock(sc, 1000));
    refill_end_turn(sc, 1000, &limits);
    CHECK_REFILL(sc, 0, 7, 100);
    CHECK_REFILL(sc, 1, 7, 0);
}

TEST(new_parameters_of_one_in_use_keep_to_the_bandwidth)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 0, 100, 1000);
    refill_use(sc, 30, &limits);
    refill_update(sc, 500, 8, 40, 400); /* less: the head is cut */
    CHECK_EQ(count(sc), 1);
    CHECK_EQ(sc->refill_max, 8);
    CHECK_REFILL(sc, 0, 500, 40);
    refill_update(sc, 600, 4, 300, 1000); /* more: the rest comes a period later */
    CHECK_EQ(count(sc), 2);
    CHECK_REFILL(sc, 0, 600, 40);
    CHECK_REFILL(sc, 1, 1600, 260);
    refill_end_turn(sc, 40, &limits);
    refill_update(sc, 700, 4, 100, 500); /* not ready: it stays where it is */
    CHECK_REFILL(sc, 0, 1600, 100);
}

TEST(refills_are_not_put_off_past_the_end_of_time)
{
    struct object o;
    struct sched_context *sc = make(&o, 4, 0, 100, 1000);
    nth(sc, 0)->time = limits.latest_release;
    refill_end_turn(sc, 5000, &limits);
    CHECK_EQ(count(sc), 1);
    CHECK_REFILL(sc, 0, limits.latest_release, 100);
}

TEST(objects_have_room_for_as_many_as_their_size_says)
{
    CHECK_EQ(refill_capacity(7), 2);
    CHECK_EQ(refill_capacity(8), 10);
    CHECK_EQ(refill_capacity(12), 250);
}

TEST(limits_follow_from_the_configuration)
{
    struct guest g = guest_boot_mcs();
    CHECK_EQ(refill_min_budget_us(g.k), 20);
    CHECK_EQ(refill_max_period_us(g.k), UINT64_MAX / 1000 / 8);
    CHECK_EQ(refill_limits(g.k).min_budget, 20000);
    CHECK(refill_limits(g.k).latest_release > UINT64_MAX / 2);
    g.k->config.wcet_scale = 3;
    g.k->config.static_max_period_us = 5000;
    CHECK_EQ(refill_min_budget_us(g.k), 60);
    CHECK_EQ(refill_max_period_us(g.k), 5000);
    CHECK_EQ(refill_limits(g.k).max_period, 5000000);
    CHECK_EQ(refill_limits(g.k).latest_release, UINT64_MAX - 25000000);
    guest_end(&g);
}

/* --- what always holds --------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

static bool is_sound(struct sched_context *sc, nanoseconds_t budget)
{
    for (uint64_t i = 0; i + 1 < count(sc); i++) {
        if (nth(sc, i)->time + nth(sc, i)->amount > nth(sc, i + 1)->time)
            return false;
    }
    return refill_sum(sc) == budget && nth(sc, 0)->amount >= limits.min_budget &&
           count(sc) <= sc->refill_max;
}

/* A thread that runs, is late, waits, and is given new parameters. */
static bool stays_sound(uint64_t seed)
{
    struct object o;
    nanoseconds_t now = 0, budget = 40 + next_random(&seed) % 400;
    struct sched_context *sc = make(&o, 2 + next_random(&seed) % 8, now, budget, budget * 3);
    for (unsigned step = 0; step < 300; step++) {
        nanoseconds_t used = next_random(&seed) % (2 * budget);
        if (now < nth(sc, 0)->time)
            now = nth(sc, 0)->time;
        switch (next_random(&seed) % 8) {
        case 0:
            budget = 40 + next_random(&seed) % 400;
            refill_update(sc, now, 2 + next_random(&seed) % 8, budget,
                          budget + 1 + next_random(&seed) % 1000);
            break;
        case 1:
            now += next_random(&seed) % 2000;
            refill_unblock(sc, now);
            break;
        default:
            now += used;
            if (refill_is_sufficient(sc, used, limits.min_budget))
                refill_use(sc, used, &limits);
            else
                refill_end_turn(sc, used, &limits);
        }
        if (!is_sound(sc, budget))
            return false;
    }
    return true;
}

TEST(sum_order_and_least_head_hold_whatever_happens)
{
    for (uint64_t seed = 0; seed < 2000; seed++)
        CHECK(stays_sound(seed));
}
