/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sleeps for an hour: by the HPET, and on a kernel with MCS by the period of a scheduling context,
 * too. Then the clocks that a guest can read have to agree on how long that was. Nobody waits for
 * it in real time: `sel4emu --time=virtual`, or QEMU's -icount shift=auto,sleep=off.
 */
#include "hpet.h"
#include "thread.h"

#define HOUR UINT64_C(3600)

static struct hpet hpet;
static seL4_CPtr timer;

static uint64_t counter_now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* The time-stamp counter's, measured over a thousandth of a second. */
static uint64_t counter_frequency(void)
{
    const uint64_t counter = counter_now(), start = hpet_now(&hpet);
    const uint64_t length = hpet_frequency(&hpet) / 1000;

    while (hpet_now(&hpet) - start < length)
        continue;
    return (counter_now() - counter) * 1000;
}

/* Looks at it until a thousandth of a second has passed, and then at the HPET. */
static void wait_by_counter(void)
{
    const uint64_t length = counter_frequency() / 1000;
    const uint64_t counter = counter_now(), start = hpet_now(&hpet);

    while (counter_now() - counter < length)
        continue;
    const uint64_t microseconds = (hpet_now(&hpet) - start) * 1000000 / hpet_frequency(&hpet);
    print("the time-stamp counter, looked at for 1 ms: %s\n",
          microseconds >= 900 && microseconds < 1100 ? "1 ms" : "another time");
}

static void sleep_by_hpet(void)
{
    uint64_t until = hpet_now(&hpet) + HOUR * hpet_frequency(&hpet);

    if (!hpet_set(&hpet, until))
        print("the hour is over already\n");
    while (hpet_now(&hpet) < until) { /* what the pin had pending comes first */
        seL4_Wait(timer, NULL);
        hpet_acknowledge(&hpet);
    }
}

#ifdef CONFIG_KERNEL_MCS

static seL4_CPtr woken;

/* Gives up what is left of its budget: the next comes a period later. */
static void yield_once(void *unused)
{
    (void)unused;
    seL4_Yield();
    seL4_Signal(woken);
}

static void sleep_by_period(void)
{
    enum { BUDGET = 1000, MICROSECONDS = 1000000 };
    static struct thread sleeper;

    woken = object_new(seL4_NotificationObject, 0);
    thread_create(&sleeper, &(struct thread_options){
                                .name = "sleeper", .priority = 100, .entry = yield_once});
    must(seL4_SchedControl_ConfigureFlags(guest_boot_info->schedcontrol.start,
                                          sleeper.sched_context, BUDGET, HOUR * MICROSECONDS, 0, 0,
                                          0),
         "SchedControl_ConfigureFlags");
    thread_resume(&sleeper);
    seL4_Wait(woken, NULL);
}

#endif

/* How long that takes by one clock, and whether it does by the other, but for a hundredth. */
static void measure(const char *name, void (*sleep)(void))
{
    const uint64_t frequency = counter_frequency();
    const uint64_t counter = counter_now(), start = hpet_now(&hpet);

    sleep();
    const uint64_t by_hpet = (hpet_now(&hpet) - start) * 1000 / hpet_frequency(&hpet);
    const uint64_t by_counter = (counter_now() - counter) / (frequency / 1000);
    const uint64_t difference = by_hpet > by_counter ? by_hpet - by_counter : by_counter - by_hpet;
    print("%s: %lu s; the time-stamp counter %s\n", name, by_hpet / 1000,
          difference < HOUR * 10 ? "agrees" : "does not agree");
}

void guest_main(void)
{
    timer = object_new(seL4_NotificationObject, 0);
    hpet_create(&hpet, timer);
    wait_by_counter();
    measure("a timer of the HPET", sleep_by_hpet);
#ifdef CONFIG_KERNEL_MCS
    measure("a period of a scheduling context", sleep_by_period);
#endif
}
