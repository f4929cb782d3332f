/* SPDX-License-Identifier: BSD-2-Clause */
/* A PC's high precision event timer, driven from user level: its counter and its first timer. */
#ifndef GUEST_HPET_H
#define GUEST_HPET_H

#include "pit.h"

struct hpet {
    volatile uint64_t *registers;
    struct pit pit; /* silent: it shares the IOAPIC pin, and so the interrupt */
};

/* Takes the timer; its interrupts signal `notification`. */
void hpet_create(struct hpet *hpet, seL4_CPtr notification);

/* Ticks of 10 ns or so. */
uint64_t hpet_now(const struct hpet *hpet);

/* How many of them in a second. */
uint64_t hpet_frequency(const struct hpet *hpet);

/* One interrupt when the counter has come to `time`. False: it has passed that already. */
bool hpet_set(const struct hpet *hpet, uint64_t time);

void hpet_acknowledge(const struct hpet *hpet);

#endif
