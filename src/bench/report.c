/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/report.h>

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* a / b with three digits: "1.23", "12.3", "123"; b is not 0. */
static void quotient_text(uint64_t a, uint64_t b, char ret_text[BENCH_VALUE_BYTES])
{
    const uint64_t whole = a / b, left = a % b;
    /* hundredths of what is left; large values lose nothing that is shown */
    const uint64_t hundredths = b > UINT64_MAX / 100 ? left / (b / 100) : left * 100 / b;

    if (whole < 10) {
        snprintf(ret_text, BENCH_VALUE_BYTES, "%" PRIu64 ".%02" PRIu64, whole, hundredths);
    } else if (whole < 100) {
        snprintf(ret_text, BENCH_VALUE_BYTES, "%" PRIu64 ".%" PRIu64, whole, hundredths / 10);
    } else {
        snprintf(ret_text, BENCH_VALUE_BYTES, "%" PRIu64, whole);
    }
}

/* Units in thousandths of the smallest, largest first; shown with it from one on. */
struct scale {
    const char *name;
    uint64_t size;
};
#define MAX_SCALES 4
static const struct scale scales[][MAX_SCALES] = {
    [BENCH_NANOSECONDS] = {{"s", UINT64_C(1000000000000)},
                           {"ms", UINT64_C(1000000000)},
                           {"us", UINT64_C(1000000)},
                           {"ns", UINT64_C(1000)}},
    [BENCH_BYTES] = {{"GiB", UINT64_C(1000) << 30},
                     {"MiB", UINT64_C(1000) << 20},
                     {"KiB", UINT64_C(1000) << 10},
                     {"B", UINT64_C(1000)}},
};

void bench_value_text(enum bench_unit unit, uint64_t value, char ret_text[BENCH_VALUE_BYTES])
{
    const struct scale *scale = scales[unit];
    char number[BENCH_VALUE_BYTES];

    while (scale < &scales[unit][MAX_SCALES - 1] && value < scale->size) {
        scale++;
    }
    quotient_text(value, scale->size, number);
    snprintf(ret_text, BENCH_VALUE_BYTES, "%.16s %s", number, scale->name);
}

/* --- the table ------------------------------------------------------------------------------- */

#define TITLE_WIDTH 41
#define CELL_WIDTH  24

/* Half of the spread, in percent of the median. */
static unsigned spread_of(const struct bench_figure *figure)
{
    return (unsigned)((figure->most - figure->least) * 50 / figure->median);
}

static void cell_text(unsigned row, const struct bench_figure *figure, uint64_t limit, char *text,
                      size_t size)
{
    char value[BENCH_VALUE_BYTES], factor[BENCH_VALUE_BYTES] = "";

    bench_value_text(bench_rows[row].unit, figure->median, value);
    if (limit != 0) {
        quotient_text(figure->median, limit, factor);
    }
    snprintf(text, size, "%8s +-%u%%%s%s", value, spread_of(figure), limit != 0 ? " x" : "",
             factor);
}

/* Linux's own column has a row's limit where it has not the row itself. */
static bool find_figure(const struct bench_figures *figures, unsigned column, unsigned row,
                        struct bench_figure *ret_figure)
{
    return bench_column_row(&figures->columns[column], row, ret_figure) ||
           (column == BENCH_COLUMN_LINUX && bench_figures_limit(figures, row, ret_figure));
}

static bool is_measured(const struct bench_figures *figures, unsigned row)
{
    struct bench_figure figure;

    for (unsigned i = 0; i < figures->column_count; i++) {
        if (bench_column_row(&figures->columns[i], row, &figure)) {
            return true;
        }
    }
    return false;
}

/* A line that is put together; what it ends in is no white space. */
struct line {
    char text[1024];
    size_t length;
};

static void line_add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void line_add(struct line *line, const char *format, ...)
{
    const size_t room = sizeof(line->text) - line->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    line->length += length < (int)room ? (size_t)length : room - 1;
}

static void line_print(struct line *line, FILE *out)
{
    while (line->length > 0 && line->text[line->length - 1] == ' ') {
        line->length--;
    }
    fprintf(out, "%.*s\n", (int)line->length, line->text);
}

/* What stands around cells; widths stay, for who reads the source of either. */
struct frame {
    const char *begin, *between, *end;
    bool has_rule; /* below the head */
};

static const struct frame frames[] = {
    [BENCH_TEXT] = {"", " ", "", false},
    [BENCH_MARKDOWN] = {"| ", " | ", " |", true},
};

static void print_row(const struct bench_figures *figures, unsigned row, const struct frame *frame,
                      FILE *out)
{
    struct bench_figure limit = {0}, first = {0}, figure;
    struct line line = {0};

    bench_figures_limit(figures, row, &limit);
    if (figures->column_count > BENCH_COLUMN_FIRST) {
        bench_column_row(&figures->columns[BENCH_COLUMN_FIRST], row, &first);
    }
    line_add(&line, "%s%-*s", frame->begin, TITLE_WIDTH, bench_rows[row].title);
    for (unsigned i = 0; i < figures->column_count; i++) {
        char cell[64] = "-", factor[BENCH_VALUE_BYTES] = "";

        if (find_figure(figures, i, row, &figure)) {
            cell_text(row, &figure, i == BENCH_COLUMN_LINUX ? 0 : limit.median, cell, sizeof(cell));
            if (i > BENCH_COLUMN_FIRST && first.median != 0) {
                quotient_text(figure.median, first.median, factor);
            }
        }
        line_add(&line, "%s%-*s", frame->between, CELL_WIDTH, cell);
        if (i > BENCH_COLUMN_FIRST) {
            line_add(&line, "%s%s%-6s", frame->between, factor[0] == '\0' ? " " : "x", factor);
        }
    }
    line_add(&line, "%s", frame->end);
    line_print(&line, out);
}

static void print_head(const struct bench_figures *figures, const struct frame *frame, FILE *out)
{
    struct line line = {0}, rule = {0};

    fprintf(out, "%s\n\n", figures->machine);
    line_add(&line, "%s%-*s", frame->begin, TITLE_WIDTH, "");
    line_add(&rule, "|---|");
    for (unsigned i = 0; i < figures->column_count; i++) {
        line_add(&line, "%s%-*s", frame->between, CELL_WIDTH, figures->columns[i].name);
        line_add(&rule, "---|");
        if (i > BENCH_COLUMN_FIRST) {
            line_add(&line, "%s%-7s", frame->between, "");
            line_add(&rule, "---|");
        }
    }
    line_add(&line, "%s", frame->end);
    line_print(&line, out);
    if (frame->has_rule) {
        line_print(&rule, out);
    }
}

void bench_report_table(const struct bench_figures *figures, enum bench_style style, FILE *out)
{
    print_head(figures, &frames[style], out);
    for (unsigned row = 0; row < bench_row_count; row++) {
        if (is_measured(figures, row)) {
            print_row(figures, row, &frames[style], out);
        }
    }
    fprintf(
        out,
        "\nMedians; half the spread of the runs' medians (of one run: of its samples) in percent "
        "of it;\nhow many times the limit, which stands in the first column.%s%s\n",
        figures->column_count > BENCH_COLUMN_FIRST + 1 ? " Behind further columns: how many times "
                                                       : "",
        figures->column_count > BENCH_COLUMN_FIRST + 1 ? figures->columns[BENCH_COLUMN_FIRST].name
                                                       : "");
    for (unsigned i = 0; i < figures->column_count; i++) {
        if (figures->columns[i].problem[0] != '\0') {
            fprintf(out, "%s: %s\n", figures->columns[i].name, figures->columns[i].problem);
        }
    }
}

/* --- the plot -------------------------------------------------------------------------------- */

#define PLOT_DECADES 9 /* from a nanosecond to a second */
#define PLOT_DECADE  8 /* characters */
#define PLOT_WIDTH   (PLOT_DECADES * PLOT_DECADE + 1)

/* Where a time lies: each character is a factor of 10^(1/PLOT_DECADE). */
static unsigned plot_place(uint64_t picoseconds)
{
    /* 1000 * 10^((2n + 1) / 16): a decade from 1 ns on, between its characters */
    static const uint64_t bounds[PLOT_DECADE] = {1155, 1540, 2054, 2738, 3652, 4870, 6494, 8660};
    unsigned place = 0;

    for (; picoseconds >= 10000; picoseconds /= 10) {
        place += PLOT_DECADE;
    }
    for (unsigned i = 0; i < PLOT_DECADE && picoseconds >= bounds[i]; i++) {
        place++;
    }
    return place < PLOT_WIDTH ? place : PLOT_WIDTH - 1;
}

/* Those of a column: "L" for Linux, then "a", "b", ... */
static char plot_letter(unsigned column)
{
    return column == BENCH_COLUMN_LINUX ? 'L' : (char)('a' + column - 1);
}

static void plot_row(const struct bench_figures *figures, unsigned row, FILE *out)
{
    char line[PLOT_WIDTH + 1];
    struct bench_figure figure;

    memset(line, ' ', PLOT_WIDTH);
    line[PLOT_WIDTH] = '\0';
    for (unsigned i = 0; i < PLOT_WIDTH; i += PLOT_DECADE) {
        line[i] = '.';
    }
    for (unsigned i = 0; i < figures->column_count; i++) {
        if (find_figure(figures, i, row, &figure)) {
            const unsigned last = plot_place(figure.most);

            for (unsigned place = plot_place(figure.least); place <= last; place++) {
                line[place] = '-';
            }
        }
    }
    for (unsigned i = figures->column_count; i-- > 0;) { /* the first is on top */
        if (find_figure(figures, i, row, &figure)) {
            line[plot_place(figure.median)] = plot_letter(i);
        }
    }
    fprintf(out, "%-*s %s\n", TITLE_WIDTH, bench_rows[row].title, line);
}

void bench_report_plot(const struct bench_figures *figures, FILE *out)
{
    static const char *const decades[] = {"1ns",   "10ns", "100ns", "1us",  "10us",
                                          "100us", "1ms",  "10ms",  "100ms"};

    for (unsigned i = 0; i < figures->column_count; i++) {
        fprintf(out, "%s%c: %s", i == 0 ? "" : ", ", plot_letter(i), figures->columns[i].name);
    }
    fprintf(out, "\n%-*s ", TITLE_WIDTH, "");
    for (unsigned i = 0; i < PLOT_DECADES; i++) {
        fprintf(out, "%-*s", PLOT_DECADE, decades[i]);
    }
    fputc('\n', out);
    for (unsigned row = 0; row < bench_row_count; row++) {
        if (bench_rows[row].unit == BENCH_NANOSECONDS && is_measured(figures, row)) {
            plot_row(figures, row, out);
        }
    }
}

/* --- against a baseline ---------------------------------------------------------------------- */

/* -1 faster, 1 slower, 0 neither: the spreads meet, or the difference is too small to be noticed.
 */
static int verdict_of(const struct bench_figure *before, const struct bench_figure *now,
                      unsigned noticed)
{
    if (now->least > before->most && now->median * 100 >= before->median * (100 + noticed)) {
        return 1;
    }
    if (now->most < before->least && before->median * 100 >= now->median * (100 + noticed)) {
        return -1;
    }
    return 0;
}

#define MILLION 1000000

/* How many times as far from the limits of its own run; "" where there are none. */
static void by_limits_text(const struct bench_figures *before, const struct bench_figures *now,
                           unsigned row, uint64_t old, uint64_t recent, char *text)
{
    struct bench_figure old_limit, new_limit;

    text[0] = '\0';
    if (bench_figures_limit(before, row, &old_limit) && bench_figures_limit(now, row, &new_limit)) {
        /* in millionths, as products of picoseconds would not fit */
        const uint64_t was = old * MILLION / old_limit.median;

        if (was != 0) {
            quotient_text(recent * MILLION / new_limit.median, was, text);
        }
    }
}

static unsigned compare_column(const struct bench_figures *before, const struct bench_figures *now,
                               const struct bench_column *old_column,
                               const struct bench_column *column, unsigned noticed, FILE *out)
{
    static const char *const words[] = {"faster", "", "slower"};
    unsigned slower = 0;

    for (unsigned row = 0; row < bench_row_count; row++) {
        char values[2][BENCH_VALUE_BYTES], factor[BENCH_VALUE_BYTES], by_limits[BENCH_VALUE_BYTES];
        struct bench_figure old, recent;

        if (bench_column_row(old_column, row, &old) && bench_column_row(column, row, &recent)) {
            const int verdict = verdict_of(&old, &recent, noticed);
            struct line line = {0};

            bench_value_text(bench_rows[row].unit, old.median, values[0]);
            bench_value_text(bench_rows[row].unit, recent.median, values[1]);
            quotient_text(recent.median, old.median, factor);
            by_limits_text(before, now, row, old.median, recent.median, by_limits);
            line_add(&line, "%-12s %-*s %9s %9s  x%-6s %-9s %s%s", column->name, TITLE_WIDTH,
                     bench_rows[row].title, values[0], values[1], factor, words[verdict + 1],
                     by_limits[0] == '\0' ? "" : "by limits x", by_limits);
            line_print(&line, out);
            slower += verdict > 0;
        }
    }
    return slower;
}

unsigned bench_report_compare(const struct bench_figures *before, const struct bench_figures *now,
                              unsigned noticed, FILE *out)
{
    unsigned slower = 0;

    for (unsigned i = 0; i < now->column_count; i++) {
        const struct bench_column *old = bench_figures_find(before, now->columns[i].name);

        if (old != NULL) {
            slower += compare_column(before, now, old, &now->columns[i], noticed, out);
        }
    }
    return slower;
}
