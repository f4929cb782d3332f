/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/json.h>

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

enum { FORMAT = 1 };

/* --- writing --------------------------------------------------------------------------------- */

static void write_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < ' ' || c > '~') {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

/* In nanoseconds, all of it. */
static void write_time(uint64_t picoseconds, FILE *out)
{
    fprintf(out, "%" PRIu64 ".%03" PRIu64, picoseconds / 1000, picoseconds % 1000);
}

static void write_run(const struct bench_figure *figures, FILE *out)
{
    const char *between = "";

    fputc('{', out);
    for (unsigned row = 0; row < bench_row_count; row++) {
        const struct bench_figure *figure = &figures[row];

        if (figure->median != 0) {
            fprintf(out, "%s\n    \"%s\": [", between, bench_rows[row].name);
            write_time(figure->median, out);
            fputs(", ", out);
            write_time(figure->least, out);
            fputs(", ", out);
            write_time(figure->most, out);
            fputc(']', out);
            between = ",";
        }
    }
    fputc('}', out);
}

static void write_column(const struct bench_column *column, FILE *out)
{
    fputs("  {\"name\": ", out);
    write_text(column->name, out);
    fputs(", \"problem\": ", out);
    write_text(column->problem, out);
    fputs(", \"runs\": [", out);
    for (unsigned run = 0; run < column->run_count; run++) {
        fputs(run == 0 ? "" : ", ", out);
        write_run(column->runs[run], out);
    }
    fputs("]}", out);
}

void bench_json_write(const struct bench_figures *figures, FILE *out)
{
    fprintf(out, "{\"format\": %d, \"machine\": ", FORMAT);
    write_text(figures->machine, out);
    fputs(", \"columns\": [\n", out);
    for (unsigned i = 0; i < figures->column_count; i++) {
        fputs(i == 0 ? "" : ",\n", out);
        write_column(&figures->columns[i], out);
    }
    fputs("\n]}\n", out);
}

/* --- reading --------------------------------------------------------------------------------- */

static bool read_time(const cJSON *list, int index, uint64_t *ret_time)
{
    const cJSON *item = cJSON_GetArrayItem(list, index);

    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble < 1e15)) {
        return false;
    }
    *ret_time = (uint64_t)(item->valuedouble * 1000 + 0.5);
    return true;
}

static const char *read_run(const cJSON *object, struct bench_figure *figures)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, object)
    {
        const unsigned row = bench_row_find(item->string);
        struct bench_figure figure;

        if (!read_time(item, 0, &figure.median) || !read_time(item, 1, &figure.least) ||
            !read_time(item, 2, &figure.most)) {
            return "a row is not three numbers";
        }
        if (figure.least > figure.median || figure.median > figure.most) {
            return "a median lies outside its spread";
        }
        if (row < bench_row_count) {
            figures[row] = figure;
        }
    }
    return NULL;
}

static const char *read_column(const cJSON *object, struct bench_figures *figures)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "name");
    const cJSON *runs = cJSON_GetObjectItemCaseSensitive(object, "runs");
    struct bench_column *column;
    const char *problem = NULL;
    const cJSON *run;

    if (!cJSON_IsString(name) || !cJSON_IsArray(runs)) {
        return "a column without a name and a list of runs";
    }
    column = bench_figures_add(figures, name->valuestring);
    if (column == NULL || cJSON_GetArraySize(runs) > BENCH_MAX_RUNS) {
        return "too many columns or runs";
    }
    cJSON_ArrayForEach(run, runs)
    {
        if (!cJSON_IsObject(run)) {
            return "a run is no object";
        }
        problem = problem != NULL ? problem : read_run(run, column->runs[column->run_count]);
        column->run_count++;
    }
    return problem;
}

static const char *read_figures(const cJSON *root, struct bench_figures *figures)
{
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
    const cJSON *machine = cJSON_GetObjectItemCaseSensitive(root, "machine");
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(root, "columns");
    const char *problem = NULL;
    const cJSON *column;

    if (!cJSON_IsNumber(format) || format->valueint != FORMAT || !cJSON_IsArray(columns)) {
        return "no figures of sel4emu bench --json";
    }
    if (cJSON_IsString(machine)) {
        snprintf(figures->machine, sizeof(figures->machine), "%s", machine->valuestring);
    }
    cJSON_ArrayForEach(column, columns)
    {
        problem = problem != NULL ? problem : read_column(column, figures);
    }
    return problem;
}

const char *bench_json_read(const char *text, size_t size, struct bench_figures *figures)
{
    cJSON *root = cJSON_ParseWithLength(text, size);
    const char *problem = root == NULL ? "not JSON" : read_figures(root, figures);

    cJSON_Delete(root);
    return problem;
}
