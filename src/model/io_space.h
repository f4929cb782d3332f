/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of an IOMMU as VT-d hardware reads them (Intel, "Virtualization Technology for
 * Directed I/O", chapter 9: root, context and second-level paging entries), and what the kernel
 * keeps of the unit itself. A device is named by its requester: bus << 8 | device << 3 | function.
 */
#ifndef MODEL_IO_SPACE_H
#define MODEL_IO_SPACE_H

#include <base/types.h>

#define IO_TABLE_INDEX_BITS 9
#define IO_BUSES            256
#define IO_CONTEXTS         256 /* of a bus: one per device and function */

enum io_entry_bits {
    IO_ENTRY_READ = 1 << 0,
    IO_ENTRY_WRITE = 1 << 1,
    IO_ROOT_PRESENT = 1 << 0,
    IO_CONTEXT_PRESENT = 1 << 0,
};
#define IO_ENTRY_ADDRESS        (~UINT64_C(0xfff))
#define IO_CONTEXT_DOMAIN_SHIFT 8 /* of the high word, above the address width */

/* One per bus in the root table: `low` leads to a table of contexts. */
struct io_root {
    uint64_t low, high;
};

/* One per device: `low` leads to the first of its page tables. */
struct io_context {
    uint64_t low, high;
};

/*
 * Why an access of a device is refused: the reason codes of VT-d's fault records, and one that no
 * hardware has: what lies there is the kernel's (mem/open_pages.h).
 */
enum dma_fault_reason {
    DMA_ALLOWED = 0,
    DMA_NO_CONTEXT = 2,
    DMA_BEYOND_WIDTH = 4,
    DMA_NO_WRITE = 5,
    DMA_NO_READ = 6,
    DMA_BAD_TABLE = 7,
    DMA_CLOSED = 256,
};

/* One access of a device, as far as a page goes. */
struct dma_access {
    uint16_t requester;
    uint64_t address;
    bool is_write;
};

struct dma_translation {
    enum dma_fault_reason reason;
    paddr_t paddr; /* if that is DMA_ALLOWED or DMA_CLOSED */
};

/* The unit's fault record: it has one, and drops what comes while that waits to be read. */
struct dma_fault {
    struct dma_access access; /* address: of the page */
    enum dma_fault_reason reason;
};

struct io_mmu {
    paddr_t root_table; /* 0: the kernel drives no IOMMU, devices use physical addresses */
    unsigned levels;    /* of page tables */
    bool fault_pending;
    struct dma_fault fault;
};

#endif
