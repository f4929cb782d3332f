/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hardware debug API (KernelHardwareDebugAPI): breakpoints of the processor, and why a debug
 * exception came. Manual, "Debug Exceptions".
 */
#ifndef ABI_DEBUG_H
#define ABI_DEBUG_H

#include <base/types.h>

/* The processor's exceptions that the API turns into debug exceptions. */
enum { EXCEPTION_DEBUG = 1, EXCEPTION_BREAKPOINT = 3 };

static inline bool abi_is_debug_exception(word_t vector)
{
    return vector == EXCEPTION_DEBUG || vector == EXCEPTION_BREAKPOINT;
}

/* seL4_BreakpointType: the first two can be set, all of them are reasons of a DebugException. */
enum breakpoint_type {
    BREAKPOINT_DATA,
    BREAKPOINT_INSTRUCTION,
    BREAKPOINT_SINGLE_STEP,
    BREAKPOINT_SOFTWARE, /* int3 */
};

/* seL4_BreakpointAccess */
enum breakpoint_access { BREAK_ON_READ, BREAK_ON_WRITE, BREAK_ON_READ_WRITE };

/* x86: each of the four may be of either type. */
#define HARDWARE_BREAKPOINTS 4

struct breakpoint {
    vaddr_t address; /* data: a multiple of size */
    uint8_t type;    /* enum breakpoint_type: data or instruction */
    uint8_t access;  /* enum breakpoint_access; a processor cannot do reads alone */
    uint8_t size;    /* data: bytes, 1, 2, 4 or 8; instruction: 0 */
    bool is_enabled;
};

/* What the processor says of its debug exception; nothing: an instruction asked for it. */
struct debug_event {
    uint8_t breakpoints; /* bit n: breakpoint n was hit */
    bool stepped;        /* the instruction before ran with the trap flag */
};

#endif
