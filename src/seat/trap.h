/* SPDX-License-Identifier: BSD-2-Clause */
/* Why guest code stopped, as whoever ran it found out. */
#ifndef SEAT_TRAP_H
#define SEAT_TRAP_H

#include <abi/debug.h>
#include <base/types.h>

enum trap_kind {
    TRAP_SYSCALL,    /* a `syscall` instruction; rip is that of the instruction */
    TRAP_INT,        /* `int n` (n in `vector`, 158..255), no exception to seL4; rip at it */
    TRAP_PAGE_FAULT, /* address, and what kind of access it was */
    TRAP_EXCEPTION,  /* x86 vector and error code as seL4 would see them; of vector 1 `debug` */
    TRAP_CPUID,      /* a `cpuid` instruction, on processors that can trap it; rip at it */
    TRAP_TSC,     /* reading the time-stamp counter, where that traps: `vector` bytes; rip at it */
    TRAP_STEPPED, /* the end of a debugger's step, of which the guest knows nothing */
    TRAP_INTERRUPTED, /* nothing happened in the guest */
    TRAP_GONE,        /* the thread no longer exists: somebody outside killed it */
};

struct trap {
    enum trap_kind kind;
    unsigned vector;
    word_t error_code;
    vaddr_t address;
    bool write, fetch; /* monitor gate: set by classify_fault() */
    struct debug_event debug;
};

#endif
