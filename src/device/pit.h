/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An 8254 interval timer (Intel data sheet 231164) at ports 0x40-0x43, all six modes, and the
 * bits of port 0x61 that belong to it: gate and output of channel 2. Channel 0 drives GSI 2.
 * A channel does nothing until a count has been loaded.
 */
#ifndef DEVICE_PIT_H
#define DEVICE_PIT_H

#include <device/bus.h>

#define PIT_PORT         0x40
#define PIT_CONTROL_PORT 0x61
#define PIT_GSI          2
#define PIT_HZ           UINT64_C(1193182)

struct pit;

int pit_create(struct bus *bus, struct pit **ret_pit);

/* Disconnects channel 0 from its pin while somebody else drives it (HPET legacy replacement). */
void pit_set_irq_connected(struct pit *pit, bool connected, nanoseconds_t now);

#endif
