/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/ioapic.h>

#include <test.h>

static struct ioapic *ioapic;
static struct irq_sink sink;

static void start(void)
{
    ioapic = ioapic_create();
    sink = ioapic_sink(ioapic);
}

static void line(unsigned gsi, bool level)
{
    sink.set_line(sink.context, gsi, level);
}

static void message(uint64_t address, uint32_t data)
{
    sink.message(sink.context, address, data);
}

static const struct ioapic_pin edge = {.mapped = true, .vector = 20};
static const struct ioapic_pin edge_masked = {.mapped = true, .vector = 20, .masked = true};
static const struct ioapic_pin level = {.mapped = true, .vector = 30, .level_triggered = true};
static const struct ioapic_pin level_masked = {
    .mapped = true, .vector = 30, .level_triggered = true, .masked = true};

TEST(nothing_is_pending_at_first)
{
    start();
    for (unsigned i = 0; i < 40; i++)
        line(i, true);
    CHECK(!ioapic_has_pending(ioapic));
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(an_edge_is_delivered_once)
{
    start();
    ioapic_set_pin(ioapic, 2, edge);
    line(2, true);
    line(2, false);
    CHECK(ioapic_has_pending(ioapic));
    CHECK_EQ(ioapic_pending(ioapic), 20);
    ioapic_set_pin(ioapic, 2, edge_masked);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_set_pin(ioapic, 2, edge);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    line(2, true);
    CHECK_EQ(ioapic_pending(ioapic), 20);
    line(2, true); /* each call is an edge: two models may share the pin */
    CHECK_EQ(ioapic_pending(ioapic), 20);
    ioapic_destroy(ioapic);
}

TEST(a_pulse_at_a_masked_pin_is_lost)
{
    start();
    ioapic_set_pin(ioapic, 2, edge_masked);
    line(2, true);
    line(2, false);
    ioapic_set_pin(ioapic, 2, edge);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(an_edge_at_a_masked_pin_waits_while_asserted)
{
    start();
    ioapic_set_pin(ioapic, 4, edge_masked);
    line(4, true);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_set_pin(ioapic, 4, edge);
    CHECK_EQ(ioapic_pending(ioapic), 20);
    ioapic_set_pin(ioapic, 4, edge_masked);
    ioapic_set_pin(ioapic, 4, edge);
    CHECK_EQ(ioapic_pending(ioapic), -1); /* once */
    ioapic_destroy(ioapic);
}

TEST(a_pin_that_is_mapped_forgets_its_past)
{
    start();
    line(4, true);
    ioapic_set_pin(ioapic, 4, edge);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_set_pin(ioapic, 4, edge_masked);
    line(4, false);
    line(4, true);
    ioapic_set_pin(ioapic, 4, (struct ioapic_pin){.mapped = true, .vector = 21});
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(a_level_comes_again_at_unmasking)
{
    start();
    ioapic_set_pin(ioapic, 4, level);
    line(4, true);
    CHECK_EQ(ioapic_pending(ioapic), 30);
    ioapic_set_pin(ioapic, 4, level_masked); /* the kernel masks, then ends the interrupt */
    CHECK(!ioapic_has_pending(ioapic));
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_set_pin(ioapic, 4, level); /* acknowledged without serving the device */
    CHECK(ioapic_has_pending(ioapic));
    CHECK_EQ(ioapic_pending(ioapic), 30);
    ioapic_set_pin(ioapic, 4, level_masked);
    line(4, false);
    ioapic_set_pin(ioapic, 4, level);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(a_level_is_taken_once_until_its_end)
{
    start();
    ioapic_set_pin(ioapic, 4, level);
    line(4, true);
    line(4, true);
    CHECK_EQ(ioapic_pending(ioapic), 30);
    CHECK(ioapic_has_pending(ioapic)); /* not masked: the end would bring it again */
    CHECK_EQ(ioapic_pending(ioapic), 30);
    line(4, false);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(the_highest_vector_comes_first)
{
    start();
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
        ioapic_set_pin(ioapic, pin,
                       (struct ioapic_pin){.mapped = true, .vector = (uint8_t)(pin * 4)});
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
        line(pin, true);
    for (unsigned pin = IOAPIC_PINS; pin-- > 0;)
        CHECK_EQ(ioapic_pending(ioapic), pin * 4);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(messages_carry_cpu_vectors)
{
    start();
    message(0xfee00000, 0x30);
    message(0xfee01008, 0x30 + 107);
    message(0xfee00000, 0x30 + 108); /* the IOMMU's */
    message(0xfee00000, 0x30 + 109); /* the kernel's own */
    message(0xfee00000, 0x2f);
    message(0xfee00000, 0x431); /* NMI */
    message(0xfed00000, 0x31);
    message(0xfee00000, 0x132); /* lowest priority */
    CHECK_EQ(ioapic_pending(ioapic), 108);
    CHECK_EQ(ioapic_pending(ioapic), 107);
    CHECK_EQ(ioapic_pending(ioapic), 2);
    CHECK_EQ(ioapic_pending(ioapic), 0);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}

TEST(bad_pins_and_vectors_do_nothing)
{
    start();
    ioapic_set_pin(ioapic, IOAPIC_PINS, edge);
    ioapic_set_pin(ioapic, 5, (struct ioapic_pin){.mapped = true, .vector = 255});
    line(5, true);
    CHECK_EQ(ioapic_pending(ioapic), -1);
    ioapic_destroy(ioapic);
}
