/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A high precision event timer (IA-PC HPET specification 1.0a) as QEMU's pc machine has it: 64-bit
 * main counter at 100 MHz, three timers, all periodic-capable and 64-bit, each routable to IOAPIC
 * pin 2 only, legacy replacement routes, no front-side-bus delivery unless asked for.
 *
 * As on QEMU and unlike the specification, a comparator that lies behind the counter (as a signed
 * difference) when a timer is armed fires at once: a driver that was late loses no interrupt. A
 * timer whose interrupt is disabled does not set its status bit.
 */
#ifndef DEVICE_HPET_H
#define DEVICE_HPET_H

#include <device/bus.h>
#include <device/pit.h>

#define HPET_BASE      UINT64_C(0xfed00000)
#define HPET_SIZE      0x400
#define HPET_PERIOD_NS 10
#define HPET_TIMERS    3
/* Low half of the capabilities register; ACPI's HPET table repeats it. */
#define HPET_BLOCK_ID (0x8086a001u | (HPET_TIMERS - 1) << 8)

struct hpet;

struct hpet_options {
    struct pit *pit;     /* cut off from its pin while legacy replacement is on; or NULL */
    uint32_t route_mask; /* IOAPIC pins the timers can be routed to; QEMU pc: 1 << 2 */
    bool fsb_delivery;   /* timers can send messages; QEMU's default: false */
};

int hpet_create(struct bus *bus, struct hpet_options options, struct hpet **ret_hpet);

#endif
