/* SPDX-License-Identifier: BSD-2-Clause */
/* debug_code.S: code to set breakpoints in and to step through. */
#ifndef CONFORMANCE_DEBUG_CODE_H
#define CONFORMANCE_DEBUG_CODE_H

#include <sel4/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers of the system calls that it makes; debug.c has them. */
extern const seL4_Word debug_yield_number, debug_recv_number;

void debug_nops(void *argument);  /* nop, nop, nop, nop, ret */
void debug_yield(void *argument); /* at _call a Yield that the stack pointer survives */
extern const char debug_yield_call[];
void debug_recv(void *argument); /* at _call a Recv on the endpoint `argument`, the same */
extern const char debug_recv_call[];

void debug_write_bytes(void *argument); /* one to each of argument[0] to [7]: two bytes of code */
extern const char debug_write_bytes_at[];

void debug_trap_flag(void *argument); /* sets the trap flag, at _at a nop, clears it */
extern const char debug_trap_flag_at[];
void debug_trap_flag_call(void *argument); /* sets it, and at _at Yields */
extern const char debug_trap_flag_call_at[];
void debug_sse(void *argument); /* nop, pxor, nop */

#endif
