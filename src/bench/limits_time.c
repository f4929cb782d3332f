/* SPDX-License-Identifier: BSD-2-Clause */
/* How late Linux wakes who sleeps; and code that makes no calls. */
#include <base/bits.h>
#include <bench/compute.h>
#include <bench/limits.h>
#include <host/clock.h>
#include <host/host.h>

#define AHEAD       1000000u /* nanoseconds */
#define A_SECOND_NS UINT64_C(1000000000)

static nanoseconds_t lateness(void)
{
    const nanoseconds_t wanted = host_clock_now() + AHEAD;
    const struct timespec time = {.tv_sec = (time_t)(wanted / A_SECOND_NS),
                                  .tv_nsec = (long)(wanted % A_SECOND_NS)};
    nanoseconds_t now;

    host_clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    now = host_clock_now();
    return now > wanted ? now - wanted : 0;
}

static void compute(void)
{
    static struct compute_memory memory;

    compute_pass(&memory);
}

const struct limit limits_time[] = {
    {.name = "timer", .sample = lateness, .parts = 1, .samples = 51},
    {.name = "compute", .operation = compute, .samples = 21},
};
const unsigned limits_time_count = ARRAY_LENGTH(limits_time);
