/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How late the host lets a guest's time come, in real time: guest code ran on after the moment at
 * which it was to be stopped, or an idle machine was woken late. What a guest does that measures
 * time may come of that.
 */
#ifndef MACHINE_LATENESS_H
#define MACHINE_LATENESS_H

#include <base/types.h>

/* Less is what a host that has nothing else to do may take. */
#define LATENESS_LIMIT UINT64_C(1000000)

struct lateness {
    uint64_t count;              /* of times later than the limit */
    nanoseconds_t most, most_at; /* the longest of them, and the guest's time then */
};

/* It is guest time `now`, `late` after what was to happen. Returns whether that is worth a line. */
bool lateness_note(struct lateness *lateness, nanoseconds_t late, nanoseconds_t now);

#endif
