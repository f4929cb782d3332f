/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether anything can wake a thread. */
#ifndef MACHINE_WAITING_H
#define MACHINE_WAITING_H

#include <model/kernel.h>

/* Whether some thread would wake up if the interrupt of this vector came now. */
bool waiting_for_vector(struct kernel *k, unsigned vector);

#endif
