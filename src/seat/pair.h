/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether two Linux threads that hand the turn to each other have a CPU each (docs/decisions/0010).
 * All threads of a guest share one CPU, the machine's, as long as that is cheapest: a thread that
 * sleeps is woken sooner there. Two that do nothing but hand over to each other are faster on two
 * CPUs, if whoever waits looks at its word for a while and finds the turn there before it sleeps.
 * So after a long row of such hand-overs one thread goes to another CPU, and what follows is
 * measured: it stays there while hand-overs take less time than they took before.
 *
 * One thread is away at a time. Whoever has the turn writes this. Times in ticks of the counter.
 */
#ifndef SEAT_PAIR_H
#define SEAT_PAIR_H

#include <base/types.h>

/* As many hand-overs in a row before a thread goes: at first, and after attempts without gain. */
#define PAIR_WANTED_MIN 128
#define PAIR_WANTED_MAX (1u << 16)
/* In hand-overs at home: what may be lost before the thread comes home; most that is credited. */
#define PAIR_LOSS   64
#define PAIR_CREDIT 128
/* The same: what one that is late costs at most. Once, Linux may have run anybody. */
#define PAIR_LATE 96
/* The same, for a wait for something else than the turn, away; and for how long a thread looks. */
#define PAIR_ASKED 8
#define PAIR_LOOK  24

struct pair {
    uint32_t is_possible; /* the machine's word: there are CPUs, and a counter to measure by */
    uint32_t away;        /* index of the thread that is; 0: none */
    uint32_t from, to;    /* of the last hand-over */
    uint32_t row;         /* hand-overs, each back to where the one before it came from */
    uint32_t wanted;      /* so many before a thread goes; PAIR_WANTED_MIN at first */
    int32_t home_ticks;   /* of a hand-over at home, on average */
    int32_t credit;       /* since a thread is away: gained, at most so much, and lost */
    int32_t gained;       /* the same, all of it */
    uint32_t unused;
    uint64_t given; /* when the turn was handed over last */
    uint64_t unused_too[2];
};

enum pair_advice {
    PAIR_AS_IT_IS,
    PAIR_GO,   /* the thread that gets the turn goes to another CPU: pair_went() */
    PAIR_COME, /* the one that is away comes home: pair_came(); then the question is open again */
};

/* The turn is about to go from one thread to the other. Thread 0 is the core's: it stays. */
enum pair_advice pair_pass(struct pair *pair, uint32_t from, uint32_t to);
void pair_went(struct pair *pair, uint32_t thread);
void pair_came(struct pair *pair);

/* Whoever hands over looks at its word for so long before it sleeps; 0: it sleeps at once. */
uint64_t pair_look_ticks(const struct pair *pair, uint32_t from, uint32_t to);
/* The turn has come, by the last hand-over, which took so long. */
void pair_taken(struct pair *pair, int64_t ticks);

/* Guest code may have written any of it: sums are taken in 64 bits. */
static inline int32_t pair_limit(int64_t ticks)
{
    return ticks > INT32_MAX ? INT32_MAX : ticks < INT32_MIN ? INT32_MIN : (int32_t)ticks;
}

/* A thread that has the turn waits for what another one at home does for it. */
static inline void pair_asked(struct pair *pair, uint32_t thread)
{
    if (thread && thread == pair->away)
        pair->credit = pair_limit(pair->credit - PAIR_ASKED * (int64_t)pair->home_ticks);
}

/* The one that is away is to come home. */
static inline bool pair_has_lost(const struct pair *pair)
{
    return pair->away && pair->credit < -PAIR_LOSS * (int64_t)pair->home_ticks;
}

/* It is no more. */
static inline void pair_forget(struct pair *pair, uint32_t thread)
{
    if (thread == pair->away)
        pair->away = 0;
}

_Static_assert(sizeof(struct pair) == 64, "a line of the cache");

#endif
