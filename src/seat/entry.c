/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/entry.h>

#include <base/bits.h>

/* `int n` of a vector above the kernel's own: the number as the real kernel makes it up. */
static word_t interrupt_syscall_number(const struct trap *trap, const struct tcb *tcb)
{
    enum { VECTOR_SHIFT = 24 };
    uint32_t number = (uint32_t)trap->vector << VECTOR_SHIFT |
                      ((uint32_t)tcb->context.reg[UREG_RAX] & (uint32_t)mask(VECTOR_SHIFT));
    return (word_t)(int64_t)(int32_t)number;
}

struct outcome seat_enter(struct kernel *k, unsigned core, const struct tcb *tcb,
                          const struct trap *trap, word_t fsr, nanoseconds_t now)
{
    switch (trap->kind) {
    case TRAP_SYSCALL:
        return kernel_syscall(k, core, now);
    case TRAP_INT:
        return kernel_unknown_syscall(k, core, interrupt_syscall_number(trap, tcb), now);
    case TRAP_PAGE_FAULT:
        return kernel_vm_fault(k, core, trap->address, fsr, now);
    case TRAP_EXCEPTION:
        if (abi_is_debug_exception(trap->vector))
            return kernel_debug_exception(k, core, trap->vector, trap->debug, now);
        return kernel_user_exception(k, core, trap->vector, trap->error_code, now);
    default:
        return kernel_timer(k, core, now);
    }
}

bool seat_ends_entry(enum outcome_kind kind)
{
    return kind == OUTCOME_RUN || kind == OUTCOME_IDLE;
}

bool seat_may_be_interrupted(enum outcome_kind kind)
{
    return seat_ends_entry(kind) || kind == OUTCOME_PREEMPTED;
}

const struct trap seat_step_trap = {
    .kind = TRAP_EXCEPTION,
    .vector = EXCEPTION_DEBUG,
    .debug = {.stepped = true},
};

bool seat_ends_step(word_t reg[USER_REGISTER_COUNT], bool is_stepping, struct trap *ret_trap)
{
    bool traps = reg[UREG_RFLAGS] & RFLAGS_TRAP;
    reg[UREG_RFLAGS] &= ~RFLAGS_RESUME;
    if (traps)
        *ret_trap = seat_step_trap;
    else if (is_stepping)
        *ret_trap = (struct trap){.kind = TRAP_STEPPED};
    return traps || is_stepping;
}
