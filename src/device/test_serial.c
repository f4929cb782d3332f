/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/serial.h>
#include <device/testkit_bus.h>

#include <errno.h>
#include <string.h>
#include <test.h>

enum { DATA = 0x3f8, IER, IIR, LCR, MCR, LSR, MSR, SCRATCH };

static struct memory_end end;
static struct irq_record irqs;
static struct bus *bus;
static struct host_stream *stream;
static struct serial *serial;
static nanoseconds_t now;

static void start(void)
{
    end = (struct memory_end){.room = sizeof(end.output)};
    now = 0;
    bus = testkit_create_bus(&irqs);
    stream = stream_create(&memory_end_ops, &end);
    CHECK_EQ(serial_create(bus, SERIAL_COM1_PORT, SERIAL_COM1_GSI, stream, &serial), 0);
}

static void stop(void)
{
    bus_destroy(bus);
    stream_destroy(stream);
}

static uint8_t in(uint16_t port)
{
    return (uint8_t)bus_port_in(bus, port, 1, now);
}

static void out(uint16_t port, uint8_t value)
{
    bus_port_out(bus, port, 1, value, now);
}

static void type(const char *text)
{
    end.input = text;
    end.input_size = strlen(text);
    serial_poll(serial, now);
}

TEST(reset_state_is_that_of_the_data_sheet)
{
    start();
    CHECK_EQ(in(IER), 0);
    CHECK_EQ(in(IIR), 0x01);
    CHECK_EQ(in(LCR), 0);
    CHECK_EQ(in(LSR), 0x60);
    CHECK_EQ(in(MSR), 0xb0);
    CHECK_EQ(in(DATA), 0);
    out(SCRATCH, 0x5a);
    CHECK_EQ(in(SCRATCH), 0x5a);
    stop();
}

TEST(the_divisor_latch_hides_data_and_ier)
{
    start();
    out(IER, 0x01);
    out(LCR, 0x83);
    out(DATA, 0x34);
    out(IER, 0x12);
    CHECK_EQ(in(DATA), 0x34);
    CHECK_EQ(in(IER), 0x12);
    out(LCR, 0x03);
    CHECK_EQ(in(IER), 0x01);
    CHECK_EQ(end.output_size, 0);
    stop();
}

TEST(transmitted_bytes_go_out_at_once)
{
    start();
    for (const char *c = "seL4\n"; *c; c++) {
        CHECK_EQ(in(LSR)&0x60, 0x60);
        out(DATA, (uint8_t)*c);
    }
    CHECK_EQ(end.output_size, 5);
    CHECK_MEM(end.output, "seL4\n", 5);
    stop();
}

TEST(received_bytes_raise_the_line_until_read)
{
    start();
    type("ab"); /* waits: the holding register takes one */
    CHECK(!irqs.level[4]);
    CHECK_EQ(in(LSR), 0x61);
    out(IER, 0x01);
    CHECK(irqs.level[4]);
    CHECK_EQ(in(IIR), 0x04);
    CHECK_EQ(in(DATA), 'a');
    CHECK_EQ(irqs.edges[4], 2); /* down and up again for 'b' */
    CHECK_EQ(in(DATA), 'b');
    CHECK(!irqs.level[4]);
    CHECK_EQ(in(IIR), 0x01);
    CHECK_EQ(in(LSR), 0x60);
    stop();
}

TEST(the_fifo_interrupts_at_its_trigger_level)
{
    start();
    out(IIR, 0x81); /* FIFOs on, trigger level 8 */
    out(IER, 0x01);
    CHECK_EQ(in(IIR), 0xc1);
    type("1234567");
    CHECK(!irqs.level[4]);
    type("8");
    CHECK(irqs.level[4]);
    CHECK_EQ(in(IIR), 0xc4);
    in(DATA);
    CHECK(!irqs.level[4]);
    stop();
}

TEST(a_few_bytes_time_out)
{
    nanoseconds_t due;

    start();
    out(LCR, 0x83);
    out(DATA, 1); /* 115200 baud */
    out(IER, 0);
    out(LCR, 0x03);
    out(IIR, 0xc1);
    out(IER, 0x01);
    type("x");
    due = bus_next_event(bus);
    CHECK_EQ(due, 4 * 10 * UINT64_C(1000000000) / 115200);
    bus_advance(bus, due - 1);
    CHECK(!irqs.level[4]);
    bus_advance(bus, due);
    CHECK(irqs.level[4]);
    CHECK_EQ(in(IIR), 0xcc);
    CHECK_EQ(in(DATA), 'x');
    CHECK_EQ(in(IIR), 0xc1);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    stop();
}

TEST(input_waits_while_the_fifo_is_full)
{
    char text[] = "0123456789abcdefXYZ";

    start();
    out(IIR, 0x01);
    type(text);
    CHECK(!serial_wants_input(serial));
    CHECK_EQ(end.input_size, 3);
    for (unsigned i = 0; text[i]; i++)
        CHECK_EQ(in(DATA), (uint8_t)text[i]);
    CHECK_EQ(in(LSR), 0x60); /* no overrun */
    CHECK(serial_wants_input(serial));
    end.ended = true;
    serial_poll(serial, now);
    CHECK(!serial_wants_input(serial));
    CHECK(!serial_may_interrupt(serial));
    out(MCR, 0x10);
    out(DATA, 'x'); /* back to itself: its time in the FIFO runs */
    CHECK(serial_may_interrupt(serial));
    stop();
}

TEST(fifo_control_clears_and_switches)
{
    start();
    out(IIR, 0x01);
    type("abc");
    out(IIR, 0x03);
    CHECK_EQ(in(LSR), 0x60);
    type("d");
    out(IIR, 0x00); /* switching the FIFOs clears them */
    CHECK_EQ(in(LSR), 0x60);
    CHECK_EQ(in(IIR), 0x01);
    stop();
}

TEST(an_empty_transmitter_interrupts_once)
{
    start();
    out(IER, 0x02);
    CHECK(irqs.level[4]);
    CHECK_EQ(in(IIR), 0x02);
    CHECK(!irqs.level[4]); /* reading IIR took it */
    CHECK_EQ(in(IIR), 0x01);
    out(DATA, 'x');
    CHECK(irqs.level[4]);
    CHECK_EQ(irqs.edges[4], 2);
    out(DATA, 'y'); /* without reading IIR: falls and rises */
    CHECK_EQ(irqs.edges[4], 3);
    out(IER, 0x00);
    CHECK(!irqs.level[4]);
    stop();
}

TEST(a_blocked_host_holds_the_transmitter)
{
    start();
    end.room = 0;
    for (unsigned i = 0; i < STREAM_BACKLOG_BYTES; i++) {
        if ((in(LSR)&0x20) == 0)
            CHECK_EQ(i, STREAM_BACKLOG_BYTES);
        out(DATA, 'x');
    }
    CHECK_EQ(in(LSR), 0);
    out(IER, 0x02);
    CHECK_EQ(in(IIR), 0x01);
    end.room = 1;
    serial_poll(serial, now);
    CHECK_EQ(in(LSR), 0x60);
    CHECK_EQ(in(IIR), 0x02);
    end.error = -EPIPE;
    out(DATA, 'x');
    CHECK_EQ(in(LSR), 0x60); /* nobody reads: the guest goes on */
    stop();
}

/* Bytes kept back, and the status told meanwhile, are what the registers would have given. */
TEST(a_promise_is_made_while_it_can_be_kept)
{
    struct serial_promise promise;

    start();
    if (CHECK(serial_promise(serial, &promise))) {
        CHECK_EQ(promise.data, DATA);
        CHECK_EQ(promise.status, LSR);
        CHECK_EQ(promise.status_value, 0x60);
    }
    type("x");
    if (CHECK(serial_promise(serial, &promise)))
        CHECK_EQ(promise.status_value, 0x61);
    out(IER, 0x01);
    CHECK(serial_promise(serial, &promise));
    out(IER, 0x02); /* each byte would interrupt */
    CHECK(!serial_promise(serial, &promise));
    out(IER, 0);
    out(LCR, 0x80); /* the divisor lies there */
    CHECK(!serial_promise(serial, &promise));
    out(LCR, 0x03);
    in(DATA);
    out(MCR, 0x10); /* a byte would come back */
    CHECK(!serial_promise(serial, &promise));
    out(DATA, '1');
    out(DATA, '2');
    out(MCR, 0); /* an overrun: reading the status clears it */
    CHECK(!serial_promise(serial, &promise));
    CHECK_EQ(in(LSR), 0x63);
    CHECK(serial_promise(serial, &promise));
    stop();
}

TEST(nothing_is_promised_while_nobody_takes_the_bytes)
{
    struct serial_promise promise;

    start();
    end.room = 0;
    for (unsigned i = 0; i < 100000 && in(LSR) == 0x60; i++)
        out(DATA, 'x');
    CHECK_EQ(in(LSR), 0);
    CHECK(!serial_promise(serial, &promise));
    end.room = sizeof(end.output);
    serial_poll(serial, now);
    CHECK(serial_promise(serial, &promise));
    stop();
}

TEST(loopback_stays_inside)
{
    start();
    out(MCR, 0x1f);
    CHECK_EQ(in(MSR)&0xf0, 0xf0);
    out(DATA, 'l');
    CHECK_EQ(end.output_size, 0);
    CHECK_EQ(in(DATA), 'l');
    out(DATA, '1');
    out(DATA, '2');
    CHECK_EQ(in(LSR), 0x63); /* overrun, cleared by reading */
    CHECK_EQ(in(LSR), 0x61);
    CHECK_EQ(in(DATA), '2');
    in(MSR);
    out(IER, 0x08);
    out(MCR, 0x10);
    CHECK_EQ(in(IIR), 0x00);
    CHECK_EQ(in(MSR), 0x0f); /* all changed; the ring indicator fell */
    CHECK_EQ(in(IIR), 0x01);
    out(IER, 0x05);
    out(DATA, 'a');
    out(DATA, 'b');
    CHECK_EQ(in(IIR), 0x06); /* line status comes first */
    stop();
}
