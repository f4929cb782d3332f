/* SPDX-License-Identifier: BSD-2-Clause */
/* From a trap to the entry into the kernel that fits it, and what the kernel's answer is about. */
#ifndef SEAT_ENTRY_H
#define SEAT_ENTRY_H

#include <kernel/kernel_api.h>
#include <seat/trap.h>

/*
 * Enters the kernel for a trap of `tcb`, the current thread of the core. Its registers are saved
 * (kernel_save_registers(), by_syscall: TRAP_SYSCALL), and `cpuid` is answered. fsr: of a page
 * fault, see seat/fsr.h. What is no trap of the guest's is accounted for as a look at the clock.
 */
struct outcome seat_enter(struct kernel *k, unsigned core, const struct tcb *tcb,
                          const struct trap *trap, word_t fsr, nanoseconds_t now);

/* Whether the entry is over; after the other outcomes it goes on. */
bool seat_ends_entry(enum outcome_kind kind);
/* Whether an interrupt or a tick that is due comes before what the outcome asks for. */
bool seat_may_be_interrupted(enum outcome_kind kind);

/* The end of a step that no guest code was run for. */
extern const struct trap seat_step_trap;

/*
 * The seat has carried out an instruction for the thread: what the processor does at the end of
 * one, or the debugger's step. False: the thread runs on with reg[].
 */
bool seat_ends_step(word_t reg[USER_REGISTER_COUNT], bool is_stepping, struct trap *ret_trap);

#endif
