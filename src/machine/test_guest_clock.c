/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/guest_clock.h>
#include <test.h>

#define US UINT64_C(1000)
#define MS (1000 * US)
#define S  (1000 * MS)

#define START (77 * S) /* of the host's clock and, less, of the CPU's */

static struct guest_clock guest;

static void start(void)
{
    guest_clock_start(&guest, START, START / 2);
}

/* Both since the start. */
static void look(nanoseconds_t wall, nanoseconds_t used)
{
    guest_clock_look(&guest, START + wall, START / 2 + used);
}

static nanoseconds_t now(nanoseconds_t wall)
{
    return guest_clock_now(&guest, START + wall);
}

/* An idle guest waits for `time`; the wait ends `late` after it should. Returns when that is. */
static nanoseconds_t idle(nanoseconds_t time, nanoseconds_t late)
{
    nanoseconds_t until = guest_clock_wall_if_idle(&guest, time);
    guest_clock_idled(&guest, until, until + late, guest.used);
    return until + late - START;
}

TEST(guest_clock_is_real_time_where_nobody_else_runs)
{
    start();
    CHECK_EQ(now(0), 0);
    CHECK_EQ(now(100 * US), 100 * US);
    look(1 * MS, 1 * MS);
    CHECK_EQ(now(1 * MS + 5), 1 * MS + 5);
    CHECK_EQ(idle(3 * MS, 0), 3 * MS);
    CHECK_EQ(now(3 * MS), 3 * MS);
    CHECK_EQ(guest.behind, 0);
}

TEST(guest_clock_stands_still_for_a_debugger)
{
    start();
    look(1 * MS, 1 * MS);
    CHECK_EQ(now(1 * MS + 100 * US), 1 * MS + 100 * US); /* more than the next look would find */
    guest_clock_skip(&guest, START + 5 * S, START / 2 + 3 * S);
    CHECK_EQ(now(5 * S), 1 * MS + 100 * US);
    look(5 * S + 1 * MS, 3 * S + 1 * MS);
    CHECK_EQ(now(5 * S + 1 * MS), 2 * MS + 100 * US);
    CHECK_EQ(guest.behind, 0);
}

TEST(guest_clock_leaves_out_what_others_used)
{
    start();
    CHECK(!guest_clock_is_stale(&guest, START + GUEST_CLOCK_TRUST - 1));
    CHECK(guest_clock_is_stale(&guest, START + GUEST_CLOCK_TRUST));
    look(10 * MS, 2 * MS);
    CHECK_EQ(now(10 * MS), 2 * MS);
    look(20 * MS, 12 * MS);
    CHECK_EQ(now(20 * MS), 12 * MS);
    CHECK_EQ(guest.behind, 8 * MS);
    CHECK_EQ(guest_clock_wall_if_busy(&guest, 15 * MS), START + 23 * MS);
    CHECK_EQ(guest_clock_wall_if_busy(&guest, 1 * MS), START + 20 * MS);
    CHECK_EQ(guest_clock_wall_if_busy(&guest, NANOSECONDS_NEVER), NANOSECONDS_NEVER);
}

TEST(guest_clock_never_goes_back)
{
    start();
    CHECK_EQ(now(150 * US), 150 * US);
    look(200 * US, 50 * US);
    CHECK_EQ(now(200 * US), 150 * US);
    CHECK_EQ(guest.behind, 50 * US);
    look(300 * US, 400 * US); /* more than passed: two CPUs */
    CHECK_EQ(now(300 * US), 250 * US);
    CHECK_EQ(guest.behind, 50 * US);
}

TEST(guest_clock_makes_up_while_idle_at_twice_the_speed)
{
    start();
    look(10 * MS, 4 * MS); /* 6 behind */
    CHECK_EQ(idle(8 * MS, 0), 12 * MS);
    CHECK_EQ(now(12 * MS), 8 * MS);
    CHECK_EQ(guest.behind, 4 * MS);
    CHECK_EQ(idle(18 * MS, 0), 18 * MS); /* 4 in the first 8, then it is done */
    CHECK_EQ(now(18 * MS), 18 * MS);
    CHECK_EQ(guest.behind, 0);
    CHECK_EQ(guest_clock_wall_if_idle(&guest, NANOSECONDS_NEVER), NANOSECONDS_NEVER);
}

TEST(guest_clock_makes_up_until_it_is_woken)
{
    start();
    look(10 * MS, 4 * MS);
    guest_clock_idled(&guest, NANOSECONDS_NEVER, START + 13 * MS, guest.used);
    CHECK_EQ(now(13 * MS), 10 * MS);
    CHECK_EQ(guest.behind, 3 * MS);
}

TEST(guest_clock_does_not_count_a_late_end_of_a_wait)
{
    start();
    CHECK_EQ(idle(5 * MS, 3 * MS), 8 * MS);
    CHECK_EQ(now(8 * MS), 5 * MS);
    CHECK_EQ(guest.behind, 3 * MS);
    CHECK_EQ(idle(1 * MS, 7), 8 * MS + 7); /* what it waited for is past */
    CHECK_EQ(now(8 * MS + 7), 5 * MS);
}

TEST(guest_clock_charges_work_and_waits_for_it_while_idle)
{
    start();
    look(1 * MS, 1 * MS);
    guest_clock_charge(&guest, 3000 * GUEST_CLOCK_WORK_UNIT);
    CHECK_EQ(now(1 * MS), 4 * MS);
    look(2 * MS, 2 * MS);
    CHECK_EQ(now(2 * MS), 5 * MS);
    CHECK_EQ(guest.behind, -(int64_t)(3 * MS));
    CHECK_EQ(guest_clock_wall_if_idle(&guest, 6 * MS), START + 6 * MS);
    guest_clock_idled(&guest, START + 6 * MS, START + 4 * MS, guest.used);
    CHECK_EQ(now(4 * MS), 5 * MS); /* woken early: it stood still */
    CHECK_EQ(guest.behind, -(int64_t)(1 * MS));
    CHECK_EQ(idle(6 * MS, 0), 6 * MS);
    CHECK_EQ(now(6 * MS), 6 * MS);
    CHECK_EQ(guest.behind, 0);
}

TEST(guest_clock_goes_back_to_a_deadline_that_came_late_and_makes_up)
{
    start();
    CHECK_EQ(now(5 * MS + 60), 5 * MS + 60);
    look(5 * MS + 60, 5 * MS + 60);
    guest_clock_rewind(&guest, 5 * MS);
    CHECK_EQ(now(5 * MS + 60), 5 * MS);
    CHECK_EQ(guest.behind, 60);
    look(6 * MS, 6 * MS);
    CHECK_EQ(now(6 * MS), 6 * MS - 60);
    CHECK_EQ(idle(7 * MS, 0), 7 * MS);
    CHECK_EQ(guest.behind, 0);
}

TEST(guest_clock_stays_near_real_time)
{
    start();
    guest_clock_charge(&guest, 900000 * GUEST_CLOCK_WORK_UNIT);
    guest_clock_charge(&guest, 900000 * GUEST_CLOCK_WORK_UNIT);
    CHECK_EQ(now(0), 1800 * MS); /* all of it: guests measure what such work takes */
    CHECK_EQ(guest.behind, -GUEST_CLOCK_MAX_AHEAD);
    CHECK_EQ(idle(1 * S, 0), 1 * S);
    CHECK_EQ(now(1 * S), 1800 * MS);
    CHECK_EQ(idle(2 * S, 0), 1200 * MS);
    CHECK_EQ(now(1200 * MS), 2 * S);

    start();
    look(3600 * S, 1 * S); /* the machine was stopped for an hour */
    CHECK_EQ(now(3600 * S), 1 * S);
    CHECK_EQ(guest.behind, GUEST_CLOCK_MAX_BEHIND);
    CHECK_EQ(idle(31 * S, 0), 3620 * S);
    CHECK_EQ(guest.behind, 0);
}
