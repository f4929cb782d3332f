/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pic.h>
#include <device/testkit_bus.h>

#include <test.h>

static struct bus *bus;

static uint8_t in(uint16_t port)
{
    return (uint8_t)bus_port_in(bus, port, 1, 0);
}

static void out(uint16_t port, uint8_t value)
{
    bus_port_out(bus, port, 1, value, 0);
}

TEST(masks_survive_initialisation_words)
{
    static const uint16_t ports[] = {0x20, 0xa0};

    bus = bus_create();
    CHECK_EQ(pic_create(bus), 0);
    for (unsigned i = 0; i < 2; i++) {
        uint16_t command = ports[i], data = (uint16_t)(ports[i] + 1);

        CHECK_EQ(in(data), 0xff);
        out(command, 0x11); /* cascaded, with ICW4 */
        out(data, 0x20);
        out(data, 0x04);
        out(data, 0x01);
        CHECK_EQ(in(data), 0x00);
        out(data, 0xfb);
        CHECK_EQ(in(data), 0xfb);
        out(command, 0x13); /* single: no ICW3 */
        out(data, 0x20);
        out(data, 0x01);
        out(data, 0x5a);
        CHECK_EQ(in(data), 0x5a);
        out(command, 0x12); /* no ICW4 either */
        out(data, 0x20);
        out(data, 0xa5);
        CHECK_EQ(in(data), 0xa5);
    }
    bus_destroy(bus);
}

TEST(nothing_is_requested)
{
    bus = bus_create();
    CHECK_EQ(pic_create(bus), 0);
    out(0x20, 0x20); /* end of interrupt */
    out(0x20, 0x0a);
    CHECK_EQ(in(0x20), 0);
    out(0xa0, 0x0b);
    CHECK_EQ(in(0xa0), 0);
    CHECK_EQ(bus_port_in(bus, 0x20, 2, 0), 0xff00);
    bus_destroy(bus);
}
