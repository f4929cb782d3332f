/* SPDX-License-Identifier: BSD-2-Clause */
/* The debug state of a TCB: what the methods change, and what it means for the processor. */
#ifndef MODEL_DEBUG_H
#define MODEL_DEBUG_H

#include <model/tcb.h>

/*
 * As the real kernel makes it from the processor's registers, which hold the creator's: a new
 * thread has no breakpoint, but types, sizes and accesses of its creator's. creator: may be NULL.
 */
void debug_init(struct tcb *tcb, const struct tcb *creator);

/* breakpoint->is_enabled does not count: it will be. */
void debug_set_breakpoint(struct tcb *tcb, unsigned number, const struct breakpoint *breakpoint);
void debug_unset_breakpoint(struct tcb *tcb, unsigned number);

/* Breakpoint `number` (any) counts as in use, or not. */
void debug_use(struct tcb *tcb, unsigned number, bool is_used);

/* Reports every `count` instructions from now on; 0: stops stepping. */
void debug_configure_stepping(struct tcb *tcb, word_t count);

/* What the thread's processor gets: disabled entries count for nothing. */
void debug_breakpoints(const struct tcb *tcb, struct breakpoint ret_list[HARDWARE_BREAKPOINTS]);

/*
 * What exception 1 (with `event`) or 3 of the running thread is to its handler. False: nothing, the
 * thread goes on; on the way a step has been counted.
 */
bool debug_take_exception(struct tcb *tcb, word_t vector, struct debug_event event,
                          struct fault *ret_fault);

#endif
