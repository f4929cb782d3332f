/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/pair.h>

#include <base/bits.h>

/* In microseconds. */
enum {
    LONGEST = 1600,    /* windows at home: what is longer has little to gain */
    TRIP = 100,        /* what it costs to go there and to come home */
    ARRIVAL = 500,     /* credit at first: both CPUs are to wake up, and to find each other */
    CREDIT = 500,      /* most that is credited: what was gained long ago does not count */
    LOSS = 250,        /* beyond the credit: then the thread comes home */
    LATE = 500,        /* more is not counted of a window: once, Linux may have run anybody */
    IDLE = 250,        /* without a hand-over to or from who is away: others are at it now, */
    ALONE = 1000,      /* or it is, and asks the machine, which takes longer from there */
    STAY = 64000,      /* then it comes home in any case: home's windows may have changed */
    REST_FIRST = 8000, /* after an attempt without gain, doubled by each that follows */
    REST_LONGEST = 2000000,
    /* A wake across CPUs takes 50 to 100: with less, two that both sleep seldom find back. */
    LOOK = 100,
    LOOK_FIRST = 300,
};

/* Of the time away such a part is to be gained, or it was not worth it. */
#define WORTH 32

static int64_t ticks(const struct pair *pair, uint32_t microseconds)
{
    return (int64_t)microseconds * pair->tick_rate;
}

/* Guest code may have written any of it: sums are taken in 64 bits. */
static int32_t limit(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* The CPUs' counters differ a little. */
static int64_t time_since(uint64_t begin, uint64_t now)
{
    return now < begin ? 0 : (int64_t)min_u64(now - begin, INT32_MAX);
}

static bool is_across(const struct pair *pair, uint32_t from, uint32_t to)
{
    return pair->away && from && to && (from == pair->away || to == pair->away);
}

/* --- at home ------------------------------------------------------------------------------- */

static void begin_window(struct pair *pair, uint64_t now)
{
    pair->row = pair->last = 0;
    pair->began = now;
}

static void begin_row(struct pair *pair, uint64_t now)
{
    begin_window(pair, now);
    pair->windows = 0;
    pair->home = INT32_MAX;
}

static enum pair_advice pass_home(struct pair *pair, bool is_back, uint64_t now)
{
    if (!is_back || pair->windows >= PAIR_ROW) {
        begin_row(pair, now);
        return PAIR_AS_IT_IS;
    }
    if (++pair->row < PAIR_WINDOW)
        return PAIR_AS_IT_IS;
    pair->home = (uint32_t)min_u64(pair->home, (uint64_t)time_since(pair->began, now));
    begin_window(pair, now);
    bool is_wanted = ++pair->windows == PAIR_ROW && pair->home <= ticks(pair, LONGEST);
    return is_wanted && now >= pair->until ? PAIR_GO : PAIR_AS_IT_IS;
}

/* --- away ---------------------------------------------------------------------------------- */

static bool has_lost(const struct pair *pair)
{
    return pair->credit < -ticks(pair, LOSS);
}

static void end_window(struct pair *pair, uint64_t now)
{
    uint64_t at_home = pair->home * min_u64(pair->row, PAIR_WINDOW) / PAIR_WINDOW;
    int64_t took = time_since(pair->began, now);
    int64_t gain = (int64_t)at_home - took;
    if (gain < -ticks(pair, LATE))
        gain = -ticks(pair, LATE);
    int64_t credit = pair->credit + gain;
    pair->credit = limit(credit > ticks(pair, CREDIT) ? ticks(pair, CREDIT) : credit);
    pair->gained = limit(pair->gained + gain);
    pair->spent = (uint32_t)limit(pair->spent + took);
    pair->windows++;
    begin_window(pair, now);
}

/* Since the two were at it last. What else is done then is no gain, and no loss. */
static bool is_idle(struct pair *pair, uint64_t now, uint32_t microseconds)
{
    if (pair->row > 0)
        end_window(pair, pair->began + pair->last);
    return time_since(pair->began, now) > ticks(pair, microseconds);
}

static enum pair_advice pass_away(struct pair *pair, uint32_t from, uint32_t to, uint64_t now)
{
    if (!is_across(pair, from, to))
        return is_idle(pair, now, IDLE) ? PAIR_COME : PAIR_AS_IT_IS;
    pair->last = (uint32_t)time_since(pair->began, now);
    if (++pair->row >= PAIR_WINDOW || pair->last > pair->home + ticks(pair, LATE))
        end_window(pair, now);
    return has_lost(pair) || now >= pair->until ? PAIR_COME : PAIR_AS_IT_IS;
}

bool pair_asked(struct pair *pair, uint32_t thread, uint64_t now)
{
    return thread && thread == pair->away && is_idle(pair, now, ALONE);
}

uint64_t pair_look_ticks(const struct pair *pair, uint32_t from, uint32_t to)
{
    if (!is_across(pair, from, to))
        return 0;
    return (uint64_t)ticks(pair, pair->windows ? LOOK : LOOK_FIRST);
}

/* --- there and back ------------------------------------------------------------------------ */

enum pair_advice pair_pass(struct pair *pair, uint32_t from, uint32_t to, uint64_t now)
{
    bool is_back = from && to && from == pair->to && to == pair->from;

    pair->from = from;
    pair->to = to;
    if (!pair->tick_rate)
        return PAIR_AS_IT_IS;
    return pair->away ? pass_away(pair, from, to, now) : pass_home(pair, is_back, now);
}

void pair_went(struct pair *pair, uint32_t thread, uint64_t now)
{
    begin_window(pair, now);
    pair->away = thread;
    pair->windows = 0;
    pair->credit = limit(ticks(pair, ARRIVAL));
    pair->gained = limit(-ticks(pair, TRIP));
    pair->spent = (uint32_t)limit(ticks(pair, TRIP));
    pair->until = now + (uint64_t)ticks(pair, STAY);
}

/* If it was worth it, it may go again after the next row. */
void pair_came(struct pair *pair, uint64_t now)
{
    bool was_worth_it = WORTH * (int64_t)pair->gained > pair->spent;
    uint64_t longer = min_u64(2 * (uint64_t)pair->rest, REST_LONGEST);

    pair->rest = was_worth_it ? 0 : (uint32_t)(pair->rest ? longer : REST_FIRST);
    pair->until = now + (uint64_t)ticks(pair, pair->rest);
    pair->away = 0;
    begin_row(pair, now);
}
