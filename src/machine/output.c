/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/output.h>

#include <errno.h>
#include <host/clock.h>
#include <host/host.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* How long an unfinished line may wait for its end. */
#define FLUSH_DELAY (20 * UINT64_C(1000000))

bool output_init(struct output *output, int fd, const struct machine_options *options)
{
    *output = (struct output){.fd = fd, .flush_at = NANOSECONDS_NEVER, .fail_on = options->fail_on};
    output->has_until = options->until != NULL;
    if (output->has_until && !watch_init(&output->watches[output->watch_count++], options->until))
        return false;
    for (unsigned i = 0; i < options->fail_on_count; i++) {
        if (!watch_init(&output->watches[output->watch_count++], options->fail_on[i]))
            return false;
    }
    return true;
}

static void wait_until_writable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    host_ppoll(&poll_fd, 1, NULL, NULL, 0);
}

void output_flush(struct output *output)
{
    size_t done = 0;
    while (done < output->length && output->error == 0) {
        long written = host_write(output->fd, output->pending + done, output->length - done);
        if (written >= 0)
            done += (size_t)written;
        else if (written == -EAGAIN)
            wait_until_writable(output->fd);
        else if (written != -EINTR)
            output->error = (int)written;
    }
    output->length = 0;
    output->flush_at = NANOSECONDS_NEVER;
}

static void gather(struct output *output, const uint8_t *bytes, size_t size)
{
    if (size > 0)
        output->in_line = bytes[size - 1] != '\n';
    while (size > 0) {
        size_t room = OUTPUT_BYTES - output->length;
        size_t part = size < room ? size : room;
        memcpy(output->pending + output->length, bytes, part);
        output->length += part;
        bytes += part;
        size -= part;
        if (output->length == OUTPUT_BYTES)
            output_flush(output);
    }
}

void output_finish(struct output *output)
{
    if (output->in_line && isatty(output->fd))
        gather(output, (const uint8_t *)"\n", 1);
    output_flush(output);
}

static void note_match(struct output *output, unsigned which)
{
    if (output->has_until && which == 0)
        output->until_seen = true;
    else
        output->fail_on_seen = output->fail_on[which - (output->has_until ? 1 : 0)];
}

void output_put(struct output *output, const uint8_t *bytes, size_t size)
{
    if (size == 0 || output_is_over(output))
        return;
    unsigned which = 0;
    size_t matched = watch_feed(output->watches, output->watch_count, bytes, size, &which);
    if (matched != WATCH_NOTHING) {
        gather(output, bytes, matched);
        gather(output, (const uint8_t *)"\n", 1);
        output_flush(output);
        note_match(output, which);
        return;
    }
    gather(output, bytes, size);
    if (memchr(bytes, '\n', size) != NULL)
        output_flush(output);
    else if (output->flush_at == NANOSECONDS_NEVER)
        output->flush_at = host_clock_now() + FLUSH_DELAY;
}

bool output_is_over(const struct output *output)
{
    return output->until_seen || output->fail_on_seen != NULL || output->error != 0;
}
