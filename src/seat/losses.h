/* SPDX-License-Identifier: BSD-2-Clause */
/* What a seat has to unmap of what a VSpace has lost (kernel_take_losses()). */
#ifndef SEAT_LOSSES_H
#define SEAT_LOSSES_H

#include <model/translation.h>

/*
 * The next range of the losses, neighbours together: one after the other of
 *     for (uint32_t at = 0; seat_next_loss(&losses, &at, &start, &end);)
 * False: that was the last.
 */
bool seat_next_loss(const struct vspace_losses *losses, uint32_t *at, vaddr_t *ret_start,
                    vaddr_t *ret_end);

#endif
