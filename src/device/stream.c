/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/stream.h>

#include <base/assert.h>
#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

static int64_t null_write(void *context, const uint8_t *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    return (int64_t)size;
}

static int64_t null_read(void *context, uint8_t *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return 0;
}

static int null_wait(void *context)
{
    (void)context;
    return 0;
}

const struct host_stream_ops host_stream_null_ops = {
    .name = "null", .write = null_write, .read = null_read, .wait = null_wait};

struct host_stream *stream_create(const struct host_stream_ops *ops, void *context)
{
    struct host_stream *stream = host_allocate(1, sizeof(*stream));

    if (!stream)
        return NULL;
    stream->ops = ops;
    stream->context = context;
    return stream;
}

void stream_destroy(struct host_stream *stream)
{
    if (!stream)
        return;
    stream_flush(stream);
    free(stream);
}

static void end_output(struct host_stream *stream, int error)
{
    stream->output_error = error;
    stream->backlog = 0;
}

/* Offers bytes to the host; returns how many it took. */
static size_t offer(struct host_stream *stream, const uint8_t *bytes, size_t size)
{
    size_t done = 0;

    while (done < size && !stream->output_error) {
        int64_t count = stream->ops->write(stream->context, bytes + done, size - done);

        if (count == -EAGAIN)
            break;
        if (count <= 0) /* 0 is no answer to a write: treat it as a broken host end */
            end_output(stream, count ? (int)count : -EIO);
        else
            done += min_u64((uint64_t)count, size - done);
    }
    return done;
}

bool stream_flush(struct host_stream *stream)
{
    while (stream->backlog && !stream->output_error) {
        uint32_t run = (uint32_t)min_u64(stream->backlog, STREAM_BACKLOG_BYTES - stream->first);
        size_t taken = offer(stream, stream->pending + stream->first, run);

        if (stream->output_error || taken == 0)
            break;
        stream->first = (stream->first + (uint32_t)taken) % STREAM_BACKLOG_BYTES;
        stream->backlog -= (uint32_t)taken;
    }
    return stream->backlog == 0;
}

/* Frees room in a full backlog by waiting for the host. */
static void wait_for_room(struct host_stream *stream)
{
    while (!stream_can_write(stream)) {
        int error = stream->ops->wait(stream->context);

        if (error)
            end_output(stream, error);
        else
            stream_flush(stream);
    }
}

void stream_write(struct host_stream *stream, const uint8_t *bytes, size_t size)
{
    size_t done = stream_flush(stream) ? offer(stream, bytes, size) : 0;

    for (; done < size; done++) {
        wait_for_room(stream);
        if (stream->output_error)
            return;
        stream->pending[(stream->first + stream->backlog) % STREAM_BACKLOG_BYTES] = bytes[done];
        stream->backlog++;
    }
}

bool stream_can_write(const struct host_stream *stream)
{
    return stream->output_error || stream->backlog < STREAM_BACKLOG_BYTES;
}

bool stream_has_backlog(const struct host_stream *stream)
{
    return stream->backlog != 0;
}

size_t stream_read(struct host_stream *stream, uint8_t *ret_bytes, size_t size)
{
    int64_t count;

    if (stream->input_ended || size == 0)
        return 0;
    count = stream->ops->read(stream->context, ret_bytes, size);
    if (count == -EAGAIN)
        return 0;
    if (count <= 0) {
        stream->input_ended = true;
        stream->input_error = (int)count;
        return 0;
    }
    ASSERT((uint64_t)count <= size);
    return (size_t)count;
}
