/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/host.h>
#include <machine/signals.h>
#include <test.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int notified;

static void notify(void *context)
{
    (void)context;
    notified++;
}

static int run_child(int (*body)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        _exit(body());
    }
    waitpid(child, &status, 0);
    return status;
}

TEST(signals_are_noted)
{
    notified = 0;
    CHECK_EQ(signals_catch(notify, NULL), 0);
    CHECK_EQ(signals_pending(), 0);
    raise(SIGTERM);
    CHECK_EQ(signals_pending(), SIGTERM);
    CHECK_EQ(notified, 1);
    signals_release();
}

TEST(signals_start_afresh)
{
    CHECK_EQ(signals_catch(notify, NULL), 0);
    CHECK_EQ(signals_pending(), 0);
    signals_release();
}

static void own_handler(int number)
{
    (void)number;
}

TEST(signals_are_given_back)
{
    struct sigaction action;

    signal(SIGINT, own_handler);
    CHECK_EQ(signals_catch(notify, NULL), 0);
    signals_release();
    CHECK_EQ(sigaction(SIGINT, NULL, &action), 0);
    CHECK(action.sa_handler == own_handler);
    signal(SIGINT, SIG_DFL);
}

TEST(signals_that_cannot_be_caught_leave_nothing_behind)
{
    struct sigaction action;

    CHECK_EQ(host_inject("sigaction", 3, ENOMEM), 0);
    CHECK_EQ(signals_catch(notify, NULL), -ENOMEM);
    CHECK_EQ(host_inject("sigaction", 0, 0), 0);
    CHECK_EQ(sigaction(SIGINT, NULL, &action), 0);
    CHECK(action.sa_handler == SIG_DFL);
}

TEST(signals_that_were_ignored_stay_so)
{
    signal(SIGHUP, SIG_IGN);
    CHECK_EQ(signals_catch(notify, NULL), 0);
    raise(SIGHUP);
    CHECK_EQ(signals_pending(), 0);
    signals_release();
    signal(SIGHUP, SIG_DFL);
}

static int two_signals(void)
{
    signals_catch(notify, NULL);
    raise(SIGINT);
    raise(SIGINT);
    return 1;
}

TEST(signals_the_second_ends_at_once)
{
    int status = run_child(two_signals);

    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 130);
}

static int crash(void)
{
    signals_catch(notify, NULL);
    raise(SIGSEGV);
    return 1;
}

TEST(signals_of_a_crash_take_their_course)
{
    int status = run_child(crash);

    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGSEGV);
}

static int write_to_nobody(void)
{
    int fds[2];

    signals_catch(notify, NULL);
    if (pipe(fds) != 0) {
        return 1;
    }
    close(fds[0]);
    return write(fds[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
}

TEST(signals_turn_a_lost_reader_into_an_error)
{
    int status = run_child(write_to_nobody);

    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 0);
}
