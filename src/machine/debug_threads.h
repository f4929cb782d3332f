/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as a debugger sees them: TCBs in the debugger's processes, by their serial numbers. */
#ifndef MACHINE_DEBUG_THREADS_H
#define MACHINE_DEBUG_THREADS_H

#include <machine/debug_processes.h>

/* {0, 0}: the debugger is not shown that thread. */
struct gdb_thread_id debug_thread_id(const struct debug_processes *processes,
                                     const struct tcb *tcb);

/* NULL: the debugger is shown no such thread. The pid may be GDB_ANY or GDB_ALL. */
struct tcb *debug_thread_find(const struct debug_processes *processes, struct gdb_thread_id thread);

/* The thread made next after `after` ({0, 0}: the first) of those shown; NULL: there is none. */
struct tcb *debug_thread_next(const struct debug_processes *processes, int64_t after);

/* Where the thread executes. */
vaddr_t debug_thread_ip(const struct tcb *tcb);

#endif
