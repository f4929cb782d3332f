/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that tries an address: what comes of a load, a store or a jump there. */
#ifndef GUEST_PROBE_H
#define GUEST_PROBE_H

#include "thread.h"

enum probe { PROBE_READ, PROBE_WRITE, PROBE_JUMP, PROBE_COUNT };

#define PROBE_DONE 0x100

/* Makes the thread: before the first try. */
void probe_start(void);

/* The fault's label, whose message is in the message registers; PROBE_DONE: there was none. */
seL4_Word probe_try(enum probe what, seL4_Word address);

#endif
