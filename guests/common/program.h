/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs: ELF files in the root task's memory, to be loaded into other VSpaces. */
#ifndef GUEST_PROGRAM_H
#define GUEST_PROGRAM_H

#include "vspace.h"

/*
 * Loads a static ELF program into a VSpace, page by page, in frames of its own; returns its entry.
 * Its segments start on pages, as with guest.ld.
 */
seL4_Word program_load(struct vspace *vspace, const void *elf);

#endif
