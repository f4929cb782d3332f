/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages of RAM that others than the kernel may write: those of frames and of I/O page tables,
 * from when they are made until their memory is cleared. Devices reach no others, and the kernel
 * takes no others for I/O page tables, whatever I/O page tables say: an entry outlives what it led
 * to, and a table that a device can write holds anything. The real kernel trusts them there; so it
 * does devices that no IOMMU holds back.
 * What is open is a map of bits (model/page_map.h). Memory that was never used and kernel objects
 * are the same: closed.
 */
#ifndef MEM_OPEN_PAGES_H
#define MEM_OPEN_PAGES_H

#include <model/kernel.h>

/* The pages that [base, base + size) is part of; all of it must be RAM. */
void open_pages_add(struct kernel *k, paddr_t base, uint64_t size);
void open_pages_remove(struct kernel *k, paddr_t base, uint64_t size);

/* Whether `paddr` is RAM and open. */
bool open_pages_contain(const struct kernel *k, paddr_t paddr);

#endif
