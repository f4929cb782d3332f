/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was measured, and what the runs come to: in thousandths of a row's unit, that is in
 * picoseconds or thousandths of a byte.
 */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <bench/rows.h>

#define BENCH_MAX_RUNS      100
#define BENCH_MAX_COLUMNS   16
#define BENCH_NAME_BYTES    32
#define BENCH_PROBLEM_BYTES 320

/* Of the samples of a run, or of the runs' medians. median 0: not measured. */
struct bench_figure {
    uint64_t median, least, most;
};

struct bench_column {
    char name[BENCH_NAME_BYTES];
    unsigned run_count;
    char problem[BENCH_PROBLEM_BYTES]; /* why there are no more runs; "": none */
    struct bench_figure runs[BENCH_MAX_RUNS][BENCH_MAX_ROWS];
};

/* The first column is bare Linux, where the limits come from; the second is what is measured. */
struct bench_figures {
    char machine[BENCH_PROBLEM_BYTES]; /* what it ran on, a line */
    unsigned column_count;
    struct bench_column *columns; /* BENCH_MAX_COLUMNS */
};
enum { BENCH_COLUMN_LINUX, BENCH_COLUMN_FIRST };

/* Zeroed, without columns. False: no memory. */
bool bench_figures_create(struct bench_figures *ret_figures);
void bench_figures_destroy(struct bench_figures *figures);

/* A new column, or NULL if there is no room. */
struct bench_column *bench_figures_add(struct bench_figures *figures, const char *name);
/* The column of that name, or NULL. */
const struct bench_column *bench_figures_find(const struct bench_figures *figures,
                                              const char *name);

/*
 * What the runs come to: of several the median, the least and the largest of their medians; of one
 * what it has itself. False if none has measured the row.
 */
bool bench_column_row(const struct bench_column *column, unsigned row,
                      struct bench_figure *ret_figure);

/* The sum of the row's limits; false if it has none, or they were not measured. */
bool bench_figures_limit(const struct bench_figures *figures, unsigned row,
                         struct bench_figure *ret_figure);

/* What a guest prints around its rows. */
#define BENCH_FIRST_LINE "bench"
#define BENCH_LAST_LINE  "bench: end"

/*
 * Takes a line of a guest into *ret_figure: NAME MEDIAN ns (LEAST ns to MOST ns). The row, or
 * bench_row_count if the line is none or its row is not known.
 */
unsigned bench_figure_parse(const char *line, struct bench_figure *ret_figure);

#endif
