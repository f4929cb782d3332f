/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is mapped in a VSpace, read from its tables; those that lead out of memory end there. `root`
 * lies in memory.
 */
#ifndef INSPECT_SPACE_H
#define INSPECT_SPACE_H

#include <model/kernel.h>

struct mapped_page {
    vaddr_t start;
    paddr_t paddr;
    uint8_t size_bits;
    enum vm_rights rights;
};

/* The page that covers `vaddr`, or the first one above. False: there is none. */
bool space_next_page(struct kernel *k, paddr_t root, vaddr_t vaddr, struct mapped_page *ret_page);

/* Whether the page at `vaddr` is the one at `paddr`. */
bool space_maps(struct kernel *k, paddr_t root, vaddr_t vaddr, paddr_t paddr);

/* Copies what is mapped at `vaddr`, in one page and in RAM. False: nothing is, or a device. */
bool space_read(struct kernel *k, paddr_t root, vaddr_t vaddr, void *ret_bytes, size_t size);

#endif
