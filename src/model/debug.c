/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/debug.h>

static const struct breakpoint no_breakpoint = {
    .type = BREAKPOINT_INSTRUCTION, /* as a debug control register that is 0 says it */
    .access = BREAK_ON_READ,
};

static void changed(struct tcb *tcb)
{
    tcb->debug.generation++;
}

void debug_init(struct tcb *tcb, const struct tcb *creator)
{
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        struct breakpoint *breakpoint = &tcb->debug.breakpoints[i];
        *breakpoint = creator ? creator->debug.breakpoints[i] : no_breakpoint;
        breakpoint->address = 0;
        breakpoint->is_enabled = false;
    }
}

void debug_use(struct tcb *tcb, unsigned number, bool is_used)
{
    uint32_t bit = (uint32_t)(UINT64_C(1) << number % 64); /* as the machine code there does it */
    if (is_used)
        tcb->debug.in_use |= bit;
    else
        tcb->debug.in_use &= ~bit;
    changed(tcb);
}

void debug_set_breakpoint(struct tcb *tcb, unsigned number, const struct breakpoint *breakpoint)
{
    tcb->debug.breakpoints[number] = *breakpoint;
    tcb->debug.breakpoints[number].is_enabled = true;
    debug_use(tcb, number, true);
}

void debug_unset_breakpoint(struct tcb *tcb, unsigned number)
{
    tcb->debug.breakpoints[number] = no_breakpoint;
    debug_use(tcb, number, false);
}

void debug_configure_stepping(struct tcb *tcb, word_t count)
{
    tcb->debug.is_stepping = count != 0;
    tcb->debug.steps_left = count;
    if (count == 0)
        tcb->context.reg[UREG_RFLAGS] &= ~RFLAGS_TRAP;
}

void debug_breakpoints(const struct tcb *tcb, struct breakpoint ret_list[HARDWARE_BREAKPOINTS])
{
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        ret_list[i] = tcb->debug.breakpoints[i];
        ret_list[i].is_enabled &= tcb->debug.in_use != 0;
    }
}

/* The resume flag lets the next instruction pass its own breakpoint: steps win over them. */
static bool count_step(struct tcb *tcb)
{
    tcb->context.reg[UREG_RFLAGS] |= RFLAGS_RESUME;
    if (tcb->debug.steps_left > 0)
        tcb->debug.steps_left--;
    return tcb->debug.steps_left == 0;
}

static struct fault debug_fault(enum breakpoint_type reason, vaddr_t address, unsigned number)
{
    return (struct fault){
        .type = FAULT_DEBUG_EXCEPTION,
        .debug = {.reason = reason, .address = address, .breakpoint = number},
    };
}

/* The lowest of several; a step that came with it is not counted. */
static bool take_breakpoint(const struct tcb *tcb, uint8_t hits, struct fault *ret_fault)
{
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        const struct breakpoint *breakpoint = &tcb->debug.breakpoints[i];
        if (!(hits >> i & 1))
            continue;
        *ret_fault = debug_fault(breakpoint->type, breakpoint->address, i);
        return true;
    }
    return false;
}

bool debug_take_exception(struct tcb *tcb, word_t vector, struct debug_event event,
                          struct fault *ret_fault)
{
    if (vector == EXCEPTION_BREAKPOINT) {
        *ret_fault = debug_fault(BREAKPOINT_SOFTWARE, 0, 0);
        return true;
    }
    if (take_breakpoint(tcb, event.breakpoints, ret_fault))
        return true;
    if (!event.stepped || !count_step(tcb))
        return false;
    *ret_fault = debug_fault(BREAKPOINT_SINGLE_STEP, tcb->context.reg[UREG_RIP], 0);
    return true;
}
