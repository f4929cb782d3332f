/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel says to the seat at the end of an entry. */
#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

#include <base/types.h>

enum outcome_kind {
    OUTCOME_RUN,       /* run `tcb` until it traps */
    OUTCOME_IDLE,      /* no thread of this core can run: wait for the deadline or an interrupt */
    OUTCOME_DEVICE,    /* do core->device, then kernel_device_answer() */
    OUTCOME_PREEMPTED, /* a long operation stands at a preemption point: deliver what is pending
                          (a tick that is due, too), or call kernel_continue() */
    OUTCOME_CLEAR,     /* zero core->clear (the seat knows what was never touched), then
                          kernel_continue(), before anything else happens on this core */
    OUTCOME_STALL,     /* stop each core c of core->stall, kernel_stall() it, then
                          kernel_continue(), before anything else happens on this core */
    OUTCOME_CONSOLE,   /* the console buffer is full: take it, then kernel_continue() */
    OUTCOME_HALT,      /* the guest stopped the machine (DebugHalt, or a fatal misuse) */
};

struct outcome {
    enum outcome_kind kind;
    paddr_t tcb; /* OUTCOME_RUN */
    nanoseconds_t
        deadline; /* call kernel_timer() then at the latest; NANOSECONDS_NEVER: not needed */
    uint64_t interrupt_cores; /* bit c: call kernel_timer() for core c, now */
};

enum device_access_kind { DEVICE_PORT_IN, DEVICE_PORT_OUT };

struct device_access {
    enum device_access_kind kind;
    uint8_t size; /* bytes: 1, 2, 4 */
    uint64_t address;
    uint64_t value; /* OUT */
};

#endif
