/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's time: real (docs/decisions/0005-guest-clock.md) or virtual (docs/time.md). All in
 * nanoseconds; host time is host_clock_now()'s.
 */
#ifndef MACHINE_TIME_H
#define MACHINE_TIME_H

#include <machine/options.h>
#include <model/kernel.h>
#include <runtime/shared.h>

struct machine;

/* All are called by the machine's thread. What real or virtual time has nothing to do for is empty.
 */
struct machine_time_ops {
    bool traps_tsc; /* the guest cannot read the time-stamp counter by itself */
    /* Before the kernel boots: the clock runs, and what the guest's time-stamp counter shows. */
    struct tsc (*start)(struct machine *machine);
    nanoseconds_t (*now)(struct machine *machine);
    /* A debugger has the guest: its time stands still; goes on. */
    void (*freeze)(struct machine *machine);
    void (*thaw)(struct machine *machine);
    /* The kernel has done some units of work. */
    void (*worked)(struct machine *machine, unsigned units);
    /* The guest has entered the kernel, or does something that takes a processor time. */
    void (*entered)(struct machine *machine);
    /* Guest code is stopped where it is; `next`: guest time at which something is to happen. */
    bool (*stopped)(struct machine *machine, nanoseconds_t next, bool has_spun);
    bool (*spins)(struct machine *machine, nanoseconds_t next, bool has_spun);
    /* Host time at which it is guest time `time`, if the guest stays busy; may be NEVER. */
    nanoseconds_t (*wall_if_busy)(struct machine *machine, nanoseconds_t time);
    /* The same if it idles from now on; then idled() with that moment. */
    nanoseconds_t (*wall_if_idle)(struct machine *machine, nanoseconds_t time);
    void (*idled)(struct machine *machine, nanoseconds_t until);
    /* In place, while the guest stands still: corrects the clock if that is due. */
    void (*look)(struct machine *machine);
    /* In place: guest time at which a guest looks for events by itself; 0: never. */
    nanoseconds_t (*event_at)(struct machine *machine);
    /* Seconds since 1970 at guest time 0. */
    int64_t (*epoch)(void);
};

extern const struct machine_time_ops machine_real_time, machine_virtual_time;

/* --- of virtual time ----------------------------------------------------------------------- */

struct virtual_time {
    struct runtime_clock clock; /* in the monitor seat; in place it is the seat's */
    nanoseconds_t look_at;      /* host time of the next look at a guest that runs */
    /* Guest time when it was last seen in the kernel, and the CPU time that it has spent since. */
    nanoseconds_t seen, spent;
    nanoseconds_t used; /* its CPU time at the last look */
};

/* --- of both ------------------------------------------------------------------------------- */

nanoseconds_t machine_now(struct machine *machine);
/* CPU time of the guest; of the guest and of this thread. */
nanoseconds_t machine_guest_cpu_time(const struct machine *machine);
nanoseconds_t machine_cpu_time(const struct machine *machine);
/* When --timeout passes, in host time. */
nanoseconds_t machine_timeout(const struct machine *machine);

#endif
