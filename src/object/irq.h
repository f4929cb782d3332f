/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors of struct kernel as IRQControl and the IRQ handlers share them. */
#ifndef OBJECT_IRQ_H
#define OBJECT_IRQ_H

#include <model/kernel.h>

/* The interrupt of a vector came: signals its notification, if it has one, and masks a pin's. */
void irq_deliver(struct kernel *k, unsigned core, unsigned vector);

void irq_set_masked(struct kernel *k, unsigned vector, bool masked);

/* The slot of the notification capability that the vector signals. */
struct slot *irq_slot(struct kernel *k, unsigned vector);

#endif
