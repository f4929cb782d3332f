/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an instruction that trapped was about: questions that Linux's signals leave open. All take
 * up to 15 bytes of code at the instruction; fewer where the rest cannot be read.
 */
#ifndef GATE_DECODE_H
#define GATE_DECODE_H

#include <abi/registers.h>
#include <base/types.h>

#define INSTRUCTION_MAX 15 /* bytes */

/*
 * Whether the instruction at `reg`'s rip writes at `address`, where it faulted. An instruction that
 * reads and writes there writes, as the processor's error code has it.
 */
bool decode_is_write(const uint8_t *code, unsigned length, const word_t reg[USER_REGISTER_COUNT],
                     vaddr_t address);

/* Whether `length` bytes are enough to decode it: false where the rest could not be fetched. */
bool decode_is_complete(const uint8_t *code, unsigned length);

/* Whether it is `int n`; *ret_vector = n. */
bool decode_is_software_interrupt(const uint8_t *code, unsigned length, unsigned *ret_vector);

/* Whether it is `cpuid`. */
bool decode_is_cpuid(const uint8_t *code, unsigned length);

/* Whether it is `sysenter`. */
bool decode_is_sysenter(const uint8_t *code, unsigned length);

/* Whether its floating-point errors are the x87's (vector 16) rather than SIMD's (19). */
bool decode_is_x87(const uint8_t *code, unsigned length);

/* What matters of an instruction to a run of one at a time. */
enum step_kind {
    STEP_PLAIN,
    STEP_USES_FPU, /* x87, MMX or vector registers, as a processor without FPU (CR0.TS) sees it */
    STEP_LOADS_FLAGS,  /* from the stack, the trap flag with them */
    STEP_STORES_FLAGS, /* on the stack */
};
enum step_kind decode_step(const uint8_t *code, unsigned length);

#endif
