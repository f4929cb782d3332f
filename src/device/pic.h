/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pair of 8259A interrupt controllers, as far as anybody meets them on a machine whose kernel
 * uses the IOAPIC: initialisation and operation words are accepted and read back; no line is wired
 * to them, so they request nothing.
 */
#ifndef DEVICE_PIC_H
#define DEVICE_PIC_H

#include <device/bus.h>

int pic_create(struct bus *bus);

#endif
