/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver for the receiving side of the serial port, and a program that waits for keys: it sleeps
 * until one is pressed. Some keys show how a guest can end, or not end, by itself.
 */
#include "guest.h"

#define PORT_FIRST 0x3f8u
#define PORT_LAST  0x3ffu

enum serial_register {
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
};

#define ENABLE_RECEIVED   0x01
#define EIGHT_BITS        0x03 /* and the divisor latch closed */
#define MODEM_INTERRUPTS  0x0b /* DTR, RTS, and OUT2: on a PC it lets the interrupt out */
#define STATUS_DATA_READY 0x01

#define IOAPIC_PIN 4
#define VECTOR     8
#define EDGE       0
#define HIGH       0

#define NOWHERE 0x7000000000 /* no guest maps anything there */

static seL4_CPtr ports, irq, received;

static void serial_write(enum serial_register reg, seL4_Word byte)
{
    must(seL4_X86_IOPort_Out8(ports, PORT_FIRST + reg, byte), "IOPort_Out8");
}

static unsigned char serial_read(enum serial_register reg)
{
    const seL4_X86_IOPort_In8_t in = seL4_X86_IOPort_In8(ports, (seL4_Uint16)(PORT_FIRST + reg));

    must((seL4_Error)in.error, "IOPort_In8");
    return (unsigned char)in.result;
}

static void serial_create(void)
{
    ports = slot_new();
    must(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, PORT_FIRST, PORT_LAST,
                                      seL4_CapInitThreadCNode, ports, seL4_WordBits),
         "IOPortControl_Issue");
    received = object_new(seL4_NotificationObject, 0);
    irq = slot_new();
    must(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, irq, seL4_WordBits,
                                   0, IOAPIC_PIN, EDGE, HIGH, VECTOR),
         "IRQControl_GetIOAPIC");
    must(seL4_IRQHandler_SetNotification(irq, received), "IRQHandler_SetNotification");
    serial_write(LINE_CONTROL, EIGHT_BITS);
    serial_write(MODEM_CONTROL, MODEM_INTERRUPTS);
    serial_write(INTERRUPT_ENABLE, ENABLE_RECEIVED);
}

/* Sleeps until there is a key. */
static unsigned char key_wait(void)
{
    while (!(serial_read(LINE_STATUS) & STATUS_DATA_READY)) {
        seL4_Wait(received, NULL);
        must(seL4_IRQHandler_Ack(irq), "IRQHandler_Ack");
    }
    return serial_read(DATA);
}

static void be_busy(void)
{
    print("busy\n");
    for (const char *text = "half a line"; *text; text++)
        serial_write(DATA, (seL4_Word)*text);
    for (;;)
        __asm__ volatile("");
}

static void jump_to_nowhere(void)
{
    void (*volatile nowhere)(void) = (void (*)(void))NOWHERE;

    nowhere();
}

static void write_to_nowhere(void)
{
    *(volatile int *)NOWHERE = 1;
}

static void divide_by_zero(void)
{
    volatile int zero = 0;

    zero = 100 / zero;
}

static const struct command {
    unsigned char key;
    const char *what;
    void (*run)(void);
} commands[] = {
    {'b', "busy for ever", be_busy},
    {'j', "jump to nowhere", jump_to_nowhere},
    {'w', "write to nowhere", write_to_nowhere},
    {'d', "divide by zero", divide_by_zero},
    {'q', "end", guest_end},
};

/* A function of its own, where a debugger sees its argument. */
static __attribute__((noinline)) void obey(unsigned char key)
{
    print("key 0x%02x\n", key);
    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++)
        if (commands[i].key == key)
            commands[i].run();
}

void guest_main(void)
{
    serial_create();
    for (unsigned i = 0; i < ARRAY_LENGTH(commands); i++)
        print("%c: %s\n", commands[i].key, commands[i].what);
    print("press keys\n");
    for (;;)
        obey(key_wait());
}
