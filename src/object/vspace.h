/* SPDX-License-Identifier: BSD-2-Clause */
/* What the methods that map into a VSpace check of the VSpace capability they are given. */
#ifndef OBJECT_VSPACE_H
#define OBJECT_VSPACE_H

#include <cap/object_type.h>

/* A PML4 that was given an ASID. */
bool cap_is_vspace_root(union cap cap);

/* The ASID of a VSpace root still is its own: FailedLookup or InvalidCapability(1) otherwise. */
struct answer vspace_check_asid(struct kernel *k, union cap root);

/*
 * x86 cannot map a page for writing alone: the right is dropped, and the kernel says so where it
 * masks a frame's rights with `rights`. Other capabilities and rights: nothing happens.
 */
void page_report_write_only(struct kernel *k, union cap cap, word_t rights);

/* A mapping's upper table is missing: FailedLookup with the bits of address it would translate. */
struct answer answer_missing_table(struct kernel *k, unsigned missing_bits);

#endif
