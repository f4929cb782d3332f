/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watches host file descriptors while the guest runs. The thread that made the watcher cannot wait
 * for them then: it waits for the guest. So a second thread waits in epoll and sends the first one
 * a signal, once for each time it is armed. When no guest runs, the first thread waits itself
 * (host_watcher_wait).
 *
 * Descriptors are level-triggered: one that is ready stays so until it is read, or removed (an end
 * of file never goes away).
 */
#ifndef HOST_WATCHER_H
#define HOST_WATCHER_H

#include <base/types.h>

struct host_watcher;

/* signal: sent to the calling thread. */
int host_watcher_create(int signal, struct host_watcher **ret_watcher);
void host_watcher_destroy(struct host_watcher *watcher);

enum host_watch { HOST_WATCH_READ = 1, HOST_WATCH_WRITE = 2 };

/* Adds `fd`, or changes what is watched for; interest 0 takes it out. */
int host_watcher_set(struct host_watcher *watcher, int fd, unsigned interest);

/* From now on the next ready descriptor sends the signal, once. Cheap if it is armed already. */
int host_watcher_arm(struct host_watcher *watcher);

/*
 * Waits until a descriptor is ready or the deadline (of host_clock_now()) has passed or a signal
 * came. Returns how many are ready, 0 or more; their numbers are in ret_fds. max: at most 16.
 */
int host_watcher_wait(struct host_watcher *watcher, nanoseconds_t deadline, int max, int *ret_fds);

#endif
