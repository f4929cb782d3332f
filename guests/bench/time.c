/* SPDX-License-Identifier: BSD-2-Clause */
/* From the time that a timer was set for to its handler; and code that makes no calls. */
#include "either.h"
#include "hpet.h"
#include "measure.h"

#include <bench/compute.h>

static struct hpet hpet;
static seL4_CPtr interrupt;
static uint64_t hpet_per_second;

static void device_read(void)
{
    hpet_now(&hpet);
}

/*
 * How late the handler is, in cycles, by the timer's own clock: it need not run as the processor's
 * counter does. The reading lies amid the access, half of which is taken off again.
 */
static uint64_t lateness(void)
{
    uint64_t ahead = hpet_per_second >> 10, wanted, before, now, access, late;

    /* on a slow machine that time may have passed before it is set */
    for (wanted = hpet_now(&hpet) + ahead; !hpet_set(&hpet, wanted); ahead *= 2)
        wanted = hpet_now(&hpet) + ahead;
    do { /* ... and its interrupt may have come all the same */
        signal_wait(interrupt);
        before = counter();
        now = hpet_now(&hpet);
        access = counter() - before;
        hpet_acknowledge(&hpet);
    } while (now < wanted);
    late = now <= wanted ? 0
                         : (now - wanted) * (counter_frequency() * 1000) / (hpet_per_second / 1000);
    return late > access / 2 ? late - access / 2 : 0;
}

void pause_milliseconds(unsigned time)
{
    const uint64_t until = hpet_now(&hpet) + hpet_per_second * time / 1000;

    if (!hpet_set(&hpet, until))
        return;
    while (hpet_now(&hpet) < until) {
        signal_wait(interrupt);
        hpet_acknowledge(&hpet);
    }
}

static void compute(void)
{
    static struct compute_memory memory;

    compute_pass(&memory);
}

void bench_time(void)
{
    static const struct row rows[] = {
        {.name = "device-read", .operation = device_read},
        {.name = "timer", .sample = lateness, .samples = 51},
        {.name = "compute", .operation = compute, .samples = 21},
    };

    interrupt = object_new(seL4_NotificationObject, 0);
    hpet_create(&hpet, interrupt);
    hpet_per_second = hpet_frequency(&hpet);
    measure_rows(rows, ARRAY_LENGTH(rows));
}
