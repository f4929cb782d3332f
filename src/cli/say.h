/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command says about itself: lines on standard error, "sel4emu: ...". */
#ifndef CLI_SAY_H
#define CLI_SAY_H

/* One line; the newline is added. Written at once. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flushes standard output: STATUS_HOST with a line if that fails, else `status`. */
int say_end(int status);

#endif
