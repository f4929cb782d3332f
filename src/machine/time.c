/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real time (docs/decisions/0005-guest-clock.md). The machine keeps the clock; in place a runtime
 * goes on with it between the machine's looks, and charges the kernel's work (runtime/clock.h).
 */
#include <machine/state.h>

#include <base/bits.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* A look at the CPU time of many processes takes some: it is to be a small part of all. */
#define LOOK_SHARE 16

nanoseconds_t machine_now(struct machine *machine)
{
    return machine->time->now(machine);
}

nanoseconds_t machine_timeout(const struct machine *machine)
{
    nanoseconds_t length = machine->options->timeout;
    return length == NANOSECONDS_NEVER ? NANOSECONDS_NEVER : machine->start + length;
}

nanoseconds_t machine_guest_cpu_time(const struct machine *machine)
{
    if (machine->inplace)
        return inplace_cpu_time(machine->inplace);
    return machine->gate ? monitor_gate_ops.cpu_time(machine->gate) : 0;
}

/* A host that does not tell lets real time be the guest's. */
nanoseconds_t machine_cpu_time(const struct machine *machine)
{
    nanoseconds_t time;

    if (host_cpu_time_of_thread(&time))
        return machine->clock.used + (host_clock_now() - machine->clock.wall);
    return time + machine_guest_cpu_time(machine);
}

static void look_at_clock(struct machine *machine, nanoseconds_t wall)
{
    guest_clock_look(&machine->clock, wall, machine_cpu_time(machine));
}

static struct tsc real_start(struct machine *machine)
{
    const struct host_tsc_rate rate = host_tsc_finish(machine->tsc);
    const nanoseconds_t time = machine->tsc.time - machine->start;
    struct tsc tsc = {.mhz = rate.mhz};
    tsc.at_zero = machine->tsc.counter - tsc_cycles(&tsc, time);
    machine->tsc_multiplier = rate.multiplier;
    if (machine->inplace)
        inplace_set_clock(machine->inplace, machine->tsc.counter, time, rate.multiplier,
                          GUEST_CLOCK_MAX_CHARGE);
    return tsc;
}

/* --- in place ------------------------------------------------------------------------------ */

/* What the runtime has done with the clock while the guest ran. */
static void take_clock(struct machine *machine)
{
    struct guest_clock *clock = &machine->clock;
    clock->told = max_u64(clock->told, inplace_told(machine->inplace));
    guest_clock_charge(clock, inplace_charged(machine->inplace));
}

/* And what it is to go on with. */
static void give_clock(struct machine *machine)
{
    uint64_t tsc = __builtin_ia32_rdtsc();
    nanoseconds_t wall = host_clock_now();
    inplace_set_clock(machine->inplace, tsc, guest_clock_now(&machine->clock, wall),
                      machine->tsc_multiplier, GUEST_CLOCK_MAX_CHARGE);
}

/* 0 on a host that does not tell. */
static nanoseconds_t own_cpu_time(void)
{
    nanoseconds_t time;
    return host_cpu_time_of_thread(&time) ? 0 : time;
}

static void real_look(struct machine *machine)
{
    nanoseconds_t wall = host_clock_now();
    if (!guest_clock_is_stale(&machine->clock, wall) ||
        wall - machine->clock.wall < LOOK_SHARE * machine->look_length)
        return;
    take_clock(machine);
    nanoseconds_t used = own_cpu_time();
    look_at_clock(machine, wall);
    machine->look_length = own_cpu_time() - used;
    give_clock(machine);
}

/* It knows how long the machine sleeps. */
static nanoseconds_t real_event_at(struct machine *machine)
{
    (void)machine;
    return 0;
}

/* --- either -------------------------------------------------------------------------------- */

static nanoseconds_t real_now(struct machine *machine)
{
    if (debugger_is_frozen(machine->debugger))
        return guest_clock_now(&machine->clock, machine->clock.wall);
    if (machine->inplace) {
        real_look(machine); /* since the last one, at this request, Linux may have run others */
        return inplace_now(machine->inplace);
    }
    nanoseconds_t wall = host_clock_now();
    if (guest_clock_is_stale(&machine->clock, wall))
        look_at_clock(machine, wall);
    return guest_clock_now(&machine->clock, wall);
}

static void real_freeze(struct machine *machine)
{
    if (machine->inplace)
        take_clock(machine);
    look_at_clock(machine, host_clock_now()); /* up to here time was the guest's */
}

static void real_thaw(struct machine *machine)
{
    guest_clock_skip(&machine->clock, host_clock_now(), machine_cpu_time(machine));
    if (machine->inplace)
        give_clock(machine);
}

static void real_worked(struct machine *machine, unsigned units)
{
    guest_clock_charge(&machine->clock, units * GUEST_CLOCK_WORK_UNIT);
}

static void real_entered(struct machine *machine)
{
    (void)machine;
}

/* Something happens now, `late` after the moment that it was to happen at. */
static void note_lateness(struct machine *machine, nanoseconds_t late)
{
    nanoseconds_t now = machine_now(machine);
    if (lateness_note(&machine->report->lateness, late, now) && machine->options->lateness)
        fprintf(stderr, "sel4emu: late by %" PRIu64 " us at %" PRIu64 ".%06" PRIu64 " s\n",
                late / 1000, now / 1000000000, now / 1000 % 1000000);
}

/* To the guest, which was told no time after `next`, it is that moment. */
static void forgive_lateness(struct machine *machine, nanoseconds_t next)
{
    struct guest_clock *clock = &machine->clock;

    if (machine->inplace)
        take_clock(machine);
    look_at_clock(machine, host_clock_now());
    if (clock->time > next && clock->time - next <= GUEST_CLOCK_FORGIVEN) {
        guest_clock_rewind(clock, next);
        if (machine->inplace)
            inplace_rewind(machine->inplace, next);
    }
    if (machine->inplace)
        give_clock(machine);
}

/* It was to be at `next`. */
static bool real_stopped(struct machine *machine, nanoseconds_t next, bool has_spun)
{
    nanoseconds_t now = machine_now(machine);
    (void)has_spun;
    note_lateness(machine, now - min_u64(now, next));
    if (now > next)
        forgive_lateness(machine, next);
    return false;
}

static bool real_spins(struct machine *machine, nanoseconds_t next, bool has_spun)
{
    (void)machine;
    (void)next;
    (void)has_spun;
    return false;
}

/* Host time `left` from now, or NEVER. */
static nanoseconds_t wall_in(nanoseconds_t left)
{
    nanoseconds_t wall = host_clock_now();
    return left < NANOSECONDS_NEVER - wall ? wall + left : NANOSECONDS_NEVER;
}

/* In place the guest runs meanwhile: the clock as it would be without a look. */
static nanoseconds_t real_wall_if_busy(struct machine *machine, nanoseconds_t time)
{
    if (!machine->inplace || time == NANOSECONDS_NEVER)
        return guest_clock_wall_if_busy(&machine->clock, time);
    return wall_in(time - min_u64(time, inplace_peek(machine->inplace)));
}

static nanoseconds_t real_wall_if_idle(struct machine *machine, nanoseconds_t time)
{
    if (machine->inplace)
        take_clock(machine);
    look_at_clock(machine, host_clock_now());
    return guest_clock_wall_if_idle(&machine->clock, time);
}

static void real_idled(struct machine *machine, nanoseconds_t until)
{
    guest_clock_idled(&machine->clock, until, host_clock_now(), machine_cpu_time(machine));
    if (machine->inplace)
        give_clock(machine);
    nanoseconds_t wall = host_clock_now();
    note_lateness(machine, wall - min_u64(wall, until));
}

static int64_t real_epoch(void)
{
    return time(NULL);
}

const struct machine_time_ops machine_real_time = {
    .start = real_start,
    .now = real_now,
    .freeze = real_freeze,
    .thaw = real_thaw,
    .worked = real_worked,
    .entered = real_entered,
    .stopped = real_stopped,
    .spins = real_spins,
    .wall_if_busy = real_wall_if_busy,
    .wall_if_idle = real_wall_if_idle,
    .idled = real_idled,
    .look = real_look,
    .event_at = real_event_at,
    .epoch = real_epoch,
};
