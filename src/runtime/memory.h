/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory in the process of the VSpace that runs. */
#ifndef RUNTIME_MEMORY_H
#define RUNTIME_MEMORY_H

#include <runtime/carrier.h>
#include <seat/trap.h>

enum memory_fault {
    MEMORY_FAULT_RETRY,    /* the access will succeed now */
    MEMORY_FAULT_ONCE,     /* the same, for one instruction: a page of breakpoints is open */
    MEMORY_FAULT_EMULATED, /* it was carried out: reg[] is as it leaves them */
    MEMORY_FAULT_TO_GUEST, /* *ret_fsr: the x86 error code; trap->address may have changed */
};

/* A page fault of guest code in the VSpace with that root, which is this process's. */
enum memory_fault memory_fault(paddr_t root, struct trap *trap, word_t reg[USER_REGISTER_COUNT],
                               word_t *ret_fsr);

/*
 * Of what Linux has mapped there of the guest's, in this process. By whoever has the turn, or the
 * edit thread for it. Returns 0 or -errno.
 */
long memory_unmap(vaddr_t start, vaddr_t end);

/*
 * The process is another VSpace's from now on: nothing of the guest's is mapped any more, whoever
 * mapped it. By the edit thread. Returns 0 or -errno.
 */
long memory_begin_again(void);

/*
 * Unmaps what the VSpace, which is this process's, has lost, and maps what it is likely to touch
 * next: before its code runs.
 */
void memory_make_edits(paddr_t root);

/* Zeroes the range of physical memory that the kernel has to have cleared. */
void memory_clear(struct memory_region *clear);

#endif
