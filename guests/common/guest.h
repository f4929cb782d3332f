/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guests share: a start, an end, objects out of untyped memory. A guest defines
 * guest_main(); it runs in the root task with all capabilities.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include "boot_info.h"
#include "console.h"

#include <sel4/sel4.h>
#include <sel4emu/labels.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE_SIZE           ((seL4_Word)1 << seL4_PageBits)

void guest_main(void);

/* What is called before anything else here: once the thread has its IPC buffer. */
void guest_prepare(const seL4_BootInfo *boot_info);

/* log2 of the memory that objects may take, in bytes: 23, unless a guest defines it. */
extern unsigned guest_pool_bits;

extern const seL4_BootInfo *guest_boot_info;

/* The end of the whole system: a debug kernel reports that it was halted. On another the root task
 * stops, nothing more. */
_Noreturn void guest_end(void);

/* Says what failed, with the error's name, and ends; a no-op where error is seL4_NoError. */
void must(seL4_Error error, const char *what);

/* "NoError", "InvalidArgument", ... */
const char *error_name(seL4_Word error);

/* An empty slot of the root task's CSpace. It is never given back, but by scratch_end(). */
seL4_CPtr slot_new(void);

/* A new object and the slot it is in. `size_bits`: for untypeds, CNodes; else 0. */
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);

/* The same for what has to outlast scratch_end(). */
seL4_CPtr object_new_to_keep(seL4_Word type, seL4_Word size_bits);

/* Between the two, slots and objects (4 MiB at most) are for a while: the end takes all back. */
void scratch_begin(void);
void scratch_end(void);

/* A copy of a capability in a new slot, with these rights and this badge (0: as it is). */
seL4_CPtr cap_mint(seL4_CPtr cap, seL4_CapRights_t rights, seL4_Word badge);

#endif
