/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of the trace while it is put together. What does not fit is cut off, and said so. */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include <base/types.h>

#define LINE_BYTES 2048

struct line {
    size_t length;
    char text[LINE_BYTES];
};

void line_clear(struct line *line);
void line_add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Numbers that are counts read better in decimal, addresses in hexadecimal: a guess by size. */
void line_add_number(struct line *line, word_t number);

/* Seconds and microseconds: "1.002003", with spaces before it up to `width` digits of seconds. */
void line_add_time(struct line *line, nanoseconds_t time, int width);

/* "text", in quotes and with what cannot be printed escaped as in C. */
void line_add_quoted(struct line *line, const char *text, size_t length);

/* The newline, and a mark before it if something was cut off. */
void line_end(struct line *line);

#endif
