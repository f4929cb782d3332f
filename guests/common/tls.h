/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread-local storage, as the x86_64 ABI wants it: the thread pointer (FS base) points just after
 * the block of variables, at a word that holds its own address.
 */
#ifndef GUEST_TLS_H
#define GUEST_TLS_H

#include <sel4/syscalls.h>

#define TLS_AREA_SIZE 256

/* Fills an area of TLS_AREA_SIZE bytes, 16-aligned, and returns the thread pointer for it. */
seL4_Word tls_create(void *area);

/* The same for an area that the thread will see at another address than the caller. */
seL4_Word tls_create_for(void *area, seL4_Word area_of_thread);

/* Makes it the calling thread's: with the kernel's call, or (KernelFSGSBase=inst) without. */
static inline void tls_use(seL4_Word pointer)
{
#ifdef CONFIG_SET_TLS_BASE_SELF
    seL4_SetTLSBase(pointer);
#else
    __asm__ volatile("wrfsbase %0" : : "r"(pointer));
#endif
}

#endif
