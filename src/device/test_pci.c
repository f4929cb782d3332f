/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pci.h>
#include <device/testkit_bus.h>

#include <errno.h>
#include <test.h>

static struct bus *bus;
static struct pci *pci;

static void start(void)
{
    bus = bus_create();
    CHECK_EQ(pci_create(bus, &pci), 0);
}

static void select_register(unsigned slot, unsigned function, unsigned reg)
{
    bus_port_out(bus, 0xcf8, 4, 0x80000000u | slot << 11 | function << 8 | reg, 0);
}

static uint32_t config(unsigned slot, unsigned function, unsigned reg)
{
    select_register(slot, function, reg);
    return (uint32_t)bus_port_in(bus, 0xcfc, 4, 0);
}

TEST(a_probe_finds_the_two_bridges)
{
    start();
    for (unsigned slot = 0; slot < 32; slot++) {
        for (unsigned function = 0; function < 8; function++) {
            uint32_t id = config(slot, function, 0);

            CHECK_EQ(id, function    ? 0xffffffff
                         : slot == 0 ? 0x12378086
                         : slot == 1 ? 0x70008086
                                     : 0xffffffff);
        }
    }
    CHECK_EQ(config(0, 0, 8), 0x06000002);
    CHECK_EQ(config(1, 0, 8) >> 16, 0x0601);
    CHECK_EQ(config(0, 0, 0x0c), 0); /* header type 0, one function */
    CHECK_EQ(config(0, 0, 0x10), 0); /* no resources */
    bus_destroy(bus);
}

TEST(narrow_accesses_reach_the_right_bytes)
{
    start();
    select_register(0, 0, 0);
    CHECK_EQ(bus_port_in(bus, 0xcfe, 2, 0), 0x1237);
    CHECK_EQ(bus_port_in(bus, 0xcff, 1, 0), 0x12);
    CHECK_EQ(bus_port_in(bus, 0xcff, 4, 0), 0xffffff12);
    select_register(0, 0, 0x3c);
    bus_port_out(bus, 0xcfc, 1, 0x0b, 0);
    CHECK_EQ(config(0, 0, 0x3c), 0x0b);
    bus_destroy(bus);
}

TEST(identities_cannot_be_written)
{
    start();
    select_register(0, 0, 0);
    bus_port_out(bus, 0xcfc, 4, 0, 0);
    CHECK_EQ(config(0, 0, 0), 0x12378086);
    select_register(0, 0, 4);
    bus_port_out(bus, 0xcfc, 4, 0xffffffff, 0);
    CHECK_EQ(config(0, 0, 4), 0x146);
    select_register(9, 0, 0);
    bus_port_out(bus, 0xcfc, 4, 0, 0);
    bus_destroy(bus);
}

TEST(the_address_register)
{
    start();
    bus_port_out(bus, 0xcf8, 4, 0xffffffff, 0);
    CHECK_EQ(bus_port_in(bus, 0xcf8, 4, 0), 0x80fffffc);
    bus_port_out(bus, 0xcf8, 1, 0, 0);
    bus_port_out(bus, 0xcfa, 2, 0, 0);
    CHECK_EQ(bus_port_in(bus, 0xcf8, 4, 0), 0x80fffffc);
    CHECK_EQ(bus_port_in(bus, 0xcf8, 2, 0), 0xffff);
    bus_port_out(bus, 0xcf8, 4, 0, 0); /* not enabled */
    CHECK_EQ(bus_port_in(bus, 0xcfc, 4, 0), 0xffffffff);
    bus_destroy(bus);
}

/* --- devices ------------------------------------------------------------------------------- */

struct model {
    struct pci_function function;
    uint64_t written;
};

static uint64_t model_read(struct device *device, uint64_t offset, unsigned size, nanoseconds_t now)
{
    (void)device;
    (void)size;
    (void)now;
    return offset;
}

static void model_write(struct device *device, uint64_t offset, unsigned size, uint64_t value,
                        nanoseconds_t now)
{
    (void)offset;
    (void)size;
    (void)now;
    ((struct model *)device)->written = value;
}

static unsigned destroyed;

static void model_destroy(struct device *device)
{
    (void)device;
    destroyed++;
}

static const struct device_ops model_ops = {
    .name = "model",
    .mmio_read = model_read,
    .mmio_write = model_write,
    .destroy = model_destroy,
};

static const struct pci_identity model_identity = {
    .vendor = 0x1111, .device = 0x2222, .class = 0x0880, .revision = 3, .bar_bytes = 0x4000};

static struct irq_record irqs;
static struct model models[3];

static void start_with_models(void)
{
    bus = testkit_create_bus(&irqs);
    CHECK_EQ(pci_create(bus, &pci), 0);
    for (unsigned i = 0; i < 3; i++) {
        models[i] = (struct model){.function = {.device = {.ops = &model_ops}}};
        CHECK_EQ(pci_add(pci, &models[i].function, &model_identity), 0);
    }
    pci_start(pci);
}

static void set_config(unsigned slot, unsigned reg, unsigned size, uint32_t value)
{
    select_register(slot, 0, reg);
    bus_port_out(bus, (uint16_t)(0xcfc + (reg & 3)), size, value, 0);
}

TEST(devices_are_found_as_a_bios_leaves_them)
{
    start_with_models();
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(models[i].function.requester, (2 + i) << 3);
        CHECK_EQ(config(2 + i, 0, 0), 0x22221111);
        CHECK_EQ(config(2 + i, 0, 4), 0x00100103);
        CHECK_EQ(config(2 + i, 0, 8), 0x08800003);
        CHECK_EQ(config(2 + i, 0, 0x10), 0xfec00000 - 0x4000 * (3 - i));
        CHECK_EQ(config(2 + i, 0, 0x2c), 0x11001af4);
        CHECK_EQ(config(2 + i, 0, 0x34), 0x40);
        CHECK_EQ(config(2 + i, 0, 0x3c), i == 0 ? 0x10a : 0x10b);
        CHECK_EQ(config(2 + i, 0, 0x40), 0x00800005);
        CHECK_EQ(config(2 + i, 1, 0), 0xffffffff);
    }
    CHECK_EQ(config(5, 0, 0), 0xffffffff);
    destroyed = 0;
    bus_destroy(bus);
    CHECK_EQ(destroyed, 3);
}

TEST(the_memory_range_goes_where_it_is_placed)
{
    start_with_models();
    CHECK_EQ(bus_mmio_read(bus, 0xfebfc123, 1, 0), 0x23);
    set_config(4, 0x10, 4, 0xffffffff);
    CHECK_EQ(config(4, 0, 0x10), 0xffffc000);
    CHECK(!bus_has_mmio(bus, 0xfebfc000));
    set_config(4, 0x10, 4, 0xe0000000);
    CHECK_EQ(bus_mmio_read(bus, 0xe0000456, 2, 0), 0x456);
    bus_mmio_write(bus, 0xe0000000, 4, 99, 0);
    CHECK_EQ(models[2].written, 99);
    set_config(4, 0x10, 4, 0xfebf8000); /* over another's: not decoded */
    CHECK(!bus_has_mmio(bus, 0xe0000000));
    bus_mmio_write(bus, 0xfebf8000, 4, 5, 0);
    CHECK_EQ(models[1].written, 5);
    set_config(4, 0x10, 4, 0xe0000000);
    set_config(4, 4, 2, 1); /* memory is not decoded */
    CHECK(!bus_has_mmio(bus, 0xe0000000));
    set_config(4, 4, 2, 2);
    CHECK(bus_has_mmio(bus, 0xe0000000));
    bus_destroy(bus);
}

TEST(pins_share_lines)
{
    start_with_models();
    pci_raise_interrupt(&models[0].function);
    CHECK(irqs.level[10]);
    CHECK_EQ(config(2, 0, 4), 0x00180103); /* interrupt status */
    pci_raise_interrupt(&models[1].function);
    pci_raise_interrupt(&models[2].function);
    CHECK(irqs.level[11]);
    CHECK_EQ(irqs.edges[11], 1);
    pci_lower_interrupt(&models[1].function);
    CHECK(irqs.level[11]);
    pci_lower_interrupt(&models[2].function);
    CHECK(!irqs.level[11]);
    set_config(2, 4, 2, 0x403); /* no pin */
    CHECK(!irqs.level[10]);
    set_config(2, 4, 2, 0x003);
    CHECK(irqs.level[10]);
    bus_destroy(bus);
}

TEST(the_isa_bridge_routes_pins)
{
    start_with_models();
    CHECK_EQ(config(1, 0, 0x60), 0x0b0b0a0a);
    pci_raise_interrupt(&models[0].function);
    set_config(1, 0x60, 4, 0x0b0b050a);
    CHECK(!irqs.level[10]);
    CHECK(irqs.level[5]);
    set_config(1, 0x60, 4, 0x0b0b850a);
    CHECK(!irqs.level[5]);
    bus_destroy(bus);
}

TEST(messages_go_where_they_are_sent)
{
    struct pci_function *f = &models[0].function;

    start_with_models();
    set_config(2, 0x42, 2, 0xffff);
    CHECK_EQ(config(2, 0, 0x40), 0x00810005);
    set_config(2, 0x44, 4, 0xfee01237);
    set_config(2, 0x48, 4, 0x1);
    set_config(2, 0x4c, 4, 0xabcd4055);
    CHECK_EQ(config(2, 0, 0x44), 0xfee01234);
    CHECK_EQ(config(2, 0, 0x4c), 0x4055);
    pci_raise_interrupt(f);
    CHECK_EQ(irqs.messages, 0); /* not master of the bus */
    set_config(2, 4, 2, 6);
    pci_raise_interrupt(f);
    pci_raise_interrupt(f);
    CHECK_EQ(irqs.messages, 2);
    CHECK_EQ(irqs.message_address, UINT64_C(0x1fee01234));
    CHECK_EQ(irqs.message_data, 0x4055);
    CHECK_EQ(irqs.edges[10], 0);
    bus_destroy(bus);
}

TEST(only_a_master_reaches_memory)
{
    uint8_t bytes[4] = {1, 2, 3, 4};

    start_with_models();
    pci_dma_read(&models[0].function, 0, bytes, 3);
    CHECK_EQ(bytes[0] | bytes[1] | bytes[2], 0);
    CHECK_EQ(bytes[3], 4);
    set_config(2, 4, 2, 6); /* there is no memory either */
    bytes[0] = 9;
    pci_dma_write(&models[0].function, 0, bytes, 3);
    pci_dma_read(&models[0].function, 0, bytes, 4);
    CHECK_EQ(bytes[0] | bytes[3], 0);
    bus_destroy(bus);
}

TEST(there_are_thirty_slots_for_devices)
{
    static struct model many[31];

    bus = bus_create();
    CHECK_EQ(pci_create(bus, &pci), 0);
    for (unsigned i = 0; i < 30; i++) {
        many[i] = (struct model){.function = {.device = {.ops = &model_ops}}};
        CHECK_EQ(pci_add(pci, &many[i].function, &model_identity), 0);
    }
    destroyed = 0;
    many[30] = (struct model){.function = {.device = {.ops = &model_ops}}};
    CHECK_EQ(pci_add(pci, &many[30].function, &model_identity), -ENOSPC);
    CHECK_EQ(destroyed, 1);
    bus_destroy(bus);
    CHECK_EQ(destroyed, 31);
}
