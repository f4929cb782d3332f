/* SPDX-License-Identifier: BSD-2-Clause */
/* What the methods that map into a VSpace check of the VSpace capability they are given. */
#ifndef OBJECT_VSPACE_H
#define OBJECT_VSPACE_H

#include <cap/object_type.h>

/* A PML4 that was given an ASID. */
bool cap_is_vspace_root(union cap cap);

/* The ASID of a VSpace root still is its own: FailedLookup or InvalidCapability(1) otherwise. */
struct answer vspace_check_asid(struct kernel *k, union cap root);

/* A mapping's upper table is missing: FailedLookup with the bits of address it would translate. */
struct answer answer_missing_table(unsigned missing_bits);

#endif
