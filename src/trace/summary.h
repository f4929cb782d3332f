/* SPDX-License-Identifier: BSD-2-Clause */
/* How often each call was made, how often it failed, how long threads waited in it. */
#ifndef TRACE_SUMMARY_H
#define TRACE_SUMMARY_H

#include <trace/options.h>

#define SUMMARY_ROWS 256 /* more than there are names of calls */

struct trace_summary {
    unsigned count;
    struct summary_row {
        const char *call; /* one of trace_call_name() */
        uint64_t calls, errors;
        nanoseconds_t waited;
    } rows[SUMMARY_ROWS];
};

/* A call that began or ended at once. */
void summary_count(struct trace_summary *summary, const struct trace_event *event);

/* The end of a call that was counted when it began to wait. */
void summary_count_wait(struct trace_summary *summary, const struct trace_event *event,
                        nanoseconds_t waited);

/* A table, what was called most first, by write(context, text, length). */
void summary_write(struct trace_summary *summary,
                   void (*write)(void *context, const char *text, size_t length), void *context);

#endif
