/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells the initial thread, at the address it finds in rdi. Manual, "System
 * Bootstrapping". The struct is in <sel4/bootinfo_types.h>.
 */
#ifndef SEL4_BOOTINFO_H
#define SEL4_BOOTINFO_H

#include <sel4/bootinfo_types.h>
#include <sel4/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A place to keep the address; the runtime of today keeps it itself. */
void seL4_InitBootInfo(seL4_BootInfo *bi) SEL4_DEPRECATED("keep the address yourself");
seL4_BootInfo *seL4_GetBootInfo(void) SEL4_DEPRECATED("keep the address yourself");

#ifdef __cplusplus
}
#endif

#endif
