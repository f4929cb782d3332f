/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pci.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define CONFIG_BYTES 256

enum { /* configuration header, PCI local bus specification 3.0, chapter 6 */
       PCI_VENDOR = 0x00,
       PCI_DEVICE = 0x02,
       PCI_COMMAND = 0x04,
       PCI_STATUS = 0x06,
       PCI_REVISION = 0x08,
       PCI_CLASS = 0x0a,
       PCI_SUBSYSTEM_VENDOR = 0x2c,
       PCI_SUBSYSTEM = 0x2e,
       PCI_INTERRUPT_LINE = 0x3c,
};

#define ADDRESS_ENABLE   0x80000000u
#define ADDRESS_WRITABLE 0x80fffffcu

/* The functions of bus 0. */
static const struct pci_description {
    uint8_t slot, function;
    uint16_t vendor, device;
    uint16_t class;
    uint8_t revision;
    uint16_t command, status;
} descriptions[] = {
    {0, 0, 0x8086, 0x1237, 0x0600, 0x02, 0x0000, 0x0000}, /* 82441FX host bridge */
    {1, 0, 0x8086, 0x7000, 0x0601, 0x00, 0x0007, 0x0200}, /* 82371SB ISA bridge */
};

struct pci {
    struct device device;
    uint32_t address;
    uint8_t config[ARRAY_LENGTH(descriptions)][CONFIG_BYTES];
};

static void set_word(uint8_t *config, unsigned offset, uint16_t value)
{
    config[offset] = (uint8_t)value;
    config[offset + 1] = (uint8_t)(value >> 8);
}

static void describe(uint8_t *config, const struct pci_description *d)
{
    set_word(config, PCI_VENDOR, d->vendor);
    set_word(config, PCI_DEVICE, d->device);
    set_word(config, PCI_COMMAND, d->command);
    set_word(config, PCI_STATUS, d->status);
    config[PCI_REVISION] = d->revision;
    set_word(config, PCI_CLASS, d->class);
    set_word(config, PCI_SUBSYSTEM_VENDOR, 0x1af4);
    set_word(config, PCI_SUBSYSTEM, 0x1100);
}

/* The function that the address register selects, or NULL. */
static uint8_t *selected(struct pci *pci)
{
    unsigned bus = pci->address >> 16 & 0xff, slot = pci->address >> 11 & 0x1f;
    unsigned function = pci->address >> 8 & 7;

    if (!(pci->address & ADDRESS_ENABLE) || bus != 0)
        return NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(descriptions); i++) {
        if (descriptions[i].slot == slot && descriptions[i].function == function)
            return pci->config[i];
    }
    return NULL;
}

/* Bits of the header that a bridge without resources lets software change. */
static uint8_t writable_bits(unsigned offset)
{
    switch (offset) {
    case PCI_COMMAND: /* memory, bus master; parity */
        return 0x46;
    case PCI_COMMAND + 1: /* SERR# */
        return 0x01;
    case PCI_INTERRUPT_LINE:
        return 0xff;
    default:
        return offset >= 0x40 ? 0xff : 0; /* the chip's own registers: kept, without effect */
    }
}

static uint64_t pci_port_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    struct pci *pci = (struct pci *)device;
    unsigned offset = (pci->address & 0xfc) | (port & 3);
    const uint8_t *config = selected(pci);
    uint64_t value = 0;

    (void)now;
    if (port < PCI_DATA_PORT)
        return port == PCI_ADDRESS_PORT && size == 4 ? pci->address : UINT64_MAX;
    if (!config)
        return UINT64_MAX;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)config[(offset + i) % CONFIG_BYTES] << (8 * i);
    return value;
}

static void pci_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                         nanoseconds_t now)
{
    struct pci *pci = (struct pci *)device;
    unsigned offset = (pci->address & 0xfc) | (port & 3);
    uint8_t *config = selected(pci);

    (void)now;
    if (port < PCI_DATA_PORT) {
        if (port == PCI_ADDRESS_PORT && size == 4) /* narrower ones are not for the bridge */
            pci->address = (uint32_t)value & ADDRESS_WRITABLE;
        return;
    }
    for (unsigned i = 0; i < size && config; i++) {
        uint8_t *byte = &config[(offset + i) % CONFIG_BYTES];
        uint8_t bits = writable_bits((offset + i) % CONFIG_BYTES);

        *byte = (uint8_t)((*byte & ~bits) | (value >> (8 * i) & bits));
    }
}

static void pci_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops pci_ops = {
    .name = "pci",
    .port_width = 4,
    .port_in = pci_port_in,
    .port_out = pci_port_out,
    .destroy = pci_destroy,
};

int pci_create(struct bus *bus)
{
    struct pci *pci = host_allocate(1, sizeof(*pci));
    int error;

    if (!pci)
        return -ENOMEM;
    pci->device.ops = &pci_ops;
    for (size_t i = 0; i < ARRAY_LENGTH(descriptions); i++)
        describe(pci->config[i], &descriptions[i]);
    error = bus_add(bus, &pci->device);
    if (!error)
        error = bus_claim_ports(bus, &pci->device, PCI_ADDRESS_PORT, PCI_DATA_PORT + 3);
    return error;
}
