/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The educational PCI device that QEMU has (docs/specs/edu of QEMU, 1234:11e8): it inverts,
 * computes factorials, moves memory by itself and interrupts; for drivers that learn DMA and
 * interrupts. Where the specification is silent: a factorial takes a microsecond, a transfer ten;
 * what is written to the transfer's registers meanwhile is lost; a transfer that leaves the
 * device's buffer moves nothing, and ends as others.
 */
#ifndef DEVICE_EDU_H
#define DEVICE_EDU_H

#include <device/pci.h>

#define EDU_DMA_BITS 28 /* of addresses that it can use, as on QEMU by default */

/* Puts one into the next slot. 0, -ENOMEM or what pci_add() says. */
int edu_create(struct pci *pci);

#endif
