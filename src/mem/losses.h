/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of VSpaces with lost mappings (kernel->changed_vspaces), linked through their roots.
 * A VSpace is in it while is_changed; the seat takes it out with vspace_next_losses().
 */
#ifndef MEM_LOSSES_H
#define MEM_LOSSES_H

#include <model/kernel.h>

/* Takes a VSpace that ends out of the queue: its process ends, nobody need edit it. */
void losses_forget(struct kernel *k, paddr_t vspace);

#endif
