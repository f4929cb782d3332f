/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is measured: one row per operation. Guests and the program of limits print each under its
 * name, as guests/bench/measure.h says.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <base/types.h>

#define BENCH_MAX_ROWS   96
#define BENCH_MAX_LIMITS 2

enum bench_unit { BENCH_NANOSECONDS, BENCH_BYTES };

struct bench_row {
    const char *name;
    const char *title;
    /* Rows whose sum, as bare Linux has it, is what this could cost at best. Unused ones: NULL. */
    const char *limits[BENCH_MAX_LIMITS];
    enum bench_unit unit;
};

extern const struct bench_row bench_rows[];
extern const unsigned bench_row_count;

/* The index of the row of that name, or bench_row_count. */
unsigned bench_row_find(const char *name);

#endif
