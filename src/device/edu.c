/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/edu.h>

#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>

#define IDENTIFICATION 0x010000edu /* version 1.0 */
#define FACTORIAL_TIME 1000        /* nanoseconds */
#define TRANSFER_TIME  10000

#define BUFFER_START UINT64_C(0x40000)
#define BUFFER_BYTES UINT64_C(4096)

enum {
    REG_IDENTIFICATION = 0x00,
    REG_LIVENESS = 0x04,
    REG_FACTORIAL = 0x08,
    REG_STATUS = 0x20,
    REG_INTERRUPT_STATUS = 0x24,
    REG_RAISE = 0x60,
    REG_ACKNOWLEDGE = 0x64,
    REG_WIDE = 0x80, /* from here on accesses may have eight bytes */
    REG_SOURCE = 0x80,
    REG_DESTINATION = 0x88,
    REG_COUNT = 0x90,
    REG_COMMAND = 0x98,
};

enum { STATUS_COMPUTING = 0x01, STATUS_INTERRUPT = 0x80 };
enum { COMMAND_START = 0x1, COMMAND_TO_MEMORY = 0x2, COMMAND_INTERRUPT = 0x4 };
enum { INTERRUPT_FACTORIAL = 0x1, INTERRUPT_TRANSFER = 0x100 };

struct edu {
    struct pci_function function;
    uint32_t liveness, factorial, status, interrupts;
    uint64_t source, destination, count, command;
    nanoseconds_t factorial_end, transfer_end; /* NEVER: nothing is under way */
    uint8_t buffer[BUFFER_BYTES];
};

/* --- work ---------------------------------------------------------------------------------- */

/* Modulo 2^32: 34! and all above have 32 factors of two. */
static uint32_t factorial(uint32_t n)
{
    uint32_t product = n < 34;

    for (; n > 1 && product; n--)
        product *= n;
    return product;
}

static void raise_interrupt(struct edu *edu, uint32_t bits)
{
    edu->interrupts |= bits;
    if (edu->interrupts)
        pci_raise_interrupt(&edu->function);
}

static void acknowledge(struct edu *edu, uint32_t bits)
{
    edu->interrupts &= ~bits;
    if (!edu->interrupts)
        pci_lower_interrupt(&edu->function);
}

static void end_factorial(struct edu *edu)
{
    edu->factorial_end = NANOSECONDS_NEVER;
    edu->factorial = factorial(edu->factorial);
    edu->status &= ~(uint32_t)STATUS_COMPUTING;
    if (edu->status & STATUS_INTERRUPT)
        raise_interrupt(edu, INTERRUPT_FACTORIAL);
}

static bool is_in_buffer(uint64_t address, uint64_t count)
{
    return address >= BUFFER_START && count <= BUFFER_BYTES &&
           address - BUFFER_START <= BUFFER_BYTES - count;
}

static void transfer(struct edu *edu)
{
    bool to_memory = edu->command & COMMAND_TO_MEMORY;
    uint64_t own = to_memory ? edu->source : edu->destination;
    uint64_t memory = (to_memory ? edu->destination : edu->source) & mask(EDU_DMA_BITS);
    uint8_t *bytes;

    if (!is_in_buffer(own, edu->count))
        return;
    bytes = &edu->buffer[own - BUFFER_START];
    if (to_memory)
        pci_dma_write(&edu->function, memory, bytes, edu->count);
    else
        pci_dma_read(&edu->function, memory, bytes, edu->count);
}

static void end_transfer(struct edu *edu)
{
    edu->transfer_end = NANOSECONDS_NEVER;
    transfer(edu);
    edu->command &= ~(uint64_t)COMMAND_START;
    if (edu->command & COMMAND_INTERRUPT)
        raise_interrupt(edu, INTERRUPT_TRANSFER);
}

static nanoseconds_t next_end(const struct edu *edu)
{
    return min_u64(edu->factorial_end, edu->transfer_end);
}

static nanoseconds_t edu_advance(struct device *device, nanoseconds_t now)
{
    struct edu *edu = (struct edu *)device;

    if (edu->factorial_end <= now)
        end_factorial(edu);
    if (edu->transfer_end <= now)
        end_transfer(edu);
    return next_end(edu);
}

/* --- registers ----------------------------------------------------------------------------- */

static bool is_access(uint64_t offset, unsigned size)
{
    return size == 4 || (size == 8 && offset >= REG_WIDE);
}

static uint64_t edu_read(struct device *device, uint64_t offset, unsigned size, nanoseconds_t now)
{
    struct edu *edu = (struct edu *)device;

    bus_reschedule(device->bus, device, edu_advance(device, now));
    if (!is_access(offset, size))
        return UINT64_MAX;
    switch (offset) {
    case REG_IDENTIFICATION:
        return IDENTIFICATION;
    case REG_LIVENESS:
        return edu->liveness;
    case REG_FACTORIAL:
        return edu->factorial;
    case REG_STATUS:
        return edu->status;
    case REG_INTERRUPT_STATUS:
        return edu->interrupts;
    case REG_SOURCE:
        return edu->source;
    case REG_DESTINATION:
        return edu->destination;
    case REG_COUNT:
        return edu->count;
    case REG_COMMAND:
        return edu->command;
    default:
        return UINT64_MAX;
    }
}

static void write_factorial(struct edu *edu, uint32_t value, nanoseconds_t now)
{
    if (edu->status & STATUS_COMPUTING)
        return;
    edu->factorial = value;
    edu->status |= STATUS_COMPUTING;
    edu->factorial_end = now + FACTORIAL_TIME;
}

static void write_transfer(struct edu *edu, uint64_t *reg, uint64_t value)
{
    if (!(edu->command & COMMAND_START))
        *reg = value;
}

static void write_command(struct edu *edu, uint64_t value, nanoseconds_t now)
{
    if (!(value & COMMAND_START) || (edu->command & COMMAND_START))
        return;
    edu->command = value;
    edu->transfer_end = now + TRANSFER_TIME;
}

static void edu_write(struct device *device, uint64_t offset, unsigned size, uint64_t value,
                      nanoseconds_t now)
{
    struct edu *edu = (struct edu *)device;

    edu_advance(device, now);
    if (!is_access(offset, size))
        return;
    switch (offset) {
    case REG_LIVENESS:
        edu->liveness = ~(uint32_t)value;
        break;
    case REG_FACTORIAL:
        write_factorial(edu, (uint32_t)value, now);
        break;
    case REG_STATUS:
        edu->status = (edu->status & ~(uint32_t)STATUS_INTERRUPT) | (value & STATUS_INTERRUPT);
        break;
    case REG_RAISE:
        raise_interrupt(edu, (uint32_t)value);
        break;
    case REG_ACKNOWLEDGE:
        acknowledge(edu, (uint32_t)value);
        break;
    case REG_SOURCE:
        write_transfer(edu, &edu->source, value);
        break;
    case REG_DESTINATION:
        write_transfer(edu, &edu->destination, value);
        break;
    case REG_COUNT:
        write_transfer(edu, &edu->count, value);
        break;
    case REG_COMMAND:
        write_command(edu, value, now);
        break;
    default:
        break;
    }
    bus_reschedule(device->bus, device, next_end(edu));
}

static void edu_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops edu_ops = {
    .name = "edu",
    .mmio_read = edu_read,
    .mmio_write = edu_write,
    .advance = edu_advance,
    .destroy = edu_destroy,
};

int edu_create(struct pci *pci)
{
    static const struct pci_identity identity = {
        .vendor = 0x1234,
        .device = 0x11e8,
        .class = 0x00ff,
        .revision = 0x10,
        .bar_bytes = 1 << 20,
    };
    struct edu *edu = host_allocate(1, sizeof(*edu));

    if (!edu)
        return -ENOMEM;
    edu->function.device.ops = &edu_ops;
    edu->factorial_end = edu->transfer_end = NANOSECONDS_NEVER;
    return pci_add(pci, &edu->function, &identity);
}
