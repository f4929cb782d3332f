/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/report.h>

#include <stdlib.h>
#include <string.h>
#include <test.h>

#define US UINT64_C(1000000)

static void set(struct bench_column *column, unsigned run, const char *row, uint64_t median)
{
    column->runs[run][bench_row_find(row)] = (struct bench_figure){median, median, median};
    column->run_count = run + 1;
}

/* Linux, in-place and another, for a call across VSpaces. */
static void make(struct bench_figures *figures)
{
    CHECK(bench_figures_create(figures));
    strcpy(figures->machine, "some machine");
    set(bench_figures_add(figures, "linux"), 0, "futex-processes", 2 * US);
    set(bench_figures_add(figures, "in-place"), 0, "call-away-0", 5 * US);
    set(bench_figures_add(figures, "other"), 0, "call-away-0", 10 * US);
    set(&figures->columns[2], 1, "call-away-0", 12 * US);
    set(&figures->columns[2], 2, "call-away-0", 9 * US);
}

/* The line that begins with `start`, in a buffer that the next call uses. */
static const char *line_of(const char *text, const char *start)
{
    static char line[512];
    const char *place = strstr(text, start);

    CHECK(place != NULL);
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(place, "\n"), place);
    return line;
}

TEST(values_have_three_digits_and_a_unit)
{
    const struct {
        uint64_t value;
        const char *text;
        enum bench_unit unit;
    } cases[] = {
        {0, "0.00 ns", BENCH_NANOSECONDS},
        {17600, "17.6 ns", BENCH_NANOSECONDS},
        {999, "0.99 ns", BENCH_NANOSECONDS},
        {2200 * 1000, "2.20 us", BENCH_NANOSECONDS},
        {305000 * US / 1000, "305 us", BENCH_NANOSECONDS},
        {305000 * US, "305 ms", BENCH_NANOSECONDS},
        {US * US, "1.00 s", BENCH_NANOSECONDS},
        {5000 * US * US, "5000 s", BENCH_NANOSECONDS},
        {1000, "1.00 B", BENCH_BYTES},
        {UINT64_C(1536000) << 10, "1.50 MiB", BENCH_BYTES},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char text[BENCH_VALUE_BYTES];

        bench_value_text(cases[i].unit, cases[i].value, text);
        CHECK(strcmp(text, cases[i].text) == 0);
    }
}

TEST(the_table_has_medians_spreads_and_factors)
{
    struct bench_figures figures;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const char *line;

    make(&figures);
    strcpy(figures.columns[2].problem, "timeout, after: something");
    bench_report_table(&figures, BENCH_TEXT, out);
    fclose(out);
    CHECK(strncmp(text, "some machine\n", 13) == 0);
    line = line_of(text, "Call and ReplyRecv, two VSpaces");
    CHECK(strstr(line, "2.00 us +-0% ") != NULL);
    CHECK(strstr(line, "5.00 us +-0% x2.50 ") != NULL);
    CHECK(strstr(line, "10.0 us +-15% x5.00 ") != NULL);
    CHECK(strstr(line, " x2.00") != NULL);
    CHECK(strstr(text, "null system call") == NULL); /* nobody has measured it */
    CHECK(strstr(text, "other: timeout, after: something\n") != NULL);
    bench_figures_destroy(&figures);
    free(text);
}

TEST(a_table_in_markdown_has_as_many_cells_in_each_line)
{
    struct bench_figures figures;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    unsigned lines = 0;

    make(&figures);
    bench_report_table(&figures, BENCH_MARKDOWN, out);
    fclose(out);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        unsigned bars = 0;

        line += *line == '\n';
        for (size_t i = 0; i < strcspn(line, "\n"); i++) {
            bars += line[i] == '|';
        }
        if (line[0] == '|') {
            CHECK_EQ(bars, 6); /* title, Linux, the first, another and its factor */
            lines++;
        }
    }
    CHECK_EQ(lines, 4); /* head, rule, the call, and Linux's futexes */
    bench_figures_destroy(&figures);
    free(text);
}

TEST(the_plot_puts_letters_on_a_logarithmic_axis)
{
    struct bench_figures figures;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const char *axis, *line;
    size_t ten;

    make(&figures);
    bench_report_plot(&figures, out);
    fclose(out);
    CHECK(strncmp(text, "L: linux, a: in-place, b: other\n", 32) == 0);
    axis = strchr(text, '\n') + 1;
    ten = (size_t)(strstr(axis, "10us") - axis);
    line = line_of(text, "Call and ReplyRecv, two VSpaces");
    CHECK_EQ(line[ten], 'b');
    CHECK(strchr(line + 40, 'L') < strchr(line + 40, 'a'));
    CHECK(strchr(line + 40, 'a') < line + ten);
    CHECK_EQ(line[ten + 1], '-'); /* up to 12 us */
    bench_figures_destroy(&figures);
    free(text);
}

static unsigned compare(const struct bench_figures *before, const struct bench_figures *now,
                        const char *word)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const unsigned slower = bench_report_compare(before, now, 10, out);

    fclose(out);
    CHECK(strstr(line_of(text, "in-place"), word) != NULL);
    free(text);
    return slower;
}

TEST(a_comparison_names_what_is_slower_beyond_both_spreads)
{
    struct bench_figures before, now;

    make(&before);
    make(&now);
    CHECK_EQ(compare(&before, &now, "x1.00"), 0);
    set(&now.columns[1], 0, "call-away-0", 6 * US);
    CHECK_EQ(compare(&before, &now, "x1.20   slower"), 1);
    CHECK_EQ(compare(&now, &before, "x0.83   faster"), 0);
    set(&now.columns[1], 0, "call-away-0", 5 * US + US / 4); /* too little */
    CHECK_EQ(compare(&before, &now, "x1.05"), 0);
    set(&now.columns[1], 0, "call-away-0", 6 * US);
    now.columns[1].runs[0][bench_row_find("call-away-0")].least = 4 * US;
    CHECK_EQ(compare(&before, &now, "x1.20"), 0);
    bench_figures_destroy(&before);
    bench_figures_destroy(&now);
}
