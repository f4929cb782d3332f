/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <test.h>
#include <unistd.h>

#include <host/clock.h>
#include <host/host.h>
#include <host/watcher.h>

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
    (void)number;
    signals_seen++;
}

TEST(watcher_signals_once_each_time_it_is_armed)
{
    struct host_watcher *watcher;
    int fds[2], ready[4];

    host_sigaction(SIGUSR2, count_signal, NULL);
    if (!CHECK_EQ(host_pipe2(fds, 0), 0) || !CHECK_EQ(host_watcher_create(SIGUSR2, &watcher), 0))
        return;
    CHECK_EQ(host_watcher_set(watcher, fds[0], HOST_WATCH_READ), 0);
    signals_seen = 0;
    CHECK_EQ(host_write(fds[1], "x", 1), 1);
    usleep(5000);
    CHECK_EQ(signals_seen, 0); /* not armed */
    CHECK_EQ(host_watcher_arm(watcher), 0);
    for (int i = 0; i < 100 && !signals_seen; i++)
        usleep(10000);
    usleep(5000);
    CHECK_EQ(signals_seen, 1);
    CHECK_EQ(host_watcher_wait(watcher, NANOSECONDS_NEVER, 4, ready), 1);
    CHECK_EQ(ready[0], fds[0]);
    CHECK_EQ(host_watcher_set(watcher, fds[0], 0), 0);
    nanoseconds_t start = host_clock_now();
    CHECK_EQ(host_watcher_wait(watcher, start + 2000000, 4, ready), 0);
    CHECK(host_clock_now() >= start + 2000000);
    host_watcher_destroy(watcher);
    host_close(fds[0]);
    host_close(fds[1]);
}

TEST(watcher_cleans_up_when_a_call_fails)
{
    static const struct {
        const char *name;
        unsigned nth;
    } failures[] = {{"allocate", 1}, {"gettid", 1},    {"epoll_create1", 1}, {"epoll_create1", 2},
                    {"eventfd2", 1}, {"epoll_ctl", 1}, {"epoll_ctl", 2},     {"thread_create", 1}};
    struct host_watcher *watcher = NULL;
    int next = dup(0);

    close(next);
    for (unsigned i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        host_inject(failures[i].name, failures[i].nth, ENOMEM);
        CHECK_EQ(host_watcher_create(SIGUSR2, &watcher), -ENOMEM);
        CHECK(!watcher);
    }
    int again = dup(0);
    CHECK_EQ(again, next);
    close(again);
}
