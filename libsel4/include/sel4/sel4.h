/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libsel4, written anew from the manual and measured facts, under its public names. Files:
 *   as they are      what is the same in every kernel, or depends on CONFIG_* alone
 *   generated        numbers and layouts of one kernel configuration, from the tables of src/abi:
 *                    <sel4/constants.h>, <sel4/bootinfo_types.h>, <interfaces/sel4_client.h> ...
 *   <sel4/trap.h>    how the kernel is entered; the only file that knows
 */
#ifndef SEL4_SEL4_H
#define SEL4_SEL4_H

#include <interfaces/sel4_client.h>
#include <sel4/arch/constants.h>
#include <sel4/bootinfo.h>
#include <sel4/config.h>
#include <sel4/constants.h>
#include <sel4/faults.h>
#include <sel4/functions.h>
#include <sel4/invocation.h>
#include <sel4/macros.h>
#include <sel4/plat/api/constants.h>
#include <sel4/sel4_arch/constants.h>
#include <sel4/syscalls.h>
#include <sel4/types.h>
#include <sel4/virtual_client.h>

#include <sel4/deprecated.h>

#endif
