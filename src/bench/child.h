/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that is run for what it prints, line by line. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <base/types.h>

#define CHILD_LINE_BYTES 256

struct child_reader {
    /* A line, without its end, and when it had come, since the start. False: that is enough. */
    bool (*take)(void *context, const char *line, nanoseconds_t time);
    void *context;
};

/*
 * Starts `words`, with the empty input, and reads output and error output until the reader has
 * enough; then, or when `timeout` has passed, the program is ended, and waited for. Longer lines
 * are cut. 0; -ETIMEDOUT; -ENODATA: it ended by itself before that; or another negative errno.
 */
int child_run(const char *const *words, nanoseconds_t timeout, const struct child_reader *reader);

#endif
