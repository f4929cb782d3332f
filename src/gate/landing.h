/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts a process that has nothing but a runtime region (runtime/landing.h): the first of a guest
 * in the in-place seat.
 */
#ifndef GATE_LANDING_H
#define GATE_LANDING_H

#include <gate/region.h>

/*
 * Forks a child that lands at `base` and serves struct runtime_vspace number `vspace`, whose
 * `asked` is 1; ps shows it by that name. The caller waits until its `done` is 1 as well, or the
 * child ends: with an errno value (below LANDING_FAILED_STATUS), or LANDING_FAILED_STATUS + number
 * of the part that Linux refused. The child dies with this thread.
 */
int landing_start(vaddr_t base, const struct region_contents *contents, uint32_t vspace,
                  const char *name, int *ret_pid);

#endif
