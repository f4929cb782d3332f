/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap, fault and preemption gates: one handler for the signals that guest code raises, and for
 * the kick. It runs on the carrier's signal stack, and what it returns to is guest code.
 */
#ifndef RUNTIME_GATE_H
#define RUNTIME_GATE_H

#include <runtime/frame.h>
#include <runtime/linux.h>
#include <seat/trap.h>

/* How Linux is to call the handler. */
void gate_action(struct linux_sigaction *ret_action);

/* For all threads of the process, before there is a filter. Returns 0 or -errno. */
long gate_install(void);

/*
 * What the signal says of the guest; reg[]: in, what its frame has; out, what a processor would
 * have left. root: of the VSpace, to read instructions by.
 */
void gate_decode(const struct signal_info *info, const struct frame *frame, paddr_t root,
                 word_t reg[USER_REGISTER_COUNT], struct trap *ret_trap);

#endif
