/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <bench/json.h>

#include <stdlib.h>
#include <string.h>
#include <test.h>

static const char *read_text(const char *text, struct bench_figures *figures)
{
    CHECK(bench_figures_create(figures));
    return bench_json_read(text, strlen(text), figures);
}

TEST(what_is_written_is_read_again)
{
    struct bench_figures figures, again;
    struct bench_column *column;
    const unsigned row = bench_row_find("call-away-0");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    CHECK(bench_figures_create(&figures));
    strcpy(figures.machine, "2 x \"CPU\"\\ \t, Linux");
    bench_figures_add(&figures, "linux");
    column = bench_figures_add(&figures, "in-place");
    strcpy(column->problem, "timeout");
    column->runs[0][row] = (struct bench_figure){2200125, 2100000, UINT64_C(1) << 45};
    column->runs[1][row] = (struct bench_figure){1, 0, 3};
    column->run_count = 2;
    bench_json_write(&figures, out);
    fclose(out);

    CHECK(read_text(text, &again) == NULL);
    CHECK(strcmp(again.machine, figures.machine) == 0);
    CHECK_EQ(again.column_count, 2);
    CHECK_EQ(again.columns[0].run_count, 0);
    CHECK(strcmp(again.columns[1].name, "in-place") == 0);
    CHECK_EQ(again.columns[1].run_count, 2);
    CHECK(memcmp(again.columns[1].runs, column->runs, sizeof(column->runs)) == 0);
    bench_figures_destroy(&again);
    bench_figures_destroy(&figures);
    free(text);
}

TEST(rows_of_other_versions_are_left_out)
{
    struct bench_figures figures;

    CHECK(read_text("{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": "
                    "[{\"once\": [1, 1, 1], \"null\": [2, 1, 3]}]}]}",
                    &figures) == NULL);
    CHECK_EQ(figures.columns[0].runs[0][bench_row_find("null")].median, 2000);
    bench_figures_destroy(&figures);
}

TEST(other_text_is_refused_with_a_reason)
{
    static const char *const texts[] = {
        "",
        "null",
        "{",
        "[]",
        "{\"format\": 2, \"columns\": []}",
        "{\"format\": 1, \"columns\": 3}",
        "{\"format\": 1, \"columns\": [3]}",
        "{\"format\": 1, \"columns\": [{\"name\": 1, \"runs\": []}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [1]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": 1}]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": [1, 2]}]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": [1, 1, \"2\"]}]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": [-1, -1, 1]}]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": [1, 2, 3]}]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": [3, 1, 2]}]}]}",
        "{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [{\"null\": [1e99, 1, 2]}]}]}",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct bench_figures figures;

        CHECK(read_text(texts[i], &figures) != NULL);
        bench_figures_destroy(&figures);
    }
}

TEST(too_many_columns_or_runs_are_refused)
{
    const struct {
        const char *head, *item, *tail;
        unsigned count;
    } cases[] = {
        {"{\"format\": 1, \"columns\": [", "{\"name\": \"a\", \"runs\": []}", "]}",
         BENCH_MAX_COLUMNS},
        {"{\"format\": 1, \"columns\": [{\"name\": \"a\", \"runs\": [", "{}", "]}]}",
         BENCH_MAX_RUNS},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        for (unsigned more = 0; more <= 1; more++) {
            struct bench_figures figures;
            char text[8192];
            size_t length = (size_t)sprintf(text, "%s", cases[i].head);

            for (unsigned j = 0; j < cases[i].count + more; j++) {
                length += (size_t)sprintf(text + length, "%s%s", j == 0 ? "" : ",", cases[i].item);
            }
            strcpy(text + length, cases[i].tail);
            CHECK_EQ(read_text(text, &figures) == NULL, more == 0);
            bench_figures_destroy(&figures);
        }
    }
}
