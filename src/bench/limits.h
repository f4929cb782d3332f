/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bare Linux takes for what sel4emu makes of it, on one CPU. Each limit is a row, printed like
 * those of a guest.
 */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <base/types.h>

#define LIMIT_SAMPLES 101

/*
 * One limit: `operation`, many times in a row, or `sample`, which does it `parts` times and returns
 * the time that this took; a negative errno from start() leaves the row out.
 */
struct limit {
    const char *name;
    void (*operation)(void);
    nanoseconds_t (*sample)(void);
    unsigned parts;
    unsigned samples; /* 0: LIMIT_SAMPLES */
    int (*start)(void);
    void (*stop)(void);
};

/* For operations that cannot go on, with a negative errno: the row is left out, and all fails. */
void limits_fail(int error);

/* The tables of the files. */
extern const struct limit limits_calls[], limits_switches[], limits_memory[], limits_time[];
extern const unsigned limits_calls_count, limits_switches_count, limits_memory_count,
    limits_time_count;

/* Many threads, then many processes, with lines on `fd` that say how many there are now. */
int limits_footprint(int fd);

/*
 * Measures all of them and writes what a guest would, BENCH_FIRST_LINE to BENCH_LAST_LINE, to `fd`.
 * The process stays on one CPU. 0, or a negative errno.
 */
int limits_print(int fd);

#endif
