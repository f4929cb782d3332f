/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes one instruction that accesses device memory: what compilers make of accesses to volatile
 * memory, and string moves. Every memory operand goes through the caller's functions, for of a
 * string move's two one may be ordinary memory.
 */
#ifndef GATE_MMIO_H
#define GATE_MMIO_H

#include <abi/registers.h>
#include <base/types.h>

struct mmio_ops {
    void *context;
    /* false: the access faults; the caller's functions know why. size: 1, 2, 4, 8 bytes. */
    bool (*read)(void *context, vaddr_t vaddr, unsigned size, uint64_t *ret_value);
    bool (*write)(void *context, vaddr_t vaddr, unsigned size, uint64_t value);
};

enum mmio_result {
    MMIO_DONE,    /* reg[] is as the instruction leaves it, rip and flags too */
    MMIO_FAULT,   /* an access faulted: reg[] is as before, but for completed rounds of a rep */
    MMIO_UNKNOWN, /* none of the instructions that are known: nothing was done */
};

/*
 * The instruction at reg[UREG_RIP], `length` bytes of which are in `code`. Of a repeated string
 * instruction it may do a part: rip stays at it then.
 */
enum mmio_result mmio_execute(const uint8_t *code, unsigned length, word_t reg[USER_REGISTER_COUNT],
                              const struct mmio_ops *ops);

#endif
