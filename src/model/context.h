/* SPDX-License-Identifier: BSD-2-Clause */
/* The user registers in a TCB: what a trap leaves, what a thread goes on with, what may be set. */
#ifndef MODEL_CONTEXT_H
#define MODEL_CONTEXT_H

#include <model/tcb.h>

#define SYSCALL_INSTRUCTION_BYTES 2

/*
 * by_syscall: reg[UREG_RIP] is the address of the syscall instruction; rsp, rcx and r11 are not
 * saved (the instruction destroys them; seL4 keeps what the last interrupt left there).
 */
void context_save(struct user_context *context, const word_t reg[USER_REGISTER_COUNT],
                  bool by_syscall);

/* The registers to go on with. */
void context_load(const struct user_context *context, word_t ret_reg[USER_REGISTER_COUNT]);

/*
 * SYSRET with the trap flag is the end of a step: the exception comes before the thread has
 * executed an instruction. Other ways back let it execute one.
 */
bool context_traps_at_once(const struct user_context *context);

/* The value that user level may have in `reg` (enum user_register). */
word_t register_sanitise(unsigned reg, word_t value);

#endif
