/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The traces of a running machine: one for --trace, and others that come and go. Each has options
 * and a sink of its own; without any the seat's hooks return at once.
 */
#ifndef MACHINE_TRACING_H
#define MACHINE_TRACING_H

#include <trace/trace.h>

#define TRACING_MAX 8

struct tracing {
    unsigned count;
    struct trace *traces[TRACING_MAX];
    /* where the trace of the command line goes */
    int fd;
    const char *path; /* for messages; NULL: standard error */
    bool write_failed;
};

/*
 * Starts a trace. 0; -ENOMEM; -EMFILE: there are TRACING_MAX already. A trace that is added while
 * the guest runs sees its first call at the next entry.
 */
int tracing_add(struct tracing *tracing, const struct trace_options *options,
                struct trace_sink sink, struct trace **ret_trace);
void tracing_remove(struct tracing *tracing, struct trace *trace);

/*
 * The trace of the command line, into the file at `path` or, if that is NULL, on standard error.
 * 0 or a negative errno. A file that cannot be written later is said so once, and the guest goes
 * on.
 */
int tracing_start(struct tracing *tracing, const struct trace_options *options, const char *path);

/* Ends every trace: what is still gathered is written. */
void tracing_end(struct tracing *tracing);

/* For the seat's hooks of these names. */
void tracing_enter(struct tracing *tracing, struct kernel *k, const struct tcb *tcb,
                   const struct trap *trap);
void tracing_leave(struct tracing *tracing, struct kernel *k, struct outcome outcome);

#endif
