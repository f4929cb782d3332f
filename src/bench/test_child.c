/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/child.h>
#include <host/clock.h>
#include <host/host.h>

#include <errno.h>
#include <string.h>
#include <test.h>

#define LONG_TIME (60 * UINT64_C(1000000000))

/* Takes lines until one of them is `last`. */
struct taken {
    const char *last;
    unsigned count;
    char lines[4][CHILD_LINE_BYTES];
    nanoseconds_t time;
};

static bool take(void *context, const char *line, nanoseconds_t time)
{
    struct taken *taken = context;

    if (taken->count < 4) {
        strcpy(taken->lines[taken->count], line);
    }
    taken->count++;
    CHECK(time >= taken->time);
    taken->time = time;
    return taken->last == NULL || strcmp(line, taken->last) != 0;
}

static int run(const char *script, nanoseconds_t timeout, struct taken *taken)
{
    const char *const words[] = {"/bin/sh", "-c", script, NULL};

    return child_run(words, timeout, &(struct child_reader){.take = take, .context = taken});
}

TEST(lines_come_from_both_outputs_and_without_their_ends)
{
    struct taken taken = {.last = "end"};

    CHECK_EQ(run("echo one; printf 'two\\r\\n' >&2; echo end; echo more", LONG_TIME, &taken), 0);
    CHECK_EQ(taken.count, 3);
    CHECK(strcmp(taken.lines[0], "one") == 0);
    CHECK(strcmp(taken.lines[1], "two") == 0);
}

TEST(a_program_that_would_go_on_is_ended)
{
    struct taken taken = {.last = "end"};
    const nanoseconds_t before = host_clock_now();

    CHECK_EQ(run("echo end; exec sleep 1000", LONG_TIME, &taken), 0);
    CHECK(host_clock_now() - before < LONG_TIME);
    CHECK_EQ(host_wait4(-1, NULL, 0, NULL), -ECHILD);
}

TEST(one_that_does_not_listen_is_killed)
{
    struct taken taken = {.last = "end"};

    CHECK_EQ(run("trap '' TERM; echo end; while :; do sleep 0.1; done", LONG_TIME, &taken), 0);
    CHECK_EQ(host_wait4(-1, NULL, 0, NULL), -ECHILD);
}

TEST(an_early_end_and_too_long_a_time_are_told)
{
    struct taken taken = {.last = "end"};

    CHECK_EQ(run("echo one", LONG_TIME, &taken), -ENODATA);
    CHECK_EQ(taken.count, 1);
    CHECK_EQ(run("exec sleep 1000", 1000000, &taken), -ETIMEDOUT);
    CHECK_EQ(host_wait4(-1, NULL, 0, NULL), -ECHILD);
}

TEST(a_program_that_is_not_there_says_so)
{
    const char *const words[] = {"/no/such/program", NULL};
    struct taken taken = {0};

    CHECK_EQ(child_run(words, LONG_TIME, &(struct child_reader){.take = take, .context = &taken}),
             -ENODATA);
    CHECK_EQ(taken.count, 1);
    CHECK(strstr(taken.lines[0], "/no/such/program: cannot be started: No such file") != NULL);
}

TEST(long_lines_are_cut)
{
    struct taken taken = {.last = "end"};

    CHECK_EQ(run("head -c 100000 /dev/zero | tr '\\0' a; echo; echo end", LONG_TIME, &taken), 0);
    CHECK_EQ(taken.count, 2);
    CHECK_EQ(strlen(taken.lines[0]), CHILD_LINE_BYTES - 1);
}

TEST(a_host_that_has_no_process_or_pipe_is_an_error)
{
    struct taken taken = {0};

    CHECK_EQ(host_inject("fork", 1, EAGAIN), 0);
    CHECK_EQ(run("echo one", LONG_TIME, &taken), -EAGAIN);
    CHECK_EQ(host_inject("pipe2", 1, EMFILE), 0);
    CHECK_EQ(run("echo one", LONG_TIME, &taken), -EMFILE);
    CHECK_EQ(taken.count, 0);
}
