/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each known instruction is executed twice from the same registers and memory, by the processor (in
 * a guest, on ordinary memory) and by mmio_execute(): both must leave the same.
 */
#include <string.h>
#include <test.h>

#include <base/bits.h>
#include <gate/mmio.h>
#include <gate/testkit_rig.h>

enum { CF = 1 << 0, PF = 1 << 2, AF = 1 << 4, ZF = 1 << 6, SF = 1 << 7, OF = 1 << 11 };
enum { ALL_FLAGS = CF | PF | AF | ZF | SF | OF, LOGIC_FLAGS = ALL_FLAGS & ~AF };

#define DATA_BYTES 256
/* Where rdi and rsi point in the data. */
#define RDI_OFFSET 96
#define RSI_OFFSET 160

/* --- the instructions ---------------------------------------------------------------------- */

#define INSTRUCTIONS(X, FLAGS)                                                                     \
    X(load_b, "movb (%rdi), %al", FLAGS)                                                           \
    X(load_high, "movb (%rdi), %ch", FLAGS)                                                        \
    X(load_w, "movw (%rdi), %ax", FLAGS)                                                           \
    X(load_l, "movl 4(%rdi), %r9d", FLAGS)                                                         \
    X(load_q, "movq -8(%rdi,%rbx,2), %r15", FLAGS)                                                 \
    X(store_b, "movb %dl, (%rdi)", FLAGS)                                                          \
    X(store_high, "movb %bh, (%rdi)", FLAGS)                                                       \
    X(store_rex, "movb %sil, (%rdi)", FLAGS)                                                       \
    X(store_w, "movw %dx, (%rdi)", FLAGS)                                                          \
    X(store_l, "movl %r12d, (%rdi)", FLAGS)                                                        \
    X(store_q, "movq %rdx, (%rdi)", FLAGS)                                                         \
    X(store_nt, "movntil %edx, (%rdi)", FLAGS)                                                     \
    X(store_imm_b, "movb $0x85, (%rdi)", FLAGS)                                                    \
    X(store_imm_w, "movw $0x8765, (%rdi)", FLAGS)                                                  \
    X(store_imm_l, "movl $0x87654321, (%rdi)", FLAGS)                                              \
    X(store_imm_q, "movq $-2, (%rdi)", FLAGS)                                                      \
    X(store_imm_q2, "movq $0x12345678, (%rdi)", FLAGS)                                             \
    X(movzx_bw, "movzbw (%rdi), %ax", FLAGS)                                                       \
    X(movzx_bl, "movzbl (%rdi), %eax", FLAGS)                                                      \
    X(movzx_wq, "movzwq (%rdi), %rax", FLAGS)                                                      \
    X(movsx_bw, "movsbw (%rdi), %ax", FLAGS)                                                       \
    X(movsx_bl, "movsbl (%rdi), %eax", FLAGS)                                                      \
    X(movsx_wq, "movswq (%rdi), %rax", FLAGS)                                                      \
    X(movsx_lq, "movslq (%rdi), %rax", FLAGS)                                                      \
    X(xchg_b, "xchgb %al, (%rdi)", FLAGS)                                                          \
    X(xchg_l, "xchgl %eax, (%rdi)", FLAGS)                                                         \
    X(xchg_q, "xchgq %rax, (%rdi)", FLAGS)                                                         \
    X(not_b, "notb (%rdi)", FLAGS)                                                                 \
    X(not_q, "notq (%rdi)", FLAGS)                                                                 \
    X(stos_b, "stosb", FLAGS)                                                                      \
    X(stos_q, "stosq", FLAGS)                                                                      \
    X(stos_down, "std; stosl", FLAGS)                                                              \
    X(movs_b, "movsb", FLAGS)                                                                      \
    X(movs_l, "movsl", FLAGS)                                                                      \
    X(lods_b, "lodsb", FLAGS)                                                                      \
    X(lods_l, "lodsl", FLAGS)                                                                      \
    X(rep_stos, "rep stosl", FLAGS)                                                                \
    X(rep_movs, "rep movsb", FLAGS)                                                                \
    X(rep_none, "movl $0, %ecx; rep movsb", FLAGS)

#define ARITHMETIC(X, name, text, FLAGS)                                                           \
    X(name##_rm_b, text "b (%rdi), %al", FLAGS)                                                    \
    X(name##_mr_b, text "b %al, (%rdi)", FLAGS)                                                    \
    X(name##_rm_w, text "w (%rdi), %ax", FLAGS)                                                    \
    X(name##_mr_l, text "l %eax, (%rdi)", FLAGS)                                                   \
    X(name##_rm_q, text "q (%rdi), %rax", FLAGS)                                                   \
    X(name##_mr_q, text "q %rax, (%rdi)", FLAGS)                                                   \
    X(name##_mi_b, text "b $0x80, (%rdi)", FLAGS)                                                  \
    X(name##_mi_l, text "l $-1, (%rdi)", FLAGS)                                                    \
    X(name##_mi_l2, text "l $0x80000001, (%rdi)", FLAGS)                                           \
    X(name##_mi_q, text "q $-5, (%rdi)", FLAGS)

#define TESTS(X, FLAGS)                                                                            \
    X(test_mr_b, "testb %al, (%rdi)", FLAGS)                                                       \
    X(test_mr_q, "testq %rax, (%rdi)", FLAGS)                                                      \
    X(test_mi_b, "testb $0x81, (%rdi)", FLAGS)                                                     \
    X(test_mi_l, "testl $0x80000000, (%rdi)", FLAGS)

#define STEPS(X, FLAGS)                                                                            \
    X(inc_b, "incb (%rdi)", FLAGS)                                                                 \
    X(inc_q, "incq (%rdi)", FLAGS)                                                                 \
    X(dec_b, "decb (%rdi)", FLAGS)                                                                 \
    X(dec_l, "decl (%rdi)", FLAGS)                                                                 \
    X(neg_b, "negb (%rdi)", FLAGS)                                                                 \
    X(neg_q, "negq (%rdi)", FLAGS)

#define BITS(X, FLAGS)                                                                             \
    X(bt_i, "btl $35, (%rdi)", FLAGS)                                                              \
    X(bt_r, "andl $31, %eax; btl %eax, (%rdi)", FLAGS)                                             \
    X(bts_i, "btsq $63, (%rdi)", FLAGS)                                                            \
    X(bts_lock, "lock btsl $0, (%rdi)", FLAGS)                                                     \
    X(btr_i, "btrl $7, (%rdi)", FLAGS)                                                             \
    X(btc_i, "btcw $15, (%rdi)", FLAGS)

#define EVERYTHING(X)                                                                              \
    INSTRUCTIONS(X, ALL_FLAGS)                                                                     \
    ARITHMETIC(X, add, "add", ALL_FLAGS)                                                           \
    ARITHMETIC(X, adc, "adc", ALL_FLAGS)                                                           \
    ARITHMETIC(X, sub, "sub", ALL_FLAGS)                                                           \
    ARITHMETIC(X, sbb, "sbb", ALL_FLAGS)                                                           \
    ARITHMETIC(X, cmp, "cmp", ALL_FLAGS)                                                           \
    ARITHMETIC(X, and, "and", LOGIC_FLAGS)                                                         \
    ARITHMETIC(X, or, "or", LOGIC_FLAGS)                                                           \
    ARITHMETIC(X, xor, "xor", LOGIC_FLAGS)                                                         \
    TESTS(X, LOGIC_FLAGS)                                                                          \
    STEPS(X, ALL_FLAGS)                                                                            \
    BITS(X, CF)

#define MAKE_PIECE(name, text, flags) PIECE(name, text "; int3");
EVERYTHING(MAKE_PIECE)

static const struct {
    const char *text;
    const struct rig_code *code;
    word_t flags;
} instructions[] = {
#define MAKE_ROW(name, text, flags) {text, &name, flags},
    EVERYTHING(MAKE_ROW)};

/* --- the two ways -------------------------------------------------------------------------- */

struct memory {
    uint8_t bytes[DATA_BYTES];
    vaddr_t broken; /* accesses to this byte fault */
    unsigned accesses;
};

static bool reach(struct memory *memory, vaddr_t vaddr, unsigned size)
{
    memory->accesses++;
    CHECK(vaddr - RIG_DATA < DATA_BYTES - 8);
    return !(memory->broken - vaddr < size);
}

static bool read_memory(void *context, vaddr_t vaddr, unsigned size, uint64_t *ret_value)
{
    struct memory *memory = context;

    if (!reach(memory, vaddr, size))
        return false;
    memcpy(ret_value, memory->bytes + (vaddr - RIG_DATA), size);
    return true;
}

static bool write_memory(void *context, vaddr_t vaddr, unsigned size, uint64_t value)
{
    struct memory *memory = context;

    if (!reach(memory, vaddr, size))
        return false;
    memcpy(memory->bytes + (vaddr - RIG_DATA), &value, size);
    return true;
}

static uint64_t random_state = 88172645463325252;

/* xorshift, with many values that make flags change. */
static uint64_t random_value(void)
{
    static const uint64_t corners[] = {
        0,          1,          0x7f,       0x80,       0xff,      0x7fff,           0x8000,
        0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63};
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % 3 ? random_state : corners[random_state / 3 % 13];
}

static void prepare(struct rig *guest, const struct rig_code *code, struct memory *memory)
{
    rig_load(guest, code);
    for (unsigned i = UREG_RAX; i <= UREG_R15; i++)
        guest->reg[i] = random_value();
    guest->reg[UREG_RFLAGS] = 0x202 | (random_value() & ALL_FLAGS);
    guest->reg[UREG_RBX] = 4;
    guest->reg[UREG_RCX] = 9;
    guest->reg[UREG_RDI] = RIG_DATA + RDI_OFFSET;
    guest->reg[UREG_RSI] = RIG_DATA + RSI_OFFSET;
    for (unsigned i = 0; i < DATA_BYTES; i += 8) {
        uint64_t value = random_value();
        memcpy(memory->bytes + i, &value, 8);
    }
    memory->broken = 0;
    memory->accesses = 0;
    memcpy(rig_memory(guest, RIG_DATA_PADDR), memory->bytes, DATA_BYTES);
}

/* Register set-up in front of the instruction (std, xor) is done by the same function or skipped.
 */
static enum mmio_result execute_to_int3(const struct rig_code *code, struct memory *memory,
                                        word_t reg[USER_REGISTER_COUNT])
{
    const struct mmio_ops ops = {.context = memory, .read = read_memory, .write = write_memory};
    enum mmio_result result = MMIO_DONE;

    while (result == MMIO_DONE) {
        const uint8_t *at = code->start + (reg[UREG_RIP] - RIG_CODE);
        if (*at == 0xcc)
            break;
        if (*at == 0xfd) { /* std */
            reg[UREG_RFLAGS] |= 1 << 10;
            reg[UREG_RIP]++;
            continue;
        }
        result = mmio_execute(at, (unsigned)(code->end - at), reg, &ops);
    }
    return result;
}

TEST(instructions_do_what_the_processor_does)
{
    struct rig guest;
    struct memory memory;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < ARRAY_LENGTH(instructions); i++) {
        const struct rig_code *code = instructions[i].code;
        for (unsigned round = 0; round < 40; round++) {
            word_t reg[USER_REGISTER_COUNT];
            prepare(&guest, code, &memory);
            memcpy(reg, guest.reg, sizeof(reg));
            bool same = CHECK_EQ(rig_run(&guest), TRAP_EXCEPTION);
            same &= CHECK_EQ(execute_to_int3(code, &memory, reg), MMIO_DONE);
            reg[UREG_RIP]++; /* int3 */
            word_t ignored = ALL_FLAGS & ~instructions[i].flags;
            reg[UREG_RFLAGS] |= ignored;
            guest.reg[UREG_RFLAGS] |= ignored;
            same &= CHECK_MEM(reg, guest.reg, sizeof(reg));
            same &= CHECK_MEM(memory.bytes, rig_memory(&guest, RIG_DATA_PADDR), DATA_BYTES);
            if (!same) {
                CHECK_STR(instructions[i].text, "");
                break;
            }
        }
    }
    rig_close(&guest);
}

/* --- faults and limits --------------------------------------------------------------------- */

TEST(fault_leaves_everything_as_it_was)
{
    static const struct rig_code *const pieces[] = {&load_q, &store_q, &add_mr_q,
                                                    &xchg_q, &stos_q,  &movs_l};
    struct rig guest;
    struct memory memory, before;

    if (!rig_open(&guest))
        return;
    for (unsigned i = 0; i < ARRAY_LENGTH(pieces); i++) {
        word_t reg[USER_REGISTER_COUNT];
        prepare(&guest, pieces[i], &memory);
        memory.broken = RIG_DATA + RDI_OFFSET;
        before = memory;
        memcpy(reg, guest.reg, sizeof(reg));
        CHECK_EQ(execute_to_int3(pieces[i], &memory, reg), MMIO_FAULT);
        CHECK_MEM(reg, guest.reg, sizeof(reg));
        CHECK_MEM(memory.bytes, before.bytes, DATA_BYTES);
    }
    rig_close(&guest);
}

TEST(fault_in_a_repeated_instruction_keeps_its_rounds)
{
    struct rig guest;
    struct memory memory;

    if (!rig_open(&guest))
        return;
    prepare(&guest, &rep_stos, &memory);
    memory.broken = RIG_DATA + RDI_OFFSET + 3 * 4;
    CHECK_EQ(execute_to_int3(&rep_stos, &memory, guest.reg), MMIO_FAULT);
    CHECK_EQ(guest.reg[UREG_RCX], 9 - 3);
    CHECK_EQ(guest.reg[UREG_RDI], RIG_DATA + RDI_OFFSET + 3 * 4);
    CHECK_EQ(guest.reg[UREG_RIP], RIG_CODE);
    rig_close(&guest);
}

PIECE(vector_load, "movups (%rdi), %xmm0");
PIECE(vector_store, "movsd %xmm0, (%rdi)");
PIECE(push, "pushq (%rdi)");
PIECE(segment, "movw (%rdi), %fs");
PIECE(compare_exchange, "lock cmpxchgl %ecx, (%rdi)");
PIECE(undefined, "ud2");

TEST(unknown_instructions_do_nothing)
{
    static const struct rig_code *const pieces[] = {&vector_load, &vector_store,     &push,
                                                    &segment,     &compare_exchange, &undefined};
    struct memory memory = {.accesses = 0};
    const struct mmio_ops ops = {.context = &memory, .read = read_memory, .write = write_memory};
    word_t reg[USER_REGISTER_COUNT] = {[UREG_RDI] = RIG_DATA}, before[USER_REGISTER_COUNT];

    memcpy(before, reg, sizeof(reg));
    for (unsigned i = 0; i < ARRAY_LENGTH(pieces); i++) {
        unsigned length = (unsigned)(pieces[i]->end - pieces[i]->start);
        CHECK_EQ(mmio_execute(pieces[i]->start, length, reg, &ops), MMIO_UNKNOWN);
    }
    CHECK_EQ(mmio_execute(load_q.start, 2, reg, &ops), MMIO_UNKNOWN); /* cut short */
    CHECK_EQ(mmio_execute(load_q.start, 0, reg, &ops), MMIO_UNKNOWN);
    CHECK_MEM(reg, before, sizeof(reg));
    CHECK_EQ(memory.accesses, 0);
}
