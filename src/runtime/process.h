/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process knows of itself alone: at REGION_PROCESS, private. */
#ifndef RUNTIME_PROCESS_H
#define RUNTIME_PROCESS_H

#include <runtime/places.h>
#include <seat/gains.h>
#include <seat/mapped.h>

struct carrier_page;

struct runtime_process {
    struct carrier_page *running; /* whose guest code runs, or ran last */
    vaddr_t next;                 /* where it goes on, if that is by a jump (runtime/jump.h) */
    struct patches patches;
    /* Of the thread in each slot; Linux writes 0 when it has left its stack for good. */
    uint32_t slot_thread[CARRIER_MAX];
    uint8_t slot_is_mapped[CARRIER_MAX];
    struct gains gains;
    struct mapped mapped; /* what Linux has mapped of the guest's */
};

static inline struct runtime_process *runtime_process(void)
{
    return runtime_at(REGION_PROCESS);
}

_Static_assert(sizeof(struct runtime_process) <= REGION_PROCESS_BYTES, "it has its part");

#endif
