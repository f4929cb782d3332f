/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration mechanism #1 (ports 0xcf8, 0xcfc) with the two bridges of QEMU's pc machine:
 * enough for a guest to probe the bus. Other functions read as absent.
 */
#ifndef DEVICE_PCI_H
#define DEVICE_PCI_H

#include <device/bus.h>

#define PCI_ADDRESS_PORT 0xcf8
#define PCI_DATA_PORT    0xcfc

int pci_create(struct bus *bus);

#endif
