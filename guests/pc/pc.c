/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of a PC from user level, as libraries use them: ACPI tables, the HPET by pin and by
 * message, the clock, a second serial port. What drivers must know of the kernel's way with pins
 * and messages comes with it.
 */
#include "pc.h"

#include "pit.h"
#include "vspace.h"

#define DEVICE_PAGES   0x30000000
#define PIT_INTERRUPTS 3

/* With a badge, or Poll could not tell a signal from none. */
static struct line connect(struct line line)
{
    must(seL4_IRQHandler_SetNotification(line.irq, cap_mint(line.notification, seL4_AllRights, 1)),
         "IRQHandler_SetNotification");
    return line;
}

struct line line_of_pin(unsigned pin, enum trigger trigger, seL4_Word vector)
{
    struct line line = {slot_new(), object_new(seL4_NotificationObject, 0)};

    must(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, line.irq,
                                   seL4_WordBits, 0, pin, trigger, 0, vector),
         "IRQControl_GetIOAPIC");
    return connect(line);
}

struct line line_of_message(seL4_Word vector)
{
    struct line line = {slot_new(), object_new(seL4_NotificationObject, 0)};

    must(seL4_IRQControl_GetMSI(seL4_CapIRQControl, seL4_CapInitThreadCNode, line.irq,
                                seL4_WordBits, 0, 0, 0, 0, vector),
         "IRQControl_GetMSI");
    return connect(line);
}

void line_delete(struct line *line)
{
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, line->irq, seL4_WordBits), "CNode_Delete");
}

void line_wait(const struct line *line)
{
    seL4_Wait(line->notification, NULL);
}

void line_acknowledge(const struct line *line)
{
    must(seL4_IRQHandler_Ack(line->irq), "IRQHandler_Ack");
}

bool line_has_come(const struct line *line)
{
    seL4_Word badge = 0;

    seL4_Poll(line->notification, &badge);
    return badge != 0;
}

seL4_CPtr ports_take(seL4_Word first, seL4_Word last)
{
    const seL4_CPtr ports = slot_new();

    must(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, first, last, seL4_CapInitThreadCNode,
                                      ports, seL4_WordBits),
         "IOPortControl_Issue");
    return ports;
}

unsigned char port_read(seL4_CPtr ports, seL4_Word port)
{
    const seL4_X86_IOPort_In8_t in = seL4_X86_IOPort_In8(ports, (seL4_Uint16)port);

    must((seL4_Error)in.error, "IOPort_In8");
    return (unsigned char)in.result;
}

void port_write(seL4_CPtr ports, seL4_Word port, seL4_Word byte)
{
    must(seL4_X86_IOPort_Out8(ports, port, byte), "IOPort_Out8");
}

/* The device untyped that holds `paddr`, and where it begins. */
static seL4_CPtr find_untyped(seL4_Word paddr, seL4_Word *ret_start)
{
    for (seL4_Word i = 0; i < slot_count(guest_boot_info->untyped); i++) {
        const seL4_UntypedDesc *untyped = &guest_boot_info->untypedList[i];

        if (untyped->isDevice && paddr - untyped->paddr < (seL4_Word)1 << untyped->sizeBits) {
            *ret_start = untyped->paddr;
            return guest_boot_info->untyped.start + i;
        }
    }
    must(seL4_FailedLookup, "no untyped memory for a device");
    *ret_start = paddr;
    return seL4_CapNull;
}

volatile void *device_map(seL4_Word paddr)
{
    static seL4_Word vaddr = DEVICE_PAGES, last_untyped, next_page;
    seL4_Word page = paddr / PAGE_SIZE * PAGE_SIZE, start;
    const seL4_CPtr untyped = find_untyped(paddr, &start);
    seL4_CPtr frame;

    if (untyped != last_untyped)
        next_page = start;
    last_untyped = untyped;
    if (page + PAGE_SIZE == next_page) /* the page of the last call */
        return (volatile char *)vaddr - PAGE_SIZE + paddr % PAGE_SIZE;
    do {
        frame = slot_new();
        must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, seL4_CapInitThreadCNode, 0, 0, frame, 1),
             "Untyped_Retype of device memory");
        next_page += PAGE_SIZE;
    } while (next_page <= page);
    vspace_map(&root_vspace, frame, vaddr, seL4_ReadWrite);
    vaddr += PAGE_SIZE;
    return (volatile char *)vaddr - PAGE_SIZE + paddr % PAGE_SIZE;
}

const char *answer(bool holds)
{
    return holds ? "yes" : "no";
}

static void show_pit(void)
{
    const seL4_CPtr notification = object_new(seL4_NotificationObject, 0);
    struct pit pit;

    print("-- PIT\n");
    pit_create(&pit, notification);
    for (unsigned i = 0; i < PIT_INTERRUPTS; i++) {
        pit_start(&pit, 1000);
        seL4_Wait(notification, NULL);
        must(seL4_IRQHandler_Ack(pit.irq), "IRQHandler_Ack");
    }
    print("%u interrupts\n", PIT_INTERRUPTS);
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, pit.irq, seL4_WordBits), "CNode_Delete");
}

void guest_main(void)
{
    show_tables();
    show_pit();
    show_hpet();
    show_clock();
    show_com2();
    print("done\n");
}
