/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process knows of itself alone: at REGION_PROCESS, private. */
#ifndef RUNTIME_PROCESS_H
#define RUNTIME_PROCESS_H

#include <runtime/landing.h>
#include <runtime/linked.h>
#include <runtime/linux.h>
#include <runtime/places.h>
#include <seat/gains.h>
#include <seat/mapped.h>

struct carrier_page;

/* Of a linked process (runtime/linked.h). */
struct linked_process {
    struct linked_program program;                      /* start NULL: this is none */
    bool has_boot;                                      /* the pages of LINKED_IMAGE_START on */
    word_t fs_base, gs_base;                            /* as the TCB that runs has them */
    struct linux_sigaction old_actions[LINKED_SIGNALS]; /* what Linux's faults came to before */
};

struct runtime_process {
    struct carrier_page *running; /* whose guest code runs, or ran last */
    vaddr_t next;                 /* where it goes on, if that is by a jump (runtime/jump.h) */
    struct patches patches;
    /* Of the thread in each slot; Linux writes 0 when it has left its stack for good. */
    uint32_t slot_thread[CARRIER_MAX];
    uint8_t slot_is_mapped[CARRIER_MAX];
    struct gains gains;
    vaddr_t emptied; /* the block of the mapped ones of which the last page was unmapped last */
    vaddr_t anchor;  /* a page that keeps Linux's page table of such a block (memory.c); 0: none */
    paddr_t device;  /* the page of devices that was accessed last; 0: none */
    struct linked_process linked;
    struct mapped mapped; /* what Linux has mapped of the guest's */
};

static inline struct runtime_process *runtime_process(void)
{
    return runtime_at(REGION_PROCESS);
}

static inline bool process_is_linked(void)
{
    return runtime_process()->linked.program.start != NULL;
}

static inline int process_memory_fd(void)
{
    return process_is_linked() ? runtime_process()->linked.program.memory_fd : LANDING_MEMORY_FD;
}

static inline int process_wake_fd(void)
{
    return process_is_linked() ? runtime_process()->linked.program.wake_fd : LANDING_WAKE_FD;
}

_Static_assert(sizeof(struct runtime_process) <= REGION_PROCESS_BYTES, "it has its part");

#endif
