/* SPDX-License-Identifier: BSD-2-Clause */
/* What the runtime does otherwise in a linked process (runtime/linked.h). */
#ifndef RUNTIME_LINKED_PROCESS_H
#define RUNTIME_LINKED_PROCESS_H

#include <model/kernel.h>
#include <runtime/carrier.h>
#include <seat/trap.h>

/* Whether a carrier that has not begun has left libc: a signal before that is none of its own. */
bool linked_may_begin(const struct carrier_page *page);

/* The thread goes back to libc, to end there. */
_Noreturn void linked_leave(const struct carrier_page *page);

/* The TCB's own code is about to run: its thread knows its IPC buffer. */
void linked_tell_buffer(struct carrier_page *page, const struct tcb *tcb);

/*
 * For registers as the TCB goes on with them: a `syscall` that is made again needs no stack, and
 * the kernel leaves it none; a call of the gate does.
 */
void linked_mend_stack(const struct tcb *tcb, word_t reg[USER_REGISTER_COUNT]);

/* A signal that is none of a carrier's. */
void linked_take_stray(int signal);

/* Whether a carrier there is in libc's code or a library's: it holds locks that others want. */
bool linked_is_in_host(vaddr_t rip);

/*
 * Whether the fault is one that ends the program as Linux ends any other: it is made again when the
 * handler returns, and we do not take it then.
 */
bool linked_ends(const struct tcb *tcb, const struct signal_info *info, const struct trap *trap,
                 const word_t reg[USER_REGISTER_COUNT]);

#endif
