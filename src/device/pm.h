/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI power management registers (ACPI 1.0b, chapter 4.7) at port 0x600 as the FADT announces
 * them: PM1 event and control blocks, the 24-bit timer at 3.579545 MHz. Writing a sleep type with
 * SLP_EN is how a guest switches the machine off.
 */
#ifndef DEVICE_PM_H
#define DEVICE_PM_H

#include <device/bus.h>

#define PM_EVENT_PORT   0x600
#define PM_CONTROL_PORT 0x604
#define PM_TIMER_PORT   0x608
#define PM_SLEEP_OFF    0 /* SLP_TYP of S5 */

/* power_off: called when the guest enters S5; it may only take a note. */
int pm_create(struct bus *bus, void (*power_off)(void *context), void *context);

#endif
