/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pm.h>
#include <device/testkit_bus.h>

#include <test.h>

static unsigned power_offs;

static void note_power_off(void *context)
{
    CHECK_EQ((uintptr_t)context, 42);
    power_offs++;
}

static struct bus *start(void)
{
    struct bus *bus = bus_create();

    power_offs = 0;
    CHECK_EQ(pm_create(bus, note_power_off, (void *)42), 0);
    return bus;
}

TEST(the_timer_has_24_bits)
{
    struct bus *bus = start();

    CHECK_EQ(bus_port_in(bus, PM_TIMER_PORT, 4, 0), 0);
    CHECK_EQ(bus_port_in(bus, PM_TIMER_PORT, 4, 1000000000), 3579545);
    CHECK_EQ(bus_port_in(bus, PM_TIMER_PORT, 2, 1000000000), 3579545 & 0xffff);
    CHECK_EQ(bus_port_in(bus, PM_TIMER_PORT, 4, 10000000000), 35795450 & 0xffffff);
    bus_port_out(bus, PM_TIMER_PORT, 4, 0, 0);
    bus_destroy(bus);
}

TEST(acpi_mode_is_on)
{
    struct bus *bus = start();

    CHECK_EQ(bus_port_in(bus, PM_CONTROL_PORT, 2, 0), 1);
    bus_port_out(bus, PM_EVENT_PORT, 4, 0x0121ffff, 0);
    CHECK_EQ(bus_port_in(bus, PM_EVENT_PORT, 4, 0), 0x01210000);
    bus_port_out(bus, PM_EVENT_PORT + 2, 1, 0x33, 0);
    CHECK_EQ(bus_port_in(bus, PM_EVENT_PORT + 2, 2, 0), 0x0133);
    bus_destroy(bus);
}

TEST(sleep_type_s5_switches_off)
{
    struct bus *bus = start();

    bus_port_out(bus, PM_CONTROL_PORT, 2, 1 << 10 | 0x2001, 0); /* another sleep state */
    bus_port_out(bus, PM_CONTROL_PORT, 2, 0x0001, 0);
    CHECK_EQ(power_offs, 0);
    bus_port_out(bus, PM_CONTROL_PORT, 2, 0x2000, 0);
    CHECK_EQ(power_offs, 1);
    bus_port_out(bus, PM_CONTROL_PORT + 1, 1, 0x20, 0);
    CHECK_EQ(power_offs, 2);
    CHECK_EQ(bus_port_in(bus, PM_CONTROL_PORT, 2, 0) & 0x2000, 0);
    bus_destroy(bus);
}
