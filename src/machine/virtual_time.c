/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual time (docs/time.md): a function of the guest and the seed. It goes on with kernel entries
 * and where every thread waits. Only guest code that does not enter the kernel has to be measured.
 */
#include <machine/state.h>

#include <base/bits.h>
#include <runtime/clock.h>

/* CPU time without a kernel entry; of a thread that has used that up, each time after. */
#define SPIN_TIME      UINT64_C(20000000)
#define SPIN_TIME_MORE UINT64_C(2000000)
/*
 * How often the machine looks; in a run that does not repeat anyway. What passes between two looks
 * counts as no more than one period: where a hypervisor stops a processor, what ran there is
 * charged.
 */
#define LOOK_PERIOD      UINT64_C(10000000)
#define LOOK_PERIOD_LESS UINT64_C(2000000)

/* One count is one nanosecond. */
#define VIRTUAL_TSC_MHZ 1000

/* 2026-01-01 00:00:00 UTC */
#define VIRTUAL_EPOCH INT64_C(1767225600)

static struct tsc virtual_start(struct machine *machine)
{
    uint64_t seed = machine->options->seed;
    if (machine->inplace)
        inplace_set_virtual_clock(machine->inplace, seed);
    else
        machine->virtual_time.clock = runtime_clock_virtual(seed);
    return (struct tsc){.mhz = VIRTUAL_TSC_MHZ};
}

static nanoseconds_t virtual_now(struct machine *machine)
{
    if (machine->inplace)
        return inplace_now(machine->inplace);
    return runtime_clock_now(&machine->virtual_time.clock);
}

/* Nothing makes it go on while a debugger has the guest. */
static void stand_still(struct machine *machine)
{
    (void)machine;
}

/* In place the runtime does that. */
static void virtual_worked(struct machine *machine, unsigned units)
{
    runtime_clock_charge(&machine->virtual_time.clock, units);
}

static void virtual_entered(struct machine *machine)
{
    if (machine->inplace)
        inplace_enter_virtual(machine->inplace);
    else
        runtime_clock_enter(&machine->virtual_time.clock);
}

static void go_on_to(struct machine *machine, nanoseconds_t time)
{
    nanoseconds_t to = min_u64(time, RUNTIME_CLOCK_VIRTUAL_ROOM);
    if (machine->inplace)
        inplace_go_on_to(machine->inplace, to);
    else
        machine->virtual_time.clock.time +=
            max_u64(to, virtual_now(machine)) - virtual_now(machine);
}

static void see(struct machine *machine, nanoseconds_t now)
{
    machine->virtual_time.seen = now;
    machine->virtual_time.used = machine_guest_cpu_time(machine);
    machine->virtual_time.spent = 0;
}

/* Time moves in the kernel alone. Nothing has to come of it where there is no time to go on to. */
static bool virtual_spins(struct machine *machine, nanoseconds_t next, bool has_spun)
{
    struct virtual_time *time = &machine->virtual_time;
    nanoseconds_t now = virtual_now(machine);
    if (next == NANOSECONDS_NEVER)
        return false;
    if (now != time->seen) {
        see(machine, now);
        return false;
    }
    nanoseconds_t used = machine_guest_cpu_time(machine);
    time->spent += min_u64(used - time->used, LOOK_PERIOD);
    time->used = used;
    return time->spent >= (has_spun ? SPIN_TIME_MORE : SPIN_TIME);
}

static bool virtual_stopped(struct machine *machine, nanoseconds_t next, bool has_spun)
{
    struct machine_report *report = machine->report;
    if (!virtual_spins(machine, next, has_spun))
        return false;
    if (report->spins++ == 0)
        report->first_spin = virtual_now(machine);
    go_on_to(machine, next);
    see(machine, virtual_now(machine));
    return true;
}

static nanoseconds_t virtual_wall_if_busy(struct machine *machine, nanoseconds_t time)
{
    struct virtual_time *state = &machine->virtual_time;
    nanoseconds_t wall = host_clock_now();
    (void)time;
    if (wall >= state->look_at)
        state->look_at = wall + (machine->report->spins ? LOOK_PERIOD_LESS : LOOK_PERIOD);
    return state->look_at;
}

/* It is `time` now. */
static nanoseconds_t virtual_wall_if_idle(struct machine *machine, nanoseconds_t time)
{
    if (time == NANOSECONDS_NEVER)
        return NANOSECONDS_NEVER;
    go_on_to(machine, time);
    return host_clock_now();
}

static void virtual_idled(struct machine *machine, nanoseconds_t until)
{
    (void)machine;
    (void)until;
}

static nanoseconds_t virtual_event_at(struct machine *machine)
{
    return bus_next_event(machine->pc->bus);
}

static int64_t virtual_epoch(void)
{
    return VIRTUAL_EPOCH;
}

const struct machine_time_ops machine_virtual_time = {
    .traps_tsc = true,
    .start = virtual_start,
    .now = virtual_now,
    .freeze = stand_still,
    .thaw = stand_still,
    .worked = virtual_worked,
    .entered = virtual_entered,
    .stopped = virtual_stopped,
    .spins = virtual_spins,
    .wall_if_busy = virtual_wall_if_busy,
    .wall_if_idle = virtual_wall_if_idle,
    .idled = virtual_idled,
    .look = stand_still,
    .event_at = virtual_event_at,
    .epoch = virtual_epoch,
};
