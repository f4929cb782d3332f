/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: how other processes look into a machine that runs. An abstract Unix socket,
 * "@sel4emu/UID/PID/NAME", so that nothing is left of it however the machine ends. Only the same
 * user and root are let in. A client sends one line, a request (inspect/views.h), and reads "ok" or
 * "error SENTENCE", each with a newline, and the answer until the end. The answer to "trace" and
 * words of trace/options.h goes on until the client sends no more or the guest ends. "own-threads"
 * has each TCB get a Linux thread of its own; the answer is "all" or "not yet".
 *
 * Clients are served between two entries of the kernel, by the machine's one thread. However many
 * there are and whatever they do, they get no more than half of its time: after each round of
 * serving them they are left alone for as long as it took, and for a millisecond at least. A client
 * that does not send its request or take its answer is dropped after some seconds; one that does
 * not read its trace loses lines and is told how many.
 */
#ifndef MACHINE_CONTROL_H
#define MACHINE_CONTROL_H

#include <inspect/views.h>
#include <machine/tracing.h>

#define CONTROL_PREFIX     "sel4emu/" /* of the socket's name, behind the zero byte */
#define CONTROL_NAME_BYTES 64
#define CONTROL_CLIENTS    8

struct machine;

struct control_answer {
    char *items;
    uint32_t count, room;
    bool failed; /* no memory for all of it */
};

struct control_client {
    struct control *control;
    int fd; /* -1: none */
    nanoseconds_t drop_at;
    uint32_t request_length;
    char request[VIEW_REQUEST_BYTES];
    struct control_answer answer; /* items NULL: the request has not come yet */
    uint32_t written;             /* of it */
    struct trace *trace;          /* that the answer is, or NULL */
    uint64_t lost;                /* lines of it, not told yet */
};

struct control {
    struct tracing *tracing;
    int listener, epoll; /* -1: there is no socket */
    bool is_watched;
    nanoseconds_t resume_at; /* host time until which clients are left alone; 0: they are not */
    struct control_client clients[CONTROL_CLIENTS];
};

/* What may stand in a name: anything else becomes '-'. */
void control_clean_name(const char *name, char ret_name[CONTROL_NAME_BYTES]);

/*
 * 0, or a negative errno; then there is no socket, and all other functions do nothing. tracing: for
 * clients that trace; it ends before control_close(), which sends them what they can take at once.
 */
int control_open(struct control *control, const char *name, struct tracing *tracing);
void control_close(struct control *control);

/* Serves who waits, if it is time to. */
void control_serve(struct machine *machine);
/* Has the machine's watcher look at the clients, or not for a while. Whether it does. */
bool control_watch(struct machine *machine);
/* Host time at which control_serve() has something to do by itself, or NANOSECONDS_NEVER. */
nanoseconds_t control_next(const struct control *control);

#endif
