/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction at a time, by the trap flag; the guest sees nothing of that. A TCB without FPU
 * runs so, for Linux has no switch that makes vector instructions trap: the machine says what the
 * next one is. And an unaligned access of a guest with the alignment flag, which seL4 gives no
 * effect.
 */
#ifndef RUNTIME_STEP_H
#define RUNTIME_STEP_H

#include <runtime/carrier.h>
#include <seat/trap.h>

/*
 * Before guest code goes on with reg[], which get the trap flag. False: its next instruction does
 * not execute, *ret_trap comes instead. page->step.is_wanted: a debugger is told of its end.
 */
bool step_begin(struct carrier_page *page, paddr_t root, bool has_fpu,
                word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap);

/* The instruction is to be made without the alignment flag. */
void step_begin_unaligned(struct carrier_page *page, paddr_t root, word_t reg[USER_REGISTER_COUNT]);

/*
 * A trap that ends what one of these began, if anything: reg[] and *trap become what they are
 * without it; a trap that was no more than the end of the step becomes TRAP_INTERRUPTED, or
 * TRAP_STEPPED if a debugger is told of it.
 */
void step_end(struct carrier_page *page, paddr_t root, word_t reg[USER_REGISTER_COUNT],
              struct trap *trap);

/* The guest's byte at an address, by the page walk; NULL: it has none there. */
uint8_t *step_guest_byte(paddr_t root, vaddr_t address);

#endif
