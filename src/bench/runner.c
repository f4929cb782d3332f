/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/child.h>
#include <bench/runner.h>
#include <host/host.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_NS 30000000 /* of what a guest that stands still has just done */

/* --- images as files ------------------------------------------------------------------------- */

/* Files in memory that children find in /proc/self/fd: nothing to clean up, whoever is killed. */
struct kernel_files {
    int image, settings; /* 0: not made yet */
    char image_path[32], settings_path[32];
};

static int make_file(const char *name, const struct bench_bytes *bytes, char *ret_path,
                     size_t path_size)
{
    const size_t size = (size_t)(bytes->end - bytes->start);
    const int fd = (int)host_memfd_create(name, 0);

    if (fd < 0) {
        return fd;
    }
    if (host_write(fd, bytes->start, size) != (long)size) {
        host_close(fd);
        return -EIO;
    }
    snprintf(ret_path, path_size, "/proc/self/fd/%d", fd);
    return fd;
}

static int make_files(enum bench_kernel kernel, struct kernel_files *files)
{
    const struct bench_image *image = &bench_images[kernel];

    if (files->image == 0) {
        files->image =
            make_file("bench", &image->elf, files->image_path, sizeof(files->image_path));
    }
    if (files->settings == 0) {
        files->settings = make_file("settings", &image->settings, files->settings_path,
                                    sizeof(files->settings_path));
    }
    return files->image < 0 ? files->image : files->settings < 0 ? files->settings : 0;
}

static void close_files(const struct kernel_files *files)
{
    const int fds[] = {files->image, files->settings};

    for (unsigned i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] > 0) {
            host_close(fds[i]);
        }
    }
}

/* --- one run --------------------------------------------------------------------------------- */

struct run {
    struct bench_figure *figures;
    uint64_t memory; /* bytes that were there at the last "memory base"; 0: none yet */
    char last_line[CHILD_LINE_BYTES]; /* that is no row: why it ended, if it did */
};

static void set_figure(struct run *run, const char *row, uint64_t value)
{
    run->figures[bench_row_find(row)] =
        (struct bench_figure){.median = value, .least = value, .most = value};
}

/* Bytes that Linux could still give to somebody, or 0. */
static uint64_t memory_available(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    unsigned long kilobytes = 0;
    char line[128];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL &&
           sscanf(line, "MemAvailable: %lu kB", &kilobytes) != 1) {
    }
    if (file != NULL) {
        fclose(file);
    }
    return (uint64_t)kilobytes * 1024;
}

/*
 * "memory NAME": the guest stands still until some time after this. What is missing since
 * "memory base" is what NAME takes; less than nothing, as others of this host may make it, is a
 * byte.
 */
static void take_memory(struct run *run, const char *name)
{
    const struct timespec settle = {.tv_nsec = SETTLE_NS};
    uint64_t memory;

    host_clock_nanosleep(CLOCK_MONOTONIC, 0, &settle, NULL);
    memory = memory_available();
    if (strcmp(name, "base") == 0) {
        run->memory = memory;
    } else if (bench_row_find(name) < bench_row_count && memory != 0 && run->memory > memory) {
        set_figure(run, name, 1000 * (run->memory - memory));
    }
}

static bool take_line(void *context, const char *line, nanoseconds_t time)
{
    static const char memory_word[] = "memory ";
    struct run *run = context;
    struct bench_figure figure;
    const unsigned row = bench_figure_parse(line, &figure);

    if (row < bench_row_count) {
        run->figures[row] = figure;
        return true;
    }
    if (strcmp(line, BENCH_FIRST_LINE) == 0) {
        set_figure(run, "start", time * 1000);
    }
    if (strncmp(line, memory_word, sizeof(memory_word) - 1) == 0) {
        take_memory(run, line + sizeof(memory_word) - 1);
    }
    if (line[0] != '\0') {
        memcpy(run->last_line, line, strlen(line) + 1);
    }
    return strcmp(line, BENCH_LAST_LINE) != 0;
}

static void explain(struct bench_column *column, int error, const struct run *run)
{
    const char *what = error == -ETIMEDOUT ? "timeout"
                       : error == -ENODATA ? "ended early"
                                           : strerror(-error);

    snprintf(column->problem, sizeof(column->problem), "%s%s%s", what,
             run->last_line[0] == '\0' ? "" : ", after: ", run->last_line);
}

/* One more run of the column. 0, or a negative errno. */
static int run_once(const struct bench_plan *plan, const struct bench_setup *setup,
                    const struct kernel_files *files, struct bench_column *column)
{
    const struct bench_places places = {
        .program = "/proc/self/exe",
        .image = files->image_path,
        .settings = files->settings_path,
    };
    struct run run = {.figures = column->runs[column->run_count]};
    struct bench_words words;
    int error = -E2BIG;

    if (bench_setup_words(setup, &places, &words)) {
        error = child_run(words.items, plan->timeout,
                          &(struct child_reader){.take = take_line, .context = &run});
    }
    if (error < 0) {
        explain(column, error, &run);
    }
    column->run_count++; /* rows that were measured before it failed count */
    return error;
}

int bench_run(const struct bench_plan *plan, struct bench_figures *figures)
{
    struct kernel_files files[BENCH_KERNEL_COUNT] = {0};
    struct bench_column *const columns = figures->columns + figures->column_count;
    int error = 0;

    for (unsigned i = 0; i < plan->setup_count && error == 0; i++) {
        error = bench_figures_add(figures, plan->setups[i].name) == NULL
                    ? -E2BIG
                    : make_files(plan->setups[i].kernel, &files[plan->setups[i].kernel]);
    }
    for (unsigned run = 0; run < plan->runs && error == 0; run++) {
        for (unsigned i = 0; i < plan->setup_count; i++) {
            if (columns[i].problem[0] == '\0') {
                run_once(plan, &plan->setups[i], &files[plan->setups[i].kernel], &columns[i]);
            }
        }
    }
    for (unsigned i = 0; i < BENCH_KERNEL_COUNT; i++) {
        close_files(&files[i]);
    }
    return error;
}
