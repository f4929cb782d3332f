/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/output.h>

#include <host/clock.h>
#include <string.h>

/* How long an unfinished line may wait for its end. */
#define FLUSH_DELAY (20 * UINT64_C(1000000))

bool output_init(struct output *output, struct host_stream *stream,
                 const struct machine_options *options)
{
    *output = (struct output){
        .stream = stream, .flush_at = NANOSECONDS_NEVER, .fail_on = options->fail_on};
    output->has_until = options->until != NULL;
    if (output->has_until && !watch_init(&output->watches[output->watch_count++], options->until))
        return false;
    for (unsigned i = 0; i < options->fail_on_count; i++) {
        if (!watch_init(&output->watches[output->watch_count++], options->fail_on[i]))
            return false;
    }
    return true;
}

void output_flush(struct output *output)
{
    size_t length = output->length;

    /* Before the bytes go: who is called while they wait may flush, too. */
    output->length = 0;
    output->flush_at = NANOSECONDS_NEVER;
    stream_write(output->stream, output->pending, length);
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

void output_end_line(struct output *output)
{
    if (output->in_line)
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
    return output->until_seen || output->fail_on_seen != NULL || output->stream->output_error != 0;
}
