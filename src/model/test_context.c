/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/context.h>
#include <test.h>

/* Each register its own value. */
static void fill(word_t reg[USER_REGISTER_COUNT], word_t base)
{
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        reg[i] = base + i;
}

TEST(an_interrupt_keeps_every_register)
{
    struct user_context context = {0};
    word_t before[USER_REGISTER_COUNT], after[USER_REGISTER_COUNT];

    fill(before, 0x1000);
    context_save(&context, before, false);
    context_load(&context, after);
    CHECK_MEM(after, before, sizeof(before));
    CHECK_EQ(context.next_ip, before[UREG_RIP]);
}

TEST(a_syscall_goes_on_behind_its_instruction_and_loses_three_registers)
{
    struct user_context context = {0};
    word_t old[USER_REGISTER_COUNT], at_call[USER_REGISTER_COUNT], after[USER_REGISTER_COUNT];

    fill(old, 0x1000);
    context_save(&context, old, false);
    fill(at_call, 0x2000);
    context_save(&context, at_call, true);
    /* what a fault handler or TCB_ReadRegisters would see */
    CHECK_EQ(context.reg[UREG_RIP], at_call[UREG_RIP]);
    CHECK_EQ(context.reg[UREG_RSP], old[UREG_RSP]);
    CHECK_EQ(context.reg[UREG_RCX], old[UREG_RCX]);
    CHECK_EQ(context.reg[UREG_R11], old[UREG_R11]);
    CHECK_EQ(context.reg[UREG_RAX], at_call[UREG_RAX]);

    context_load(&context, after);
    CHECK_EQ(after[UREG_RIP], at_call[UREG_RIP] + 2);
    CHECK_EQ(after[UREG_RCX], at_call[UREG_RIP] + 2);
    CHECK_EQ(after[UREG_R11], at_call[UREG_RFLAGS]);
    CHECK_EQ(after[UREG_RSP], 0);
    CHECK_EQ(after[UREG_R15], at_call[UREG_R15]);
}

TEST(the_trap_flag_counts_at_once_after_sysret_only)
{
    struct user_context context = {0};
    word_t reg[USER_REGISTER_COUNT] = {0};

    context_save(&context, reg, true);
    CHECK(!context_traps_at_once(&context));
    context.reg[UREG_RFLAGS] = RFLAGS_TRAP;
    CHECK(context_traps_at_once(&context));
    reg[UREG_RFLAGS] = RFLAGS_TRAP;
    context_save(&context, reg, false);
    CHECK(!context_traps_at_once(&context));
}

TEST(flags_that_user_level_may_not_have_are_cleared)
{
    enum { CARRY = 1, FIXED = 2, TRAP = 0x100, INTERRUPTS = 0x200, DIRECTION = 0x400 };

    CHECK_EQ(register_sanitise(UREG_RFLAGS, 0), FIXED | INTERRUPTS);
    CHECK_EQ(register_sanitise(UREG_RFLAGS, CARRY | DIRECTION),
             CARRY | FIXED | INTERRUPTS | DIRECTION);
    CHECK_EQ(register_sanitise(UREG_RFLAGS, TRAP | 1 << 3 | 1 << 5), FIXED | INTERRUPTS);
    CHECK_EQ(register_sanitise(UREG_RFLAGS, UINT64_MAX) >> 12, 0);
}

TEST(addresses_that_are_not_canonical_become_zero)
{
    const unsigned addresses[] = {UREG_RIP, UREG_FS_BASE, UREG_GS_BASE};

    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        CHECK_EQ(register_sanitise(addresses[i], 0x7fffffffffff), 0x7fffffffffff);
        CHECK_EQ(register_sanitise(addresses[i], 0x800000000000), 0);
        CHECK_EQ(register_sanitise(addresses[i], 0xffff800000000000), 0xffff800000000000);
    }
    CHECK_EQ(register_sanitise(UREG_RSP, 0x800000000000), 0x800000000000);
}
