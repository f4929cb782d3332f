/* SPDX-License-Identifier: BSD-2-Clause */
/* What one fault maps: an edit costs as much for many pages as for one. */
#ifndef SEAT_RUNS_H
#define SEAT_RUNS_H

#include <kernel/kernel_api.h>
#include <seat/mapped.h>

/*
 * The pages around `vaddr`, within 2 MiB, that one mapping can cover: all as the guest's page
 * tables have them, backed by memory, and not mapped yet. vaddr's own page, which is backed, is
 * among them even if it is mapped. False: the page tables have nothing there.
 */
bool seat_run_around(struct kernel *k, paddr_t root, const struct mapped *mapped, vaddr_t vaddr,
                     bool (*is_backed)(void *context, paddr_t paddr), void *context,
                     struct translation_run *ret_run);

#endif
