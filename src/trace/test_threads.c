/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <trace/threads.h>

static struct trace_threads threads;

/* As the trace does it. */
static struct trace_thread *remember(uint64_t serial)
{
    struct trace_thread *thread = threads_find_or_oldest(&threads, serial);
    thread->serial = serial;
    return thread;
}

TEST(a_thread_is_found_again)
{
    threads = (struct trace_threads){0};
    struct trace_thread *thread = remember(5);
    CHECK(threads_find(&threads, 5) == thread);
    CHECK(threads_find(&threads, 6) == NULL);
    CHECK(remember(5) == thread);
}

TEST(the_one_not_seen_for_longest_is_given_up)
{
    threads = (struct trace_threads){0};
    for (unsigned i = 0; i < THREADS_IN_SET; i++)
        remember(1 + i * THREAD_SETS);
    CHECK(threads_find(&threads, 1) != NULL); /* seen just now: the second is the oldest */
    struct trace_thread *oldest = threads_find_or_oldest(&threads, 1 + 100 * THREAD_SETS);
    CHECK_EQ(oldest->serial, 1 + THREAD_SETS);
    CHECK(remember(2) != oldest);
}
