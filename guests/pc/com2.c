/* SPDX-License-Identifier: BSD-2-Clause */
/* The second serial port, looped back to itself: its interrupts. */
#include "pc.h"

#define FIRST  0x2f8
#define LAST   0x2ff
#define PIN    3
#define VECTOR 28

enum serial_register {
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    INTERRUPT_IDENTITY = 2, /* FIFO control when written */
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
    MODEM_STATUS = 6,
    SCRATCH = 7,
};

#define ALL         0xffu
#define TIMED_OUT   0x08u /* of the identity: bytes lie in the FIFO for long */
#define RECEIVED    0x01
#define TRANSMITTED 0x02
#define FIFO_8      0x87 /* on, cleared, eight bytes make an interrupt */
#define EIGHT_BITS  0x03
#define LATCH       0x80
#define LOOP        0x10
#define OUT2        0x08
#define RTS         0x02
#define DATA_READY  0x01
#define MODEM_LINES 0xf0

static seL4_CPtr ports;
static struct line line;

static unsigned char uart_read(enum serial_register reg)
{
    return port_read(ports, FIRST + reg);
}

static void uart_write(enum serial_register reg, unsigned char value)
{
    port_write(ports, FIRST + reg, value);
}

/* Acknowledges before the device is asked: an edge that comes then is seen. */
static void wait_and_show(const char *what, unsigned bits)
{
    line_wait(&line);
    line_acknowledge(&line);
    print("%s: identity 0x%x\n", what, uart_read(INTERRUPT_IDENTITY) & bits);
}

static void show_bytes(void)
{
    print("line status 0x%x, bytes", uart_read(LINE_STATUS));
    while (uart_read(LINE_STATUS) & DATA_READY)
        print(" 0x%x", uart_read(DATA));
    print(", then identity 0x%x\n", uart_read(INTERRUPT_IDENTITY));
}

/* An interrupt that the last bytes may still bring is over then. */
static void settle(void)
{
    spin(5 * MILLISECOND);
    line_acknowledge(&line);
    line_has_come(&line);
}

static void send(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        uart_write(DATA, (unsigned char)('a' + i));
}

void show_com2(void)
{
    print("-- COM2\n");
    ports = ports_take(FIRST, LAST);
    uart_write(SCRATCH, 0x5a);
    print("scratch 0x%x\n", uart_read(SCRATCH));
    if (uart_read(SCRATCH) != 0x5a)
        return;
    line = line_of_pin(PIN, EDGE, VECTOR);
    uart_write(INTERRUPT_ENABLE, 0);
    uart_write(LINE_CONTROL, EIGHT_BITS | LATCH);
    uart_write(DATA, 1); /* divisor: 115200 baud */
    uart_write(INTERRUPT_ENABLE, 0);
    uart_write(LINE_CONTROL, EIGHT_BITS);
    uart_write(MODEM_CONTROL, LOOP | OUT2);
    uart_read(MODEM_STATUS);

    uart_write(INTERRUPT_ENABLE, RECEIVED);
    send(1);
    wait_and_show("a byte", ALL);
    show_bytes();
    uart_write(INTERRUPT_ENABLE, TRANSMITTED);
    wait_and_show("room to send", ALL);
    print("again: identity 0x%x\n", uart_read(INTERRUPT_IDENTITY));
    uart_write(MODEM_CONTROL, LOOP | OUT2 | RTS);
    print("modem lines 0x%x\n", uart_read(MODEM_STATUS) & MODEM_LINES);

    uart_write(INTERRUPT_IDENTITY, FIFO_8);
    uart_write(INTERRUPT_ENABLE, RECEIVED);
    send(8);
    wait_and_show("eight bytes in the FIFO", ALL & ~TIMED_OUT); /* to which a slow guest may come */
    show_bytes();
    settle();
    send(3);
    wait_and_show("three, and then nothing", ALL);
    show_bytes();
    line_delete(&line);
}
