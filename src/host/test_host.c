/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <test.h>
#include <unistd.h>

#include <host/clock.h>
#include <host/cpu.h>
#include <host/host.h>
#include <host/memory.h>
#include <host/watcher.h>

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
    (void)number;
    signals_seen++;
}

TEST(wrapper_returns_negative_errno_and_leaves_errno_alone)
{
    errno = 77;
    CHECK_EQ(host_close(-1), -EBADF);
    CHECK_EQ(errno, 77);
    CHECK_STR(host_failed_call(-EBADF), "close");
}

TEST(every_call_has_a_name_and_a_counter)
{
    unsigned count = 0;

    while (host_call_name(count))
        CHECK_EQ(host_inject(host_call_name(count++), 1, 0), 0);
    CHECK(count > 30);
    uint64_t before = host_call_count("close");
    host_close(-1);
    CHECK_EQ(host_call_count("close"), before + 1);
    CHECK_EQ(host_call_count("no such call"), 0);
}

TEST(injection_hits_the_nth_call_only)
{
    CHECK_EQ(host_inject("gettid", 2, ENOMEM), 0);
    CHECK(host_gettid() > 0);
    CHECK(!host_inject_happened("gettid"));
    CHECK_EQ(host_gettid(), -ENOMEM);
    CHECK(host_inject_happened("gettid"));
    CHECK(host_gettid() > 0);
    CHECK_EQ(host_inject("gettid", 0, EIO), 0);
    CHECK_EQ(host_gettid(), -EIO);
    CHECK_EQ(host_gettid(), -EIO);
    CHECK_STR(host_failed_call(-EIO), "gettid");
    CHECK_EQ(host_inject("gettid", 0, 0), 0);
    CHECK(host_gettid() > 0);
    CHECK_EQ(host_inject("frobnicate", 1, EIO), -ENOENT);
}

TEST(injection_parses_its_option)
{
    CHECK_EQ(host_inject_parse("gettid:1:ENOMEM"), 0);
    CHECK_EQ(host_gettid(), -ENOMEM);
    CHECK_EQ(host_inject_parse("gettid:1:5"), 0);
    CHECK_EQ(host_gettid(), -EIO);
    CHECK_EQ(host_inject_parse("gettid:1"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:x:EIO"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:1:ENOSUCHTHING"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:1:0"), -EINVAL);
    CHECK_EQ(host_inject_parse("gettid:1:99999"), -EINVAL);
    CHECK_EQ(host_inject_parse("nothing:1:EIO"), -ENOENT);
    CHECK(host_gettid() > 0);
}

TEST(allocation_can_fail)
{
    host_inject("allocate", 1, ENOMEM);
    CHECK(!host_allocate(1, 16));
    CHECK_STR(host_failed_call(-ENOMEM), "allocate");
}

TEST(memory_is_sparse_aligned_and_sealed)
{
    struct host_memory memory;

    if (!CHECK_EQ(host_memory_create(UINT64_C(8) << 30, &memory), 0))
        return;
    CHECK_EQ((uintptr_t)memory.base & 0x1fffff, 0);
    ((char *)memory.base)[memory.size - 1] = 1;
    CHECK_EQ(host_ftruncate(memory.fd, 4096), -EPERM);
    CHECK_EQ(host_ftruncate(memory.fd, memory.size * 2), -EPERM);
    host_memory_destroy(&memory);
}

TEST(memory_leaves_nothing_behind_when_a_call_fails)
{
    static const char *const names[] = {"memfd_create", "ftruncate", "fcntl", "mmap"};
    struct host_memory memory = {.fd = 12345};
    int next = dup(0);

    close(next);
    for (unsigned i = 0; i < 4; i++) {
        host_inject(names[i], 1, ENOMEM);
        CHECK_EQ(host_memory_create(1 << 20, &memory), -ENOMEM);
        CHECK_EQ(memory.fd, 12345);
    }
    host_inject("mmap", 2, ENOMEM);
    CHECK_EQ(host_memory_create(1 << 20, &memory), -ENOMEM);
    int again = dup(0);
    CHECK_EQ(again, next);
    close(again);
}

TEST(tsc_is_measured_in_whole_megahertz)
{
    unsigned first = host_tsc_finish(host_tsc_begin());
    unsigned second = host_tsc_finish(host_tsc_begin());

    CHECK(first > 100 && first < 10000);
    CHECK(first <= second + 5 && second <= first + 5);
}

TEST(deadline_sends_its_signal)
{
    struct host_deadline deadline;
    struct sigaction old;

    CHECK_EQ(host_sigaction(SIGUSR1, count_signal, &old), 0);
    if (!CHECK_EQ(host_deadline_create(SIGUSR1, &deadline), 0))
        return;
    signals_seen = 0;
    uint64_t calls = host_call_count("timer_settime");
    nanoseconds_t when = host_clock_now() + 3000000;
    CHECK_EQ(host_deadline_set(&deadline, when), 0);
    CHECK_EQ(host_deadline_set(&deadline, when), 0);
    CHECK_EQ(host_call_count("timer_settime"), calls + 1);
    while (!signals_seen && host_clock_now() < when + 1000000000)
        usleep(20000);
    CHECK_EQ(signals_seen, 1);
    CHECK(host_clock_now() >= when);
    host_deadline_expired(&deadline);
    CHECK_EQ(host_deadline_set(&deadline, host_clock_now() + 1000000), 0);
    CHECK_EQ(host_deadline_set(&deadline, NANOSECONDS_NEVER), 0);
    usleep(3000);
    CHECK_EQ(signals_seen, 1);
    host_deadline_destroy(&deadline);
}

TEST(pinning_is_undone)
{
    struct host_cpu_set before = {.size = 0}, pinned = {.size = 0};
    unsigned long mask[16] = {0};
    int bits = 0;

    CHECK_EQ(host_cpu_pin(&before), 0);
    CHECK(host_sched_getaffinity(0, sizeof(mask), mask) > 0);
    for (unsigned i = 0; i < 16; i++)
        bits += __builtin_popcountl(mask[i]);
    CHECK_EQ(bits, 1);
    host_cpu_restore(&before);
    CHECK_EQ(host_cpu_pin(&pinned), 0);
    CHECK(!memcmp(before.mask, pinned.mask, sizeof(before.mask)));
    host_cpu_restore(&pinned);
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
