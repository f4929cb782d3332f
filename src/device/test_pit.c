/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pit.h>
#include <device/testkit_bus.h>

#include <test.h>

static struct irq_record irqs;
static struct bus *bus;
static struct pit *pit;

static void start(void)
{
    bus = testkit_create_bus(&irqs);
    CHECK_EQ(pit_create(bus, &pit), 0);
}

/* The first nanosecond of a tick of the PIT's clock. */
static nanoseconds_t at(uint64_t tick)
{
    return (tick * UINT64_C(1000000000) + PIT_HZ - 1) / PIT_HZ;
}

static uint8_t in(uint16_t port, uint64_t tick)
{
    return (uint8_t)bus_port_in(bus, port, 1, at(tick));
}

static void out(uint16_t port, uint8_t value, uint64_t tick)
{
    bus_port_out(bus, port, 1, value, at(tick));
}

static void program(uint8_t control, uint16_t count, uint64_t tick)
{
    uint16_t port = (uint16_t)(0x40 + (control >> 6));

    out(0x43, control, tick);
    out(port, (uint8_t)count, tick);
    out(port, (uint8_t)(count >> 8), tick);
}

static unsigned count_of(unsigned channel, uint64_t tick)
{
    uint16_t port = (uint16_t)(0x40 + channel);
    unsigned low;

    out(0x43, (uint8_t)(channel << 6), tick); /* latch */
    low = in(port, tick + 5);
    return low | (unsigned)in(port, tick + 9) << 8;
}

TEST(an_unprogrammed_pit_is_silent)
{
    start();
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    CHECK_EQ(count_of(0, 1000), 0);
    bus_destroy(bus);
}

TEST(mode_0_interrupts_once_at_terminal_count)
{
    start();
    program(0x30, 1000, 0);
    CHECK(!irqs.level[2]);
    CHECK_EQ(bus_next_event(bus), at(1000));
    CHECK_EQ(count_of(0, 400), 600);
    CHECK_EQ(bus_advance(bus, at(999)), at(1000));
    CHECK(!irqs.level[2]);
    CHECK_EQ(bus_advance(bus, at(1000)), NANOSECONDS_NEVER);
    CHECK(irqs.level[2]);
    CHECK_EQ(count_of(0, 1001), 0xffff); /* it goes on counting */
    out(0x43, 0x30, 1100);
    CHECK(!irqs.level[2]);
    CHECK_EQ(irqs.edges[2], 1);
    bus_destroy(bus);
}

TEST(the_first_byte_stops_mode_0)
{
    start();
    program(0x30, 1000, 0);
    out(0x40, 0x10, 500);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    out(0x40, 0x00, 600);
    CHECK_EQ(bus_next_event(bus), at(616));
    bus_destroy(bus);
}

TEST(mode_2_repeats)
{
    start();
    program(0x34, 100, 0);
    CHECK(irqs.level[2]); /* the output is high at once */
    irqs.edges[2] = 0;
    for (uint64_t i = 1; i <= 10; i++) {
        CHECK_EQ(bus_next_event(bus), at(100 * i));
        bus_advance(bus, at(100 * i));
        CHECK_EQ(irqs.edges[2], i);
    }
    CHECK_EQ(count_of(0, 1030), 70);
    bus_advance(bus, at(5050)); /* late: missed ones count as one */
    CHECK_EQ(irqs.edges[2], 11);
    CHECK_EQ(bus_next_event(bus), at(5100));
    bus_destroy(bus);
}

TEST(mode_3_is_a_square_wave)
{
    start();
    program(0x36, 100, 0);
    CHECK_EQ(count_of(0, 10), 80);
    CHECK_EQ(count_of(0, 60), 80); /* the low half counts the same again */
    out(0x43, 0xe2, 30);           /* read back the status of channel 0 */
    CHECK_EQ(in(0x40, 30), 0x80 | 0x36);
    out(0x43, 0xe2, 70);
    CHECK_EQ(in(0x40, 70), 0x36);
    CHECK_EQ(bus_next_event(bus), at(100));
    bus_destroy(bus);
}

TEST(mode_4_strobes_after_the_count)
{
    start();
    program(0x38, 50, 0);
    CHECK(irqs.level[2]);
    irqs.edges[2] = 0;
    bus_advance(bus, at(50));
    CHECK_EQ(irqs.edges[2], 0);
    bus_advance(bus, at(51));
    CHECK_EQ(irqs.edges[2], 1);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    bus_destroy(bus);
}

TEST(a_zero_count_is_the_longest)
{
    start();
    program(0x30, 0, 0);
    CHECK_EQ(bus_next_event(bus), at(65536));
    program(0x31, 0, 0); /* BCD */
    CHECK_EQ(bus_next_event(bus), at(10000));
    program(0x31, 0x1234, 0);
    CHECK_EQ(count_of(0, 34), 0x1200);
    program(0x34, 1, 0); /* 1 is illegal in mode 2 */
    CHECK_EQ(bus_next_event(bus), at(2));
    bus_destroy(bus);
}

TEST(access_modes_take_one_byte)
{
    start();
    out(0x43, 0x10, 0); /* low byte only */
    out(0x40, 200, 0);
    CHECK_EQ(bus_next_event(bus), at(200));
    CHECK_EQ(in(0x40, 50), 150);
    out(0x43, 0x20, 1000); /* high byte only */
    out(0x40, 2, 1000);
    CHECK_EQ(bus_next_event(bus), at(1512));
    CHECK_EQ(in(0x40, 1000), 2);
    CHECK_EQ(in(0x40, 1001), 1);
    bus_destroy(bus);
}

TEST(read_back_latches_status_and_count)
{
    start();
    program(0x34, 1000, 0);
    out(0x43, 0xc2, 100);
    CHECK_EQ(in(0x40, 200), 0x80 | 0x34);
    CHECK_EQ(in(0x40, 300), 900 & 0xff);
    CHECK_EQ(in(0x40, 400), 900 >> 8);
    out(0x43, 0xb0, 500); /* channel 2: no count yet */
    out(0x43, 0xe8, 500);
    CHECK_EQ(in(0x42, 500), 0x40 | 0x30);
    bus_destroy(bus);
}

TEST(a_latched_count_is_kept_until_read)
{
    start();
    program(0x30, 1000, 0);
    out(0x43, 0x00, 100);
    out(0x43, 0x00, 200); /* ignored: one is latched */
    CHECK_EQ(in(0x40, 300), 900 & 0xff);
    CHECK_EQ(in(0x40, 300), 900 >> 8);
    CHECK_EQ(in(0x40, 300), 700 & 0xff);
    bus_destroy(bus);
}

TEST(port_61_gates_channel_2)
{
    start();
    program(0xb0, 1000, 0);
    CHECK_EQ(in(0x61, 500) & 0x2f, 0);
    CHECK_EQ(count_of(2, 500), 1000); /* the gate is low */
    out(0x61, 0x01, 600);
    CHECK_EQ(count_of(2, 700), 900);
    CHECK_EQ(in(0x61, 1599) & 0x20, 0);
    CHECK_EQ(in(0x61, 1600) & 0x21, 0x21);
    out(0x61, 0x00, 1700);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER); /* channel 2 raises no interrupt */
    CHECK((in(0x61, 0) & 0x10) != (in(0x61, 20) & 0x10));
    bus_destroy(bus);
}

TEST(a_gate_triggers_mode_1)
{
    start();
    program(0xb2, 100, 0);
    CHECK_EQ(in(0x61, 10) & 0x20, 0x20);
    out(0x61, 0x01, 50);
    CHECK_EQ(in(0x61, 60) & 0x20, 0);
    out(0x61, 0x00, 70); /* a low gate does not stop it */
    CHECK_EQ(in(0x61, 149) & 0x20, 0);
    CHECK_EQ(in(0x61, 150) & 0x20, 0x20);
    out(0x42, 10, 160); /* a new count waits for the next trigger */
    out(0x42, 0, 160);
    CHECK_EQ(in(0x61, 161) & 0x20, 0x20);
    out(0x61, 0x01, 200);
    CHECK_EQ(in(0x61, 209) & 0x20, 0);
    CHECK_EQ(in(0x61, 210) & 0x20, 0x20);
    bus_destroy(bus);
}

TEST(a_rising_gate_restarts_mode_3)
{
    start();
    out(0x61, 0x01, 0);
    program(0xb6, 100, 0);
    out(0x61, 0x00, 60);
    CHECK_EQ(in(0x61, 65) & 0x20, 0x20); /* high while the gate is low */
    out(0x61, 0x01, 1000);
    CHECK_EQ(in(0x61, 1049) & 0x20, 0x20);
    CHECK_EQ(in(0x61, 1050) & 0x20, 0);
    bus_destroy(bus);
}

TEST(a_disconnected_pit_drives_no_line)
{
    start();
    program(0x34, 100, 0);
    pit_set_irq_connected(pit, false, at(50));
    CHECK(!irqs.level[2]);
    irqs.edges[2] = 0;
    bus_advance(bus, at(250));
    CHECK_EQ(irqs.edges[2], 0);
    pit_set_irq_connected(pit, true, at(260));
    CHECK(irqs.level[2]);
    bus_destroy(bus);
}
