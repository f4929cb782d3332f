/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes one instruction whose memory operand is a device: what compilers make of accesses to
 * volatile memory, and string moves. The instruction's other operands are registers and constants.
 */
#ifndef GATE_MMIO_H
#define GATE_MMIO_H

#include <abi/registers.h>
#include <base/types.h>

struct mmio_ops {
    void *context;
    uint64_t (*read)(void *context, vaddr_t vaddr, unsigned size);
    void (*write)(void *context, vaddr_t vaddr, unsigned size, uint64_t value);
};

/*
 * Carries out the instruction at reg[UREG_RIP], `length` bytes of which are in `code`, and changes
 * reg[] as it does (rip and flags too). A repeated string instruction does one round per call.
 * Returns false, with nothing done, if it is none of those that are known.
 */
bool mmio_execute(const uint8_t *code, unsigned length, word_t reg[USER_REGISTER_COUNT],
                  const struct mmio_ops *ops);

#endif
