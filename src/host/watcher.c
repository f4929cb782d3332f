/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two epoll sets: the inner one holds the watched descriptors, the outer one the inner set (one
 * shot: it must be re-armed) and the eventfd that ends the thread.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <host/clock.h>
#include <host/host.h>
#include <host/watcher.h>

#define WAIT_MAX     16
#define END_ATTEMPTS 100

enum outer_event { OUTER_END, OUTER_READY };

struct host_watcher {
    int inner, outer, end;
    int pid, tid, signal;
    atomic_bool armed;
    pthread_t thread;
};

static void *watch(void *argument)
{
    struct host_watcher *watcher = argument;
    struct epoll_event event;

    for (;;) {
        long count = host_epoll_pwait2(watcher->outer, &event, 1, NULL, NULL, 0);
        if (count == -EINTR)
            continue;
        if (count < 0 || event.data.u32 == OUTER_END)
            return NULL;
        atomic_store(&watcher->armed, false);
        host_tgkill(watcher->pid, watcher->tid, watcher->signal);
    }
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        host_close(fd);
}

static void release(struct host_watcher *watcher)
{
    close_if_open(watcher->inner);
    close_if_open(watcher->outer);
    close_if_open(watcher->end);
    free(watcher);
}

static int add(int epoll, int fd, uint32_t events, enum outer_event data)
{
    struct epoll_event event = {.events = events, .data.u32 = data};
    return (int)host_epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_descriptors(struct host_watcher *watcher)
{
    watcher->inner = (int)host_epoll_create1(EPOLL_CLOEXEC);
    if (watcher->inner < 0)
        return watcher->inner;
    watcher->outer = (int)host_epoll_create1(EPOLL_CLOEXEC);
    if (watcher->outer < 0)
        return watcher->outer;
    watcher->end = (int)host_eventfd2(0, EFD_CLOEXEC);
    if (watcher->end < 0)
        return watcher->end;
    int error = add(watcher->outer, watcher->end, EPOLLIN, OUTER_END);
    return error ? error : add(watcher->outer, watcher->inner, EPOLLONESHOT, OUTER_READY);
}

int host_watcher_create(int signal, struct host_watcher **ret_watcher)
{
    struct host_watcher *watcher = host_allocate(1, sizeof(*watcher));

    if (!watcher)
        return -ENOMEM;
    watcher->inner = watcher->outer = watcher->end = -1;
    watcher->signal = signal;
    watcher->pid = getpid();
    watcher->tid = (int)host_gettid();
    int error = watcher->tid < 0 ? watcher->tid : open_descriptors(watcher);
    if (!error)
        error = host_thread_create(watch, watcher, &watcher->thread);
    if (error) {
        release(watcher);
        return error;
    }
    *ret_watcher = watcher;
    return 0;
}

void host_watcher_destroy(struct host_watcher *watcher)
{
    static const uint64_t one = 1;

    /* An eventfd with room takes the write; to wait for a thread that nobody woke would be worse
     * than to leave it to the end of the process. */
    long written = 0;
    for (unsigned i = 0; i < END_ATTEMPTS && written != sizeof(one); i++)
        written = host_write(watcher->end, &one, sizeof(one));
    if (written != sizeof(one))
        return;
    pthread_join(watcher->thread, NULL);
    release(watcher);
}

int host_watcher_set(struct host_watcher *watcher, int fd, unsigned interest)
{
    struct epoll_event event = {.data.fd = fd};

    event.events |= interest & HOST_WATCH_READ ? (uint32_t)EPOLLIN : 0;
    event.events |= interest & HOST_WATCH_WRITE ? (uint32_t)EPOLLOUT : 0;
    if (!interest)
        return (int)host_epoll_ctl(watcher->inner, EPOLL_CTL_DEL, fd, NULL);
    int error = (int)host_epoll_ctl(watcher->inner, EPOLL_CTL_MOD, fd, &event);
    if (error == -ENOENT)
        error = (int)host_epoll_ctl(watcher->inner, EPOLL_CTL_ADD, fd, &event);
    return error;
}

int host_watcher_arm(struct host_watcher *watcher)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = OUTER_READY};

    if (atomic_exchange(&watcher->armed, true))
        return 0;
    int error = (int)host_epoll_ctl(watcher->outer, EPOLL_CTL_MOD, watcher->inner, &event);
    if (error)
        atomic_store(&watcher->armed, false);
    return error;
}

static struct timespec time_until(nanoseconds_t deadline)
{
    nanoseconds_t now = host_clock_now();
    nanoseconds_t left = deadline > now ? deadline - now : 0;

    return (struct timespec){.tv_sec = (time_t)(left / 1000000000),
                             .tv_nsec = (long)(left % 1000000000)};
}

int host_watcher_wait(struct host_watcher *watcher, nanoseconds_t deadline, int max, int *ret_fds)
{
    struct epoll_event events[WAIT_MAX];
    struct timespec timeout = {0, 0};

    if (deadline != NANOSECONDS_NEVER)
        timeout = time_until(deadline);
    long count = host_epoll_pwait2(watcher->inner, events, max < WAIT_MAX ? max : WAIT_MAX,
                                   deadline == NANOSECONDS_NEVER ? NULL : &timeout, NULL, 0);
    if (count == -EINTR)
        return 0;
    for (long i = 0; i < count; i++)
        ret_fds[i] = events[i].data.fd;
    return (int)count;
}
