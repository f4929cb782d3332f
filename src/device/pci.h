/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI: configuration mechanism #1 (ports 0xcf8, 0xcfc), bus 0 with the two bridges of QEMU's pc
 * machine and the devices that are added to it, each a function 0 with one memory range, an
 * interrupt pin and, if it wants, messages in place of it. Other functions read as absent.
 *
 * Specifications: PCI Local Bus 3.0, chapters 6 (configuration, MSI) and 2.2.6 (interrupt pins);
 * 82371SB (PIIX3) data sheet for the routing of the pins to interrupts.
 */
#ifndef DEVICE_PCI_H
#define DEVICE_PCI_H

#include <device/bus.h>

#define PCI_ADDRESS_PORT 0xcf8
#define PCI_DATA_PORT    0xcfc
#define PCI_CONFIG_BYTES 256

struct pci;

/* First member of the model of a PCI device; its MMIO operations serve the memory range. */
struct pci_function {
    struct device device;
    struct pci *pci;
    uint16_t requester; /* bus << 8 | device << 3 | function */
    uint32_t bar_bytes; /* of its memory range: a power of two; 0: none */
    bool line;          /* the interrupt pin is asserted */
    uint8_t config[PCI_CONFIG_BYTES];
};

struct pci_identity {
    uint16_t vendor, device;
    uint16_t class; /* base class << 8 | subclass */
    uint8_t revision;
    uint32_t bar_bytes;
};

/* 0, -ENOMEM or what bus_claim_ports() says. The bus owns it. */
int pci_create(struct bus *bus, struct pci **ret_pci);

/*
 * Puts a device into the next free slot; from then on the bus owns it. To be called before
 * pci_start(). -ENOSPC if there is no slot.
 */
int pci_add(struct pci *pci, struct pci_function *function, const struct pci_identity *identity);

/* What the BIOS does: places the memory ranges, routes the interrupt pins, lets devices decode. */
void pci_start(struct pci *pci);

/* The device's interrupt: sends a message, or asserts the pin until it is lowered. */
void pci_raise_interrupt(struct pci_function *function);
void pci_lower_interrupt(struct pci_function *function);

/* Memory as the device reaches it; nothing if it may not be bus master. */
void pci_dma_read(struct pci_function *function, uint64_t address, uint8_t *bytes, size_t size);
void pci_dma_write(struct pci_function *function, uint64_t address, const uint8_t *bytes,
                   size_t size);

#endif
