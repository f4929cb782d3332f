/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/decode.h>

#include <gate/instruction.h>

bool instruction_decode(const uint8_t *code, unsigned length, struct instruction *ret_instruction)
{
    ZydisDecoder decoder;

    return ZYAN_SUCCESS(
               ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code, length, &ret_instruction->base,
                                               ret_instruction->operand));
}

/* Zydis numbers the general registers as the processor does, not as seL4. */
static const uint8_t register_of_number[16] = {
    UREG_RAX, UREG_RCX, UREG_RDX, UREG_RBX, UREG_RSP, UREG_RBP, UREG_RSI, UREG_RDI,
    UREG_R8,  UREG_R9,  UREG_R10, UREG_R11, UREG_R12, UREG_R13, UREG_R14, UREG_R15};

int instruction_register_index(ZydisRegister name)
{
    ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);

    if (full < ZYDIS_REGISTER_RAX || full > ZYDIS_REGISTER_R15)
        return -1;
    return register_of_number[full - ZYDIS_REGISTER_RAX];
}

static word_t register_value(const word_t reg[USER_REGISTER_COUNT], ZydisRegister name)
{
    int index = instruction_register_index(name);

    return index < 0 ? 0 : reg[index];
}

/* Of 32-bit addressing, or in 64 bits. */
vaddr_t instruction_operand_address(const struct instruction *instruction,
                                    const ZydisDecodedOperand *operand,
                                    const word_t reg[USER_REGISTER_COUNT])
{
    const ZydisDecodedOperandMem *memory = &operand->mem;
    vaddr_t address = (vaddr_t)memory->disp.value;

    if (memory->base == ZYDIS_REGISTER_RIP || memory->base == ZYDIS_REGISTER_EIP)
        address += reg[UREG_RIP] + instruction->base.length;
    else
        address += register_value(reg, memory->base);
    address += register_value(reg, memory->index) * memory->scale;
    if (instruction->base.address_width == 32)
        address &= UINT32_MAX;
    if (memory->segment == ZYDIS_REGISTER_FS)
        address += reg[UREG_FS_BASE];
    if (memory->segment == ZYDIS_REGISTER_GS)
        address += reg[UREG_GS_BASE];
    return address;
}

static bool is_write_operand(const ZydisDecodedOperand *operand)
{
    return (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}

static bool is_memory_operand(const ZydisDecodedOperand *operand)
{
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY && operand->mem.type != ZYDIS_MEMOP_TYPE_AGEN;
}

/*
 * With one memory operand its action answers, wherever the address lies (bt with a register, gather
 * and scatter reach far from it). With two (movs, push and pop of memory, calls through it) the one
 * that is read comes first: the fault is its own if the address lies in it.
 */
bool decode_is_write(const uint8_t *code, unsigned length, const word_t reg[USER_REGISTER_COUNT],
                     vaddr_t address)
{
    struct instruction instruction;
    bool reads = false, writes = false;

    if (!instruction_decode(code, length, &instruction))
        return false;
    for (unsigned i = 0; i < instruction.base.operand_count; i++) {
        const ZydisDecodedOperand *operand = &instruction.operand[i];
        if (!is_memory_operand(operand))
            continue;
        if (is_write_operand(operand)) {
            writes = true;
        } else {
            vaddr_t start = instruction_operand_address(&instruction, operand, reg);
            reads |= address - start < operand->size / 8U;
        }
    }
    return writes && !reads;
}

bool decode_is_complete(const uint8_t *code, unsigned length)
{
    struct instruction instruction;

    /* Bytes that are no instruction were fetched all the same: only too few of them matter. */
    return length == INSTRUCTION_MAX || (length && instruction_decode(code, length, &instruction));
}

bool decode_is_software_interrupt(const uint8_t *code, unsigned length, unsigned *ret_vector)
{
    struct instruction instruction;

    if (!instruction_decode(code, length, &instruction) ||
        instruction.base.mnemonic != ZYDIS_MNEMONIC_INT)
        return false;
    *ret_vector = (unsigned)instruction.operand[0].imm.value.u & 0xff;
    return true;
}

bool decode_is_cpuid(const uint8_t *code, unsigned length)
{
    struct instruction instruction;

    return instruction_decode(code, length, &instruction) &&
           instruction.base.mnemonic == ZYDIS_MNEMONIC_CPUID;
}

bool decode_is_sysenter(const uint8_t *code, unsigned length)
{
    return length >= 2 && code[0] == 0x0f && code[1] == 0x34;
}

bool decode_is_x87(const uint8_t *code, unsigned length)
{
    struct instruction instruction;

    if (!instruction_decode(code, length, &instruction))
        return false;
    return instruction.base.meta.isa_ext == ZYDIS_ISA_EXT_X87 ||
           instruction.base.meta.isa_ext == ZYDIS_ISA_EXT_MMX;
}

static bool is_fpu_register(ZydisRegister name)
{
    switch (ZydisRegisterGetClass(name)) {
    case ZYDIS_REGCLASS_X87:
    case ZYDIS_REGCLASS_MMX:
    case ZYDIS_REGCLASS_XMM:
    case ZYDIS_REGCLASS_YMM:
    case ZYDIS_REGCLASS_ZMM:
    case ZYDIS_REGCLASS_MASK:
        return true;
    default:
        return name == ZYDIS_REGISTER_MXCSR || name == ZYDIS_REGISTER_X87CONTROL ||
               name == ZYDIS_REGISTER_X87STATUS || name == ZYDIS_REGISTER_X87TAG;
    }
}

/* Those that name no such register in an operand. */
static bool is_fpu_state(ZydisMnemonic mnemonic)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_EMMS:
    case ZYDIS_MNEMONIC_FXSAVE:
    case ZYDIS_MNEMONIC_FXSAVE64:
    case ZYDIS_MNEMONIC_FXRSTOR:
    case ZYDIS_MNEMONIC_FXRSTOR64:
    case ZYDIS_MNEMONIC_XSAVE:
    case ZYDIS_MNEMONIC_XSAVE64:
    case ZYDIS_MNEMONIC_XSAVEC:
    case ZYDIS_MNEMONIC_XSAVEC64:
    case ZYDIS_MNEMONIC_XSAVEOPT:
    case ZYDIS_MNEMONIC_XSAVEOPT64:
    case ZYDIS_MNEMONIC_XRSTOR:
    case ZYDIS_MNEMONIC_XRSTOR64:
        return true;
    default:
        return false;
    }
}

static bool uses_fpu(const struct instruction *instruction)
{
    if (instruction->base.meta.isa_ext == ZYDIS_ISA_EXT_X87 ||
        is_fpu_state(instruction->base.mnemonic))
        return true;
    for (unsigned i = 0; i < instruction->base.operand_count; i++) {
        const ZydisDecodedOperand *operand = &instruction->operand[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && is_fpu_register(operand->reg.value))
            return true;
    }
    return false;
}

enum step_kind decode_step(const uint8_t *code, unsigned length)
{
    struct instruction instruction;

    if (!instruction_decode(code, length, &instruction))
        return STEP_PLAIN;
    switch (instruction.base.mnemonic) {
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFQ:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return STEP_LOADS_FLAGS;
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFQ:
        return STEP_STORES_FLAGS;
    default:
        return uses_fpu(&instruction) ? STEP_USES_FPU : STEP_PLAIN;
    }
}
