/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl and IRQ handlers. Pin 5 of the first IOAPIC, line 5 of the PIC, has no device here
 * that interrupts.
 */
#include "check.h"
#include "pit.h"

#define PIN 5

static seL4_Error get(seL4_CPtr slot, seL4_Word ioapic, seL4_Word pin, seL4_Word level,
                      seL4_Word polarity, seL4_Word vector)
{
    return seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, ROOT, slot, DEPTH, ioapic, pin, level,
                                     polarity, vector);
}

#ifdef CONFIG_IRQ_PIC
static seL4_Error get_line(seL4_CPtr slot, seL4_Word line)
{
    return seL4_IRQControl_Get(seL4_CapIRQControl, line, ROOT, slot, DEPTH);
}
#endif

/* A handler of what never interrupts, by the controller that the kernel uses. */
static seL4_Error get_any(seL4_CPtr slot, seL4_Word vector)
{
#ifdef CONFIG_IRQ_PIC
    (void)vector;
    return get_line(slot, PIN);
#else
    return get(slot, 0, PIN, 0, 0, vector);
#endif
}

static void truncated(void)
{
    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_GetIOAPIC, CAPS(ROOT),
                     WORDS(1, DEPTH, 0, 0, 0, 0)));
    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_GetIOAPIC, NONE,
                     WORDS(1, DEPTH, 0, 0, 0, 0, 0)));
    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_Get, NONE, WORDS(1, 2)));
    say_error(invoke(seL4_CapIRQControl, Label_TCB_Suspend, NONE, NONE));
}

static void get_plain(void)
{
    say_error(seL4_IRQControl_Get(seL4_CapIRQControl, 3, ROOT, slot_new(), DEPTH));
    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_Get, CAPS(ROOT), WORDS(3, 1, DEPTH)));
}

static void get_errors(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(get(slot, 0, PIN, 0, 0, 108));
    say_error(get(slot, 0, PIN, 0, 0, ~(seL4_Word)0));
    say_error(get(slot, 1, PIN, 0, 0, 20));
    say_error(get(slot, 0, 24, 0, 0, 20));
    say_error(get(slot, 0, PIN, 2, 0, 20));
    say_error(get(slot, 0, PIN, 0, 2, 20));
    say_error(get(ROOT, 9, 99, 9, 9, 20));
    say_error(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, ROOT, slot, 0, 9, 99, 9, 9, 20));
}

static void get_and_again(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(get(slot, 0, PIN, 0, 0, 20));
    say_cap(slot);
    say_error(get(slot_new(), 0, PIN, 0, 0, 20));
    say_error(get(slot_new(), 9, 9, 9, 9, 20));
    must(delete_cap(slot), "Delete");
    say_error(get(slot, 0, PIN, 1, 1, 20));
    must(delete_cap(slot), "Delete");
}

static void get_msi(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(seL4_IRQControl_GetMSI(seL4_CapIRQControl, ROOT, slot, DEPTH, 256, 0, 0, 0, 21));
    say_error(seL4_IRQControl_GetMSI(seL4_CapIRQControl, ROOT, slot, DEPTH, 0, 32, 0, 0, 21));
    say_error(seL4_IRQControl_GetMSI(seL4_CapIRQControl, ROOT, slot, DEPTH, 0, 0, 8, 0, 21));
    say_error(seL4_IRQControl_GetMSI(seL4_CapIRQControl, ROOT, slot, DEPTH, 255, 31, 7, 0, 21));
    must(delete_cap(slot), "Delete");
}

static void handler(void)
{
    const seL4_CPtr slot = slot_new(), ntfn = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr reader = slot_new();

    must(get_any(slot, 22), "IRQControl");
    must(copy_cap(reader, ntfn, seL4_CanRead), "Copy");
    say_error(invoke(slot, Label_IRQHandler_SetNotification, NONE, NONE));
    say_error(seL4_IRQHandler_SetNotification(slot, ROOT));
    say_error(seL4_IRQHandler_SetNotification(slot, slot_new()));
    say_error(seL4_IRQHandler_SetNotification(slot, reader));
    say_error(seL4_IRQHandler_SetNotification(slot, ntfn));
    say_error(seL4_IRQHandler_SetNotification(slot, ntfn));
    say_error(seL4_IRQHandler_Ack(slot));
    say_error(seL4_IRQHandler_Clear(slot));
    say_error(seL4_IRQHandler_Clear(slot));
    say_error(invoke(slot, Label_TCB_Suspend, NONE, NONE));
    must(delete_cap(slot), "Delete");
}

static void copies(void)
{
    const seL4_CPtr slot = slot_new(), copy = slot_new();

    must(get_any(slot, 23), "IRQControl");
    say_error(copy_cap(copy, slot, seL4_AllRights));
    must(delete_cap(slot), "Delete");
    say_error(get_any(slot, 23));
    say_error(seL4_CNode_Revoke(ROOT, seL4_CapIRQControl, DEPTH));
    say_cap(copy);
    say_error(get_any(slot, 23));
    must(delete_cap(slot), "Delete");
}

#ifndef CONFIG_IRQ_PIC
static seL4_Error get_msi_vector(seL4_CPtr slot, seL4_Word bus, seL4_Word vector)
{
    return seL4_IRQControl_GetMSI(seL4_CapIRQControl, ROOT, slot, DEPTH, bus, 0, 0, 0, vector);
}

static void msi_errors(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_GetMSI, CAPS(ROOT),
                     WORDS(slot, DEPTH, 0, 0, 0, 0)));
    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_GetMSI, NONE,
                     WORDS(slot, DEPTH, 0, 0, 0, 0, 24)));
    say_error(get_msi_vector(slot, 256, 108));
    say_error(get_msi_vector(ROOT, 256, 24));
    must(get_msi_vector(slot, 0, 24), "GetMSI");
    say_error(get_msi_vector(ROOT, 256, 24));
    say_error(get(ROOT, 9, 9, 9, 9, 24));
    must(delete_cap(slot), "Delete");
}

#endif

/* --- the PIC --------------------------------------------------------------------------------- */

#ifdef CONFIG_IRQ_PIC
static void get_lines(void)
{
    static const seL4_Word lines[] = {16, 17, 255, 256, ~(seL4_Word)0};
    const seL4_CPtr slot = slot_new();

    for (unsigned i = 0; i < ARRAY_LENGTH(lines); i++)
        say_error(get_line(slot, lines[i]));
    say(";");
    for (seL4_Word line = 0; line < 16; line++) {
        say_error(get_line(slot, line));
        must(delete_cap(slot), "Delete");
    }
}

static void get_line_errors(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_Get, CAPS(ROOT), WORDS(99, slot)));
    say_error(invoke(seL4_CapIRQControl, Label_IRQControl_Get, NONE, WORDS(99, slot, DEPTH)));
    say_error(get_line(ROOT, 16));
    say_error(get_line(slot, PIN));
    say_cap(slot);
    say_error(get_line(ROOT, PIN));
    say_error(get_line(ROOT, 6));
    say_error(seL4_IRQControl_Get(seL4_CapIRQControl, 6, ROOT, slot_new(), 0));
    say_error(seL4_IRQControl_Get(seL4_CapIRQControl, 6, slot, slot_new(), DEPTH));
    must(delete_cap(slot), "Delete");
    say_error(get_line(slot, PIN));
    must(delete_cap(slot), "Delete");
}

static void say_poll(seL4_CPtr ntfn)
{
    seL4_Word badge;

    seL4_Poll(ntfn, &badge);
    say("%lu", badge);
}

static void say_wait(seL4_CPtr ntfn)
{
    seL4_Word badge;

    seL4_Wait(ntfn, &badge);
    say("%lu", badge);
}

static void start_and_see_end(const struct pit *pit)
{
    pit_start(pit, 1000);
    while (!pit_is_over(pit))
        ;
}

/* The line is masked from the interrupt to its Ack, and keeps what comes meanwhile. */
static void line_interrupts(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    struct pit pit;

    pit_create(&pit, cap_mint(ntfn, seL4_AllRights, 5));
    say_poll(ntfn);
    pit_start(&pit, 1000);
    say_wait(ntfn);
    start_and_see_end(&pit);
    say_poll(ntfn);
    must(seL4_IRQHandler_Ack(pit.irq), "Ack");
    say_wait(ntfn); /* QEMU may be later with the interrupt than with the timer's status */
    must(seL4_IRQHandler_Ack(pit.irq), "Ack");
    must(delete_cap(pit.irq), "Delete");
    start_and_see_end(&pit);
    say_poll(ntfn);
    must(delete_cap(pit.ports), "Delete");
}
#endif

static const struct check checks[] = {
    {"IRQ0001", "messages too short, a label that there is not", truncated},
    {"IRQ0002", "Get by the number of a line", get_plain},
    {"IRQ0003", "GetIOAPIC: vector, IOAPIC, pin, level, polarity out of range; the order",
     get_errors},
    {"IRQ0004", "GetIOAPIC twice with one vector, and after Delete", get_and_again},
    {"IRQ0005", "GetMSI: bus, device, function out of range", get_msi},
    {"IRQ0006", "SetNotification, Ack, Clear", handler},
    {"IRQ0007", "copies of a handler, and Revoke of IRQControl", copies},
#ifndef CONFIG_IRQ_PIC
    {"IRQ0008", "GetMSI: too short, vectors out of range and in use, full slot", msi_errors},
#else
    {"IRQ0009", "Get: lines that are not and all that are", get_lines},
    {"IRQ0010", "Get: too short, taken, a full slot, no slot; the order", get_line_errors},
    {"IRQ0011", "the timer's interrupt: while masked, after Ack, without handler", line_interrupts},
#endif
};

const struct check_table irq_checks = CHECK_TABLE(checks);
