/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/mmio.h>

#include <base/bits.h>
#include <gate/instruction.h>

enum {
    FLAG_CARRY = 1 << 0,
    FLAG_PARITY = 1 << 2,
    FLAG_ADJUST = 1 << 4,
    FLAG_ZERO = 1 << 6,
    FLAG_SIGN = 1 << 7,
    FLAG_DIRECTION = 1 << 10,
    FLAG_OVERFLOW = 1 << 11,
    FLAGS_OF_RESULT = FLAG_PARITY | FLAG_ZERO | FLAG_SIGN,
    FLAGS_ARITHMETIC = FLAGS_OF_RESULT | FLAG_CARRY | FLAG_ADJUST | FLAG_OVERFLOW,
};

/* Rounds of a repeated string instruction in one go: a screenful, well below a tick. */
#define MAX_ROUNDS 4096

struct execution {
    struct instruction instruction;
    word_t reg[USER_REGISTER_COUNT];
    const struct mmio_ops *ops;
    bool faulted; /* from here on nothing is written any more */
};

/* --- operands ------------------------------------------------------------------------------ */

static unsigned operand_bits(const ZydisDecodedOperand *operand)
{
    return operand->size;
}

/* ah, ch, dh, bh: the second byte of their register. */
static unsigned register_shift(ZydisRegister name)
{
    return name >= ZYDIS_REGISTER_AH && name <= ZYDIS_REGISTER_BH ? 8 : 0;
}

static bool operand_is_known(const ZydisDecodedOperand *operand)
{
    switch (operand->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        return instruction_register_index(operand->reg.value) >= 0;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        return operand->mem.type == ZYDIS_MEMOP_TYPE_MEM && operand_bits(operand) <= WORD_BITS;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return true;
    default:
        return false;
    }
}

static uint64_t memory_read(struct execution *e, const ZydisDecodedOperand *operand)
{
    vaddr_t address = instruction_operand_address(&e->instruction, operand, e->reg);
    uint64_t value = 0;
    if (!e->faulted)
        e->faulted = !e->ops->read(e->ops->context, address, operand_bits(operand) / 8, &value);
    return value;
}

static void memory_write(struct execution *e, const ZydisDecodedOperand *operand, uint64_t value)
{
    vaddr_t address = instruction_operand_address(&e->instruction, operand, e->reg);
    if (!e->faulted)
        e->faulted = !e->ops->write(e->ops->context, address, operand_bits(operand) / 8, value);
}

/* Constants are sign-extended to whatever they are combined with. */
static uint64_t operand_read(struct execution *e, const ZydisDecodedOperand *operand)
{
    unsigned bits = operand_bits(operand);
    if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return operand->imm.value.u;
    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
        return memory_read(e, operand) & mask(bits);
    unsigned shift = register_shift(operand->reg.value);
    return (e->reg[instruction_register_index(operand->reg.value)] >> shift) & mask(bits);
}

static void operand_write(struct execution *e, const ZydisDecodedOperand *operand, uint64_t value)
{
    unsigned bits = operand_bits(operand);
    value &= mask(bits);
    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        memory_write(e, operand, value);
        return;
    }
    word_t *reg = &e->reg[instruction_register_index(operand->reg.value)];
    unsigned shift = register_shift(operand->reg.value);
    if (bits == 32)
        *reg = value; /* the upper half is cleared */
    else
        *reg = (*reg & ~(mask(bits) << shift)) | value << shift;
}

static uint64_t sign_extend(uint64_t value, unsigned bits)
{
    return (uint64_t)((int64_t)(value << (WORD_BITS - bits)) >> (WORD_BITS - bits));
}

/* --- flags --------------------------------------------------------------------------------- */

static void set_flags(struct execution *e, word_t changed, word_t flags)
{
    e->reg[UREG_RFLAGS] = (e->reg[UREG_RFLAGS] & ~changed) | (flags & changed);
}

static word_t result_flags(uint64_t result, unsigned bits)
{
    word_t flags = 0;
    if ((result & mask(bits)) == 0)
        flags |= FLAG_ZERO;
    if (result >> (bits - 1) & 1)
        flags |= FLAG_SIGN;
    if (__builtin_parityll(result & 0xff) == 0)
        flags |= FLAG_PARITY;
    return flags;
}

/* The carries out of each bit, as the operands and the result show them. */
static void set_sum_flags(struct execution *e, uint64_t a, uint64_t b, uint64_t result,
                          unsigned bits, bool is_difference)
{
    uint64_t carries =
        is_difference ? (~a & b) | ((~a | b) & result) : (a & b) | ((a | b) & ~result);
    word_t flags = result_flags(result, bits);
    uint64_t signs = is_difference ? (a ^ b) & (a ^ result) : ~(a ^ b) & (a ^ result);
    if (carries >> (bits - 1) & 1)
        flags |= FLAG_CARRY;
    if (carries >> 3 & 1)
        flags |= FLAG_ADJUST;
    if (signs >> (bits - 1) & 1)
        flags |= FLAG_OVERFLOW;
    set_flags(e, FLAGS_ARITHMETIC, flags);
}

static uint64_t add(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t result = (a + b) & mask(bits);
    set_sum_flags(e, a, b, result, bits, false);
    return result;
}

static uint64_t subtract(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t result = (a - b) & mask(bits);
    set_sum_flags(e, a, b, result, bits, true);
    return result;
}

static uint64_t carry_in(const struct execution *e)
{
    return e->reg[UREG_RFLAGS] & FLAG_CARRY;
}

static uint64_t add_with_carry(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t result = (a + b + carry_in(e)) & mask(bits);
    set_sum_flags(e, a, b, result, bits, false);
    return result;
}

static uint64_t subtract_with_borrow(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t result = (a - b - carry_in(e)) & mask(bits);
    set_sum_flags(e, a, b, result, bits, true);
    return result;
}

static uint64_t logic(struct execution *e, uint64_t result, unsigned bits)
{
    set_flags(e, FLAGS_ARITHMETIC & ~FLAG_ADJUST, result_flags(result, bits));
    return result;
}

static uint64_t bit_and(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    return logic(e, a & b, bits);
}

static uint64_t bit_or(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    return logic(e, a | b, bits);
}

static uint64_t bit_xor(struct execution *e, uint64_t a, uint64_t b, unsigned bits)
{
    return logic(e, a ^ b, bits);
}

/* --- instructions -------------------------------------------------------------------------- */

static void execute_mov(struct execution *e)
{
    operand_write(e, &e->instruction.operand[0], operand_read(e, &e->instruction.operand[1]));
}

static void execute_mov_signed(struct execution *e)
{
    const ZydisDecodedOperand *source = &e->instruction.operand[1];
    operand_write(e, &e->instruction.operand[0],
                  sign_extend(operand_read(e, source), operand_bits(source)));
}

static void execute_xchg(struct execution *e)
{
    const ZydisDecodedOperand *operand = e->instruction.operand;
    uint64_t first = operand_read(e, &operand[0]);
    operand_write(e, &operand[0], operand_read(e, &operand[1]));
    operand_write(e, &operand[1], first);
}

typedef uint64_t (*binary_operation)(struct execution *e, uint64_t a, uint64_t b, unsigned bits);

/* keeps_result: false for cmp and test. */
static void execute_binary(struct execution *e, binary_operation operation, bool keeps_result)
{
    const ZydisDecodedOperand *operand = e->instruction.operand;
    unsigned bits = operand_bits(&operand[0]);
    uint64_t a = operand_read(e, &operand[0]);
    uint64_t b = operand_read(e, &operand[1]) & mask(bits);
    uint64_t result = operation(e, a, b, bits);
    if (keeps_result)
        operand_write(e, &operand[0], result);
}

static void execute_add(struct execution *e)
{
    execute_binary(e, add, true);
}

static void execute_sub(struct execution *e)
{
    execute_binary(e, subtract, true);
}

static void execute_cmp(struct execution *e)
{
    execute_binary(e, subtract, false);
}

static void execute_and(struct execution *e)
{
    execute_binary(e, bit_and, true);
}

static void execute_or(struct execution *e)
{
    execute_binary(e, bit_or, true);
}

static void execute_xor(struct execution *e)
{
    execute_binary(e, bit_xor, true);
}

static void execute_test(struct execution *e)
{
    execute_binary(e, bit_and, false);
}

static void execute_adc(struct execution *e)
{
    execute_binary(e, add_with_carry, true);
}

static void execute_sbb(struct execution *e)
{
    execute_binary(e, subtract_with_borrow, true);
}

/* inc and dec leave the carry alone. */
static void execute_step(struct execution *e, binary_operation operation)
{
    const ZydisDecodedOperand *operand = &e->instruction.operand[0];
    word_t carry = carry_in(e);
    uint64_t result = operation(e, operand_read(e, operand), 1, operand_bits(operand));
    set_flags(e, FLAG_CARRY, carry);
    operand_write(e, operand, result);
}

static void execute_inc(struct execution *e)
{
    execute_step(e, add);
}

static void execute_dec(struct execution *e)
{
    execute_step(e, subtract);
}

static void execute_not(struct execution *e)
{
    const ZydisDecodedOperand *operand = &e->instruction.operand[0];
    operand_write(e, operand, ~operand_read(e, operand));
}

static void execute_neg(struct execution *e)
{
    const ZydisDecodedOperand *operand = &e->instruction.operand[0];
    uint64_t value = operand_read(e, operand);
    operand_write(e, operand, subtract(e, 0, value, operand_bits(operand)));
}

/*
 * Bit `index` of the operand becomes (bit & keep) ^ flip. An index in a register may reach beyond
 * the operand in memory; drivers do not use that on devices, and it is taken modulo the size.
 */
static void execute_bit(struct execution *e, uint64_t keep, uint64_t flip)
{
    const ZydisDecodedOperand *operand = e->instruction.operand;
    uint64_t index = operand_read(e, &operand[1]) % operand_bits(&operand[0]);
    uint64_t value = operand_read(e, &operand[0]);
    uint64_t changed = (value & ~(bit((unsigned)index) & ~(keep << index))) ^ flip << index;
    set_flags(e, FLAG_CARRY, value >> index & 1 ? FLAG_CARRY : 0);
    if (e->instruction.base.mnemonic != ZYDIS_MNEMONIC_BT)
        operand_write(e, &operand[0], changed);
}

static void execute_bt(struct execution *e)
{
    execute_bit(e, 1, 0);
}

static void execute_bts(struct execution *e)
{
    execute_bit(e, 0, 1);
}

static void execute_btr(struct execution *e)
{
    execute_bit(e, 0, 0);
}

static void execute_btc(struct execution *e)
{
    execute_bit(e, 1, 1);
}

/* --- string instructions ------------------------------------------------------------------- */

static void advance(struct execution *e, unsigned reg, unsigned size)
{
    e->reg[reg] += e->reg[UREG_RFLAGS] & FLAG_DIRECTION ? -(word_t)size : size;
}

static void execute_stos(struct execution *e)
{
    execute_mov(e);
    advance(e, UREG_RDI, operand_bits(&e->instruction.operand[0]) / 8);
}

static void execute_movs(struct execution *e)
{
    execute_mov(e);
    advance(e, UREG_RDI, operand_bits(&e->instruction.operand[0]) / 8);
    advance(e, UREG_RSI, operand_bits(&e->instruction.operand[0]) / 8);
}

static void execute_lods(struct execution *e)
{
    execute_mov(e);
    advance(e, UREG_RSI, operand_bits(&e->instruction.operand[0]) / 8);
}

static bool is_repeated(const struct instruction *instruction)
{
    return (instruction->base.attributes & ZYDIS_ATTRIB_HAS_REP) != 0;
}

/* --- the table ----------------------------------------------------------------------------- */

static const struct {
    ZydisMnemonic mnemonic;
    unsigned operands; /* that must be registers, memory or constants */
    void (*execute)(struct execution *e);
} known[] = {
    {ZYDIS_MNEMONIC_MOV, 2, execute_mov},
    {ZYDIS_MNEMONIC_MOVZX, 2, execute_mov},
    {ZYDIS_MNEMONIC_MOVSX, 2, execute_mov_signed},
    {ZYDIS_MNEMONIC_MOVSXD, 2, execute_mov_signed},
    {ZYDIS_MNEMONIC_XCHG, 2, execute_xchg},
    {ZYDIS_MNEMONIC_ADD, 2, execute_add},
    {ZYDIS_MNEMONIC_SUB, 2, execute_sub},
    {ZYDIS_MNEMONIC_CMP, 2, execute_cmp},
    {ZYDIS_MNEMONIC_AND, 2, execute_and},
    {ZYDIS_MNEMONIC_OR, 2, execute_or},
    {ZYDIS_MNEMONIC_XOR, 2, execute_xor},
    {ZYDIS_MNEMONIC_TEST, 2, execute_test},
    {ZYDIS_MNEMONIC_ADC, 2, execute_adc},
    {ZYDIS_MNEMONIC_SBB, 2, execute_sbb},
    {ZYDIS_MNEMONIC_INC, 1, execute_inc},
    {ZYDIS_MNEMONIC_DEC, 1, execute_dec},
    {ZYDIS_MNEMONIC_NOT, 1, execute_not},
    {ZYDIS_MNEMONIC_NEG, 1, execute_neg},
    {ZYDIS_MNEMONIC_BT, 2, execute_bt},
    {ZYDIS_MNEMONIC_BTS, 2, execute_bts},
    {ZYDIS_MNEMONIC_BTR, 2, execute_btr},
    {ZYDIS_MNEMONIC_BTC, 2, execute_btc},
    {ZYDIS_MNEMONIC_MOVNTI, 2, execute_mov},
    {ZYDIS_MNEMONIC_LODSB, 2, execute_lods},
    {ZYDIS_MNEMONIC_LODSW, 2, execute_lods},
    {ZYDIS_MNEMONIC_LODSD, 2, execute_lods},
    {ZYDIS_MNEMONIC_LODSQ, 2, execute_lods},
    {ZYDIS_MNEMONIC_STOSB, 2, execute_stos},
    {ZYDIS_MNEMONIC_STOSW, 2, execute_stos},
    {ZYDIS_MNEMONIC_STOSD, 2, execute_stos},
    {ZYDIS_MNEMONIC_STOSQ, 2, execute_stos},
    {ZYDIS_MNEMONIC_MOVSB, 2, execute_movs},
    {ZYDIS_MNEMONIC_MOVSW, 2, execute_movs},
    {ZYDIS_MNEMONIC_MOVSD, 2, execute_movs},
    {ZYDIS_MNEMONIC_MOVSQ, 2, execute_movs},
};

/* Returns whether it is to be done again. */
static bool execute_round(struct execution *e, void (*execute)(struct execution *e))
{
    word_t next = e->reg[UREG_RIP] + e->instruction.base.length;
    bool repeated = is_repeated(&e->instruction);
    if (!repeated || e->reg[UREG_RCX] != 0) {
        execute(e);
        e->reg[UREG_RCX] -= repeated;
    }
    bool again = repeated && e->reg[UREG_RCX] != 0;
    if (!again)
        e->reg[UREG_RIP] = next;
    return again;
}

static enum mmio_result execute_all(struct execution *e, void (*execute)(struct execution *e),
                                    word_t reg[USER_REGISTER_COUNT])
{
    bool again = true;
    for (unsigned round = 0; again && round < MAX_ROUNDS; round++) {
        again = execute_round(e, execute);
        if (e->faulted)
            return MMIO_FAULT;
        for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
            reg[i] = e->reg[i];
    }
    return MMIO_DONE;
}

static bool operands_are_known(const struct instruction *instruction, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!operand_is_known(&instruction->operand[i]))
            return false;
    }
    return true;
}

enum mmio_result mmio_execute(const uint8_t *code, unsigned length, word_t reg[USER_REGISTER_COUNT],
                              const struct mmio_ops *ops)
{
    struct execution e = {.ops = ops};
    if (!instruction_decode(code, length, &e.instruction))
        return MMIO_UNKNOWN;
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        e.reg[i] = reg[i];
    for (unsigned i = 0; i < ARRAY_LENGTH(known); i++) {
        if (known[i].mnemonic == e.instruction.base.mnemonic &&
            operands_are_known(&e.instruction, known[i].operands))
            return execute_all(&e, known[i].execute, reg);
    }
    return MMIO_UNKNOWN;
}
