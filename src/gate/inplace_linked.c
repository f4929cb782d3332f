/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program linked with libsel4-emu. It has started this machine, and is no child of ours: that it
 * ends it says by shutting the socket down, and if it cannot say so, a pidfd does.
 */
#include <gate/inplace_state.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <host/watcher.h>
#include <poll.h>
#include <runtime/linked.h>
#include <string.h>
#include <sys/socket.h>

bool inplace_is_linked(const struct inplace *seat, uint32_t index)
{
    return seat->linked.pid && index != 0 &&
           (seat->linked_vspace == 0 || seat->linked_vspace == index);
}

int inplace_linked_open(struct inplace *seat)
{
    if (!seat->linked.pid)
        return 0;
    seat->linked_pidfd = (int)host_pidfd_open(seat->linked.pid, 0);
    if (seat->linked_pidfd < 0)
        return seat->linked_pidfd;
    /* its process id may be another's by now, unless it is our parent still */
    return host_getppid() == seat->linked.pid ? 0 : -ESRCH;
}

void inplace_linked_close(struct inplace *seat)
{
    if (seat->linked_pidfd >= 0)
        host_close(seat->linked_pidfd);
}

int inplace_linked_watch(const struct inplace *seat, struct host_watcher *watcher)
{
    if (!seat->linked.pid)
        return 0;
    int error = host_watcher_set(watcher, seat->linked_pidfd, HOST_WATCH_READ);
    return error ? error : host_watcher_set(watcher, seat->linked.socket, HOST_WATCH_READ);
}

bool inplace_linked_has_ended(const struct inplace *seat)
{
    static const struct timespec at_once = {0};
    struct pollfd fds[] = {{.fd = seat->linked_pidfd, .events = POLLIN},
                           {.fd = seat->linked.socket, .events = POLLIN}};
    return host_ppoll(fds, ARRAY_LENGTH(fds), &at_once, NULL, HOST_SIGNAL_SET_BYTES) > 0;
}

/* --- landing ------------------------------------------------------------------------------- */

static int send_place(const struct inplace *seat, const struct linked_place *place,
                      const int fds[LINKED_FD_COUNT])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(LINKED_FD_COUNT * sizeof(int))];
    } control;
    struct iovec bytes = {.iov_base = (void *)(uintptr_t)place, .iov_len = sizeof(*place)};
    const struct msghdr message = {.msg_iov = &bytes,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof(control)};
    memset(&control, 0, sizeof(control));
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(LINKED_FD_COUNT * sizeof(int)),
                                      .cmsg_level = SOL_SOCKET,
                                      .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), fds, LINKED_FD_COUNT * sizeof(int));
    long sent = host_sendmsg(seat->linked.socket, &message, MSG_NOSIGNAL);
    if (sent < 0)
        return (int)sent;
    return sent == (long)sizeof(*place) ? 0 : -EIO;
}

/* The part's descriptor by its number among those that are sent. */
static int fd_index(int fd, const int fds[LINKED_FD_COUNT])
{
    for (int i = 0; i < LINKED_FD_COUNT; i++) {
        if (fds[i] == fd)
            return i;
    }
    return -1;
}

int inplace_linked_start(struct inplace *seat, uint32_t index)
{
    const int fds[LINKED_FD_COUNT] = {
        [LINKED_IMAGE] = seat->image.fd,
        [LINKED_STATE] = seat->contents.state_fd,
        [LINKED_MEMORY] = seat->contents.memory_fd,
        [LINKED_WAKE] = seat->contents.wake_fd,
    };
    struct linked_place place = {
        .vspace = index, .forbids_host_calls = seat->linked.forbids_host_calls, .base = seat->base};
    long bytes = host_sched_getaffinity(0, sizeof(place.cpus), (unsigned long *)place.cpus);
    place.cpu_bytes = bytes > 0 ? (uint32_t)bytes : 0;
    region_parts(&seat->contents, place.parts);
    for (unsigned i = 0; i < REGION_PART_COUNT; i++)
        place.parts[i].fd = fd_index(place.parts[i].fd, fds);
    seat->linked_vspace = index;
    int error = send_place(seat, &place, fds);
    if (!error)
        seat->pids[index] = seat->linked.pid;
    return error;
}
