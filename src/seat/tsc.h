/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the time-stamp counter, on a host that traps it (PR_SET_TSC): a general protection fault,
 * where seL4 has none.
 */
#ifndef SEAT_TSC_H
#define SEAT_TSC_H

#include <abi/registers.h>
#include <model/kernel.h>
#include <seat/trap.h>

/* Bytes of the longest such instruction. */
#define SEAT_TSC_MAX 3

bool seat_tsc_may_be(const struct trap *trap);

/* How long the instruction at `code` is if it reads the counter, else 0. */
unsigned seat_tsc_decode(const uint8_t *code, unsigned length);

/* Carries it out. */
void seat_tsc_read(const struct tsc *tsc, nanoseconds_t now, unsigned length,
                   word_t reg[USER_REGISTER_COUNT]);

#endif
