/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/guest_clock.h>

#include <base/bits.h>

void guest_clock_start(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used)
{
    *clock = (struct guest_clock){.wall = wall, .used = used};
}

bool guest_clock_is_stale(const struct guest_clock *clock, nanoseconds_t wall)
{
    return wall - clock->wall >= GUEST_CLOCK_TRUST;
}

/* Real time is `wall` now, and `lived` of it was the guest's. */
static void advance(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used,
                    nanoseconds_t lived)
{
    nanoseconds_t passed = wall - clock->wall;

    lived = max_u64(lived, clock->told - min_u64(clock->told, clock->time));
    clock->time += lived;
    clock->behind += (int64_t)(passed - lived);
    if (clock->behind > GUEST_CLOCK_MAX_BEHIND)
        clock->behind = GUEST_CLOCK_MAX_BEHIND;
    clock->wall = wall;
    clock->used = used;
}

/* CPU time can be more than real time where machine and guest do not share a CPU. */
void guest_clock_look(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used)
{
    advance(clock, wall, used, min_u64(wall - clock->wall, used - clock->used));
}

void guest_clock_skip(struct guest_clock *clock, nanoseconds_t wall, nanoseconds_t used)
{
    clock->time = max_u64(clock->time, clock->told);
    clock->wall = wall;
    clock->used = used;
}

void guest_clock_rewind(struct guest_clock *clock, nanoseconds_t time)
{
    clock->behind += (int64_t)(clock->time - time);
    clock->time = time;
    clock->told = time;
}

void guest_clock_charge(struct guest_clock *clock, nanoseconds_t work)
{
    clock->time += work;
    clock->behind -= (int64_t)work;
    if (clock->behind < -GUEST_CLOCK_MAX_AHEAD)
        clock->behind = -GUEST_CLOCK_MAX_AHEAD;
}

nanoseconds_t guest_clock_now(struct guest_clock *clock, nanoseconds_t wall)
{
    clock->told = max_u64(clock->told, clock->time + (wall - clock->wall));
    return clock->told;
}

nanoseconds_t guest_clock_wall_if_busy(const struct guest_clock *clock, nanoseconds_t time)
{
    if (time == NANOSECONDS_NEVER)
        return NANOSECONDS_NEVER;
    return clock->wall + (time - min_u64(time, clock->time));
}

nanoseconds_t guest_clock_wall_if_idle(const struct guest_clock *clock, nanoseconds_t time)
{
    if (time == NANOSECONDS_NEVER)
        return NANOSECONDS_NEVER;
    nanoseconds_t left = time - min_u64(time, clock->time);
    if (clock->behind < 0)
        return clock->wall + left + (uint64_t)-clock->behind;
    return clock->wall + left - min_u64((uint64_t)clock->behind, left / 2);
}

void guest_clock_idled(struct guest_clock *clock, nanoseconds_t until, nanoseconds_t wall,
                       nanoseconds_t used)
{
    nanoseconds_t idle = min_u64(wall, until) - min_u64(clock->wall, until);

    if (clock->behind < 0)
        idle -= min_u64((uint64_t)-clock->behind, idle);
    else
        idle += min_u64((uint64_t)clock->behind, idle);
    advance(clock, wall, used, idle);
}
