/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/hpet.h>
#include <device/testkit_bus.h>

#include <test.h>

enum { CAP = 0, CONFIG = 0x10, STATUS = 0x20, COUNTER = 0xf0 };
#define TIMER(n) (0x100 + 0x20 * (n))
#define CMP(n)   (0x108 + 0x20 * (n))
#define FSB(n)   (0x110 + 0x20 * (n))

static struct irq_record irqs;
static struct bus *bus;
static struct pit *pit;
static nanoseconds_t now;

static void start_with(bool fsb_delivery)
{
    struct hpet *hpet;
    struct hpet_options options = {.route_mask = 1 << 2, .fsb_delivery = fsb_delivery};

    now = 0;
    bus = testkit_create_bus(&irqs);
    CHECK_EQ(pit_create(bus, &pit), 0);
    options.pit = pit;
    CHECK_EQ(hpet_create(bus, options, &hpet), 0);
}

static void start(void)
{
    start_with(false);
}

static uint64_t in(uint64_t offset)
{
    return bus_mmio_read(bus, HPET_BASE + offset, 8, now);
}

static void out(uint64_t offset, uint64_t value)
{
    bus_mmio_write(bus, HPET_BASE + offset, 8, value, now);
}

static void advance_to(nanoseconds_t time)
{
    now = time;
    bus_advance(bus, now);
}

TEST(reset_state_is_that_of_qemu)
{
    start();
    CHECK_EQ(in(CAP), 0x009896808086a201);
    CHECK_EQ(in(CONFIG), 0);
    CHECK_EQ(in(STATUS), 0);
    CHECK_EQ(in(COUNTER), 0);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(in(TIMER(i)), 0x0000000400000030);
        CHECK_EQ(in(CMP(i)), UINT64_MAX);
        CHECK_EQ(in(FSB(i)), 0);
    }
    CHECK_EQ(in(TIMER(3)), 0);
    out(CAP, 0);
    CHECK_EQ(in(CAP), 0x009896808086a201);
    bus_destroy(bus);
}

TEST(the_counter_runs_while_enabled)
{
    start();
    now = 1000;
    CHECK_EQ(in(COUNTER), 0);
    out(CONFIG, 1);
    now = 2005;
    CHECK_EQ(in(COUNTER), 100);
    out(CONFIG, 1); /* changes nothing, and keeps the phase */
    now = 2010;
    CHECK_EQ(in(COUNTER), 101);
    out(CONFIG, 0);
    now = 5000;
    CHECK_EQ(in(COUNTER), 101);
    out(COUNTER, 0x100000000);
    out(CONFIG, 1);
    now = 5100;
    CHECK_EQ(in(COUNTER), 0x10000000a);
    CHECK_EQ(bus_mmio_read(bus, HPET_BASE + COUNTER + 4, 4, now), 1);
    bus_destroy(bus);
}

/* The order in which seL4's platform library programs it. */
TEST(one_shot_on_pin_2)
{
    start();
    out(CONFIG, in(CONFIG) & ~UINT64_C(2));
    out(TIMER(0), in(TIMER(0)) & ~UINT64_C(0x4000));
    out(TIMER(0), in(TIMER(0)) & ~UINT64_C(0x3e00));
    out(TIMER(0), in(TIMER(0)) | 2 << 9);
    CHECK_EQ(in(TIMER(0)), 0x0000000400000430);
    out(CONFIG, 1);
    out(CMP(0), 0);
    out(TIMER(0), in(TIMER(0)) | 4);
    advance_to(10);
    CHECK_EQ(irqs.edges[2], 1); /* 0 lies behind: at once */
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    now = 1000;
    out(CMP(0), 500);
    CHECK_EQ(bus_next_event(bus), 5000);
    advance_to(4999);
    CHECK_EQ(irqs.edges[2], 1);
    advance_to(5000);
    CHECK_EQ(irqs.edges[2], 2);
    CHECK(!irqs.level[2]); /* a pulse */
    CHECK_EQ(in(STATUS), 0);
    CHECK_EQ(in(CMP(0)), 500);
    advance_to(1000000);
    CHECK_EQ(irqs.edges[2], 2);
    bus_destroy(bus);
}

TEST(a_route_without_wire_is_refused)
{
    start();
    out(TIMER(0), 2 << 9);
    out(TIMER(0), 3 << 9);
    CHECK_EQ(in(TIMER(0)) & 0x3e00, 2 << 9);
    out(TIMER(1), 4); /* never routed: no pin */
    out(CONFIG, 1);
    out(CMP(1), 1);
    advance_to(100);
    for (unsigned i = 0; i < TESTKIT_LINES; i++)
        CHECK_EQ(irqs.edges[i], 0);
    bus_destroy(bus);
}

TEST(level_interrupts_hold_until_cleared)
{
    start();
    out(TIMER(0), 2 << 9 | 6);
    out(TIMER(1), 2 << 9 | 6);
    out(CMP(0), 10);
    out(CMP(1), 20);
    out(CONFIG, 1);
    advance_to(100);
    CHECK(irqs.level[2]);
    CHECK_EQ(in(STATUS), 1);
    advance_to(200);
    CHECK_EQ(in(STATUS), 3);
    out(STATUS, 1);
    CHECK(irqs.level[2]);
    CHECK_EQ(irqs.edges[2], 1);
    out(STATUS, 2);
    CHECK(!irqs.level[2]);
    CHECK_EQ(in(STATUS), 0);
    bus_destroy(bus);
}

TEST(a_disabled_hpet_drops_its_lines)
{
    start();
    out(TIMER(0), 2 << 9 | 6);
    out(CMP(0), 10);
    out(CONFIG, 1);
    advance_to(100);
    out(CONFIG, 0);
    CHECK(!irqs.level[2]);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    out(CONFIG, 1);
    CHECK(irqs.level[2]); /* the status is still set */
    bus_destroy(bus);
}

TEST(periodic_mode_advances_its_comparator)
{
    start();
    out(TIMER(0), 2 << 9 | 0x4c); /* set value, periodic, enabled */
    out(CMP(0), 100);
    CHECK_EQ(in(TIMER(0)) & 0x40, 0); /* holds for one write */
    out(CMP(0), 30);                  /* the period */
    out(CONFIG, 1);
    CHECK_EQ(bus_next_event(bus), 1000);
    advance_to(1000);
    CHECK_EQ(irqs.edges[2], 1);
    CHECK_EQ(in(CMP(0)), 130);
    CHECK_EQ(bus_next_event(bus), 1300);
    advance_to(2000); /* missed ones count as one */
    CHECK_EQ(irqs.edges[2], 2);
    CHECK_EQ(in(CMP(0)), 220);
    out(TIMER(0), 2 << 9 | 4); /* one-shot from here */
    advance_to(2200);
    CHECK_EQ(irqs.edges[2], 3);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    bus_destroy(bus);
}

TEST(mode_32_compares_half_and_wraps)
{
    start();
    out(COUNTER, 0xffffff00);
    out(TIMER(0), 2 << 9 | 0x104);
    out(CMP(0), 0xabcd00000010);
    CHECK_EQ(in(CMP(0)), 0x10);
    out(CONFIG, 1);
    CHECK_EQ(bus_next_event(bus), 0x110 * 10);
    advance_to(0x110 * 10);
    CHECK_EQ(irqs.edges[2], 1);
    CHECK_EQ(bus_next_event(bus), (0x110 + (UINT64_C(1) << 32)) * 10);
    bus_destroy(bus);
}

TEST(legacy_replacement_takes_irq_0_and_8)
{
    start();
    bus_port_out(bus, 0x43, 1, 0x34, now);
    bus_port_out(bus, 0x40, 1, 0, now);
    bus_port_out(bus, 0x40, 1, 1, now);
    CHECK(irqs.level[2]);
    out(CONFIG, 3);
    CHECK(!irqs.level[2]); /* the PIT is cut off */
    out(TIMER(0), 4);
    out(TIMER(1), 4);
    out(TIMER(2), 4);
    irqs.edges[2] = 0;
    for (unsigned i = 0; i < 3; i++)
        out(CMP(i), 100);
    advance_to(10000000);
    CHECK_EQ(irqs.edges[2], 1);
    CHECK_EQ(irqs.edges[8], 2); /* once when enabled with its reset comparator */
    CHECK_EQ(irqs.edges[0], 0);
    out(CONFIG, 0);
    CHECK_EQ(irqs.level[2], true); /* the PIT again */
    bus_destroy(bus);
}

TEST(messages_are_an_option)
{
    start();
    out(TIMER(0), 0x4000);
    CHECK_EQ(in(TIMER(0)) & 0xc000, 0);
    bus_destroy(bus);
    start_with(true);
    CHECK_EQ(in(TIMER(0)) & 0xc000, 0x8000);
    out(TIMER(0), 0x4004);
    out(FSB(0), UINT64_C(0xfee00000) << 32 | 0x41);
    out(CMP(0), 10);
    out(CONFIG, 1);
    advance_to(100);
    CHECK_EQ(irqs.messages, 1);
    CHECK_EQ(irqs.message_address, 0xfee00000);
    CHECK_EQ(irqs.message_data, 0x41);
    CHECK_EQ(irqs.edges[2], 0);
    bus_destroy(bus);
}

TEST(narrow_and_crooked_accesses)
{
    start();
    bus_mmio_write(bus, HPET_BASE + CMP(0) + 4, 4, 0x12345678, now);
    CHECK_EQ(in(CMP(0)), 0x12345678ffffffff);
    bus_mmio_write(bus, HPET_BASE + CMP(0) + 1, 1, 0, now);
    CHECK_EQ(in(CMP(0)), 0x12345678ffff00ff);
    CHECK_EQ(bus_mmio_read(bus, HPET_BASE + CAP + 2, 2, now), 0x8086);
    CHECK_EQ(bus_mmio_read(bus, HPET_BASE + 4, 8, now), UINT64_MAX); /* across registers */
    bus_mmio_write(bus, HPET_BASE + 0x104, 8, UINT64_MAX, now);
    CHECK_EQ(in(CMP(0)), 0x12345678ffff00ff);
    CHECK_EQ(in(0x3f8), 0);
    CHECK_EQ(bus_mmio_read(bus, HPET_BASE + 0x3fc, 8, now), 0xffffffff00000000);
    bus_destroy(bus);
}

TEST(far_comparators_never_come)
{
    start();
    out(TIMER(0), 2 << 9 | 4);
    out(CONFIG, 1);
    advance_to(10);
    irqs.edges[2] = 0;
    out(CMP(0), INT64_MAX);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    out(TIMER(1), 0x4c | 2 << 9);
    out(CMP(1), UINT64_MAX); /* a period of all ones */
    advance_to(UINT64_MAX / 2);
    in(COUNTER);
    bus_destroy(bus);
}
