/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pci.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS      32
#define FIRST_SLOT 2 /* behind the bridges */
#define ISA_BRIDGE 1

/* Where SeaBIOS places memory ranges: below this, the last slot's topmost. */
#define MEMORY_TOP UINT64_C(0xfec00000)

enum { /* configuration header */
       PCI_VENDOR = 0x00,
       PCI_DEVICE = 0x02,
       PCI_COMMAND = 0x04,
       PCI_STATUS = 0x06,
       PCI_REVISION = 0x08,
       PCI_CLASS = 0x0a,
       PCI_BAR0 = 0x10,
       PCI_SUBSYSTEM_VENDOR = 0x2c,
       PCI_SUBSYSTEM = 0x2e,
       PCI_CAPABILITIES = 0x34,
       PCI_INTERRUPT_LINE = 0x3c,
       PCI_INTERRUPT_PIN = 0x3d,
       PIIX_ROUTES = 0x60, /* of the ISA bridge: one byte for each of four interrupt links */
};

enum {
    COMMAND_IO = 1 << 0,
    COMMAND_MEMORY = 1 << 1,
    COMMAND_MASTER = 1 << 2,
    COMMAND_PARITY = 1 << 6,
    COMMAND_SERR = 1 << 8,
    COMMAND_NO_INTX = 1 << 10,
    STATUS_INTERRUPT = 1 << 3,
    STATUS_CAPABILITIES = 1 << 4,
};

enum { /* the message capability, which stands first in the room for capabilities */
       MSI = 0x40,
       MSI_CONTROL = MSI + 2,
       MSI_ADDRESS = MSI + 4,
       MSI_DATA = MSI + 12,
       MSI_END = MSI + 14,
       MSI_ID = 0x05,
       MSI_ENABLE = 1 << 0,
       MSI_64_BIT = 1 << 7,
};

enum { ROUTE_OFF = 1 << 7, ROUTE_LINE = 0xf, LINKS = 4, LINES = 16 };

#define ADDRESS_ENABLE   0x80000000u
#define ADDRESS_WRITABLE 0x80fffffcu

static const struct pci_bridge {
    struct pci_identity identity;
    uint16_t command, status;
} bridges[FIRST_SLOT] = {
    {{0x8086, 0x1237, 0x0600, 0x02, 0}, 0x0000, 0x0000}, /* 82441FX host bridge */
    {{0x8086, 0x7000, 0x0601, 0x00, 0}, 0x0007, 0x0200}, /* 82371SB ISA bridge */
};

/* As SeaBIOS routes the links: to ISA interrupts, whose numbers are IOAPIC pins, too. */
static const uint8_t bios_routes[LINKS] = {10, 10, 11, 11};

struct pci {
    struct device device;
    uint32_t address;
    unsigned slots_used;
    struct pci_function *functions[SLOTS];
    struct pci_function bridge[FIRST_SLOT];
    bool lines[LINES]; /* as the interrupt controller has been told */
};

/* --- configuration registers --------------------------------------------------------------- */

static uint32_t get(const struct pci_function *f, unsigned offset, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = size; i-- > 0;)
        value = value << 8 | f->config[offset + i];
    return value;
}

static void set(struct pci_function *f, unsigned offset, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++)
        f->config[offset + i] = (uint8_t)(value >> (8 * i));
}

static void identify(struct pci_function *f, const struct pci_identity *identity)
{
    f->bar_bytes = identity->bar_bytes;
    set(f, PCI_VENDOR, 2, identity->vendor);
    set(f, PCI_DEVICE, 2, identity->device);
    set(f, PCI_REVISION, 1, identity->revision);
    set(f, PCI_CLASS, 2, identity->class);
    set(f, PCI_SUBSYSTEM_VENDOR, 2, 0x1af4);
    set(f, PCI_SUBSYSTEM, 2, 0x1100);
}

static bool is_bridge(const struct pci_function *f)
{
    return f->requester >> 3 < FIRST_SLOT;
}

/* Bits that software can change, of registers that a bridge without resources and a device have. */
static uint8_t common_writable(unsigned offset)
{
    switch (offset) {
    case PCI_COMMAND:
        return COMMAND_MEMORY | COMMAND_MASTER | COMMAND_PARITY;
    case PCI_COMMAND + 1:
        return COMMAND_SERR >> 8;
    case PCI_INTERRUPT_LINE:
        return 0xff;
    default:
        return 0;
    }
}

static uint8_t bridge_writable(unsigned offset)
{
    /* the chip's own registers are kept, most of them without effect */
    return offset >= 0x40 ? 0xff : common_writable(offset);
}

static uint8_t device_writable(const struct pci_function *f, unsigned offset)
{
    if (offset == PCI_COMMAND)
        return common_writable(offset) | COMMAND_IO;
    if (offset == PCI_COMMAND + 1)
        return (COMMAND_SERR | COMMAND_NO_INTX) >> 8;
    if (offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 && f->bar_bytes)
        return (uint8_t)(~(f->bar_bytes - 1) >> (8 * (offset - PCI_BAR0)));
    if (offset == MSI_CONTROL)
        return MSI_ENABLE;
    if (offset == MSI_ADDRESS)
        return 0xfc;
    return offset > MSI_ADDRESS && offset < MSI_END ? 0xff : common_writable(offset);
}

/* --- memory -------------------------------------------------------------------------------- */

/* A range that lies over another's is not decoded; so is one at 0, where no BIOS leaves it. */
static void decode_memory(struct pci_function *f)
{
    uint32_t base = get(f, PCI_BAR0, 4);

    if (f->bar_bytes == 0)
        return;
    bus_release_mmio(f->device.bus, &f->device);
    if ((get(f, PCI_COMMAND, 2) & COMMAND_MEMORY) && base)
        bus_claim_mmio(f->device.bus, &f->device, base, f->bar_bytes);
}

static bool is_master(const struct pci_function *f)
{
    return get(f, PCI_COMMAND, 2) & COMMAND_MASTER;
}

void pci_dma_read(struct pci_function *f, uint64_t address, uint8_t *bytes, size_t size)
{
    if (is_master(f))
        bus_dma_read(f->device.bus, f->requester, address, bytes, size);
    else
        memset(bytes, 0, size);
}

void pci_dma_write(struct pci_function *f, uint64_t address, const uint8_t *bytes, size_t size)
{
    if (is_master(f))
        bus_dma_write(f->device.bus, f->requester, address, bytes, size);
}

/* --- interrupts ---------------------------------------------------------------------------- */

/* The link that pin A of a slot is wired to. */
static unsigned link_of(const struct pci_function *f)
{
    return ((f->requester >> 3) - 1u) % LINKS;
}

static bool drives_line(const struct pci *pci, const struct pci_function *f, unsigned line)
{
    uint8_t route = pci->bridge[ISA_BRIDGE].config[PIIX_ROUTES + link_of(f)];

    return f->line && !(get(f, PCI_COMMAND, 2) & COMMAND_NO_INTX) && !(route & ROUTE_OFF) &&
           (route & ROUTE_LINE) == line;
}

/* Links may share a line: it is asserted as long as one of them is. */
static void update_lines(struct pci *pci)
{
    for (unsigned line = 1; line < LINES; line++) {
        bool level = false;

        for (unsigned i = FIRST_SLOT; i < pci->slots_used; i++)
            level = level || drives_line(pci, pci->functions[i], line);
        if (level == pci->lines[line])
            continue;
        pci->lines[line] = level;
        bus_set_irq(pci->device.bus, line, level);
    }
}

static void set_pin(struct pci_function *f, bool level)
{
    uint32_t status = get(f, PCI_STATUS, 2) & ~(uint32_t)STATUS_INTERRUPT;

    f->line = level;
    set(f, PCI_STATUS, 2, level ? status | STATUS_INTERRUPT : status);
    update_lines(f->pci);
}

void pci_raise_interrupt(struct pci_function *f)
{
    uint64_t address = get(f, MSI_ADDRESS, 4) | (uint64_t)get(f, MSI_ADDRESS + 4, 4) << 32;

    if (!(get(f, MSI_CONTROL, 2) & MSI_ENABLE))
        set_pin(f, true);
    else if (is_master(f))
        bus_send_message(f->device.bus, address, get(f, MSI_DATA, 2));
}

void pci_lower_interrupt(struct pci_function *f)
{
    set_pin(f, false);
}

/* --- configuration accesses ---------------------------------------------------------------- */

/* The function that the address register selects, or NULL. */
static struct pci_function *selected(struct pci *pci)
{
    unsigned slot = pci->address >> 11 & 0x1f;
    bool is_here = (pci->address & ADDRESS_ENABLE) && (pci->address >> 16 & 0xff) == 0 &&
                   (pci->address >> 8 & 7) == 0;

    return is_here && slot < pci->slots_used ? pci->functions[slot] : NULL;
}

static void config_changed(struct pci_function *f)
{
    if (!is_bridge(f))
        decode_memory(f);
    update_lines(f->pci);
}

static uint64_t pci_port_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    struct pci *pci = (struct pci *)device;
    unsigned offset = (pci->address & 0xfc) | (port & 3);
    const struct pci_function *f = selected(pci);
    uint64_t value = 0;

    (void)now;
    if (port < PCI_DATA_PORT)
        return port == PCI_ADDRESS_PORT && size == 4 ? pci->address : UINT64_MAX;
    if (!f)
        return UINT64_MAX;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)f->config[(offset + i) % PCI_CONFIG_BYTES] << (8 * i);
    return value;
}

static void pci_port_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                         nanoseconds_t now)
{
    struct pci *pci = (struct pci *)device;
    unsigned first = (pci->address & 0xfc) | (port & 3);
    struct pci_function *f = selected(pci);

    (void)now;
    if (port < PCI_DATA_PORT) {
        if (port == PCI_ADDRESS_PORT && size == 4) /* narrower ones are not for the bridge */
            pci->address = (uint32_t)value & ADDRESS_WRITABLE;
        return;
    }
    if (!f)
        return;
    for (unsigned i = 0; i < size; i++) {
        unsigned offset = (first + i) % PCI_CONFIG_BYTES;
        uint8_t bits = is_bridge(f) ? bridge_writable(offset) : device_writable(f, offset);

        f->config[offset] = (uint8_t)((f->config[offset] & ~bits) | (value >> (8 * i) & bits));
    }
    config_changed(f);
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

/* --- the bus ------------------------------------------------------------------------------- */

static void insert(struct pci *pci, struct pci_function *f, const struct pci_identity *identity)
{
    f->pci = pci;
    f->requester = (uint16_t)(pci->slots_used << 3);
    identify(f, identity);
    pci->functions[pci->slots_used++] = f;
}

int pci_create(struct bus *bus, struct pci **ret_pci)
{
    struct pci *pci = host_allocate(1, sizeof(*pci));
    int error;

    if (!pci)
        return -ENOMEM;
    pci->device.ops = &pci_ops;
    for (unsigned i = 0; i < FIRST_SLOT; i++) {
        insert(pci, &pci->bridge[i], &bridges[i].identity);
        set(&pci->bridge[i], PCI_COMMAND, 2, bridges[i].command);
        set(&pci->bridge[i], PCI_STATUS, 2, bridges[i].status);
    }
    error = bus_add(bus, &pci->device);
    if (!error)
        error = bus_claim_ports(bus, &pci->device, PCI_ADDRESS_PORT, PCI_DATA_PORT + 3);
    if (!error)
        *ret_pci = pci;
    return error;
}

int pci_add(struct pci *pci, struct pci_function *f, const struct pci_identity *identity)
{
    int error;

    if (pci->slots_used == SLOTS) {
        f->device.ops->destroy(&f->device);
        return -ENOSPC;
    }
    error = bus_add(pci->device.bus, &f->device);
    if (error)
        return error;
    insert(pci, f, identity);
    set(f, PCI_INTERRUPT_PIN, 1, 1); /* A */
    set(f, PCI_STATUS, 2, STATUS_CAPABILITIES);
    set(f, PCI_CAPABILITIES, 1, MSI);
    set(f, MSI, 1, MSI_ID);
    set(f, MSI_CONTROL, 2, MSI_64_BIT);
    return 0;
}

void pci_start(struct pci *pci)
{
    uint64_t top = MEMORY_TOP;

    memcpy(&pci->bridge[ISA_BRIDGE].config[PIIX_ROUTES], bios_routes, LINKS);
    for (unsigned i = pci->slots_used; i-- > FIRST_SLOT;) {
        struct pci_function *f = pci->functions[i];

        top = (top - f->bar_bytes) & ~((uint64_t)f->bar_bytes - 1);
        set(f, PCI_BAR0, 4, (uint32_t)top);
        set(f, PCI_INTERRUPT_LINE, 1, bios_routes[link_of(f)]);
        set(f, PCI_COMMAND, 2, COMMAND_IO | COMMAND_MEMORY | COMMAND_SERR);
        config_changed(f);
    }
}
