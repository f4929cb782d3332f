/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The turn: whoever has it runs the kernel until guest code of its own is to go on, or hands it
 * over. What the monitor seat's loop is there (gate/seat.c) is here the way from one carrier's trap
 * to another's return.
 */
#ifndef RUNTIME_TURN_H
#define RUNTIME_TURN_H

#include <model/outcome.h>
#include <runtime/carrier.h>
#include <seat/trap.h>

/* The guest has trapped into page->frame. Returns when it is to go on, with what the frame has. */
void turn_trap(struct carrier_page *page, const struct signal_info *info);

/*
 * The guest has jumped from the site with that index; what it has but rip, rcx and r11 is in
 * page->reg[]. Returns when it is to go on with what jump_write() was told.
 */
void turn_call(struct carrier_page *page, uint32_t index);

/*
 * The same, if the call is over with nothing that needs the kernel to be entered: page->reg[] and
 * `next` are what it goes on with, but for the bases, which are not looked at. False: nothing was
 * done.
 */
bool turn_try_call(struct carrier_page *page, uint32_t index);

/* Instead of an index: a linked process's call, rip is in page->reg[], too. */
#define TURN_LINKED_CALL UINT32_MAX

/* The same when it was about to go on with page->reg[], but is to look for events first. */
void turn_attend(struct carrier_page *page);

/* A new carrier: returns when its TCB is to run for the first time. */
void turn_begin(struct carrier_page *page);

/* The carrier of the core process, which has the turn first, and whenever no TCB can run. */
_Noreturn void turn_run_core(struct carrier_page *page);

/* The kernel entry of a trap that `tcb` has run into with reg[]; fsr as the kernel wants it. */
struct outcome turn_enter(struct kernel *k, struct tcb *tcb, const word_t *reg,
                          const struct trap *trap, word_t fsr);

/* Kernel time, in nanoseconds. */
nanoseconds_t turn_now(void);

#endif
