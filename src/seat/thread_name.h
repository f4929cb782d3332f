/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of Linux threads, as ps and gdb show them: the TCB's own name, or that of the function it
 * starts in; cut to what Linux shows, and told apart by a number ("worker~2") where two would be
 * the same.
 */
#ifndef SEAT_THREAD_NAME_H
#define SEAT_THREAD_NAME_H

#include <model/tcb.h>

#define THREAD_NAME_BYTES 16 /* Linux's, with the 0 */

/* Whether the guest has named the TCB; else it is worth asking what its code is called. */
bool seat_thread_is_named(const struct tcb *tcb);

/* symbol: of the function that a TCB without a name starts in; NULL: not known. */
void seat_thread_name(const struct tcb *tcb, const char *symbol, char ret_name[THREAD_NAME_BYTES]);

/*
 * Not 0; another one when the TCB is named anew: what is worth keeping with its thread's name, to
 * tell whether that still is the TCB's.
 */
uint64_t seat_thread_name_source(const struct tcb *tcb);

/* The number in "base~number", with `base` cut to make room; 1: `base` itself; 0: another name. */
unsigned seat_thread_name_number(const char *name, const char *base);

/* Puts the number behind the name, which is cut to make room. */
void seat_thread_name_add_number(char name[THREAD_NAME_BYTES], unsigned number);

#endif
