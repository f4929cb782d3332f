/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/samples.h>
#include <bench/figures.h>
#include <host/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST (UINT64_C(1) << 58) /* picoseconds: three days */

bool bench_figures_create(struct bench_figures *ret_figures)
{
    struct bench_column *columns = host_allocate(BENCH_MAX_COLUMNS, sizeof(*columns));

    if (columns == NULL) {
        return false;
    }
    *ret_figures = (struct bench_figures){.columns = columns};
    return true;
}

void bench_figures_destroy(struct bench_figures *figures)
{
    free(figures->columns);
    figures->columns = NULL;
}

struct bench_column *bench_figures_add(struct bench_figures *figures, const char *name)
{
    struct bench_column *column;

    if (figures->column_count == BENCH_MAX_COLUMNS) {
        return NULL;
    }
    column = &figures->columns[figures->column_count++];
    snprintf(column->name, sizeof(column->name), "%s", name);
    return column;
}

const struct bench_column *bench_figures_find(const struct bench_figures *figures, const char *name)
{
    for (unsigned i = 0; i < figures->column_count; i++) {
        if (strcmp(figures->columns[i].name, name) == 0) {
            return &figures->columns[i];
        }
    }
    return NULL;
}

bool bench_column_row(const struct bench_column *column, unsigned row,
                      struct bench_figure *ret_figure)
{
    uint64_t medians[BENCH_MAX_RUNS];
    unsigned count = 0;

    for (unsigned run = 0; run < column->run_count; run++) {
        if (column->runs[run][row].median != 0) {
            *ret_figure = column->runs[run][row];
            medians[count++] = ret_figure->median;
        }
    }
    if (count > 1) {
        samples_sort(medians, count);
        *ret_figure = (struct bench_figure){
            .median = samples_quantile(medians, count, 50),
            .least = medians[0],
            .most = medians[count - 1],
        };
    }
    return count > 0;
}

bool bench_figures_limit(const struct bench_figures *figures, unsigned row,
                         struct bench_figure *ret_figure)
{
    struct bench_figure sum = {0};

    if (figures->column_count == 0) {
        return false;
    }
    for (unsigned i = 0; i < BENCH_MAX_LIMITS && bench_rows[row].limits[i] != NULL; i++) {
        struct bench_figure limit;

        if (!bench_column_row(&figures->columns[BENCH_COLUMN_LINUX],
                              bench_row_find(bench_rows[row].limits[i]), &limit)) {
            return false;
        }
        sum.median += limit.median;
        sum.least += limit.least;
        sum.most += limit.most;
    }
    if (sum.median == 0) {
        return false;
    }
    *ret_figure = sum;
    return true;
}

/* "17.6 ns" -> 17600; the place behind it, or NULL. */
static const char *parse_time(const char *text, uint64_t *ret_time)
{
    static const char unit[] = " ns";
    const char *place = text;
    uint64_t time = 0, parts = 1000;

    for (; *place >= '0' && *place <= '9' && time < LONGEST; place++) {
        time = time * 10 + (uint64_t)(*place - '0') * 1000;
    }
    if (place == text) {
        return NULL;
    }
    if (*place == '.') {
        for (place++; *place >= '0' && *place <= '9'; place++) {
            parts /= 10;
            time += (uint64_t)(*place - '0') * parts;
        }
    }
    if (strncmp(place, unit, sizeof(unit) - 1) != 0) {
        return NULL;
    }
    *ret_time = time;
    return place + sizeof(unit) - 1;
}

/* The place behind `word` where `text` begins with it, or NULL; NULL stays NULL. */
static const char *skip(const char *text, const char *word)
{
    const size_t length = strlen(word);

    return text != NULL && strncmp(text, word, length) == 0 ? text + length : NULL;
}

unsigned bench_figure_parse(const char *line, struct bench_figure *ret_figure)
{
    struct bench_figure figure;
    char name[BENCH_NAME_BYTES];
    int length = 0;
    unsigned row;
    const char *rest;

    if (sscanf(line, "%31[a-z0-9-] %n", name, &length) != 1 || length == 0) {
        return bench_row_count;
    }
    row = bench_row_find(name);
    rest = skip(parse_time(line + length, &figure.median), " (");
    rest = rest == NULL ? NULL : skip(parse_time(rest, &figure.least), " to ");
    rest = rest == NULL ? NULL : skip(parse_time(rest, &figure.most), ")");
    if (row == bench_row_count || rest == NULL) {
        return bench_row_count;
    }
    *ret_figure = figure;
    return row;
}
