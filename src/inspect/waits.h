/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who waits for whom. A thread that is blocked goes on when one of its wakers acts: whoever holds
 * its reply, or has a capability in its CSpace that lets it take the other side of the endpoint or
 * notification. What nobody who still runs can set going again waits for ever.
 *
 * A root server usually keeps the capabilities to what it made, and so could take any side; it is
 * counted as a waker only where nobody else is one.
 */
#ifndef INSPECT_WAITS_H
#define INSPECT_WAITS_H

#include <inspect/inspection.h>

enum wait_kind {
    WAIT_NOT,         /* the thread runs, is ready, or is stopped */
    WAIT_OPEN,        /* something may come: a thread that runs, an interrupt */
    WAIT_CYCLE,       /* threads wait for each other: a deadlock */
    WAIT_FOR_NOBODY,  /* no other thread can take the other side */
    WAIT_FOR_STOPPED, /* all who could are stopped */
    WAIT_BEHIND,      /* all who could wait for ever themselves */
    WAIT_KINDS,
};

struct wait {
    enum wait_kind kind;
    uint32_t cycle;  /* WAIT_CYCLE: its number, from 1 */
    uint32_t *items; /* the wakers: numbers of threads, ascending */
    uint32_t count, room;
    bool may_be_interrupted; /* an interrupt wakes it, too */
};

/* One for each thread of the inspection. -ENOMEM, or 0. */
int waits_find(const struct inspection *inspection, struct wait **ret_waits);
void waits_free(const struct inspection *inspection, struct wait *waits);

#endif
