/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to guest code: a TCB whose carrier has the turn goes on with the calling thread. */
#ifndef RUNTIME_RESUME_H
#define RUNTIME_RESUME_H

#include <model/outcome.h>
#include <runtime/carrier.h>

/*
 * `tcb` goes on with reg[] when the gate is left. False: something has come up first, its entry has
 * been made, and *outcome is what is to be done.
 */
bool resume_registers(struct carrier_page *page, struct kernel *k, struct tcb *tcb, paddr_t root,
                      word_t reg[USER_REGISTER_COUNT], struct outcome *outcome);

/*
 * The same with the registers in the TCB, and all else of it that Linux's thread has to have. Its
 * VSpace is the calling process's, and becomes what it has to be.
 */
bool resume_tcb(struct carrier_page *page, struct kernel *k, struct tcb *tcb, paddr_t root,
                struct outcome *outcome);

/*
 * After an entry by a jump, with the registers in the page: whether that TCB, which goes on, does
 * so at `next`, and all that resume_tcb() would see to is as it was.
 */
bool resume_is_same(const struct carrier_page *page, struct kernel *k, const struct tcb *tcb,
                    vaddr_t next);

/*
 * The thread is called like the TCB; only a thread itself can say so. One that is shared is called
 * like the first that ran.
 */
void resume_take_name(const struct carrier_page *page, const struct tcb *tcb);

#endif
