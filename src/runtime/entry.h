/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One way into the kernel in the region, for whoever is not compiled together with it: a request
 * that names the entry (kernel/kernel_api.h).
 */
#ifndef RUNTIME_ENTRY_H
#define RUNTIME_ENTRY_H

#include <kernel/kernel_api.h>

enum runtime_entry_kind {
    RUNTIME_START,
    RUNTIME_SYSCALL,
    RUNTIME_UNKNOWN_SYSCALL,
    RUNTIME_VM_FAULT,
    RUNTIME_USER_EXCEPTION,
    RUNTIME_DEBUG_EXCEPTION,
    RUNTIME_INTERRUPT,
    RUNTIME_TIMER,
    RUNTIME_HOLD,
    RUNTIME_UNHOLD,
    RUNTIME_DEVICE_ANSWER,
    RUNTIME_CONTINUE,
    RUNTIME_ENTRY_COUNT,
};

struct runtime_entry {
    uint32_t kind; /* enum runtime_entry_kind */
    uint32_t core;
    nanoseconds_t now;
    union {
        word_t number; /* UNKNOWN_SYSCALL */
        struct {
            vaddr_t address;
            word_t fsr;
        } vm_fault;
        struct {
            word_t vector, error_code;
        } user_exception;
        struct {
            word_t vector;
            struct debug_event event;
        } debug_exception;
        unsigned vector; /* INTERRUPT */
        paddr_t tcb;     /* HOLD, UNHOLD */
        uint64_t value;  /* DEVICE_ANSWER */
    };
};

/* On the stack of the caller, who has the lock. */
void runtime_enter(const struct runtime_entry *entry, struct outcome *ret_outcome);

#endif
