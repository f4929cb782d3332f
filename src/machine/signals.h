/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals that ask the process to end. The first one is noted, and the machine told; the second
 * ends the process at once, with the terminal restored (the guest's processes die with their
 * tracer). SIGPIPE is ignored: a reader that goes away is an error of write(). SIGCHLD is not: with
 * it ignored, as a parent may have left it, wait() loses the ends of children. It is not sent for
 * their stops, of which the gate makes many.
 *
 * Also here: a crash of our own restores the terminal before it takes its course.
 */
#ifndef MACHINE_SIGNALS_H
#define MACHINE_SIGNALS_H

#include <base/types.h>

/*
 * notify: called in the handler, so async-signal-safe; it makes whatever the machine waits in come
 * back. Returns 0 or a negative errno, with nothing caught.
 */
int signals_catch(void (*notify)(void *context), void *context);

/* Puts back what was there before. */
void signals_release(void);

/* The signal that asks the process to end, or 0. */
int signals_pending(void);

#endif
