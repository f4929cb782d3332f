/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that follows references which a guest may have forged: it may run into memory that is not
 * there. That ends it, not the process.
 */
#ifndef HOST_GUARD_H
#define HOST_GUARD_H

#include <stdbool.h>

/*
 * Runs it, always in the same thread of the process; false: it ran into such memory and was left
 * there. What it had allocated is lost, so the run is to end then. May be nested.
 */
bool host_guard(void (*run)(void *context), void *context);

#endif
