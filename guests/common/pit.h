/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channel 0 of the PC's interval timer, driven from user level: the ports by a capability to them,
 * the interrupt by a handler for its IOAPIC pin or, on a kernel that uses it, its line of the PIC.
 */
#ifndef GUEST_PIT_H
#define GUEST_PIT_H

#include "guest.h"

struct pit {
    seL4_CPtr ports;
    seL4_CPtr irq; /* seL4_IRQHandler_Ack() it after each interrupt */
};

/* Takes the timer; its interrupts signal `notification`, a capability with badge if wanted. */
void pit_create(struct pit *pit, seL4_CPtr notification);

/* One interrupt, after so many microseconds, at most 54,900. */
void pit_start(const struct pit *pit, unsigned microseconds);

/* Whether its interrupt has been requested. */
bool pit_is_over(const struct pit *pit);

#endif
