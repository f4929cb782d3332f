/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debugger's own state, shared by its files:
 *
 *     debugger.c          the connection; freezing; what the seat and the machine ask
 *     debug_target.c      what the protocol asks: struct gdb_target_ops
 *     debug_threads.c     TCBs as threads
 *     debug_processes.c   VSpaces as processes
 *     debug_events.c      stops at calls and faults of the kernel
 *     debug_monitor.c     `monitor` commands
 */
#ifndef MACHINE_DEBUGGER_STATE_H
#define MACHINE_DEBUGGER_STATE_H

#include <gdb/gdb_server.h>
#include <machine/debug_events.h>
#include <machine/debug_threads.h>
#include <machine/debugger.h>
#include <machine/state.h>

struct debugger {
    struct machine *machine;
    struct seat *seat;         /* what serves it: the machine's seat, or in place a part of it */
    struct serial_end end;     /* the listener, and the connection of the one debugger */
    struct gdb_server *server; /* NULL: nobody is connected */
    struct seat_debugger for_seat;
    struct debug_processes processes;
    struct debug_events events;

    bool is_frozen;
    bool may_have_input; /* something was ready since the last look */
    bool kills;          /* the debugger has asked for the end of the machine */

    /* What the debugger has not taken yet. */
    uint8_t *backlog;
    size_t backlog_size, backlog_room;
};

extern const struct gdb_target_ops debug_target_ops; /* context: struct debugger */

/* The guest's time stands still from now on; goes on. */
void debugger_freeze(struct debugger *debugger);
void debugger_thaw(struct debugger *debugger);

/* What the debugger has planted in the process, into its VSpace, which is new. */
void debug_target_plant_all(struct debugger *debugger, const struct debug_process *process);

/* As gdb_target_ops has it (debug_monitor.c). */
int debug_monitor(struct debugger *debugger, const char *line, gdb_text_sink *write, void *sink);

#endif
