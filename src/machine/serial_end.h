/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host end of a serial port: where its bytes go and come from. Nothing here blocks.
 *
 * A socket listens as long as the end is open and serves one client at a time; the next is accepted
 * when that one has gone. While there is none, writes take nothing (-EAGAIN), so what the guest
 * prints waits for a client in the stream's backlog. What a client had been sent and had not read
 * when it went is lost with it.
 *
 * The slave of a pseudo terminal is held open: programs may come and go, and find it without echo
 * or line editing unless they want these.
 */
#ifndef MACHINE_SERIAL_END_H
#define MACHINE_SERIAL_END_H

#include <machine/input.h>
#include <machine/serial_spec.h>

struct serial_end {
    const struct serial_spec *spec;
    const char *port;    /* "COM1", for messages */
    struct input *input; /* of SERIAL_STDIO: where input comes from */

    int fd;       /* what bytes go through; -1: nobody is connected */
    int listener; /* -1: this kind has none */
    int slave;    /* held open; -1: this kind has none */
    bool owns_path;
    char place[64]; /* what was made: the slave's name, the address with its port */
    unsigned fd_interest, listener_interest; /* what is watched; kept by machine/ports.c */
};

/*
 * 0 or a negative errno, with everything undone; host_failed_call() then names the call. Says on
 * standard error what a user has to know to connect.
 */
int serial_end_open(struct serial_end *end, const struct serial_spec *spec, const char *port,
                    struct input *input);
/* Closes, and removes the socket's file. A reader of a pseudo terminal gets some time to read. */
void serial_end_close(struct serial_end *end);

/* Takes a client that waits, if there is none. */
void serial_end_accept(struct serial_end *end);
/* Ends the connection; the next client may come. */
void serial_end_disconnect(struct serial_end *end);
/* Sends away those who wait while a client is connected, with `text`. Returns whether there was
 * one. */
bool serial_end_refuse(struct serial_end *end, const char *text);
/* Whether bytes written now could be read by somebody. */
bool serial_end_is_connected(const struct serial_end *end);

/* As struct host_stream_ops wants them. */
int64_t serial_end_write(struct serial_end *end, const uint8_t *bytes, size_t size);
int64_t serial_end_read(struct serial_end *end, uint8_t *ret_bytes, size_t size);

#endif
