/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulator's only way to Linux: one function per call of host/host_calls.def, named
 * host_<call>(). Each returns what the call returns or a negative errno value, is async-signal-safe
 * unless it says otherwise, and leaves errno alone.
 *
 * Each can be made to fail: a test names the call and the occasion, and nothing reaches Linux then.
 * Counters and injections are per process; any thread may call.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <base/types.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

struct epoll_event;
struct host_sched_attributes;
struct iovec;
struct msghdr;
struct perf_event_attr;
struct pollfd;
struct rlimit;
struct rusage;
struct sigevent;
struct sockaddr;
struct stat;

/* Linux's own signal set, as the wrappers take it. */
#define HOST_SIGNAL_SET_BYTES 8

#define HOST_CALL(name, parameters, ...) long host_##name parameters;
#define HOST_LIBRARY_CALL(name)
#include <host/host_calls.def>
#undef HOST_CALL
#undef HOST_LIBRARY_CALL

/* Zeroed memory, or NULL; for free(). Not async-signal-safe. */
void *host_allocate(size_t count, size_t size);

/* SA_RESTART is not set: waiting calls come back with -EINTR. */
int host_sigaction(int number, void (*handler)(int), struct sigaction *ret_old);

/* A thread with all signals blocked. Not async-signal-safe. */
int host_thread_create(void *(*run)(void *), void *argument, pthread_t *ret_thread);

/* --- fault injection ----------------------------------------------------------------------- */

/*
 * Makes the `nth` call from now on (1: the next; 0: every one) of `call_name` fail with `error`
 * (positive errno). One injection per call at a time; error 0 takes it off. Returns -ENOENT if
 * there is no such call.
 */
int host_inject(const char *call_name, uint64_t nth, int error);

/* "ptrace:3:ENOMEM" or "ptrace:3:12". -EINVAL: not of this form; -ENOENT: no such call. */
int host_inject_parse(const char *text);

/* Whether an injected failure has happened since the last host_inject() of that call. */
bool host_inject_happened(const char *call_name);

/* The calls by index, NULL at the end; how often each was made. */
const char *host_call_name(unsigned index);
uint64_t host_call_count(const char *call_name);

/* The call that failed last with `error` (negative errno), for messages; NULL if none did. */
const char *host_failed_call(int error);

#endif
