/* SPDX-License-Identifier: BSD-2-Clause */
#include <trace/threads.h>

static struct trace_thread *set_of(struct trace_threads *threads, uint64_t serial)
{
    return threads->set[serial % THREAD_SETS];
}

struct trace_thread *threads_find(struct trace_threads *threads, uint64_t serial)
{
    struct trace_thread *set = set_of(threads, serial);
    for (unsigned i = 0; i < THREADS_IN_SET; i++) {
        if (set[i].serial == serial) {
            set[i].last_used = ++threads->uses;
            return &set[i];
        }
    }
    return NULL;
}

struct trace_thread *threads_find_or_oldest(struct trace_threads *threads, uint64_t serial)
{
    struct trace_thread *found = threads_find(threads, serial);
    if (found)
        return found;
    struct trace_thread *set = set_of(threads, serial);
    struct trace_thread *oldest = &set[0];
    for (unsigned i = 1; i < THREADS_IN_SET; i++) {
        if (set[i].last_used < oldest->last_used)
            oldest = &set[i];
    }
    oldest->last_used = ++threads->uses;
    return oldest;
}
