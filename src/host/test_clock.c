/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <test.h>
#include <time.h>
#include <unistd.h>

#include <host/clock.h>
#include <host/host.h>

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
    (void)number;
    signals_seen++;
}

TEST(tsc_is_measured_in_whole_megahertz)
{
    unsigned first = host_tsc_finish(host_tsc_begin()).mhz;
    unsigned second = host_tsc_finish(host_tsc_begin()).mhz;

    CHECK(first > 100 && first < 10000);
    CHECK(first <= second + 5 && second <= first + 5);
}

TEST(cpu_time_is_that_of_work)
{
    nanoseconds_t thread[2], process[2];
    const struct timespec nap = {.tv_nsec = 20000000};

    CHECK_EQ(host_cpu_time_of_process(getpid(), &process[0]), 0); /* the wider span */
    CHECK_EQ(host_cpu_time_of_thread(&thread[0]), 0);
    nanosleep(&nap, NULL);
    do {
        CHECK_EQ(host_cpu_time_of_thread(&thread[1]), 0);
    } while (thread[1] - thread[0] < 3000000);
    CHECK_EQ(host_cpu_time_of_process(getpid(), &process[1]), 0);
    CHECK(process[1] - process[0] >= 3000000);
    CHECK(process[1] - process[0] < 20000000);
    CHECK_EQ(host_cpu_time_of_task(getpid(), getpid(), &process[1]), 0);
    CHECK(process[1] > 0);
    CHECK_EQ(host_cpu_time_of_task(getpid(), 0x3ffffffe, &process[1]), -ENOENT);
    CHECK_EQ(host_cpu_time_of_process(0x3ffffffe, &process[0]), -EINVAL);
}

TEST(deadline_sends_its_signal)
{
    struct host_deadline deadline;
    struct sigaction old;

    CHECK_EQ(host_sigaction(SIGUSR1, count_signal, &old), 0);
    if (!CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0))
        return;
    signals_seen = 0;
    uint64_t calls = host_call_count("timer_settime");
    nanoseconds_t when = host_clock_now() + 3000000;
    CHECK_EQ(host_deadline_set(&deadline, when), 0);
    CHECK_EQ(host_deadline_set(&deadline, when), 0);
    CHECK_EQ(host_call_count("timer_settime"), calls + 1);
    while (!signals_seen && host_clock_now() < when + 1000000000)
        usleep(20000);
    CHECK_EQ(signals_seen, 1);
    CHECK(host_clock_now() >= when);
    host_deadline_expired(&deadline);
    CHECK_EQ(host_deadline_set(&deadline, host_clock_now() + 1000000), 0);
    CHECK_EQ(host_deadline_set(&deadline, NANOSECONDS_NEVER), 0);
    usleep(3000);
    CHECK_EQ(signals_seen, 1);
    host_deadline_destroy(&deadline);
}
