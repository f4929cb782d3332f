/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/context.h>

#include <base/bits.h>

/* On the way of every entry: without a loop. */
static void copy_registers(word_t to[USER_REGISTER_COUNT], const word_t from[USER_REGISTER_COUNT])
{
#pragma GCC unroll 32
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        to[i] = from[i];
}

void context_save(struct user_context *context, const word_t reg[USER_REGISTER_COUNT],
                  bool by_syscall)
{
    const word_t rsp = context->reg[UREG_RSP];
    const word_t rcx = context->reg[UREG_RCX];
    const word_t r11 = context->reg[UREG_R11];

    copy_registers(context->reg, reg);
    if (by_syscall) { /* which destroys these */
        context->reg[UREG_RSP] = rsp;
        context->reg[UREG_RCX] = rcx;
        context->reg[UREG_R11] = r11;
    }
    context->next_ip = reg[UREG_RIP] + (by_syscall ? SYSCALL_INSTRUCTION_BYTES : 0);
    context->by_sysret = by_syscall;
    if (by_syscall) {
        context->last_syscall.next_ip = context->next_ip;
        context->last_syscall.rsp = reg[UREG_RSP];
    }
}

void context_load(const struct user_context *context, word_t ret_reg[USER_REGISTER_COUNT])
{
    copy_registers(ret_reg, context->reg);
    ret_reg[UREG_RIP] = context->next_ip;
    if (context->by_sysret) {
        ret_reg[UREG_RCX] = context->next_ip;
        ret_reg[UREG_R11] = context->reg[UREG_RFLAGS];
        ret_reg[UREG_RSP] = 0;
    }
}

bool context_traps_at_once(const struct user_context *context)
{
    return context->by_sysret && context->reg[UREG_RFLAGS] & RFLAGS_TRAP;
}

static bool is_canonical(word_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

static word_t rflags_sanitise(word_t rflags)
{
    enum { ALWAYS_ONE = 1 << 1, RESERVED = 1 << 3 | 1 << 5, TRAP = 1 << 8, INTERRUPTS = 1 << 9 };
    return ((rflags | ALWAYS_ONE | INTERRUPTS) & ~(word_t)(RESERVED | TRAP)) & mask(12);
}

word_t register_sanitise(unsigned reg, word_t value)
{
    switch (reg) {
    case UREG_RFLAGS:
        return rflags_sanitise(value);
    case UREG_RIP:
    case UREG_FS_BASE:
    case UREG_GS_BASE:
        return is_canonical(value) ? value : 0;
    default:
        return value;
    }
}
