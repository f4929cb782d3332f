/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/bus.h>
#include <device/testkit_bus.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <test.h>

/* A model that remembers its last access and reads as its offset. */
struct probe {
    struct device device;
    unsigned reads, writes, size;
    uint64_t where, value;
    nanoseconds_t advanced_at, next;
    unsigned *destroyed;
};

static uint64_t probe_in(struct device *device, uint16_t port, unsigned size, nanoseconds_t now)
{
    struct probe *p = (struct probe *)device;

    (void)now;
    p->reads++;
    p->where = port;
    p->size = size;
    return 0xa0a1a2a3a4a5a600u | (port & 0xff);
}

static void probe_out(struct device *device, uint16_t port, unsigned size, uint64_t value,
                      nanoseconds_t now)
{
    struct probe *p = (struct probe *)device;

    (void)now;
    p->writes++;
    p->where = port;
    p->size = size;
    p->value = value;
}

static uint64_t probe_read(struct device *device, uint64_t offset, unsigned size, nanoseconds_t now)
{
    return probe_in(device, (uint16_t)offset, size, now);
}

static void probe_write(struct device *device, uint64_t offset, unsigned size, uint64_t value,
                        nanoseconds_t now)
{
    probe_out(device, (uint16_t)offset, size, value, now);
}

static nanoseconds_t probe_advance(struct device *device, nanoseconds_t now)
{
    struct probe *p = (struct probe *)device;

    p->advanced_at = now;
    return p->next;
}

static void probe_destroy(struct device *device)
{
    struct probe *p = (struct probe *)device;

    (*p->destroyed)++;
    free(p);
}

#define PROBE_OPS(width)                                                                           \
    {                                                                                              \
        .name = "probe", .port_width = (width), .port_in = probe_in, .port_out = probe_out,        \
        .mmio_read = probe_read, .mmio_write = probe_write, .advance = probe_advance,              \
        .destroy = probe_destroy                                                                   \
    }

static const struct device_ops byte_ops = PROBE_OPS(1);
static const struct device_ops wide_ops = PROBE_OPS(4);

static unsigned destroyed;

static struct probe *add_probe(struct bus *bus, const struct device_ops *ops)
{
    struct probe *p = calloc(1, sizeof(*p));

    p->device.ops = ops;
    p->destroyed = &destroyed;
    p->next = NANOSECONDS_NEVER;
    CHECK_EQ(bus_add(bus, &p->device), 0);
    return p;
}

TEST(unclaimed_addresses_read_ones)
{
    struct bus *bus = bus_create();

    CHECK_EQ(bus_port_in(bus, 0x80, 1, 0), 0xff);
    CHECK_EQ(bus_port_in(bus, 0x80, 2, 0), 0xffff);
    CHECK_EQ(bus_port_in(bus, 0xffff, 4, 0), 0xffffffff);
    CHECK_EQ(bus_mmio_read(bus, 0xfed00000, 8, 0), UINT64_MAX);
    CHECK_EQ(bus_mmio_read(bus, UINT64_MAX, 4, 0), 0xffffffff);
    bus_port_out(bus, 0x80, 4, 1, 0);
    bus_mmio_write(bus, 0, 8, 1, 0);
    CHECK(!bus_has_mmio(bus, 0xfed00000));
    bus_destroy(bus);
}

TEST(claims_do_not_overlap)
{
    struct bus *bus = bus_create();
    struct probe *p;

    destroyed = 0;
    p = add_probe(bus, &wide_ops);
    CHECK_EQ(bus_claim_ports(bus, &p->device, 0x100, 0x107), 0);
    CHECK_EQ(bus_claim_ports(bus, &p->device, 0x107, 0x108), -EEXIST);
    CHECK_EQ(bus_claim_ports(bus, &p->device, 0x108, 0x108), 0);
    CHECK_EQ(bus_claim_ports(bus, &p->device, 0x20, 0x10), -EINVAL);
    CHECK_EQ(bus_claim_mmio(bus, &p->device, 0x100, 0), -EINVAL);
    CHECK_EQ(bus_claim_mmio(bus, &p->device, UINT64_MAX, 2), -EINVAL);
    CHECK_EQ(bus_claim_mmio(bus, &p->device, 0x100, 0x100), 0);
    CHECK_EQ(bus_claim_mmio(bus, &p->device, 0x1ff, 1), -EEXIST);
    CHECK_EQ(bus_claim_mmio(bus, &p->device, UINT64_MAX, 1), 0);
    CHECK(bus_has_mmio(bus, 0x1ff));
    CHECK(!bus_has_mmio(bus, 0x200));
    for (unsigned i = 0, port = 0x1000; i < 100; i++, port += 2) {
        int error = bus_claim_ports(bus, &p->device, (uint16_t)port, (uint16_t)port);

        CHECK(error == 0 || error == -ENOSPC);
    }
    bus_destroy(bus);
    CHECK_EQ(destroyed, 1);
}

TEST(too_many_devices_are_destroyed)
{
    struct bus *bus = bus_create();
    unsigned added = 0;

    destroyed = 0;
    for (int error = 0; !error; added++) {
        struct probe *p = calloc(1, sizeof(*p));

        p->device.ops = &byte_ops;
        p->destroyed = &destroyed;
        error = bus_add(bus, &p->device);
        CHECK(error == 0 || error == -ENOSPC);
    }
    CHECK_EQ(destroyed, 1);
    bus_destroy(bus);
    CHECK_EQ(destroyed, added);
}

TEST(wide_accesses_are_split_for_narrow_models)
{
    struct bus *bus = bus_create();
    struct probe *p = add_probe(bus, &byte_ops);

    bus_claim_ports(bus, &p->device, 0x40, 0x43);
    CHECK_EQ(bus_port_in(bus, 0x40, 4, 0), 0x43424140);
    CHECK_EQ(p->reads, 4);
    CHECK_EQ(bus_port_in(bus, 0x42, 4, 0), 0xffff4342);
    bus_port_out(bus, 0x42, 2, 0xbeef, 0);
    CHECK_EQ(p->writes, 2);
    CHECK_EQ(p->where, 0x43);
    CHECK_EQ(p->value, 0xbe);
    bus_destroy(bus);
}

TEST(values_have_the_size_of_the_access)
{
    struct bus *bus = bus_create();
    struct probe *p = add_probe(bus, &wide_ops);

    bus_claim_ports(bus, &p->device, 0x40, 0x43);
    bus_claim_mmio(bus, &p->device, 0x1000, 16);
    CHECK_EQ(bus_port_in(bus, 0x40, 2, 0), 0xa640);
    CHECK_EQ(bus_mmio_read(bus, 0x1008, 8, 0), 0xa0a1a2a3a4a5a608);
    CHECK_EQ(p->where, 8);
    bus_mmio_write(bus, 0x1004, 2, 0x123456, 0);
    CHECK_EQ(p->value, 0x3456);
    /* Leaves the range: byte by byte, the last four nobody's. */
    CHECK_EQ(bus_mmio_read(bus, 0x100c, 8, 0), 0xffffffff0f0e0d0c);
    bus_port_out(bus, 0x40, 4, UINT64_MAX, 0);
    CHECK_EQ(p->value, 0xffffffff);
    bus_destroy(bus);
}

TEST(bad_sizes_reach_no_model)
{
    struct bus *bus = bus_create();
    struct probe *p = add_probe(bus, &wide_ops);
    static const unsigned sizes[] = {0, 3, 5, 6, 7, 16, 64, 1u << 31};

    bus_claim_ports(bus, &p->device, 0, 0xffff);
    bus_claim_mmio(bus, &p->device, 0, 0x1000);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_EQ(bus_port_in(bus, 0x40, sizes[i], 0), UINT64_MAX);
        CHECK_EQ(bus_mmio_read(bus, 0x40, sizes[i], 0), UINT64_MAX);
        bus_port_out(bus, 0x40, sizes[i], 0, 0);
        bus_mmio_write(bus, 0x40, sizes[i], 0, 0);
    }
    CHECK_EQ(bus_port_in(bus, 0x40, 8, 0), UINT64_MAX);
    CHECK_EQ(p->reads + p->writes, 0);
    bus_destroy(bus);
}

TEST(advance_calls_those_that_are_due)
{
    struct bus *bus = bus_create();
    struct probe *early = add_probe(bus, &byte_ops), *late = add_probe(bus, &byte_ops);

    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    bus_reschedule(bus, &early->device, 10);
    bus_reschedule(bus, &late->device, 20);
    early->next = 15;
    CHECK_EQ(bus_advance(bus, 9), 10);
    CHECK_EQ(early->advanced_at, 0);
    CHECK_EQ(bus_advance(bus, 12), 15);
    CHECK_EQ(early->advanced_at, 12);
    CHECK_EQ(late->advanced_at, 0);
    early->next = NANOSECONDS_NEVER;
    CHECK_EQ(bus_advance(bus, 30), NANOSECONDS_NEVER);
    CHECK_EQ(late->advanced_at, 30);
    bus_destroy(bus);
}

TEST(interrupts_go_to_the_sink)
{
    struct irq_record record;
    struct bus *bus = testkit_create_bus(&record), *deaf = bus_create();

    bus_set_irq(bus, 4, true);
    CHECK(record.level[4]);
    bus_set_irq(bus, 4, false);
    CHECK(!record.level[4]);
    CHECK_EQ(record.edges[4], 1);
    bus_send_message(bus, 0xfee00000, 0x31);
    CHECK_EQ(record.message_address, 0xfee00000);
    CHECK_EQ(record.message_data, 0x31);
    bus_set_irq(deaf, 4, true);
    bus_send_message(deaf, 0, 0);
    bus_destroy(bus);
    bus_destroy(deaf);
    bus_destroy(NULL);
}

static uint64_t dma_seen[3];

static void dma_read(void *context, uint16_t requester, uint64_t address, uint8_t *bytes,
                     size_t size)
{
    (void)context;
    dma_seen[0] = requester;
    dma_seen[1] = address;
    dma_seen[2] = size;
    memset(bytes, 0x77, size);
}

static void dma_write(void *context, uint16_t requester, uint64_t address, const uint8_t *bytes,
                      size_t size)
{
    (void)context;
    dma_seen[0] = requester;
    dma_seen[1] = address + size;
    dma_seen[2] = bytes[0];
}

TEST(memory_is_the_sinks)
{
    struct bus *bus = bus_create();
    uint8_t bytes[2] = {1, 2};

    bus_dma_write(bus, 5, 0, bytes, 2);
    bus_dma_read(bus, 5, 0, bytes, 2); /* there is none */
    CHECK_EQ(bytes[0] | bytes[1], 0);
    bus_set_dma_sink(bus, (struct dma_sink){.read = dma_read, .write = dma_write});
    bus_dma_read(bus, 0x1234, 99, bytes, 2);
    CHECK_EQ(bytes[1], 0x77);
    CHECK_EQ(dma_seen[0], 0x1234);
    CHECK_EQ(dma_seen[1], 99);
    CHECK_EQ(dma_seen[2], 2);
    bus_dma_write(bus, 8, 100, bytes, 2);
    CHECK_EQ(dma_seen[0], 8);
    CHECK_EQ(dma_seen[1], 102);
    CHECK_EQ(dma_seen[2], 0x77);
    bus_destroy(bus);
}

TEST(ranges_are_given_back)
{
    struct bus *bus = bus_create();
    struct probe *one = add_probe(bus, &byte_ops), *other = add_probe(bus, &byte_ops);

    CHECK_EQ(bus_claim_mmio(bus, &one->device, 0x1000, 0x1000), 0);
    CHECK_EQ(bus_claim_mmio(bus, &other->device, 0x2000, 0x1000), 0);
    CHECK_EQ(bus_claim_mmio(bus, &one->device, 0x3000, 0x1000), 0);
    CHECK_EQ(bus_claim_ports(bus, &one->device, 5, 6), 0);
    bus_release_mmio(bus, &one->device);
    CHECK(!bus_has_mmio(bus, 0x1000));
    CHECK(bus_has_mmio(bus, 0x2000));
    CHECK(!bus_has_mmio(bus, 0x3000));
    CHECK_EQ(bus_claim_ports(bus, &other->device, 5, 6), -EEXIST);
    CHECK_EQ(bus_claim_mmio(bus, &other->device, 0x1000, 0x1000), 0);
    bus_destroy(bus);
}
