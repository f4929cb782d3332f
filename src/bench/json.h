/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Figures as JSON, written and read: {"format": 1, "machine": TEXT, "columns": [{"name": TEXT,
 * "problem": TEXT, "runs": [{ROW: [MEDIAN, LEAST, MOST], ...}, ...]}, ...]}, in the row's
 * unit, nanoseconds or bytes.
 */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <bench/figures.h>

#include <stdio.h>

void bench_json_write(const struct bench_figures *figures, FILE *out);

/*
 * From `size` bytes of text, into created figures without columns. Rows that are not known are left
 * out. NULL, or what is wrong with the text.
 */
const char *bench_json_read(const char *text, size_t size, struct bench_figures *figures);

#endif
