/* SPDX-License-Identifier: BSD-2-Clause */
/* The educational PCI device of QEMU (its docs/specs/edu): registers and what a driver does. */
#ifndef GUEST_DMA_EDU_H
#define GUEST_DMA_EDU_H

#include <stdint.h>

enum edu_register {
    EDU_IDENTIFICATION = 0x00,
    EDU_LIVENESS = 0x04,
    EDU_FACTORIAL = 0x08,
    EDU_STATUS = 0x20,
    EDU_INTERRUPTS = 0x24,
    EDU_RAISE = 0x60,
    EDU_ACKNOWLEDGE = 0x64,
};

#define EDU_STATUS_COMPUTING   0x01
#define EDU_STATUS_INTERRUPT   0x80
#define EDU_INTERRUPT_TRANSFER 0x100

/* Shows the device's registers, a page of device memory, in the root task. */
void edu_open(uint64_t bar);

uint32_t edu_read(enum edu_register reg);
void edu_write(enum edu_register reg, uint32_t value);

/*
 * Starts a transfer of `count` bytes between the device's buffer (from its start on) and memory at
 * `address`, as the device sees it; at its end there is an interrupt if that is wanted.
 */
enum edu_direction { EDU_FROM_MEMORY, EDU_TO_MEMORY };
void edu_start(enum edu_direction direction, uint64_t address, unsigned count, int interrupts);
int edu_is_busy(void);

/* The same, and waits for the end. */
void edu_transfer(enum edu_direction direction, uint64_t address, unsigned count);

#endif
