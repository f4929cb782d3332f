/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Byte streams: how a device model exchanges bytes with the host. The host end is a table of
 * operations that the machine fills in (terminal, file, pipe, socket); none of them blocks but
 * `wait`. What the host does not take at once is kept here and offered again, so that no output is
 * lost; what went wrong with the host end is remembered, and the machine asks for it.
 */
#ifndef DEVICE_STREAM_H
#define DEVICE_STREAM_H

#include <base/types.h>

struct host_stream_ops {
    const char *name;
    /* Bytes taken (1..size), -EAGAIN if none now, another negative errno if never again. */
    int64_t (*write)(void *context, const uint8_t *bytes, size_t size);
    /* Bytes given (1..size), 0 at the end of input, -EAGAIN if none now, another negative errno. */
    int64_t (*read)(void *context, uint8_t *bytes, size_t size);
    /* Blocks until write() may take bytes. 0 or a negative errno. */
    int (*wait)(void *context);
};

/* A host end that has no input and swallows all output. */
extern const struct host_stream_ops host_stream_null_ops;

#define STREAM_BACKLOG_BYTES 65536

struct host_stream {
    const struct host_stream_ops *ops;
    void *context;
    bool input_ended;        /* end of file, or input_error */
    int input_error;         /* negative errno that ended the input, or 0 */
    int output_error;        /* negative errno that ended the output (-EPIPE: reader gone), or 0 */
    uint32_t first, backlog; /* output not yet taken: a ring */
    uint8_t pending[STREAM_BACKLOG_BYTES];
};

struct host_stream *stream_create(const struct host_stream_ops *ops, void *context);
/* Makes one last attempt for what is pending (see stream_flush). */
void stream_destroy(struct host_stream *stream);

/*
 * Hands bytes to the host, in order; blocks only if the backlog is full. After an output error
 * bytes are dropped.
 */
void stream_write(struct host_stream *stream, const uint8_t *bytes, size_t size);
/* Offers the backlog again (the host end became writable). Returns whether all of it is gone. */
bool stream_flush(struct host_stream *stream);
/* Whether another byte fits without blocking. */
bool stream_can_write(const struct host_stream *stream);
/* Whether the machine should wait for the host end to become writable. */
bool stream_has_backlog(const struct host_stream *stream);

/* Returns how many bytes came: 0 if there are none now or ever (input_ended). */
size_t stream_read(struct host_stream *stream, uint8_t *ret_bytes, size_t size);

#endif
