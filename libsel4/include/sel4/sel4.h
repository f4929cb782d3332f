/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A subset of libsel4 under its public names, written from the manual and measured facts.
 *   <sel4/types.h>, <sel4/ipc_buffer.h>, <sel4/trap.h>, <sel4/syscalls.h>, <sel4/bootinfo.h>
 *   <sel4/abi.h>          generated: numbers and layouts of one kernel configuration
 *   <sel4/invocations.h>  generated: one function per method of a kernel object
 */
#ifndef SEL4_SEL4_H
#define SEL4_SEL4_H

#include <sel4/abi.h>
#include <sel4/bootinfo.h>
#include <sel4/invocations.h>
#include <sel4/ipc_buffer.h>
#include <sel4/syscalls.h>
#include <sel4/types.h>

#endif
