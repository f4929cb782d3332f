/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: the host's monotonic clock, the frequency of its time-stamp counter, a deadline timer. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include <base/types.h>

/* Nanoseconds of CLOCK_MONOTONIC. Async-signal-safe, cannot fail. */
nanoseconds_t host_clock_now(void);

/*
 * CPU time of the calling thread, or of all threads of another process, those that have ended
 * included. Negative errno: -EINVAL if there is no such process.
 */
int host_cpu_time_of_thread(nanoseconds_t *ret_time);
int host_cpu_time_of_process(int pid, nanoseconds_t *ret_time);
/* Of one thread of any process, from /proc. */
int host_cpu_time_of_task(int pid, int tid, nanoseconds_t *ret_time);

/*
 * The frequency of the time-stamp counter, between two samples at least 2 ms apart:
 * host_tsc_begin() takes the first, host_tsc_finish() the second, sleeping only for what is missing
 * of the 2 ms, so a program that starts has its other work done in between.
 */
struct host_tsc_sample {
    uint64_t counter;
    nanoseconds_t time;
};
struct host_tsc_rate {
    unsigned mhz;        /* rounded */
    uint64_t multiplier; /* nanoseconds a cycle, times 2^32 */
};
struct host_tsc_sample host_tsc_begin(void);
struct host_tsc_rate host_tsc_finish(struct host_tsc_sample first);

/* Sends `signal` to the thread that created it once the time has come. */
struct host_deadline {
    int timer;
    volatile nanoseconds_t time; /* as set; NANOSECONDS_NEVER: not set */
};
int host_deadline_create(int signal, struct host_deadline *ret_deadline);
/* time: of host_clock_now(); NANOSECONDS_NEVER stops it. Makes no call if nothing changes. */
int host_deadline_set(struct host_deadline *deadline, nanoseconds_t time);
/* It has fired: setting the same time again is a change. Async-signal-safe. */
void host_deadline_expired(struct host_deadline *deadline);
void host_deadline_destroy(struct host_deadline *deadline);

#endif
