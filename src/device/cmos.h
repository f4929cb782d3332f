/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MC146818 real-time clock and its RAM (Motorola data sheet) at ports 0x70, 0x71: time in BCD
 * or binary, 12 or 24 hours; periodic, alarm and update-ended interrupts on GSI 8. The clock runs
 * with the machine's time from the epoch it was given.
 */
#ifndef DEVICE_CMOS_H
#define DEVICE_CMOS_H

#include <device/bus.h>

#define CMOS_PORT    0x70
#define CMOS_GSI     8
#define CMOS_CENTURY 0x32 /* register; ACPI's FADT names it */

struct cmos;

/* epoch: seconds since 1970-01-01 00:00 (UTC) at time 0 of the machine. */
int cmos_create(struct bus *bus, int64_t epoch, struct cmos **ret_cmos);

/* Sets a byte of the RAM, as firmware would. reg: 0x0e..0x7f. */
void cmos_set_ram(struct cmos *cmos, unsigned reg, uint8_t value);

#endif
