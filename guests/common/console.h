/* SPDX-License-Identifier: BSD-2-Clause */
/* Text output by the kernel's debug call: one call per character, no buffer. */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

/*
 * Of printf: %c %s %d %u %x %p %%, with l or ll for words, and a minimum width, with 0 before it
 * for zeros, or - for text that is filled up on the right.
 */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
