/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap, fault and preemption gates: one handler for the signals that guest code raises, and for
 * the kick. It runs on the carrier's signal stack, and what comes behind it is guest code. That
 * goes on by a jump as behind a call (runtime/jump.h), and Linux is not asked; or by rt_sigreturn:
 * with flags that only a frame brings back, and where debuggers want to find vector state in the
 * frame.
 */
#ifndef RUNTIME_GATE_H
#define RUNTIME_GATE_H

#include <runtime/carrier.h>
#include <runtime/linux.h>
#include <seat/trap.h>

/* How Linux is to call the handler. */
void gate_action(struct linux_sigaction *ret_action);

/* For all threads of the process, before there is a filter. Returns 0 or -errno. */
long gate_install(void);

/* The guest of this carrier goes on with reg[] when the gate is left: whichever it is. */
void gate_write(struct carrier_page *page, const word_t reg[USER_REGISTER_COUNT]);

/*
 * What the signal says of the guest; reg[]: in, what its frame has; out, what a processor would
 * have left. root: of the VSpace, to read instructions by.
 */
void gate_decode(const struct signal_info *info, const struct frame *frame, paddr_t root,
                 word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap);

#endif
