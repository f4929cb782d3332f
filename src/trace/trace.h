/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace: one line of text for each system call and each fault, decoded with the tables of
 * abi/. docs/trace.md explains the lines.
 *
 * A seat calls trace_enter() before the kernel handles a system call or a fault of a thread, and
 * trace_leave() after each entry of whatever kind. Nothing of the guest is changed. All memory is
 * taken in trace_open(); several traces may exist.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <gate/gate.h>
#include <kernel/kernel_api.h>
#include <trace/options.h>

/* Where the lines go: whole lines, each with its newline, one in a call. */
struct trace_sink {
    void (*write)(void *context, const char *text, size_t length);
    void *context;
};

struct trace;

/* options: NULL for a line of everything. 0 or -ENOMEM. */
int trace_open(const struct trace_options *options, struct trace_sink sink,
               struct trace **ret_trace);

/* Writes what is still gathered, and the summary. The kernel is not looked at, it may be gone. */
void trace_close(struct trace *trace);

/*
 * `tcb` has trapped and its registers are saved in it; the kernel has not seen the trap yet. For
 * TRAP_PAGE_FAULT: only such that go to the guest, with write and fetch classified.
 */
void trace_enter(struct trace *trace, struct kernel *k, const struct tcb *tcb,
                 const struct trap *trap);
/* Of the line that the sink is being given: the serial number of the thread that it is about. */
uint64_t trace_thread(const struct trace *trace);

void trace_leave(struct trace *trace, struct kernel *k, struct outcome outcome);

#endif
