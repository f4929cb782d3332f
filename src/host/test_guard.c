/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <test.h>
#include <unistd.h>

#include <host/guard.h>

static volatile char *nowhere;
static volatile unsigned runs, returns; /* kept in order with the accesses */

static void run_well(void *context)
{
    runs += *(unsigned *)context;
}

static void run_into_nothing(void *context)
{
    (void)context;
    runs++;
    *nowhere = 1;
    returns++;
}

static void run_nested(void *context)
{
    CHECK(!host_guard(run_into_nothing, context));
    run_into_nothing(context);
}

TEST(what_runs_into_nothing_is_left_there)
{
    unsigned one = 1;
    nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(host_guard(run_well, &one));
    CHECK_EQ(runs, 1);
    for (unsigned i = 0; i < 3; i++)
        CHECK(!host_guard(run_into_nothing, NULL));
    CHECK(!host_guard(run_nested, NULL));
    CHECK_EQ(runs, 6);
    CHECK_EQ(returns, 0);
    CHECK(host_guard(run_well, &one));
    munmap((void *)nowhere, 4096);
}

static void fork_and_fail(void *context)
{
    int *status = context;
    pid_t pid = fork();
    if (pid == 0)
        run_into_nothing(NULL);
    waitpid(pid, status, 0);
}

/* Outside of it, and in a child that was forked in it, a fault is what it always was. */
TEST(others_die_of_it)
{
    int status = 0;
    nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(host_guard(fork_and_fail, &status));
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    pid_t pid = fork();
    if (pid == 0)
        run_into_nothing(NULL);
    waitpid(pid, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    munmap((void *)nowhere, 4096);
}
