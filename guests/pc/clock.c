/* SPDX-License-Identifier: BSD-2-Clause */
/* The CMOS clock (MC146818) and its three interrupts. */
#include "pc.h"

#define INDEX  0x70
#define DATA   0x71
#define PIN    8
#define VECTOR 24

enum clock_register {
    SECONDS = 0x00,
    SECONDS_ALARM = 0x01,
    MINUTES_ALARM = 0x03,
    HOURS_ALARM = 0x05,
    YEAR = 0x09,
    REGISTER_A = 0x0a,
    REGISTER_B = 0x0b,
    REGISTER_C = 0x0c,
    REGISTER_D = 0x0d,
    CENTURY = 0x32,
};

#define RATE_64_HZ 0x2a /* and the usual time base */
#define PERIODIC   0x40
#define ALARM      0x20
#define UPDATED    0x10
#define HOURS_24   0x02
#define REQUESTED  0x80 /* in register C: the interrupt is asserted */
#define ANY        0xff

static seL4_CPtr ports;

static unsigned char clock_read(enum clock_register reg)
{
    port_write(ports, INDEX, reg);
    return port_read(ports, DATA);
}

static void clock_write(enum clock_register reg, unsigned char value)
{
    port_write(ports, INDEX, reg);
    port_write(ports, DATA, value);
}

/* Register C is read last, or an edge could come while the pin is masked and never be seen. */
static void show_interrupt(const struct line *line, const char *name, unsigned char kind,
                           unsigned count)
{
    unsigned char seen = 0xff;

    clock_read(REGISTER_C);
    clock_write(REGISTER_B, HOURS_24 | kind);
    for (unsigned i = 0; i < count; i++) {
        line_wait(line);
        line_acknowledge(line);
        seen &= clock_read(REGISTER_C);
    }
    clock_write(REGISTER_B, HOURS_24);
    clock_read(REGISTER_C);
    print("%s: %u times, register C has 0x%x\n", name, count, seen & (kind | REQUESTED));
}

void show_clock(void)
{
    struct line line;

    print("-- clock\n");
    ports = ports_take(INDEX, DATA);
    print("century %x, valid 0x%x\n", clock_read(CENTURY), clock_read(REGISTER_D));
    print("year from 24 to 99: %s\n", answer(clock_read(YEAR) >= 0x24));
    print("register B 0x%x\n", clock_read(REGISTER_B));
    line = line_of_pin(PIN, EDGE, VECTOR);
    clock_write(REGISTER_A, RATE_64_HZ);
    show_interrupt(&line, "periodic", PERIODIC, 8);
    clock_write(SECONDS_ALARM, ANY);
    clock_write(MINUTES_ALARM, ANY);
    clock_write(HOURS_ALARM, ANY);
    show_interrupt(&line, "alarm", ALARM, 1);
    show_interrupt(&line, "update ended", UPDATED, 1);
    line_delete(&line);
}
