/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor's breakpoints of a thread that nobody traces, by perf events of Linux: one that is
 * hit sends the thread SIGTRAP there and then, and a debugger may be attached beside. A thread has
 * four in all, a debugger's included.
 */
#ifndef GATE_BREAKPOINT_EVENTS_H
#define GATE_BREAKPOINT_EVENTS_H

#include <abi/debug.h>

struct breakpoint_events {
    bool is_set[HARDWARE_BREAKPOINTS];
    int fd[HARDWARE_BREAKPOINTS];
    uint64_t seen[HARDWARE_BREAKPOINTS]; /* how often each was hit when somebody last asked */
};

/* 0, or why Linux provides no such breakpoints here: a negative errno. */
int breakpoint_events_check(void);

/*
 * Those of the thread from now on, instead of the ones before. On failure it has none: -EACCES,
 * -EPERM, -ENOSPC (a debugger uses them), -EMFILE and others of perf_event_open().
 */
int breakpoint_events_set(struct breakpoint_events *events, int tid,
                          const struct breakpoint list[HARDWARE_BREAKPOINTS]);
void breakpoint_events_clear(struct breakpoint_events *events);

/* Bit n: breakpoint n was hit since the last call. */
uint8_t breakpoint_events_take_hits(struct breakpoint_events *events);

#endif
