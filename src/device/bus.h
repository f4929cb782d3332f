/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bus: device models claim port ranges, MMIO ranges and interrupt lines; the machine asks it
 * for every access. Time is an argument: a model that wants to act at a later time says so with
 * bus_reschedule() and is called back by bus_advance(). No model makes host calls; bytes from and
 * to the host go through struct host_stream of device/stream.h.
 *
 * Nothing here locks: whoever owns the bus enters it from one thread at a time.
 */
#ifndef DEVICE_BUS_H
#define DEVICE_BUS_H

#include <base/types.h>

struct bus;
struct device;

/*
 * An operation that is NULL is one the model never asked for: port operations need a claimed port
 * range, MMIO operations a claimed MMIO range, advance a next event.
 */
struct device_ops {
    const char *name;
    /* Widest port access the model decodes, in bytes: 1, 2, 4. The bus splits wider ones. */
    unsigned port_width;
    uint64_t (*port_in)(struct device *device, uint16_t port, unsigned size, nanoseconds_t now);
    void (*port_out)(struct device *device, uint16_t port, unsigned size, uint64_t value,
                     nanoseconds_t now);
    /* offset: from the base of the claimed range; the access lies in the range as a whole. */
    uint64_t (*mmio_read)(struct device *device, uint64_t offset, unsigned size, nanoseconds_t now);
    void (*mmio_write)(struct device *device, uint64_t offset, unsigned size, uint64_t value,
                       nanoseconds_t now);
    /* Does what is due at `now`; returns when it wants to be called next (or NEVER). */
    nanoseconds_t (*advance)(struct device *device, nanoseconds_t now);
    void (*destroy)(struct device *device);
};

/* First member of every device model. */
struct device {
    const struct device_ops *ops;
    struct bus *bus;          /* set by bus_add() */
    nanoseconds_t next_event; /* kept by the bus */
};

struct bus *bus_create(void);      /* NULL: no memory */
void bus_destroy(struct bus *bus); /* with all its devices */

/*
 * Takes `device` over: destroys it with the bus, and at once if it has no room for it. 0, -EEXIST
 * if the range overlaps another's, -ENOSPC if there are too many, -EINVAL for an empty range or
 * one that wraps.
 */
int bus_add(struct bus *bus, struct device *device);
int bus_claim_ports(struct bus *bus, struct device *device, uint16_t first, uint16_t last);
int bus_claim_mmio(struct bus *bus, struct device *device, paddr_t base, uint64_t size);

/* Gives the MMIO ranges of `device` back, to claim others: its registers were moved. */
void bus_release_mmio(struct bus *bus, const struct device *device);

/*
 * Accesses nobody claimed: reads give all ones, writes are lost; so do sizes that do not exist.
 * size: 1, 2, 4 (MMIO also 8). An access of several bytes that leaves a model's range, or that is
 * wider than the model decodes, is made byte by byte, lowest address first.
 */
uint64_t bus_port_in(struct bus *bus, uint16_t port, unsigned size, nanoseconds_t now);
void bus_port_out(struct bus *bus, uint16_t port, unsigned size, uint64_t value, nanoseconds_t now);
bool bus_has_mmio(const struct bus *bus, paddr_t paddr);
uint64_t bus_mmio_read(struct bus *bus, paddr_t paddr, unsigned size, nanoseconds_t now);
void bus_mmio_write(struct bus *bus, paddr_t paddr, unsigned size, uint64_t value,
                    nanoseconds_t now);

/* Lets every device do what is due. Returns when the next is due. */
nanoseconds_t bus_advance(struct bus *bus, nanoseconds_t now);
/* When the next device is due; calls none. */
nanoseconds_t bus_next_event(const struct bus *bus);
/* A device's next event moved (its registers were written). */
void bus_reschedule(struct bus *bus, struct device *device, nanoseconds_t next_event);

/*
 * Interrupt lines (global system interrupts 0..23, IOAPIC pins) and messages. Whoever owns the
 * interrupt controller model sets these once. Models call bus_set_irq() when their output changes;
 * true means asserted, whatever the polarity of the wire. Two models that share a pin (PIT and
 * HPET share 2) each call for themselves: the sink counts a call with true as an edge.
 */
struct irq_sink {
    void *context;
    void (*set_line)(void *context, unsigned gsi, bool level);
    void (*message)(void *context, uint64_t address, uint32_t data);
};
void bus_set_irq_sink(struct bus *bus, struct irq_sink sink);
void bus_set_irq(struct bus *bus, unsigned gsi, bool level);
void bus_send_message(struct bus *bus, uint64_t address, uint32_t data);

/*
 * Memory as a device reaches it. requester: PCI bus << 8 | device << 3 | function. What cannot be
 * reached reads as zeros and is not written. Whoever owns memory and IOMMU sets the sink once.
 */
struct dma_sink {
    void *context;
    void (*read)(void *context, uint16_t requester, uint64_t address, uint8_t *bytes, size_t size);
    void (*write)(void *context, uint16_t requester, uint64_t address, const uint8_t *bytes,
                  size_t size);
};
void bus_set_dma_sink(struct bus *bus, struct dma_sink sink);
void bus_dma_read(struct bus *bus, uint16_t requester, uint64_t address, uint8_t *bytes,
                  size_t size);
void bus_dma_write(struct bus *bus, uint16_t requester, uint64_t address, const uint8_t *bytes,
                   size_t size);

#endif
