/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest time (docs/decisions/0005-guest-clock.md). In the monitor seat the machine keeps the clock,
 * and CPU time is what the guest's runs with; in place the clock is in the runtime, and real time.
 */
#include <machine/state.h>

#include <base/bits.h>

/* A host that does not tell lets real time be the guest's. */
nanoseconds_t machine_cpu_time(const struct machine *machine)
{
    nanoseconds_t time;

    if (host_cpu_time_of_thread(&time))
        return machine->clock.used + (host_clock_now() - machine->clock.wall);
    return time + (machine->gate ? monitor_gate_ops.cpu_time(machine->gate) : 0);
}

static void look_at_clock(struct machine *machine, nanoseconds_t wall)
{
    guest_clock_look(&machine->clock, wall, machine_cpu_time(machine));
}

nanoseconds_t machine_now(struct machine *machine)
{
    if (machine->inplace)
        return inplace_now(machine->inplace);
    if (debugger_is_frozen(machine->debugger))
        return guest_clock_now(&machine->clock, machine->clock.wall);
    nanoseconds_t wall = host_clock_now();
    if (guest_clock_is_stale(&machine->clock, wall))
        look_at_clock(machine, wall);
    return guest_clock_now(&machine->clock, wall);
}

void machine_worked(struct machine *machine, unsigned units)
{
    guest_clock_charge(&machine->clock, units);
}

nanoseconds_t machine_timeout(const struct machine *machine)
{
    nanoseconds_t length = machine->options->timeout;
    return length == NANOSECONDS_NEVER ? NANOSECONDS_NEVER : machine->start + length;
}

/* Host time `left` from now, or NEVER. */
static nanoseconds_t wall_in(nanoseconds_t left)
{
    nanoseconds_t wall = host_clock_now();
    return left < NANOSECONDS_NEVER - wall ? wall + left : NANOSECONDS_NEVER;
}

static nanoseconds_t time_left(struct machine *machine, nanoseconds_t time)
{
    nanoseconds_t now = machine_now(machine);
    return time - min_u64(time, now);
}

nanoseconds_t machine_wall_if_busy(struct machine *machine, nanoseconds_t time)
{
    if (!machine->inplace)
        return guest_clock_wall_if_busy(&machine->clock, time);
    return time == NANOSECONDS_NEVER ? time : wall_in(time_left(machine, time));
}

/* In place the clock stands still until real time has come to where it is. */
nanoseconds_t machine_wall_if_idle(struct machine *machine, nanoseconds_t time)
{
    if (!machine->inplace) {
        look_at_clock(machine, host_clock_now());
        return guest_clock_wall_if_idle(&machine->clock, time);
    }
    if (time == NANOSECONDS_NEVER)
        return NANOSECONDS_NEVER;
    nanoseconds_t left = time_left(machine, time);
    return wall_in(left ? left + inplace_ahead(machine->inplace) : 0);
}

void machine_idled(struct machine *machine, nanoseconds_t since, nanoseconds_t until)
{
    nanoseconds_t wall = host_clock_now();
    if (machine->inplace)
        inplace_idled(machine->inplace, min_u64(wall, until) - min_u64(since, until));
    else
        guest_clock_idled(&machine->clock, until, wall, machine_cpu_time(machine));
}
