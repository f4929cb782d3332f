/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/ioapic.h>

#include <base/bits.h>
#include <host/host.h>
#include <stdlib.h>

#define NO_VECTOR (-1)

struct pin_state {
    struct ioapic_pin entry;
    bool asserted;
    bool in_service; /* remote IRR: a level-triggered interrupt was accepted and has not ended */
    bool held;       /* an edge came while masked, and the line has stayed asserted since */
};

struct ioapic {
    struct pin_state pins[IOAPIC_PINS];
    uint64_t requested[(IOAPIC_VECTORS + 63) / 64]; /* the local APIC's IRR */
    int taken; /* vector that ioapic_pending() returned last and that has not ended */
};

struct ioapic *ioapic_create(void)
{
    struct ioapic *ioapic = host_allocate(1, sizeof(*ioapic));

    if (ioapic)
        ioapic->taken = NO_VECTOR;
    return ioapic;
}

void ioapic_destroy(struct ioapic *ioapic)
{
    free(ioapic);
}

static void request(struct ioapic *ioapic, unsigned vector)
{
    if (vector < IOAPIC_VECTORS)
        ioapic->requested[vector / 64] |= bit(vector % 64);
}

/* Delivers a level-triggered pin if it may be delivered. */
static void service_level(struct ioapic *ioapic, struct pin_state *pin)
{
    if (!pin->entry.mapped || pin->entry.masked || !pin->asserted || pin->in_service)
        return;
    pin->in_service = true;
    request(ioapic, pin->entry.vector);
}

static void service_edge(struct ioapic *ioapic, struct pin_state *pin)
{
    if (!pin->entry.mapped)
        return;
    if (pin->entry.masked)
        pin->held = true;
    else
        request(ioapic, pin->entry.vector);
}

static void set_line(void *context, unsigned gsi, bool level)
{
    struct ioapic *ioapic = context;
    struct pin_state *pin;

    if (gsi >= IOAPIC_PINS)
        return;
    pin = &ioapic->pins[gsi];
    pin->asserted = level;
    if (!level)
        pin->held = false;
    else if (pin->entry.level_triggered)
        service_level(ioapic, pin);
    else
        service_edge(ioapic, pin);
}

enum { /* a message's data: Intel SDM volume 3, "Message Signalled Interrupts" */
       MESSAGE_VECTOR = 0xff,
       MESSAGE_MODE_SHIFT = 8,
       MESSAGE_MODE = 7,
       MODE_FIXED = 0,
       MODE_LOWEST_PRIORITY = 1,
};

static void send_message(void *context, uint64_t address, uint32_t data)
{
    struct ioapic *ioapic = context;
    unsigned mode = data >> MESSAGE_MODE_SHIFT & MESSAGE_MODE, vector = data & MESSAGE_VECTOR;

    if (address >> 20 != LOCAL_APIC_BASE >> 20 || vector < IOAPIC_VECTOR_OFFSET)
        return;
    if (mode == MODE_FIXED || mode == MODE_LOWEST_PRIORITY)
        request(ioapic, vector - IOAPIC_VECTOR_OFFSET);
}

struct irq_sink ioapic_sink(struct ioapic *ioapic)
{
    return (struct irq_sink){.context = ioapic, .set_line = set_line, .message = send_message};
}

void ioapic_set_pin(struct ioapic *ioapic, unsigned index, struct ioapic_pin entry)
{
    struct pin_state *pin;
    bool same;

    if (index >= IOAPIC_PINS)
        return;
    pin = &ioapic->pins[index];
    same = pin->entry.mapped == entry.mapped && pin->entry.vector == entry.vector &&
           pin->entry.level_triggered == entry.level_triggered;
    if (!same)
        pin->in_service = pin->held = false;
    pin->entry = entry;
    if (entry.level_triggered) {
        service_level(ioapic, pin);
    } else if (pin->held && !entry.masked) {
        pin->held = false;
        service_edge(ioapic, pin);
    }
}

static void end_interrupt(struct ioapic *ioapic)
{
    if (ioapic->taken == NO_VECTOR)
        return;
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        struct pin_state *pin = &ioapic->pins[i];

        if (!pin->in_service || pin->entry.vector != ioapic->taken)
            continue;
        pin->in_service = false;
        service_level(ioapic, pin);
    }
    ioapic->taken = NO_VECTOR;
}

int ioapic_pending(struct ioapic *ioapic)
{
    end_interrupt(ioapic);
    for (size_t i = ARRAY_LENGTH(ioapic->requested); i-- > 0;) {
        unsigned index;

        if (!ioapic->requested[i])
            continue;
        index = highest_bit(ioapic->requested[i]);
        ioapic->requested[i] &= ~bit(index);
        ioapic->taken = (int)(64 * i + index);
        return ioapic->taken;
    }
    return NO_VECTOR;
}

bool ioapic_has_pending(const struct ioapic *ioapic)
{
    for (size_t i = 0; i < ARRAY_LENGTH(ioapic->requested); i++) {
        if (ioapic->requested[i])
            return true;
    }
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        const struct pin_state *pin = &ioapic->pins[i];

        if (pin->in_service && pin->entry.vector == ioapic->taken && pin->asserted &&
            !pin->entry.masked)
            return true;
    }
    return false;
}
