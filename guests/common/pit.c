/* SPDX-License-Identifier: BSD-2-Clause */
#include "pit.h"

#define PORT_COUNTER 0x40
#define PORT_COMMAND 0x43

/* channel 0, low byte then high byte, mode 0: the output rises once, when the count is down */
#define COMMAND_ONE_SHOT 0x30
/* read-back: the status of channel 0, whose highest bit is the output */
#define COMMAND_STATUS 0xe2
#define STATUS_OUTPUT  0x80
#define HERTZ          1193182u

#define PIC_LINE   0 /* where PCs have the timer */
#define IOAPIC_PIN 2
#define VECTOR     7 /* any number below 108 that no other handler has */
#define EDGE       0
#define HIGH       0

static void out8(const struct pit *pit, seL4_Word port, seL4_Word byte)
{
    must(seL4_X86_IOPort_Out8(pit->ports, port, byte), "IOPort_Out8");
}

static void load_count(const struct pit *pit, seL4_Word count)
{
    out8(pit, PORT_COUNTER, count & 0xff);
    out8(pit, PORT_COUNTER, count >> 8);
}

bool pit_is_over(const struct pit *pit)
{
    seL4_X86_IOPort_In8_t status;

    out8(pit, PORT_COMMAND, COMMAND_STATUS);
    status = seL4_X86_IOPort_In8(pit->ports, PORT_COUNTER);
    must((seL4_Error)status.error, "IOPort_In8");
    return status.result & STATUS_OUTPUT;
}

/*
 * The firmware may have left the timer running. One shot of one count ends it: then the output is
 * high, and stays so until the next count is loaded.
 */
static void silence(const struct pit *pit)
{
    out8(pit, PORT_COMMAND, COMMAND_ONE_SHOT);
    load_count(pit, 1);
    while (!pit_is_over(pit))
        ;
}

static seL4_Error take_interrupt(seL4_CPtr slot)
{
#ifdef CONFIG_IRQ_PIC
    return seL4_IRQControl_Get(seL4_CapIRQControl, PIC_LINE, seL4_CapInitThreadCNode, slot,
                               seL4_WordBits);
#else
    return seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, slot,
                                     seL4_WordBits, 0, IOAPIC_PIN, EDGE, HIGH, VECTOR);
#endif
}

void pit_create(struct pit *pit, seL4_CPtr notification)
{
    pit->ports = slot_new();
    must(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, PORT_COUNTER, PORT_COMMAND,
                                      seL4_CapInitThreadCNode, pit->ports, seL4_WordBits),
         "IOPortControl_Issue");
    silence(pit);
    pit->irq = slot_new();
    must(take_interrupt(pit->irq), "IRQControl");
    must(seL4_IRQHandler_SetNotification(pit->irq, notification), "IRQHandler_SetNotification");
    /* what rose before there was a notification has left the vector masked */
    must(seL4_IRQHandler_Ack(pit->irq), "IRQHandler_Ack");
}

void pit_start(const struct pit *pit, unsigned microseconds)
{
    load_count(pit, (seL4_Word)HERTZ * microseconds / 1000000);
}
