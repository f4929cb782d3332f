/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/bus.h>

#include <base/assert.h>
#include <base/bits.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEVICES 32
#define MAX_RANGES  64

enum range_space { RANGE_PORTS, RANGE_MMIO };

/* Addresses [first, last] of one space. */
struct range {
    enum range_space space;
    uint64_t first, last;
    struct device *device;
};

struct bus {
    struct device *devices[MAX_DEVICES];
    unsigned device_count;
    struct range ranges[MAX_RANGES];
    unsigned range_count;
    struct irq_sink irq_sink;
    struct dma_sink dma_sink;
};

static void ignore_line(void *context, unsigned gsi, bool level)
{
    (void)context;
    (void)gsi;
    (void)level;
}

static void ignore_message(void *context, uint64_t address, uint32_t data)
{
    (void)context;
    (void)address;
    (void)data;
}

static const struct irq_sink no_sink = {.set_line = ignore_line, .message = ignore_message};

static void read_nothing(void *context, uint16_t requester, uint64_t address, uint8_t *bytes,
                         size_t size)
{
    (void)context;
    (void)requester;
    (void)address;
    memset(bytes, 0, size);
}

static void write_nothing(void *context, uint16_t requester, uint64_t address, const uint8_t *bytes,
                          size_t size)
{
    (void)context;
    (void)requester;
    (void)address;
    (void)bytes;
    (void)size;
}

static const struct dma_sink no_memory = {.read = read_nothing, .write = write_nothing};

struct bus *bus_create(void)
{
    struct bus *bus = host_allocate(1, sizeof(*bus));

    if (bus) {
        bus->irq_sink = no_sink;
        bus->dma_sink = no_memory;
    }
    return bus;
}

void bus_destroy(struct bus *bus)
{
    if (!bus)
        return;
    bus->irq_sink = no_sink;
    bus->dma_sink = no_memory;
    for (unsigned i = 0; i < bus->device_count; i++)
        bus->devices[i]->ops->destroy(bus->devices[i]);
    free(bus);
}

int bus_add(struct bus *bus, struct device *device)
{
    if (bus->device_count == MAX_DEVICES) {
        device->ops->destroy(device);
        return -ENOSPC;
    }
    device->bus = bus;
    device->next_event = NANOSECONDS_NEVER;
    bus->devices[bus->device_count++] = device;
    return 0;
}

static int claim(struct bus *bus, struct range range)
{
    for (unsigned i = 0; i < bus->range_count; i++) {
        const struct range *other = &bus->ranges[i];

        if (other->space == range.space && other->first <= range.last && range.first <= other->last)
            return -EEXIST;
    }
    if (bus->range_count == MAX_RANGES)
        return -ENOSPC;
    bus->ranges[bus->range_count++] = range;
    return 0;
}

int bus_claim_ports(struct bus *bus, struct device *device, uint16_t first, uint16_t last)
{
    if (last < first)
        return -EINVAL;
    return claim(bus, (struct range){RANGE_PORTS, first, last, device});
}

int bus_claim_mmio(struct bus *bus, struct device *device, paddr_t base, uint64_t size)
{
    if (size == 0 || base + (size - 1) < base)
        return -EINVAL;
    return claim(bus, (struct range){RANGE_MMIO, base, base + (size - 1), device});
}

void bus_release_mmio(struct bus *bus, const struct device *device)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < bus->range_count; i++) {
        if (bus->ranges[i].device != device || bus->ranges[i].space != RANGE_MMIO)
            bus->ranges[kept++] = bus->ranges[i];
    }
    bus->range_count = kept;
}

static const struct range *find(const struct bus *bus, enum range_space space, uint64_t address)
{
    for (unsigned i = 0; i < bus->range_count; i++) {
        const struct range *range = &bus->ranges[i];

        if (range->space == space && range->first <= address && address <= range->last)
            return range;
    }
    return NULL;
}

static bool is_access_size(unsigned size, unsigned max)
{
    return size != 0 && size <= max && (size & (size - 1)) == 0;
}

/* Whether `size` bytes from `address` on lie in `range`, which covers `address`. */
static bool covers(const struct range *range, uint64_t address, unsigned size)
{
    return range->last - address >= size - 1;
}

uint64_t bus_port_in(struct bus *bus, uint16_t port, unsigned size, nanoseconds_t now)
{
    const struct range *range = find(bus, RANGE_PORTS, port);
    uint64_t value = 0;

    if (!is_access_size(size, 4))
        return UINT64_MAX;
    if (range && size <= range->device->ops->port_width && covers(range, port, size))
        return range->device->ops->port_in(range->device, port, size, now) & mask(8 * size);
    if (size == 1)
        return 0xff;
    for (unsigned i = 0; i < size; i++)
        value |= bus_port_in(bus, (uint16_t)(port + i), 1, now) << (8 * i);
    return value;
}

void bus_port_out(struct bus *bus, uint16_t port, unsigned size, uint64_t value, nanoseconds_t now)
{
    const struct range *range = find(bus, RANGE_PORTS, port);

    if (!is_access_size(size, 4))
        return;
    if (range && size <= range->device->ops->port_width && covers(range, port, size)) {
        range->device->ops->port_out(range->device, port, size, value & mask(8 * size), now);
        return;
    }
    for (unsigned i = 0; i < size && size > 1; i++)
        bus_port_out(bus, (uint16_t)(port + i), 1, value >> (8 * i), now);
}

bool bus_has_mmio(const struct bus *bus, paddr_t paddr)
{
    return find(bus, RANGE_MMIO, paddr) != NULL;
}

uint64_t bus_mmio_read(struct bus *bus, paddr_t paddr, unsigned size, nanoseconds_t now)
{
    const struct range *range = find(bus, RANGE_MMIO, paddr);
    uint64_t value = 0;

    if (!is_access_size(size, 8))
        return UINT64_MAX;
    if (range && covers(range, paddr, size))
        return range->device->ops->mmio_read(range->device, paddr - range->first, size, now) &
               mask(8 * size);
    if (size == 1)
        return 0xff;
    for (unsigned i = 0; i < size; i++)
        value |= bus_mmio_read(bus, paddr + i, 1, now) << (8 * i);
    return value;
}

void bus_mmio_write(struct bus *bus, paddr_t paddr, unsigned size, uint64_t value,
                    nanoseconds_t now)
{
    const struct range *range = find(bus, RANGE_MMIO, paddr);

    if (!is_access_size(size, 8))
        return;
    if (range && covers(range, paddr, size)) {
        range->device->ops->mmio_write(range->device, paddr - range->first, size,
                                       value & mask(8 * size), now);
        return;
    }
    for (unsigned i = 0; i < size && size > 1; i++)
        bus_mmio_write(bus, paddr + i, 1, value >> (8 * i), now);
}

nanoseconds_t bus_next_event(const struct bus *bus)
{
    nanoseconds_t next = NANOSECONDS_NEVER;

    for (unsigned i = 0; i < bus->device_count; i++)
        next = min_u64(next, bus->devices[i]->next_event);
    return next;
}

nanoseconds_t bus_advance(struct bus *bus, nanoseconds_t now)
{
    for (unsigned i = 0; i < bus->device_count; i++) {
        struct device *device = bus->devices[i];

        if (device->next_event <= now)
            device->next_event = device->ops->advance(device, now);
    }
    return bus_next_event(bus);
}

void bus_reschedule(struct bus *bus, struct device *device, nanoseconds_t next_event)
{
    ASSERT(device->bus == bus);
    device->next_event = next_event;
}

void bus_set_irq_sink(struct bus *bus, struct irq_sink sink)
{
    bus->irq_sink = sink;
}

void bus_set_irq(struct bus *bus, unsigned gsi, bool level)
{
    bus->irq_sink.set_line(bus->irq_sink.context, gsi, level);
}

void bus_send_message(struct bus *bus, uint64_t address, uint32_t data)
{
    bus->irq_sink.message(bus->irq_sink.context, address, data);
}

void bus_set_dma_sink(struct bus *bus, struct dma_sink sink)
{
    bus->dma_sink = sink;
}

void bus_dma_read(struct bus *bus, uint16_t requester, uint64_t address, uint8_t *bytes,
                  size_t size)
{
    bus->dma_sink.read(bus->dma_sink.context, requester, address, bytes, size);
}

void bus_dma_write(struct bus *bus, uint16_t requester, uint64_t address, const uint8_t *bytes,
                   size_t size)
{
    bus->dma_sink.write(bus->dma_sink.context, requester, address, bytes, size);
}
