/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The debugger of a machine (--gdb): a socket on which one debugger at a time is served, between
 * the protocol (gdb/gdb_server.h) and what runs (gate/seat_debug.h, the kernel's state).
 *
 * To the debugger a VSpace is a process and a TCB a thread, whose number is the TCB's serial. While
 * the machine is frozen no guest code runs and the guest's time stands still.
 */
#ifndef MACHINE_DEBUGGER_H
#define MACHINE_DEBUGGER_H

#include <gate/seat_debug.h>

struct debugger;
struct machine;

/*
 * Listens where the machine's options say, and with options->freeze holds the guest until a
 * debugger lets it run. 0 or a negative errno.
 */
int debugger_open(struct machine *machine, struct debugger **ret_debugger);
void debugger_close(struct debugger *debugger);

/* From now on the seat asks it. */
void debugger_start(struct debugger *debugger);

/* Each takes NULL: there is no debugger. */

/* One is connected, or is waited for: an idle machine does not end. */
bool debugger_is_attached(const struct debugger *debugger);
bool debugger_is_frozen(const struct debugger *debugger);
/* It has asked for the end of the machine. */
bool debugger_kills(const struct debugger *debugger);
/* Something was ready on the host: maybe of the debugger's. */
void debugger_poke(struct debugger *debugger);
/* Has watched what the debugger may do. */
void debugger_watch(struct debugger *debugger);

/* The machine has ended: tells the debugger and gives it some time to ask for details. */
void debugger_tell_end(struct debugger *debugger);

#endif
