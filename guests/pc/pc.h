/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of this guest share: interrupts, ports, registers in device memory. */
#ifndef GUEST_PC_H
#define GUEST_PC_H

#include "guest.h"

/* An interrupt and the notification that it signals. */
struct line {
    seL4_CPtr irq, notification;
};

enum trigger { EDGE = 0, LEVEL = 1 };

/* Vectors of user level: what the CPU sees is 0x30 more. */
struct line line_of_pin(unsigned pin, enum trigger trigger, seL4_Word vector);
struct line line_of_message(seL4_Word vector);
void line_delete(struct line *line);

/* Waits for the interrupt, without acknowledging it. */
void line_wait(const struct line *line);
void line_acknowledge(const struct line *line);
/* Whether it has come since it was last waited for. */
bool line_has_come(const struct line *line);

seL4_CPtr ports_take(seL4_Word first, seL4_Word last);
unsigned char port_read(seL4_CPtr ports, seL4_Word port);
void port_write(seL4_CPtr ports, seL4_Word port, seL4_Word byte);

/* Maps the page of device memory at `paddr`; pages of one untyped only in ascending order. */
volatile void *device_map(seL4_Word paddr);

/* "yes" or "no". */
const char *answer(bool holds);

/* Lets time pass: so many ticks of the HPET, which show_hpet() has started. */
void spin(seL4_Uint64 ticks);
#define MILLISECOND 100000u

void show_tables(void);
void show_hpet(void);
void show_clock(void);
void show_com2(void);

#endif
