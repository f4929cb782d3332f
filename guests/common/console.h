/* SPDX-License-Identifier: BSD-2-Clause */
/* Text output by the kernel's debug call: one call per character, no buffer. */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of printf: %c %s %d %u %x %p %%, with l or ll for words, and a minimum width, with 0 before it
 * for zeros, or - for text that is filled up on the right.
 */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same into memory: appends to the string in `text`, whose space is `size` bytes; cuts. */
void print_append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void print_append_list(char *text, size_t size, const char *format, va_list arguments);

#endif
