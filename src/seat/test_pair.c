/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <seat/pair.h>

#define RATE        2500 /* ticks in a microsecond */
#define MILLISECOND (UINT64_C(1000) * RATE)
#define HOME_TICKS  (4 * RATE) /* from one hand-over to the next */

enum { CLIENT = 1, SERVER = 2, OTHER = 3 };

/* Two threads, a counter, and what it costs them. */
struct run {
    struct pair pair;
    uint64_t now;
    uint64_t home, away;         /* from one hand-over to the next, in ticks */
    unsigned went, came, passes; /* so often; hand-overs */
};

static struct run new_run(uint64_t away)
{
    return (struct run){
        .pair = {.tick_rate = RATE}, .now = MILLISECOND, .home = HOME_TICKS, .away = away};
}

/* As a runtime does it, with both on one CPU or each on its own for so long before. */
static enum pair_advice hand_over(struct run *run, uint32_t from, uint32_t to)
{
    bool is_across = run->pair.away && (from == run->pair.away || to == run->pair.away);

    run->now += is_across ? run->away : run->home;
    enum pair_advice advice = pair_pass(&run->pair, from, to, run->now);
    run->passes++;
    if (advice == PAIR_GO) {
        pair_went(&run->pair, to, run->now);
        run->went++;
    }
    if (advice == PAIR_COME) {
        pair_came(&run->pair, run->now);
        run->came++;
    }
    return advice;
}

/* To and fro, for so many ticks. */
static void to_and_fro(struct run *run, uint64_t time)
{
    uint64_t end = run->now + time;

    while (run->now < end) {
        hand_over(run, CLIENT, SERVER);
        hand_over(run, SERVER, CLIENT);
    }
}

/* To and fro until one goes: after how many hand-overs. */
static unsigned until_one_goes(struct run *run)
{
    unsigned before = run->went, count = 0;

    while (run->went == before && count < 1000000) {
        hand_over(run, count % 2 ? SERVER : CLIENT, count % 2 ? CLIENT : SERVER);
        count++;
    }
    return count;
}

TEST(two_that_hand_over_to_each_other_get_a_cpu_each)
{
    struct run run = new_run(HOME_TICKS / 8);
    struct pair *pair = &run.pair;

    CHECK_EQ(pair_look_ticks(pair, CLIENT, SERVER), 0);
    CHECK_EQ(until_one_goes(&run), PAIR_ROW * PAIR_WINDOW + 1);
    CHECK(pair->away == SERVER || pair->away == CLIENT);
    uint64_t look = pair_look_ticks(pair, CLIENT, SERVER);
    CHECK(look > 0);
    CHECK_EQ(pair_look_ticks(pair, SERVER, CLIENT), look);
    CHECK_EQ(pair_look_ticks(pair, SERVER, 0), 0);
    to_and_fro(&run, MILLISECOND);
    CHECK_EQ(run.came, 0);
    CHECK(pair_look_ticks(pair, CLIENT, SERVER) < look); /* they have found each other */
}

/* So the hand-overs of a long time are mostly those of two CPUs. */
TEST(what_gains_is_measured_again_and_goes_on)
{
    struct run run = new_run(HOME_TICKS / 8);

    to_and_fro(&run, 1000 * MILLISECOND);
    CHECK(run.came >= 10);
    CHECK(run.went >= run.came);
    CHECK(run.passes > UINT64_C(1000) * MILLISECOND / (HOME_TICKS / 8) * 95 / 100);
}

/* The time of all that happens counts: hand-overs that took nothing could not make up for that. */
TEST(what_loses_comes_home_soon_and_rests_longer_each_time)
{
    for (unsigned percent = 101; percent < 5000; percent = percent * 3 / 2) {
        struct run run = new_run(HOME_TICKS * percent / 100);
        uint64_t rested = 0;
        CHECK_EQ(until_one_goes(&run), PAIR_ROW * PAIR_WINDOW + 1);
        for (unsigned attempt = 0; attempt < 4; attempt++) {
            uint64_t begin = run.now;
            unsigned passes = run.passes;
            while (run.pair.away)
                to_and_fro(&run, 1);
            uint64_t at_home = (run.passes - passes) * (uint64_t)HOME_TICKS;
            CHECK(run.now - begin < at_home + 2 * MILLISECOND);
            begin = run.now;
            until_one_goes(&run);
            CHECK(run.now - begin > rested);
            rested = run.now - begin;
        }
        CHECK(rested >= 60 * MILLISECOND);
    }
}

TEST(a_guest_that_never_gains_loses_little)
{
    struct run run = new_run(HOME_TICKS * 20);
    const uint64_t time = 2000 * MILLISECOND;

    to_and_fro(&run, time);
    CHECK(run.went >= 2);
    CHECK(run.passes > time / HOME_TICKS * 99 / 100);
}

TEST(one_that_gained_goes_again_after_the_next_row)
{
    struct run run = new_run(HOME_TICKS / 8);

    to_and_fro(&run, 10 * MILLISECOND);
    CHECK_EQ(run.went, 1);
    run.away = 20 * HOME_TICKS; /* now somebody else has that CPU */
    while (run.pair.away)
        to_and_fro(&run, 1);
    run.away = HOME_TICKS / 8;
    CHECK(until_one_goes(&run) <= 2 * PAIR_ROW * PAIR_WINDOW);
}

TEST(what_was_gained_long_ago_does_not_count)
{
    struct run run = new_run(HOME_TICKS / 8);

    to_and_fro(&run, 60 * MILLISECOND);
    CHECK_EQ(run.went, 1);
    run.away = 20 * HOME_TICKS;
    uint64_t begin = run.now;
    while (run.pair.away)
        to_and_fro(&run, 1);
    CHECK(run.now - begin < 3 * MILLISECOND);
}

TEST(one_late_hand_over_is_no_reason_to_come_home)
{
    struct run run = new_run(HOME_TICKS / 8);

    to_and_fro(&run, 10 * MILLISECOND);
    run.now += 10 * MILLISECOND;
    to_and_fro(&run, 10 * MILLISECOND);
    CHECK_EQ(run.came, 0);
    run.now += 5 * MILLISECOND;
    hand_over(&run, CLIENT, SERVER);
    run.now += 5 * MILLISECOND;
    hand_over(&run, SERVER, CLIENT);
    CHECK_EQ(run.came, 1);
}

TEST(threads_in_a_ring_stay)
{
    struct run run = new_run(HOME_TICKS / 8);

    for (uint32_t i = 0; i < 10000; i++)
        hand_over(&run, 1 + i % 3, 1 + (i + 1) % 3);
    CHECK_EQ(run.went, 0);
}

TEST(the_core_thread_stays)
{
    struct run run = new_run(HOME_TICKS / 8);

    for (uint32_t i = 0; i < 10000; i++)
        hand_over(&run, i % 2, (i + 1) % 2);
    CHECK_EQ(run.went, 0);
}

TEST(those_with_long_work_between_stay)
{
    struct run run = new_run(HOME_TICKS / 8);

    run.home = MILLISECOND / 10;
    to_and_fro(&run, 1000 * MILLISECOND);
    CHECK_EQ(run.went, 0);
}

TEST(where_it_is_impossible_nobody_goes)
{
    struct run run = new_run(HOME_TICKS / 8);

    run.pair.tick_rate = 0;
    to_and_fro(&run, 100 * MILLISECOND);
    CHECK_EQ(run.went, 0);
}

TEST(waits_for_the_machine_bring_it_home)
{
    struct run run = new_run(HOME_TICKS / 8);
    unsigned waits = 0;

    until_one_goes(&run);
    uint32_t away = run.pair.away, other = CLIENT + SERVER - away;
    to_and_fro(&run, MILLISECOND);
    CHECK_EQ(run.pair.away, away);
    for (unsigned i = 0; i < 100; i++)
        CHECK(!pair_asked(&run.pair, other, run.now + i * MILLISECOND)); /* who is at home */
    while (!pair_asked(&run.pair, away, run.now) && waits < 100000) {
        run.now += MILLISECOND / 10;
        waits++;
    }
    CHECK(waits > 1 && waits < 50);
}

TEST(another_pair_takes_its_place)
{
    struct run run = new_run(HOME_TICKS / 8);

    to_and_fro(&run, 10 * MILLISECOND);
    CHECK_EQ(run.went, 1);
    uint32_t other = CLIENT + SERVER - run.pair.away;
    uint64_t begin = run.now;
    while (run.went == 1 && run.now - begin < 100 * MILLISECOND) {
        hand_over(&run, OTHER, other);
        hand_over(&run, other, OTHER);
    }
    CHECK_EQ(run.came, 1);
    CHECK(run.now - begin < 4 * MILLISECOND);
    CHECK(run.pair.away == OTHER || run.pair.away == other);
}

TEST(a_thread_that_serves_many_is_across_from_each)
{
    struct run run = new_run(HOME_TICKS / 8);

    until_one_goes(&run);
    uint32_t away = run.pair.away;
    for (uint32_t i = 0; i < 1000; i++) {
        hand_over(&run, away, OTHER + i % 100);
        hand_over(&run, OTHER + i % 100, away);
    }
    CHECK_EQ(run.came, 0);
    CHECK_EQ(run.pair.away, away);
}

TEST(one_that_ends_is_not_away)
{
    struct pair pair = {.tick_rate = RATE, .away = SERVER};

    pair_forget(&pair, CLIENT);
    CHECK_EQ(pair.away, SERVER);
    pair_forget(&pair, SERVER);
    CHECK_EQ(pair.away, 0);
    CHECK_EQ(pair_look_ticks(&pair, CLIENT, SERVER), 0);
}

/* A guest can write all of it: sums do not overflow, and no look is long. */
TEST(any_bytes_give_some_advice)
{
    struct pair pair;
    uint64_t random = 1;

    for (unsigned i = 0; i < 100000; i++) {
        uint8_t *bytes = (uint8_t *)&pair;
        for (unsigned j = 0; j < sizeof(pair); j++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            unsigned kind = (unsigned)(random >> 60);
            bytes[j] = kind < 5 ? 0 : kind < 10 ? 0xff : (uint8_t)(random >> 40);
        }
        uint32_t from = random >> 63 ? pair.away : pair.to;
        pair_asked(&pair, pair.away, random);
        switch (pair_pass(&pair, from, pair.from, random)) {
        case PAIR_AS_IT_IS:
            break;
        case PAIR_GO:
            pair_went(&pair, pair.to, random);
            break;
        case PAIR_COME:
            pair_came(&pair, random);
            break;
        }
        CHECK(pair_look_ticks(&pair, pair.from, pair.to) <= UINT64_C(1000) * pair.tick_rate);
    }
}
