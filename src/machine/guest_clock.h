/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's clock (docs/decisions/0005-guest-clock.md):
 *
 * - While the guest is busy it runs with the CPU time that guest and machine use: what Linux gives
 *   to other programs in between does not exist for the guest.
 * - The kernel's work in long operations is charged more than it takes here, so that it stands in
 *   a real machine's proportion to kernel entries, which take much longer here.
 * - A deadline that stops busy guest code comes at its moment, as on a real machine, though Linux's
 *   timers and our own way to the guest take some 50 us.
 * - While the guest is idle it comes back to real time: at twice the speed if it is behind,
 *   standing still if it is ahead.
 *
 * On a host with nothing else to do it is a real-time clock. It never goes backwards.
 *
 * A look at the CPU time is a few host calls, so it is not taken for every question: for
 * GUEST_CLOCK_TRUST after a look the clock runs with real time, and the next look corrects it.
 *
 * All times in nanoseconds. wall: host time (host_clock_now()). used: CPU time since any fixed
 * moment.
 */
#ifndef MACHINE_GUEST_CLOCK_H
#define MACHINE_GUEST_CLOCK_H

#include <base/types.h>

#define GUEST_CLOCK_TRUST UINT64_C(500000)

/* For a unit of work as KernelMaxNumWorkUnitsPerPreemption counts them: a capability deleted. */
#define GUEST_CLOCK_WORK_UNIT UINT64_C(1000)

/* More than this is not made up: the machine was stopped, or the host is too slow for its guest. */
#define GUEST_CLOCK_MAX_BEHIND INT64_C(10000000000)
/* More than this is not waited for: the guest's clock stays that much ahead of real time. */
#define GUEST_CLOCK_MAX_AHEAD INT64_C(1000000000)
/* A deadline that the host is late for by no more than this has come in time. */
#define GUEST_CLOCK_FORGIVEN UINT64_C(500000)
/* What a runtime may charge between two looks. */
#define GUEST_CLOCK_MAX_CHARGE UINT64_C(1000000000)

struct guest_clock {
    nanoseconds_t time;       /* guest time at the last look */
    nanoseconds_t wall, used; /* then */
    nanoseconds_t told;       /* the latest guest time that anybody was told */
    int64_t behind;           /* real time that is to be made up; negative: waited for */
};

/* Guest time 0 is now. */
void guest_clock_start(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used);

/* Whether a look is due before the next question. */
bool guest_clock_is_stale(const struct guest_clock *clock, nanoseconds_t wall);
void guest_clock_look(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used);

/*
 * The guest has stood still since the last look: nothing of that time was its own, and none is made
 * up.
 */
void guest_clock_skip(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used);

/*
 * Right after a look: it is `time` again, and what passed since is made up. For the moment that a
 * deadline comes late: the guest was told no later time, so this is not going back.
 */
void guest_clock_rewind(struct guest_clock *clock, nanoseconds_t time);

/*
 * The kernel has done some units of work, at GUEST_CLOCK_WORK_UNIT each. None is left out: a guest
 * that measures such work and sets a timer by it would have none that it can keep up with.
 */
void guest_clock_charge(struct guest_clock *clock, nanoseconds_t work);

/* Guest time. */
nanoseconds_t guest_clock_now(struct guest_clock *clock, nanoseconds_t wall);

/* When it is `time` at the earliest, if the guest stays busy; may be NEVER. */
nanoseconds_t guest_clock_wall_if_busy(const struct guest_clock *clock, nanoseconds_t time);

/*
 * An idle guest: look, wait until guest_clock_wall_if_idle() or earlier, then guest_clock_idled()
 * with that same moment. What the wait took longer is not the guest's time.
 */
nanoseconds_t guest_clock_wall_if_idle(const struct guest_clock *clock, nanoseconds_t time);
void guest_clock_idled(struct guest_clock *clock, nanoseconds_t until, nanoseconds_t wall,
                       nanoseconds_t used);

#endif
