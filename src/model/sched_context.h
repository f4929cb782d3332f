/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of the MCS kernel, in physical memory at the addresses they were retyped at:
 * scheduling contexts, whose refills follow them up to the end of the object, and reply objects.
 * See docs/mcs.md.
 */
#ifndef MODEL_SCHED_CONTEXT_H
#define MODEL_SCHED_CONTEXT_H

#include <base/types.h>

#define SCHED_CONTEXT_BYTES 96 /* where the refills begin */
#define MIN_REFILLS         2

/* `amount` may be used from `time` on. */
struct refill {
    nanoseconds_t time, amount;
};

struct sched_context {
    nanoseconds_t period;              /* 0: round robin */
    nanoseconds_t consumed;            /* since the last SchedContext_Consumed or Timeout */
    uint64_t refill_max;               /* length of the ring; 0: not configured yet */
    uint64_t refill_head, refill_tail; /* first and last one in use */
    uint64_t badge;                    /* in Timeout faults */
    uint64_t tcb;                      /* that runs on it */
    uint64_t reply;                    /* the top of the stack of those who lent it by a Call */
    uint64_t notification;             /* that lends it */
    uint64_t yield_from;               /* TCB that gets `consumed` when it runs again */
    bool is_sporadic;                  /* else constant bandwidth */
};

_Static_assert(sizeof(struct sched_context) <= SCHED_CONTEXT_BYTES,
               "a scheduling context of 2^7 bytes has room for two refills");
_Static_assert(sizeof(struct refill) == 16, "a refill is 16 bytes in seL4's ABI");

struct reply {
    uint64_t tcb;  /* who waits: for a reply, or for messages with this object; 0: nobody */
    uint64_t prev; /* the reply object below it in the stack of its scheduling context */
    uint64_t next : 48;
    uint64_t is_top : 1; /* `next` is the scheduling context, not another reply object */
    uint64_t unused;
};

_Static_assert(sizeof(struct reply) == 32, "a reply object is 32 bytes in seL4's ABI");

static inline bool sched_context_is_active(const struct sched_context *sc)
{
    return sc->refill_max > 0;
}

static inline bool sched_context_is_round_robin(const struct sched_context *sc)
{
    return sc->period == 0;
}

static inline struct refill *refill_at(struct sched_context *sc, uint64_t index)
{
    return (struct refill *)(void *)((char *)sc + SCHED_CONTEXT_BYTES) + index;
}

static inline struct refill *refill_head(struct sched_context *sc)
{
    return refill_at(sc, sc->refill_head);
}

static inline struct refill *refill_tail(struct sched_context *sc)
{
    return refill_at(sc, sc->refill_tail);
}

#endif
