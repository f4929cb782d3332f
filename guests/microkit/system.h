/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the initialiser and the programs of a system of protection domains agree on. The numbers are
 * those of Microkit, so that the kernel sees the calls that a Microkit system makes.
 */
#ifndef MICROKIT_SYSTEM_H
#define MICROKIT_SYSTEM_H

#include <sel4/sel4.h>

/* Each is the same program; the initialiser tells it which one it is. */
enum role { MONITOR, PARENT, DRIVER, SERVER, CLIENT, WITHOUT_FPU, LOST, CHILD, COUNTER, ROLES };

/* Slots of a domain's CSpace: two CNodes, of which the first leads to the second only. */
enum {
    ROOT_CNODE_BITS = 6,
    CNODE_BITS = 9,
    GUARD_BITS = seL4_WordBits - ROOT_CNODE_BITS - CNODE_BITS,
    SLOT_INPUT = 1, /* its endpoint if it has one, else its notification */
    SLOT_FAULT = 2,
    SLOT_VSPACE = 3,
    SLOT_REPLY = 4,
    SLOT_MONITOR = 5,
    SLOT_TCB = 6,
    SLOT_SIGNAL = 10, /* and the channel's number, as for the others */
    SLOT_CALL = 74,
    SLOT_IRQ = 138,
    SLOT_CHILD = 202,
    SLOT_PORTS = 394,
};

/* The monitor's. */
enum {
    MONITOR_FAULT = 1,
    MONITOR_REPLY = 2,
    MONITOR_TCB = 10,
    MONITOR_CONTEXT = 138,
    MONITOR_SIGNAL = 202,
};

/* A channel has one number at both of its ends. */
enum { CHANNEL_SERVER, CHANNEL_DRIVER, CHANNEL_PARENT, CHANNEL_DONE, CHANNEL_COUNTER, CHANNEL_IRQ };
enum { CHILD_NUMBER = 1, PORTS_NUMBER = 2 };

#define BADGE_FAULT ((seL4_Word)1 << 62)
#define BADGE_CALL  ((seL4_Word)1 << 63)

/* The last pages of user space: IPC buffer, nothing, stack. */
#define BUFFER_ADDRESS UINT64_C(0x7fffffffe000)
#define STACK_TOP      UINT64_C(0x7fffffffd000)
#define HPET_ADDRESS   UINT64_C(0x60000000)

#endif
