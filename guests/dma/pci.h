/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration space by I/O ports, and the memory range of a device. */
#ifndef GUEST_DMA_PCI_H
#define GUEST_DMA_PCI_H

#include "vspace.h"

struct pci_device {
    unsigned slot; /* on bus 0 */
    seL4_Word bar; /* physical address of memory range 0 */
    unsigned line; /* the interrupt that the BIOS has given it */
};

/* Takes the ports; must come first. */
void pci_open(void);

seL4_Word pci_read(unsigned slot, unsigned reg, unsigned size);
void pci_write(unsigned slot, unsigned reg, unsigned size, seL4_Word value);

/* Whether the device may reach memory by itself. */
void pci_set_master(unsigned slot, int on);

/* The first device of that kind on bus 0; ends the guest if there is none. */
struct pci_device pci_find(unsigned vendor, unsigned device);

/* A frame of device memory, which no other frame may have been made of. */
seL4_CPtr device_frame(seL4_Word paddr);

#endif
