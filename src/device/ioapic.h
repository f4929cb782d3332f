/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt path from lines and messages to a vector: one 24-pin IOAPIC (82093AA) and as much
 * of the local APIC as its other side needs. The guest never sees its registers: seL4's kernel owns
 * them, so the machine sets the pins from struct kernel's irqs.
 *
 * Vectors here are user vectors, 0..107. IOAPIC_VECTOR_OFFSET is the one place that knows how they
 * become vectors of the CPU, as messages carry them.
 *
 * Polarity is not modelled: bus_set_irq(true) means asserted (as on QEMU, where drivers that
 * configure the wrong polarity work too).
 */
#ifndef DEVICE_IOAPIC_H
#define DEVICE_IOAPIC_H

#include <device/bus.h>

#define IOAPIC_BASE          UINT64_C(0xfec00000)
#define IOAPIC_PINS          24
#define IOAPIC_VECTORS       109 /* the last one is for the messages of the IOMMU */
#define IOAPIC_VECTOR_OFFSET 0x30
#define LOCAL_APIC_BASE      UINT64_C(0xfee00000)

struct ioapic;

/* A redirection entry. The zero value: not in use. */
struct ioapic_pin {
    bool mapped;
    uint8_t vector; /* user vector */
    bool masked;
    bool level_triggered;
};

struct ioapic *ioapic_create(void); /* NULL: no memory */
void ioapic_destroy(struct ioapic *ioapic);

/* For bus_set_irq_sink(). */
struct irq_sink ioapic_sink(struct ioapic *ioapic);

/*
 * Programs a pin; the machine calls this for every pin whose entry may have changed. Unmasking a
 * level-triggered pin whose line is asserted delivers it (again). An edge that came while a mapped
 * pin was masked is delivered at its unmasking if the line is still asserted then; hardware would
 * lose it. A pin that gets another vector or trigger mode forgets what it held.
 */
void ioapic_set_pin(struct ioapic *ioapic, unsigned pin, struct ioapic_pin entry);

/*
 * Takes the highest pending vector, or -1. The kernel ends each interrupt (EOI) before it returns
 * to user level, after masking the pin: so the call also ends what the previous call took. Call
 * it only with the kernel's masks of that interrupt programmed.
 */
int ioapic_pending(struct ioapic *ioapic);
/* Whether ioapic_pending() would return a vector; takes and ends nothing. */
bool ioapic_has_pending(const struct ioapic *ioapic);

#endif
