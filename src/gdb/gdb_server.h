/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The server's side of gdb's remote serial protocol, for one connection: bytes in, bytes out. The
 * owner has the socket, the thread it is called on and the target (gdb_target.h), and makes a new
 * server for each connection.
 *
 * All-stop, until the debugger asks for non-stop: a stop freezes the machine, and a resumption says
 * for every thread whether it continues, steps or is held. Non-stop: a stop holds its thread alone.
 * gdb_server_create() freezes the machine, as a debugger expects whom it connects to.
 */
#ifndef GDB_GDB_SERVER_H
#define GDB_GDB_SERVER_H

#include <gdb/gdb_target.h>

struct gdb_server;

/* Where bytes for the debugger go. It takes all of them. */
typedef void gdb_send(void *context, const uint8_t *bytes, size_t size);

/*
 * `target` is copied, what it points to is not. `send` gets `send_context`. Freezes the machine.
 * -ENOMEM.
 */
int gdb_server_create(const struct gdb_target *target, gdb_send *send, void *send_context,
                      struct gdb_server **ret_server);

/*
 * The connection is over, by whatever reason: detaches from everything, if that has not happened
 * yet. NULL: nothing.
 */
void gdb_server_destroy(struct gdb_server *server);

/* Bytes that came from the debugger. Any are fine, in pieces of any size. */
void gdb_server_input(struct gdb_server *server, const uint8_t *bytes, size_t size);

/*
 * Whether the owner is to close the connection when what was sent is out: the debugger has detached
 * from everything or ended the machine, or there was no memory for a stop.
 */
bool gdb_server_is_finished(const struct gdb_server *server);

/*
 * A thread has stopped, or a process is gone (kinds EXITED and KILLED: the thread's pid counts, its
 * tid does not). The server says by freeze() or set_action() what is to happen next, before this
 * returns: it also steps on where the debugger asked for a range.
 */
void gdb_server_stopped(struct gdb_server *server, struct gdb_thread_id thread,
                        const struct gdb_stop *stop);

/* Whether a stop, of a thread or by exit, is still to be told to the debugger. */
bool gdb_server_has_untold_stop(const struct gdb_server *server);

/* A line for the debugger's console. It is dropped unless the debugger waits for a stop. */
void gdb_server_say(struct gdb_server *server, const char *text);

#endif
