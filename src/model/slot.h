/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A CNode slot: a capability and its place in the derivation tree. The tree is a doubly linked
 * list in pre-order, as seL4's mapping database; a child is what follows and is derived from it
 * (see cap/derivation.c). Links are physical addresses of slots, 0 at the ends.
 */
#ifndef MODEL_SLOT_H
#define MODEL_SLOT_H

#include <model/cap.h>

struct slot {
    union cap cap;
    uint64_t prev;
    uint64_t next : 48;
    uint64_t revocable : 1;    /* made by retype or minted from such: may have children */
    uint64_t first_badged : 1; /* badged copy of an unbadged original */
};

_Static_assert(sizeof(struct slot) == 32, "a slot is 32 bytes in seL4's ABI");

#endif
