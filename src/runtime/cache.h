/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VSpace processes and carriers as a cache of the kernel's VSpaces and TCBs. The kernel knows
 * nothing of them: an entry is valid as long as the kernel still has the object with that serial
 * number at that address.
 */
#ifndef RUNTIME_CACHE_H
#define RUNTIME_CACHE_H

#include <runtime/carrier.h>

/* The carrier of `tcb` in the process of the VSpace `root`; both are made if needed. */
struct runtime_carrier *cache_carrier(const struct carrier_page *page, struct tcb *tcb,
                                      paddr_t root);

/* Whether there is one already, on the calling thread. */
bool cache_is_here(const struct carrier_page *page, const struct tcb *tcb, paddr_t root);

/* From now on each carrier has a thread of its own, on which debuggers find its TCB. */
void cache_separate(const struct carrier_page *page);

/* Ends carriers and processes whose objects have died since the last call; not the caller's
 * process.
 */
void cache_reap(const struct carrier_page *page);

#endif
