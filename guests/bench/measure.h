/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of a benchmark. Each is measured as so many samples, by the processor's counter, and printed
 * as
 *
 *     NAME   MEDIAN ns (LEAST ns to NINTH-TENTH ns)
 *
 * of one operation. `sel4emu bench` reads these lines and knows the names (src/bench/rows.c).
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "guest.h"

struct row {
    const char *name;
    /* What is measured: `operation`, as often in a row as makes one sample long enough ... */
    void (*operation)(void);
    /* ... or, if `prepare` comes before each sample, once, where it is `parts` operations itself.
     */
    void (*prepare)(void);
    unsigned parts;
    /* Or all in one: the cycles of a sample. */
    uint64_t (*sample)(void);
    /* Around all of the row; may be NULL. */
    void (*start)(void);
    void (*stop)(void);
    unsigned samples; /* 0: as many as there is room for */
};

static inline uint64_t counter(void)
{
    return __builtin_ia32_rdtsc();
}

/* Cycles in a microsecond, as the kernel says. */
uint64_t counter_frequency(void);

void measure_rows(const struct row *rows, unsigned count);

/* Files of rows: each makes what its rows need and measures them. */
void bench_calls(void);
void bench_ipc(void);
void bench_faults(void);
void bench_memory(void);
void bench_objects(void);
void bench_time(void);
void bench_footprint(void);

/* Of the timer, after bench_time(). */
void pause_milliseconds(unsigned time);

#endif
