/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf() without a libc, for what the kernel writes to its console and for messages.
 *
 * Conversions: %s %c %d %i %u %x %X %p %%, with length l, ll or z for the numbers; flags '-' and
 * '0', a width, and for %s a precision ("%-8s", "%016lx", "%.*s"). %p prints 0x and hexadecimal
 * digits. A NULL string prints as "(null)". Any other conversion is printed as it stands.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <base/types.h>
#include <stdarg.h>

/*
 * Writes at most size - 1 characters and a 0. Returns how many characters it wrote; what did not
 * fit is cut off.
 */
size_t text_format(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t text_format_list(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);

/* Copies at most size - 1 characters and a 0; returns how many. size > 0. */
size_t text_copy(char *buffer, size_t size, const char *text);
/* The same, with '?' for what is not printable ASCII. */
size_t text_copy_printable(char *buffer, size_t size, const char *text);

#endif
