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

struct execution {
    struct instruction instruction;
    word_t *reg;
    const struct mmio_ops *ops;
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

static uint64_t operand_read(const struct execution *e, const ZydisDecodedOperand *operand)
{
    unsigned bits = operand_bits(operand);
    if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return operand->imm.value.u & mask(bits);
    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
        return e->ops->read(e->ops->context,
                            instruction_operand_address(&e->instruction, operand, e->reg),
                            bits / 8) &
               mask(bits);
    unsigned shift = register_shift(operand->reg.value);
    return (e->reg[instruction_register_index(operand->reg.value)] >> shift) & mask(bits);
}

static void operand_write(struct execution *e, const ZydisDecodedOperand *operand, uint64_t value)
{
    unsigned bits = operand_bits(operand);
    value &= mask(bits);
    if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        e->ops->write(e->ops->context,
                      instruction_operand_address(&e->instruction, operand, e->reg), bits / 8,
                      value);
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

/* carry: the carries into each bit, as the sum or difference shows them. */
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
    uint64_t b = operand_read(e, &operand[1]);
    if (operand[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
        b = sign_extend(b, operand_bits(&operand[1])) & mask(bits);
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

static void execute_bt(struct execution *e)
{
    const ZydisDecodedOperand *operand = e->instruction.operand;
    uint64_t index = operand_read(e, &operand[1]) % operand_bits(&operand[0]);
    bool is_set = operand_read(e, &operand[0]) >> index & 1;
    set_flags(e, FLAG_CARRY, is_set ? FLAG_CARRY : 0);
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

static bool is_repeated(const struct instruction *instruction)
{
    return (instruction->base.attributes & ZYDIS_ATTRIB_HAS_REP) != 0;
}

/* --- the table ----------------------------------------------------------------------------- */

static const struct {
    ZydisMnemonic mnemonic;
    void (*execute)(struct execution *e);
} known[] = {
    {ZYDIS_MNEMONIC_MOV, execute_mov},
    {ZYDIS_MNEMONIC_MOVZX, execute_mov},
    {ZYDIS_MNEMONIC_MOVSX, execute_mov_signed},
    {ZYDIS_MNEMONIC_MOVSXD, execute_mov_signed},
    {ZYDIS_MNEMONIC_XCHG, execute_xchg},
    {ZYDIS_MNEMONIC_ADD, execute_add},
    {ZYDIS_MNEMONIC_SUB, execute_sub},
    {ZYDIS_MNEMONIC_CMP, execute_cmp},
    {ZYDIS_MNEMONIC_AND, execute_and},
    {ZYDIS_MNEMONIC_OR, execute_or},
    {ZYDIS_MNEMONIC_XOR, execute_xor},
    {ZYDIS_MNEMONIC_TEST, execute_test},
    {ZYDIS_MNEMONIC_BT, execute_bt},
    {ZYDIS_MNEMONIC_STOSB, execute_stos},
    {ZYDIS_MNEMONIC_STOSW, execute_stos},
    {ZYDIS_MNEMONIC_STOSD, execute_stos},
    {ZYDIS_MNEMONIC_STOSQ, execute_stos},
    {ZYDIS_MNEMONIC_MOVSB, execute_movs},
    {ZYDIS_MNEMONIC_MOVSW, execute_movs},
    {ZYDIS_MNEMONIC_MOVSD, execute_movs},
    {ZYDIS_MNEMONIC_MOVSQ, execute_movs},
};

static void execute_round(struct execution *e, void (*execute)(struct execution *e))
{
    word_t next = e->reg[UREG_RIP] + e->instruction.base.length;
    if (!is_repeated(&e->instruction)) {
        execute(e);
        e->reg[UREG_RIP] = next;
        return;
    }
    if (e->reg[UREG_RCX] != 0) {
        execute(e);
        e->reg[UREG_RCX]--;
    }
    if (e->reg[UREG_RCX] == 0)
        e->reg[UREG_RIP] = next;
}

bool mmio_execute(const uint8_t *code, unsigned length, word_t reg[USER_REGISTER_COUNT],
                  const struct mmio_ops *ops)
{
    struct execution e = {.reg = reg, .ops = ops};
    if (!instruction_decode(code, length, &e.instruction) ||
        !operand_is_known(&e.instruction.operand[0]) ||
        !operand_is_known(&e.instruction.operand[1]))
        return false;
    for (unsigned i = 0; i < ARRAY_LENGTH(known); i++) {
        if (known[i].mnemonic == e.instruction.base.mnemonic) {
            execute_round(&e, known[i].execute);
            return true;
        }
    }
    return false;
}
