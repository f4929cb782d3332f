/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest for tests of the gate: a few MiB of memory, one VSpace with one carrier, and pieces of
 * code that are assembled with the test and copied into guest memory.
 */
#ifndef GATE_TESTKIT_RIG_H
#define GATE_TESTKIT_RIG_H

#include <gate/gate.h>
#include <gate/monitor.h>
#include <host/memory.h>

enum {
    RIG_MEMORY_BYTES = 8 << 20,
    RIG_CODE_PADDR = 0x10000, /* mapped read-only at RIG_CODE, one page; the next is not */
    RIG_DATA_PADDR = 0x20000, /* mapped read-write at RIG_DATA, four pages */
};
#define RIG_CODE UINT64_C(0x400000)
#define RIG_DATA UINT64_C(0x600000)
#define RIG_HOLE UINT64_C(0x10000000)
#define RIG_NONE UINT64_C(0x700000) /* nothing is mapped there */

struct rig {
    struct host_memory memory;
    struct gate *gate;
    struct gate_vspace *vspace;
    struct gate_carrier *carrier;
    word_t reg[USER_REGISTER_COUNT];
    struct trap trap;
};

/* Position-independent code in the test program: rig_load(&guest, &name). */
struct rig_code {
    const uint8_t *start, *end;
};
#define PIECE(name, text)                                                                          \
    extern const uint8_t name##_start[], name##_end[];                                             \
    __asm__(".pushsection .rodata\n" #name "_start:\n" text "\n" #name "_end:\n.popsection\n");    \
    static const struct rig_code name = {name##_start, name##_end}

/* Checks as it goes; false: the guest could not be made. */
bool rig_open(struct rig *guest);
void rig_close(struct rig *guest); /* and checks that no process is left */

/* Guest memory as the machine sees it. */
void *rig_memory(struct rig *guest, paddr_t paddr);

/* Replaces the code, and sets the registers to begin with it: zero but for rip and rflags. */
void rig_load(struct rig *guest, const struct rig_code *code);

/* Runs until the next trap; checks that the host did not fail and returns the trap's kind. */
enum trap_kind rig_run(struct rig *guest);

/* rig_load() and rig_run(). */
enum trap_kind rig_execute(struct rig *guest, const struct rig_code *code);

/* Counts processes that this one has not waited for; kills them and waits. */
unsigned rig_children(void);
void rig_kill_children(void);

#endif
