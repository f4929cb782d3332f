/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pci.h>
#include <device/testkit_bus.h>

#include <test.h>

static struct bus *bus;

static void start(void)
{
    bus = bus_create();
    CHECK_EQ(pci_create(bus), 0);
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
