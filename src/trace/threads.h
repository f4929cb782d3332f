/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trace remembers of threads: the call that one waits in, and what it has put on the
 * console. A cache of fixed size: a thread that has not been seen for long may be forgotten, and
 * then the end of its call goes unsaid.
 */
#ifndef TRACE_THREADS_H
#define TRACE_THREADS_H

#include <trace/call.h>

#define THREAD_SETS       256
#define THREADS_IN_SET    8
#define THREAD_TEXT_BYTES 200

struct trace_thread {
    uint64_t serial; /* of its TCB; 0: free */
    uint64_t last_used;
    struct trace_call call; /* that it waits in; name NULL: none */
    uint8_t text_length;
    char label[LABEL_BYTES];
    char text[THREAD_TEXT_BYTES]; /* from DebugPutChar */
};

struct trace_threads {
    uint64_t uses;
    struct trace_thread set[THREAD_SETS][THREADS_IN_SET];
};

/* The entry of the TCB with that serial number, or NULL. */
struct trace_thread *threads_find(struct trace_threads *threads, uint64_t serial);

/* The same; if there is none, the one that may be overwritten: it still holds its old contents. */
struct trace_thread *threads_find_or_oldest(struct trace_threads *threads, uint64_t serial);

#endif
