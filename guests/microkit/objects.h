/* SPDX-License-Identifier: BSD-2-Clause */
/* The objects of a system, made all at once: first what they are to be, then objects_create(). */
#ifndef MICROKIT_OBJECTS_H
#define MICROKIT_OBJECTS_H

#include "guest.h"

#define ANYWHERE ((seL4_Word)1)

/*
 * A new object: its type, log2 of its bytes, what Retype is told of its size, and where it is to
 * lie (or ANYWHERE). Returns the slot that it will be in. Those with a place come first, ascending.
 */
seL4_CPtr object_plan(seL4_Word type, unsigned bits, seL4_Word size_bits, seL4_Word paddr);

/*
 * Goes through the untypeds in the order of their addresses and gives each object the next place
 * that fits it, the largest first; what lies before an object with a place of its own is skipped
 * with untypeds that are given back. Ends the guest if there is no room.
 */
void objects_create(void);

#endif
