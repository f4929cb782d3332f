/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/pair.h>

#include <base/bits.h>

/* In ticks. What is longer says that Linux ran somebody else. */
#define HOME_MAX      INT64_C(50000)
#define AVERAGED_OVER 16
/* In hand-overs at home: so much gained is worth the way there and home. */
#define PAIR_WORTH 512

static bool is_across(const struct pair *pair, uint32_t from, uint32_t to)
{
    return pair->away && from && to && (from == pair->away || to == pair->away);
}

enum pair_advice pair_pass(struct pair *pair, uint32_t from, uint32_t to)
{
    bool is_back = from && to && from == pair->to && to == pair->from;

    pair->row = is_back ? pair->row + 1 : 0;
    pair->from = from;
    pair->to = to;
    if (!pair->is_possible)
        return PAIR_AS_IT_IS;
    bool is_wanted = pair->row >= pair->wanted && pair->home_ticks && !is_across(pair, from, to);
    if (pair->away)
        return is_wanted || pair_has_lost(pair) ? PAIR_COME : PAIR_AS_IT_IS;
    return is_wanted ? PAIR_GO : PAIR_AS_IT_IS;
}

void pair_went(struct pair *pair, uint32_t thread)
{
    pair->away = thread;
    pair->credit = pair->gained = 0;
}

/*
 * It was worth it if it gained many times what going there and coming home costs. If it has lost,
 * the next row is longer, and odd: perhaps the other one of the two goes. If neither, another pair
 * goes at once.
 */
void pair_came(struct pair *pair)
{
    bool was_worth_it = pair->gained > PAIR_WORTH * (int64_t)pair->home_ticks;
    uint64_t longer = min_u64(2 * (uint64_t)pair->wanted + 1, PAIR_WANTED_MAX);

    if (was_worth_it)
        pair->wanted = PAIR_WANTED_MIN;
    else if (pair_has_lost(pair))
        pair->wanted = (uint32_t)longer;
    if (pair_has_lost(pair))
        pair->row = 0;
    pair->away = 0;
}

uint64_t pair_look_ticks(const struct pair *pair, uint32_t from, uint32_t to)
{
    return is_across(pair, from, to) ? PAIR_LOOK * (uint64_t)pair->home_ticks : 0;
}

void pair_taken(struct pair *pair, int64_t ticks)
{
    int64_t home = pair->home_ticks, most = PAIR_CREDIT * home;

    if (ticks < 0)
        ticks = 0; /* the CPUs' counters differ a little */
    if (!pair->away || (pair->from != pair->away && pair->to != pair->away)) {
        ticks = ticks > HOME_MAX ? HOME_MAX : ticks;
        pair->home_ticks = (int32_t)(home ? home + (ticks - home) / AVERAGED_OVER : ticks);
        return;
    }
    if (ticks > PAIR_LATE * home)
        ticks = PAIR_LATE * home;
    int64_t credit = pair->credit + home - ticks;
    pair->gained = pair_limit(pair->gained + home - ticks);
    pair->credit = pair_limit(credit > most ? most : credit);
}
