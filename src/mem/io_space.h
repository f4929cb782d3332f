/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The I/O address spaces of devices: VT-d's tables in guest physical memory. What a walk finds
 * there is the truth for every access that a device makes. Manual, "I/O Pages".
 */
#ifndef MEM_IO_SPACE_H
#define MEM_IO_SPACE_H

#include <model/kernel.h>

/* The context entry of a device; the kernel must drive an IOMMU. */
struct io_context *io_context_of(struct kernel *k, unsigned requester);

static inline bool io_context_is_present(const struct io_context *context)
{
    return context->low & IO_CONTEXT_PRESENT;
}

/* The device's first page table; 0, which is none, if the context is not present. */
static inline paddr_t io_context_table(const struct io_context *context)
{
    return context->low & IO_ENTRY_ADDRESS;
}

struct io_context io_context_make(const struct io_mmu *io, unsigned domain, paddr_t table);

/* Where a walk ended. */
struct io_walk {
    uint64_t *entry; /* NULL: there is no first table, or an entry leads to what can be none */
    unsigned below;  /* levels that it has not gone down; 0: it has gone as deep as it was to */
};

/*
 * Follows the tables of a context for `address`, `depth` levels down from the first: to an
 * entry that may not be written through, which is how the kernel knows empty ones, or to the end.
 */
struct io_walk io_walk_entry(struct kernel *k, const struct io_context *context, uint64_t address,
                             unsigned depth);

/* The entry of an I/O page, or of nothing as yet: all levels down. */
struct io_walk io_walk_leaf(struct kernel *k, const struct io_context *context, uint64_t address);

/*
 * What the hardware does with an access of a device: without an IOMMU the address is physical.
 * Other than with hardware it does not reach what is the kernel's.
 */
struct dma_translation io_translate(struct kernel *k, struct dma_access access);

#endif
