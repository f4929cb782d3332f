/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for what: whether anything can wake a thread, and the report when nothing can. */
#ifndef MACHINE_WAITING_H
#define MACHINE_WAITING_H

#include <model/kernel.h>
#include <stdio.h>

/* Whether some thread would wake up if the interrupt of this vector came now. */
bool waiting_for_vector(struct kernel *k, unsigned vector);

/* One line per thread: its name, its state, what it waits for. */
void waiting_report(struct kernel *k, FILE *stream);

#endif
