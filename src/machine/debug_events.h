/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stops of a debugger at events of the kernel: calls by name, faults, errors, capabilities that are
 * passed on. Each is a trace of its own, whose lines the debugger is shown; what stops the thread
 * is told when the entry is over.
 */
#ifndef MACHINE_DEBUG_EVENTS_H
#define MACHINE_DEBUG_EVENTS_H

#include <gdb/gdb_server.h>
#include <machine/debug_threads.h>
#include <machine/tracing.h>

#define DEBUG_MAX_EVENTS  TRACING_MAX
#define DEBUG_MAX_PENDING 8
#define DEBUG_EVENT_BYTES 512

struct debug_events;

struct kernel_event {
    struct debug_events *events;
    unsigned number; /* 0: free */
    struct trace *trace;
    bool stops;          /* else its lines are shown and the guest runs on */
    bool transfers_only; /* messages with capabilities */
    char words[128];     /* as it was asked for */
};

struct debug_events {
    struct tracing *tracing;
    struct kernel_event list[DEBUG_MAX_EVENTS];
    unsigned last_number;
    struct {
        uint64_t thread; /* its serial number; 0: only to be shown */
        char line[DEBUG_EVENT_BYTES];
    } pending[DEBUG_MAX_PENDING];
    unsigned pending_count;
    uint64_t lost; /* lines for a debugger that was behind with reading, not told yet */
};

/*
 * "TCB_Configure", "fault", "error thread=client", "transfer": words that have all to hold. Returns
 * NULL and the new one's number, or what is wrong: a sentence, valid until the next call.
 */
const char *debug_events_add(struct debug_events *events, const char *words, bool stops,
                             unsigned *ret_number);
/* 0: all of them. False: there is none with that number. */
bool debug_events_remove(struct debug_events *events, unsigned number);

/* Tells the debugger what has happened; one that is behind with reading misses lines, no stops. */
void debug_events_tell(struct debug_events *events, const struct debug_processes *processes,
                       struct gdb_server *server, bool is_behind);

#endif
