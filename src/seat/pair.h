/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether two Linux threads that hand the turn to each other have a CPU each (docs/decisions/0010).
 * All threads of a guest share one CPU, the machine's, as long as that is cheapest: a thread that
 * sleeps is woken sooner there. Two that do nothing but hand over to each other are faster on two
 * CPUs, if whoever waits looks at its word for a while and finds the turn there before it sleeps.
 * So after a row of such hand-overs one thread goes to another CPU, and stays there while so many
 * of them take less time, with all that guest and kernel do in between, than they took at home.
 *
 * One thread is away at a time. Whoever has the turn writes this, or the machine while that one
 * waits for it. Times are in ticks of the processor's counter.
 */
#ifndef SEAT_PAIR_H
#define SEAT_PAIR_H

#include <base/types.h>

/* Hand-overs that are timed together, and such windows, of the same two, before a thread goes. */
#define PAIR_WINDOW 32
#define PAIR_ROW    2

struct pair {
    uint32_t tick_rate; /* in a microsecond; 0: no second CPU, or no counter. The machine's word */
    uint32_t away;      /* index of the thread that is; 0: none */
    uint32_t from, to;  /* of the last hand-over */
    uint32_t row;       /* hand-overs of this window: each back, or to or from who is away */
    uint32_t last;      /* the latest of these came so long after the window began */
    uint32_t windows;   /* that have passed: at home in a row, or since a thread is away */
    uint32_t home;      /* what a window takes at home: the least of the last row */
    int32_t credit;     /* since a thread is away: gained, at most so much, and lost */
    int32_t gained;     /* the same, all of it */
    uint32_t spent;     /* so long */
    uint32_t rest;      /* after an attempt without gain, in microseconds */
    uint64_t began;     /* the window */
    uint64_t until;     /* no thread goes, or whoever is away stays */
};

enum pair_advice {
    PAIR_AS_IT_IS,
    PAIR_GO,   /* the thread that gets the turn goes to another CPU: pair_went() */
    PAIR_COME, /* the one that is away comes home: pair_came(); then the question is open again */
};

/* The turn is about to go from one thread to the other. Thread 0 is the core's: it stays. */
enum pair_advice pair_pass(struct pair *pair, uint32_t from, uint32_t to, uint64_t now);
void pair_went(struct pair *pair, uint32_t thread, uint64_t now);
void pair_came(struct pair *pair, uint64_t now);

/* Whoever hands over looks at its word for so long before it sleeps; 0: it sleeps at once. */
uint64_t pair_look_ticks(const struct pair *pair, uint32_t from, uint32_t to);

/* A thread that has the turn has waited for the machine. Whether who is away is to come home. */
bool pair_asked(struct pair *pair, uint32_t thread, uint64_t now);

/* It is no more. */
static inline void pair_forget(struct pair *pair, uint32_t thread)
{
    if (thread == pair->away)
        pair->away = 0;
}

_Static_assert(sizeof(struct pair) == 64, "a line of the cache");

#endif
