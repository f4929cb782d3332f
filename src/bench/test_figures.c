/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/figures.h>

#include <string.h>
#include <test.h>

static void set(struct bench_column *column, const char *row, uint64_t median)
{
    const unsigned index = bench_row_find(row);

    CHECK(index < bench_row_count);
    column->runs[column->run_count][index] =
        (struct bench_figure){.median = median, .least = median - 1, .most = median + 2};
}

TEST(every_row_is_found_by_its_name_and_has_limits_that_are_rows)
{
    for (unsigned i = 0; i < bench_row_count; i++) {
        CHECK_EQ(bench_row_find(bench_rows[i].name), i);
        CHECK(strlen(bench_rows[i].name) < BENCH_NAME_BYTES);
        for (unsigned j = 0; j < BENCH_MAX_LIMITS && bench_rows[i].limits[j] != NULL; j++) {
            CHECK(bench_row_find(bench_rows[i].limits[j]) < bench_row_count);
        }
    }
    CHECK_EQ(bench_row_find("no-such-row"), bench_row_count);
}

TEST(a_line_of_a_guest_is_a_figure)
{
    struct bench_figure figure;

    CHECK_EQ(bench_figure_parse("null      17.6 ns (17.0 ns to 21.25 ns)", &figure),
             bench_row_find("null"));
    CHECK_EQ(figure.median, 17600);
    CHECK_EQ(figure.least, 17000);
    CHECK_EQ(figure.most, 21250);
}

TEST(other_lines_are_none)
{
    static const char *const lines[] = {
        "",
        "bench",
        "bench: end",
        "null",
        "null 17.6",
        "null 17.6 us (17.0 us to 21.2 us)",
        "null 17.6 ns (17.0 ns to",
        "null 17.6 ns 17.0 ns to 21.2 ns)",
        "null -1 ns (17.0 ns to 21.2 ns)",
        "null 1e3 ns (17.0 ns to 21.2 ns)",
        "null 99999999999999999999999 ns (17.0 ns to 21.2 ns)",
        "null nan ns (17.0 ns to 21.2 ns)",
        "null inf ns (17.0 ns to 21.2 ns)",
        "unheard-of 17.6 ns (17.0 ns to 21.2 ns)",
        "Call and ReplyRecv 17.6 ns (17.0 ns to 21.2 ns)",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        struct bench_figure figure = {.median = 7};

        CHECK_EQ(bench_figure_parse(lines[i], &figure), bench_row_count);
        CHECK_EQ(figure.median, 7);
    }
}

TEST(of_one_run_its_own_spread_counts_of_several_that_of_the_medians)
{
    struct bench_figures figures;
    struct bench_column *column;
    struct bench_figure figure;
    const unsigned row = bench_row_find("null");

    CHECK(bench_figures_create(&figures));
    column = bench_figures_add(&figures, "one");
    CHECK(!bench_column_row(column, row, &figure));
    set(column, "null", 100);
    column->run_count++;
    CHECK(bench_column_row(column, row, &figure));
    CHECK_EQ(figure.median, 100);
    CHECK_EQ(figure.least, 99);
    CHECK_EQ(figure.most, 102);
    set(column, "null", 300);
    column->run_count++;
    column->run_count++; /* a run that did not get to the row */
    set(column, "null", 200);
    column->run_count++;
    CHECK(bench_column_row(column, row, &figure));
    CHECK_EQ(figure.median, 200);
    CHECK_EQ(figure.least, 100);
    CHECK_EQ(figure.most, 300);
    bench_figures_destroy(&figures);
}

TEST(a_limit_is_the_sum_of_its_rows_and_missing_if_one_is)
{
    struct bench_figures figures;
    struct bench_column *native;
    struct bench_figure limit;
    const unsigned row = bench_row_find("fault-here"); /* sigsegv and futex-threads */

    CHECK(bench_figures_create(&figures));
    CHECK(!bench_figures_limit(&figures, row, &limit));
    native = bench_figures_add(&figures, "linux");
    set(native, "sigsegv", 1000);
    native->run_count = 1;
    CHECK(!bench_figures_limit(&figures, row, &limit));
    native->run_count = 0;
    set(native, "futex-threads", 500);
    native->run_count = 1;
    CHECK(bench_figures_limit(&figures, row, &limit));
    CHECK_EQ(limit.median, 1500);
    CHECK_EQ(limit.least, 1498);
    CHECK_EQ(limit.most, 1504);
    CHECK(!bench_figures_limit(&figures, bench_row_find("copy-delete"), &limit));
    bench_figures_destroy(&figures);
}

TEST(there_is_room_for_so_many_columns_and_no_more)
{
    struct bench_figures figures;

    CHECK(bench_figures_create(&figures));
    for (unsigned i = 0; i < BENCH_MAX_COLUMNS; i++) {
        CHECK(bench_figures_add(&figures, i == 3 ? "three" : "other") != NULL);
    }
    CHECK(bench_figures_add(&figures, "more") == NULL);
    CHECK(bench_figures_find(&figures, "three") == &figures.columns[3]);
    CHECK(bench_figures_find(&figures, "more") == NULL);
    bench_figures_destroy(&figures);
}
