/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <seat/pair.h>

#define HOME_TICKS 8000

enum { CLIENT = 1, SERVER = 2, OTHER = 3 };

static struct pair new_pair(void)
{
    return (struct pair){.is_possible = true, .wanted = PAIR_WANTED_MIN, .home_ticks = HOME_TICKS};
}

/* As a runtime does it. */
static enum pair_advice hand_over(struct pair *pair, uint32_t from, uint32_t to, int64_t ticks)
{
    enum pair_advice advice = pair_pass(pair, from, to);

    if (advice == PAIR_GO)
        pair_went(pair, to);
    if (advice == PAIR_COME)
        pair_came(pair);
    pair_taken(pair, ticks);
    return advice;
}

/* To and fro until something happens: after how many, or `most`. */
static unsigned to_and_fro(struct pair *pair, int64_t ticks, unsigned most,
                           enum pair_advice *ret_advice)
{
    for (unsigned i = 0; i < most; i++) {
        *ret_advice = hand_over(pair, i % 2 ? SERVER : CLIENT, i % 2 ? CLIENT : SERVER, ticks);
        if (*ret_advice != PAIR_AS_IT_IS)
            return i;
    }
    return most;
}

static struct pair pair_away(void)
{
    struct pair pair = new_pair();
    enum pair_advice advice;

    to_and_fro(&pair, HOME_TICKS, 2 * PAIR_WANTED_MIN, &advice);
    CHECK_EQ(pair.away, SERVER);
    return pair;
}

TEST(two_that_hand_over_to_each_other_get_a_cpu_each)
{
    struct pair pair = new_pair();
    enum pair_advice advice = PAIR_AS_IT_IS;

    CHECK_EQ(pair_look_ticks(&pair, CLIENT, SERVER), 0);
    CHECK_EQ(to_and_fro(&pair, HOME_TICKS, 1000, &advice), PAIR_WANTED_MIN);
    CHECK_EQ(advice, PAIR_GO);
    CHECK_EQ(pair.away, SERVER);
    CHECK_EQ(pair_look_ticks(&pair, CLIENT, SERVER), PAIR_LOOK * HOME_TICKS);
    CHECK_EQ(pair_look_ticks(&pair, SERVER, CLIENT), PAIR_LOOK * HOME_TICKS);
    CHECK_EQ(pair_look_ticks(&pair, CLIENT, OTHER), 0);
    CHECK_EQ(pair_look_ticks(&pair, SERVER, 0), 0);
    CHECK_EQ(to_and_fro(&pair, HOME_TICKS / 20, 100000, &advice), 100000);
}

TEST(threads_in_a_ring_stay)
{
    struct pair pair = new_pair();

    for (uint32_t i = 0; i < 10000; i++)
        CHECK_EQ(hand_over(&pair, 1 + i % 3, 1 + (i + 1) % 3, HOME_TICKS), PAIR_AS_IT_IS);
}

TEST(the_core_thread_stays)
{
    struct pair pair = new_pair();

    for (uint32_t i = 0; i < 10000; i++)
        CHECK_EQ(hand_over(&pair, i % 2, (i + 1) % 2, HOME_TICKS), PAIR_AS_IT_IS);
}

TEST(where_it_is_impossible_nobody_goes)
{
    struct pair pair = new_pair();
    enum pair_advice advice;

    pair.is_possible = false;
    CHECK_EQ(to_and_fro(&pair, HOME_TICKS, 10000, &advice), 10000);
    pair.is_possible = true;
    pair.home_ticks = 0; /* nothing was measured */
    for (uint32_t i = 0; i < 10000; i++)
        CHECK_EQ(pair_pass(&pair, 1 + i % 2, 1 + (i + 1) % 2), PAIR_AS_IT_IS);
}

TEST(late_hand_overs_bring_it_home_soon_and_it_waits_longer_each_time)
{
    struct pair pair = pair_away();
    enum pair_advice advice = PAIR_AS_IT_IS;
    uint32_t wanted = pair.wanted;

    for (unsigned attempt = 0; attempt < 20; attempt++) {
        CHECK(to_and_fro(&pair, 12 * (int64_t)HOME_TICKS, 20, &advice) < 20);
        CHECK_EQ(advice, PAIR_COME);
        CHECK_EQ(pair.away, 0);
        CHECK(pair.wanted > wanted || pair.wanted == PAIR_WANTED_MAX);
        CHECK(pair.wanted <= PAIR_WANTED_MAX);
        wanted = pair.wanted;
        CHECK(to_and_fro(&pair, HOME_TICKS, 2 * PAIR_WANTED_MAX, &advice) >= wanted);
        CHECK_EQ(advice, PAIR_GO);
    }
    CHECK_EQ(wanted, PAIR_WANTED_MAX);
    /* then it was worth it */
    to_and_fro(&pair, 100, 2000, &advice);
    CHECK_EQ(advice, PAIR_AS_IT_IS);
    to_and_fro(&pair, 12 * (int64_t)HOME_TICKS, 100, &advice);
    CHECK_EQ(advice, PAIR_COME);
    CHECK_EQ(pair.wanted, PAIR_WANTED_MIN);
}

TEST(what_was_gained_long_ago_does_not_count)
{
    struct pair pair = pair_away();
    enum pair_advice advice;

    to_and_fro(&pair, 100, 100000, &advice);
    CHECK(to_and_fro(&pair, 12 * (int64_t)HOME_TICKS, 100, &advice) <= 20);
    CHECK_EQ(advice, PAIR_COME);
}

TEST(waits_for_others_bring_it_home)
{
    struct pair pair = pair_away();
    unsigned waits = 0;

    for (unsigned i = 0; i < 100; i++)
        pair_asked(&pair, CLIENT); /* who is at home */
    CHECK(!pair_has_lost(&pair));
    while (!pair_has_lost(&pair) && waits < 100) {
        pair_asked(&pair, SERVER);
        waits++;
    }
    CHECK_EQ(waits, PAIR_LOSS / PAIR_ASKED + 1);
}

TEST(another_pair_takes_its_place)
{
    struct pair pair = pair_away();
    enum pair_advice advice = PAIR_AS_IT_IS;
    unsigned count = 0;

    to_and_fro(&pair, 100, 2000, &advice);
    pair_pass(&pair, CLIENT, SERVER);
    while (pair.away == SERVER && count < 10000) {
        advice =
            hand_over(&pair, count % 2 ? OTHER : CLIENT, count % 2 ? CLIENT : OTHER, HOME_TICKS);
        count++;
    }
    CHECK_EQ(advice, PAIR_COME);
    CHECK_EQ(count, PAIR_WANTED_MIN + 1);
    CHECK_EQ(hand_over(&pair, OTHER, CLIENT, HOME_TICKS), PAIR_GO);
    CHECK_EQ(pair.away, CLIENT);
}

TEST(one_that_ends_is_not_away)
{
    struct pair pair = pair_away();

    pair_forget(&pair, CLIENT);
    CHECK_EQ(pair.away, SERVER);
    pair_forget(&pair, SERVER);
    CHECK_EQ(pair.away, 0);
    CHECK_EQ(pair_look_ticks(&pair, CLIENT, SERVER), 0);
}

TEST(an_average_forgets_what_linux_did_to_others)
{
    struct pair pair = new_pair();

    pair_taken(&pair, INT64_C(1) << 40);
    CHECK(pair.home_ticks < 2 * HOME_TICKS);
    for (unsigned i = 0; i < 200; i++)
        pair_taken(&pair, -5); /* counters that differ */
    CHECK(pair.home_ticks >= 0 && pair.home_ticks < HOME_TICKS / 2);
}
