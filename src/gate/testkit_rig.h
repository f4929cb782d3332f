/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for tests of the gate: a few MiB of memory, one VSpace with one carrier, and pieces of
 * code that are assembled with the test and copied into guest memory.
 */
#ifndef GATE_TESTKIT_GUEST_H
#define GATE_TESTKIT_GUEST_H

#include <gate/gate.h>
#include <gate/monitor.h>
#include <host/memory.h>

enum {
    GUEST_MEMORY_BYTES = 8 << 20,
    GUEST_CODE_PADDR = 0x10000, /* mapped read-only at GUEST_CODE, one page; the next is not */
    GUEST_DATA_PADDR = 0x20000, /* mapped read-write at GUEST_DATA, four pages */
};
#define GUEST_CODE UINT64_C(0x400000)
#define GUEST_DATA UINT64_C(0x600000)
#define GUEST_HOLE UINT64_C(0x10000000)
#define GUEST_NONE UINT64_C(0x700000) /* nothing is mapped there */

struct guest {
    struct host_memory memory;
    struct gate *gate;
    struct gate_vspace *vspace;
    struct gate_carrier *carrier;
    word_t reg[USER_REGISTER_COUNT];
    struct trap trap;
};

/* Position-independent code in the test program: guest_load(&guest, &name). */
struct guest_code {
    const uint8_t *start, *end;
};
#define PIECE(name, text)                                                                          \
    extern const uint8_t name##_start[], name##_end[];                                             \
    __asm__(".pushsection .rodata\n" #name "_start:\n" text "\n" #name "_end:\n.popsection\n");    \
    static const struct guest_code name = {name##_start, name##_end}

/* Checks as it goes; false: the guest could not be made. */
bool guest_open(struct guest *guest);
void guest_close(struct guest *guest); /* and checks that no process is left */

/* Guest memory as the machine sees it. */
void *guest_memory(struct guest *guest, paddr_t paddr);

/* Replaces the code, and sets the registers to begin with it: zero but for rip and rflags. */
void guest_load(struct guest *guest, const struct guest_code *code);

/* Runs until the next trap; checks that the host did not fail and returns the trap's kind. */
enum trap_kind guest_run(struct guest *guest);

/* guest_load() and guest_run(). */
enum trap_kind guest_execute(struct guest *guest, const struct guest_code *code);

/* Counts processes that this one has not waited for; kills them and waits. */
unsigned guest_children(void);
void guest_kill_children(void);

#endif
