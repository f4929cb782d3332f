/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoded instructions, shared by gate/decode.c (questions) and gate/mmio.c (execution). */
#ifndef GATE_INSTRUCTION_H
#define GATE_INSTRUCTION_H

#include <Zydis/Zydis.h>

#include <abi/registers.h>
#include <base/types.h>

struct instruction {
    ZydisDecodedInstruction base;
    ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
};

bool instruction_decode(const uint8_t *code, unsigned length, struct instruction *ret_instruction);

/* Index into the user registers of a general register of any width; -1: it is another one. */
int instruction_register_index(ZydisRegister name);

/* Address of a memory operand, before the access. */
vaddr_t instruction_operand_address(const struct instruction *instruction,
                                    const ZydisDecodedOperand *operand,
                                    const word_t reg[USER_REGISTER_COUNT]);

#endif
