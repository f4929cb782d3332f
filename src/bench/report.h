/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures as text for people: a table and a plot, on a stream. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <bench/figures.h>

#include <stdio.h>

/*
 * One line per row, one column per column: the median, half the spread in percent of it, and how
 * many times the row's limit that is. Columns of QEMU's come with a factor to the first one after
 * Linux. Problems stand below.
 */
enum bench_style { BENCH_TEXT, BENCH_MARKDOWN };
void bench_report_table(const struct bench_figures *figures, enum bench_style style, FILE *out);

/* Times on a logarithmic axis: the medians as letters, the spread as a line. */
void bench_report_plot(const struct bench_figures *figures, FILE *out);

/*
 * Each row of each column that both have: before, now, the factor; and the factor of the distances
 * to the limits, which holds across machines. `noticed` percent and more, with the spreads apart,
 * is called slower or faster; returns how many rows are slower.
 */
unsigned bench_report_compare(const struct bench_figures *before, const struct bench_figures *now,
                              unsigned noticed, FILE *out);

/* "17.6 ns", "2.20 us", "305 ms"; "1.50 MiB": three digits. */
#define BENCH_VALUE_BYTES 24
void bench_value_text(enum bench_unit unit, uint64_t value, char ret_text[BENCH_VALUE_BYTES]);

#endif
