/* SPDX-License-Identifier: BSD-2-Clause */
/* What is mapped in a VSpace, read from its tables; those that lead out of memory end there. */
#ifndef INSPECT_SPACE_H
#define INSPECT_SPACE_H

#include <inspect/inspection.h>

struct mapped_page {
    vaddr_t start;
    paddr_t paddr;
    uint8_t size_bits;
    enum vm_rights rights;
};

/* The page that covers `vaddr`, or the first one above. False: there is none. */
bool space_next_page(const struct inspection *inspection, paddr_t root, vaddr_t vaddr,
                     struct mapped_page *ret_page);

/* Whether the page at `vaddr` is the one at `paddr`. */
bool space_maps(const struct inspection *inspection, paddr_t root, vaddr_t vaddr, paddr_t paddr);

#endif
