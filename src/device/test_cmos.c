/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/cmos.h>
#include <device/testkit_bus.h>

#include <test.h>

#define SECOND UINT64_C(1000000000)

static struct irq_record irqs;
static struct bus *bus;
static struct cmos *cmos;
static nanoseconds_t now;

static void start(int64_t epoch)
{
    now = 0;
    bus = testkit_create_bus(&irqs);
    CHECK_EQ(cmos_create(bus, epoch, &cmos), 0);
}

static uint8_t in(uint8_t reg)
{
    bus_port_out(bus, 0x70, 1, reg, now);
    return (uint8_t)bus_port_in(bus, 0x71, 1, now);
}

static void out(uint8_t reg, uint8_t value)
{
    bus_port_out(bus, 0x70, 1, reg, now);
    bus_port_out(bus, 0x71, 1, value, now);
}

/* What the registers show, in BCD as decimal-looking hexadecimal: 0x20261122013015. */
static uint64_t shown(void)
{
    return (uint64_t)in(0x32) << 48 | (uint64_t)in(9) << 40 | (uint64_t)in(8) << 32 |
           (uint64_t)in(7) << 24 | (uint64_t)in(4) << 16 | (uint64_t)in(2) << 8 | in(0);
}

TEST(dates_are_right)
{
    static const struct {
        int64_t epoch;
        uint64_t shown;
        uint8_t weekday;
    } dates[] = {
        {0, 0x19700101000000, 5},
        {951782399, 0x20000228235959, 2},
        {951782400, 0x20000229000000, 3},
        {951868800, 0x20000301000000, 4},
        {1709164800, 0x20240229000000, 5},
        {1795310215, 0x20261122011655, 1},
        {4107542399, 0x21000228235959, 1},
        {4107542400, 0x21000301000000, 2},
        {-1, 0x19691231235959, 4},
        {-2208988800, 0x19000101000000, 2},
        {-11676096000, 0x16000101000000, 7},
    };

    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        start(dates[i].epoch);
        CHECK_EQ(shown(), dates[i].shown);
        CHECK_EQ(in(6), dates[i].weekday);
        bus_destroy(bus);
    }
}

TEST(reset_state_is_that_of_qemu)
{
    start(0);
    CHECK_EQ(in(0x0a), 0x26);
    CHECK_EQ(in(0x0b), 0x02);
    CHECK_EQ(in(0x0c), 0x00);
    CHECK_EQ(in(0x0d), 0x80);
    CHECK_EQ(bus_port_in(bus, 0x70, 1, 0), 0xff);
    out(0x8d, 0);
    CHECK_EQ(in(0x0d), 0x80);
    cmos_set_ram(cmos, 0x5f, 3);
    CHECK_EQ(in(0x5f), 3);
    out(0x40, 0x12);
    CHECK_EQ(in(0xc0), 0x12); /* bit 7 of the index is another matter */
    bus_destroy(bus);
}

TEST(the_clock_runs_with_time)
{
    start(1795310215);
    now = 5 * SECOND;
    CHECK_EQ(shown(), 0x20261122011700);
    now = 6 * SECOND - 1;
    CHECK_EQ(in(0x0a), 0xa6); /* an update is about to come */
    CHECK_EQ(in(0), 0);
    now = 6 * SECOND;
    CHECK_EQ(in(0x0a), 0x26);
    CHECK_EQ(in(0), 1);
    bus_destroy(bus);
}

TEST(binary_and_twelve_hours)
{
    start(1795310215 + 12 * 3600);
    out(0x0b, 0x06);
    CHECK_EQ(in(9), 26);
    CHECK_EQ(in(4), 13);
    out(0x0b, 0x00);
    CHECK_EQ(in(4), 0x81);
    out(4, 0x92); /* 12 pm is noon */
    CHECK_EQ(in(4), 0x92);
    out(0x0b, 0x02);
    CHECK_EQ(in(4), 0x12);
    out(0x0b, 0x00);
    out(4, 0x12); /* 12 am is midnight */
    out(0x0b, 0x02);
    CHECK_EQ(in(4), 0x00);
    bus_destroy(bus);
}

TEST(the_guest_sets_the_clock)
{
    start(0);
    now = 100 * SECOND;
    out(0x0b, 0x82);
    now = 200 * SECOND;
    CHECK_EQ(in(0), 0x40); /* held */
    out(0x32, 0x20);
    out(9, 0x24);
    out(8, 0x02);
    out(7, 0x29);
    out(4, 0x23);
    out(2, 0x59);
    out(0, 0x58);
    out(0x0b, 0x02);
    CHECK_EQ(shown(), 0x20240229235958);
    now = 202 * SECOND;
    CHECK_EQ(shown(), 0x20240301000000);
    out(8, 0x77); /* no such month */
    out(7, 0x00);
    shown();
    bus_destroy(bus);
}

TEST(periodic_interrupts)
{
    start(0);
    out(0x0b, 0x42);
    CHECK_EQ(bus_next_event(bus), SECOND * 32 / 32768);
    now = bus_next_event(bus);
    bus_advance(bus, now);
    CHECK(irqs.level[8]);
    CHECK_EQ(in(0x0c), 0xc0);
    CHECK(!irqs.level[8]);
    CHECK_EQ(in(0x0c), 0);
    out(0x0a, 0x20);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    bus_destroy(bus);
}

TEST(update_and_alarm_interrupts)
{
    start(1795310215); /* ... 01:16:55 */
    out(1, 0x57);
    out(3, 0x16);
    out(5, 0xff);
    out(0x0b, 0x22);
    now = SECOND;
    bus_advance(bus, now);
    CHECK(!irqs.level[8]);
    now = 2 * SECOND;
    bus_advance(bus, now);
    CHECK(irqs.level[8]);
    CHECK_EQ(in(0x0c) & 0xb0, 0xb0);
    out(0x0b, 0x12);
    CHECK_EQ(bus_next_event(bus), 3 * SECOND);
    now = 3 * SECOND;
    bus_advance(bus, now);
    CHECK(irqs.level[8]);
    bus_destroy(bus);
}
