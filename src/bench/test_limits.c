/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/figures.h>
#include <bench/limits.h>
#include <host/host.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <test.h>
#include <unistd.h>

/* In a process of its own, as it is pinned to a CPU; what it prints. */
static FILE *print_limits(int *ret_pid)
{
    int ends[2];

    CHECK_EQ(host_pipe2(ends, 0), 0);
    *ret_pid = (int)host_fork();
    CHECK(*ret_pid >= 0);
    if (*ret_pid == 0) {
        host_close(ends[0]);
        _exit(limits_print(ends[1]) == 0 ? 0 : 1);
    }
    host_close(ends[1]);
    return fdopen(ends[0], "r");
}

TEST(each_limit_of_a_row_is_measured_and_printed_as_guests_do)
{
    bool found[BENCH_MAX_ROWS] = {false};
    char line[256] = "", last[256] = "";
    int pid, status = 0, lines = 0;
    FILE *file = print_limits(&pid);

    for (; fgets(line, sizeof(line), file) != NULL; lines++) {
        struct bench_figure figure;
        const unsigned row = bench_figure_parse(line, &figure);

        if (row < bench_row_count) {
            CHECK(figure.least <= figure.median && figure.median <= figure.most);
            found[row] = true;
        } else if (strncmp(line, "memory ", 7) == 0) {
            line[strcspn(line, "\n")] = '\0';
            if (strcmp(line + 7, "base") != 0) {
                CHECK(bench_row_find(line + 7) < bench_row_count);
                found[bench_row_find(line + 7)] = true;
            }
        } else {
            CHECK(lines == 0 ? strcmp(line, BENCH_FIRST_LINE "\n") == 0 : last[0] == '\0');
            strcpy(last, lines == 0 ? "" : line);
        }
    }
    CHECK(strcmp(last, BENCH_LAST_LINE "\n") == 0);
    fclose(file);
    CHECK_EQ(host_wait4(pid, &status, 0, NULL), pid);
    CHECK_EQ(status, 0);
    for (unsigned row = 0; row < bench_row_count; row++) {
        if (bench_rows[row].unit == BENCH_BYTES) {
            continue; /* as many threads as the host allows */
        }
        for (unsigned i = 0; i < BENCH_MAX_LIMITS && bench_rows[row].limits[i] != NULL; i++) {
            CHECK(strcmp(bench_rows[row].limits[i], "start") == 0 ||
                  found[bench_row_find(bench_rows[row].limits[i])]);
        }
    }
}

TEST(output_that_cannot_be_written_is_an_error)
{
    const long full = host_openat(0, "/dev/full", 1 /* O_WRONLY */, 0);
    const int pid = (int)host_fork();
    int status = 0;

    CHECK(full >= 0 && pid >= 0);
    if (pid == 0) {
        _exit(limits_print((int)full) < 0 ? 17 : 0);
    }
    CHECK_EQ(host_wait4(pid, &status, 0, NULL), pid);
    CHECK_EQ(WEXITSTATUS(status), 17);
    host_close((int)full);
}
