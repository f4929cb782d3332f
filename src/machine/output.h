/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's console on its way to the host end of COM1. Bytes are gathered to a line, or until
 * output_flush(), and never lost: a reader that is slow makes the guest wait. The texts of --until
 * and --fail-on are looked for on the way; what comes behind the one that matched is not written.
 */
#ifndef MACHINE_OUTPUT_H
#define MACHINE_OUTPUT_H

#include <device/stream.h>
#include <machine/options.h>
#include <machine/watch.h>

#define OUTPUT_BYTES       4096
#define OUTPUT_MAX_WATCHES (1 + MACHINE_MAX_FAIL_ON)

struct output {
    struct host_stream *stream; /* the caller's */
    uint8_t pending[OUTPUT_BYTES];
    size_t length;
    bool in_line;           /* the last byte was no newline */
    nanoseconds_t flush_at; /* host time; NANOSECONDS_NEVER: nothing is pending */

    struct watch watches[OUTPUT_MAX_WATCHES];
    unsigned watch_count;
    bool has_until;
    bool until_seen;          /* the first watch matched */
    const char *fail_on_seen; /* the text that matched, or NULL */
    const char *const *fail_on;
};

/* False if a text cannot be watched for. */
bool output_init(struct output *output, struct host_stream *stream,
                 const struct machine_options *options);

void output_put(struct output *output, const uint8_t *bytes, size_t size);
void output_flush(struct output *output);
/* At the end: ends the last line. For a person who reads it. */
void output_end_line(struct output *output);

/* Nothing more is to be written: a text was seen or writing failed. */
bool output_is_over(const struct output *output);

#endif
