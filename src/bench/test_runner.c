/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/runner.h>
#include <host/host.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <test.h>
#include <unistd.h>

#define LONG_TIME (60 * UINT64_C(1000000000))

static char directory[] = "/tmp/sel4emu-bench-XXXXXX";
static char program[64];

/* What stands for QEMU in this process and its children: a script of this body. */
static void make_qemu(const char *body)
{
    FILE *file;

    CHECK(mkdtemp(directory) != NULL);
    snprintf(program, sizeof(program), "%s/qemu-system-x86_64", directory);
    file = fopen(program, "w");
    CHECK(file != NULL);
    fprintf(file, "#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", body);
    CHECK_EQ(fclose(file), 0);
    CHECK_EQ(chmod(program, 0700), 0);
    CHECK_EQ(setenv("PATH", directory, 1), 0);
}

static void remove_qemu(void)
{
    unlink(program);
    rmdir(directory);
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
}

static int run_twice(const char *body, struct bench_figures *figures)
{
    static const struct bench_setup setups[] = {
        {.name = "a", .kind = BENCH_QEMU, .options = "-a", .qemu_kernel = "/kernel"},
        {.name = "b", .kind = BENCH_QEMU, .kernel = BENCH_KERNEL_MCS, .qemu_kernel = "/kernel"},
    };
    int error;

    CHECK(bench_figures_create(figures));
    make_qemu(body);
    error = bench_run(
        &(struct bench_plan){.setups = setups, .setup_count = 2, .runs = 2, .timeout = LONG_TIME},
        figures);
    remove_qemu();
    return error;
}

TEST(columns_get_their_runs_in_turn_each_with_its_guest)
{
    struct bench_figures figures;
    const unsigned null = bench_row_find("null");

    /* the image's size is what tells the two guests apart */
    CHECK_EQ(run_twice("for last; do :; done\n"
                       "echo boot log; echo bench\n"
                       "echo \"null $(stat -Lc %s $last).0 ns (1.0 ns to 99999999.0 ns)\"\n"
                       "echo 'bench: end'; exec sleep 1000",
                       &figures),
             0);
    CHECK_EQ(figures.column_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct bench_bytes *elf = &bench_images[i].elf;
        const struct bench_column *column = &figures.columns[i];

        CHECK(column->problem[0] == '\0');
        CHECK_EQ(column->run_count, 2);
        CHECK_EQ(column->runs[0][null].median, (uint64_t)(elf->end - elf->start) * 1000);
        CHECK_EQ(column->runs[1][null].median, (uint64_t)(elf->end - elf->start) * 1000);
        CHECK(column->runs[1][bench_row_find("start")].median > 0);
    }
    bench_figures_destroy(&figures);
}

TEST(memory_counts_from_its_base_only)
{
    struct bench_figures figures;
    const struct bench_figure *run;

    CHECK_EQ(run_twice("echo memory threads-10; echo memory base; echo memory unheard-of\n"
                       "echo 'bench: end'",
                       &figures),
             0);
    run = figures.columns[0].runs[0];
    CHECK_EQ(run[bench_row_find("threads-10")].median, 0);
    CHECK_EQ(run[bench_row_find("start")].median, 0);
    CHECK(figures.columns[0].problem[0] == '\0');
    bench_figures_destroy(&figures);
}

TEST(a_column_that_fails_says_why_and_is_not_tried_again)
{
    struct bench_figures figures;

    CHECK_EQ(run_twice("case \"$*\" in\n"
                       "*-a*) echo 'null 5.0 ns (5.0 ns to 6.0 ns)'; echo no luck;;\n"
                       "*) echo 'bench: end';;\n"
                       "esac",
                       &figures),
             0);
    CHECK(strcmp(figures.columns[0].problem, "ended early, after: no luck") == 0);
    CHECK_EQ(figures.columns[0].run_count, 1);
    CHECK_EQ(figures.columns[0].runs[0][bench_row_find("null")].median, 5000);
    CHECK(figures.columns[1].problem[0] == '\0');
    CHECK_EQ(figures.columns[1].run_count, 2);
    bench_figures_destroy(&figures);
}

TEST(a_host_without_memory_for_the_images_is_an_error)
{
    struct bench_figures figures;

    CHECK_EQ(host_inject("memfd_create", 1, ENOMEM), 0);
    CHECK_EQ(run_twice("exit 0", &figures), -ENOMEM);
    bench_figures_destroy(&figures);
}
