/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/io_space.h>

#include <base/assert.h>
#include <base/bits.h>
#include <mem/open_pages.h>

struct io_context *io_context_of(struct kernel *k, unsigned requester)
{
    ASSERT(k->io_mmu.root_table && requester < IO_BUSES * IO_CONTEXTS);
    const struct io_root *roots = kernel_memory(k, k->io_mmu.root_table);
    struct io_context *contexts =
        kernel_memory(k, roots[requester / IO_CONTEXTS].low & IO_ENTRY_ADDRESS);
    return &contexts[requester % IO_CONTEXTS];
}

struct io_context io_context_make(const struct io_mmu *io, unsigned domain, paddr_t table)
{
    return (struct io_context){
        .low = table | IO_CONTEXT_PRESENT,
        .high = (uint64_t)domain << IO_CONTEXT_DOMAIN_SHIFT | (io->levels - 2),
    };
}

/* Bits of address that an entry spans, `level` levels below the first table. */
static unsigned entry_bits(const struct io_mmu *io, unsigned level)
{
    return PAGE_BITS + IO_TABLE_INDEX_BITS * (io->levels - 1 - level);
}

/* Tables that guests or devices can write change at any time: each entry is read once. */
static uint64_t entry_read(const uint64_t *entry)
{
    return *(const volatile uint64_t *)entry;
}

static uint64_t *table_entry(struct kernel *k, paddr_t table, uint64_t address, unsigned level)
{
    uint64_t *entries = kernel_memory(k, table);
    return &entries[address >> entry_bits(&k->io_mmu, level) & mask(IO_TABLE_INDEX_BITS)];
}

struct io_walk io_walk_entry(struct kernel *k, const struct io_context *context, uint64_t address,
                             unsigned depth)
{
    paddr_t table = io_context_table(context);
    for (unsigned level = 0; open_pages_contain(k, table); level++) {
        uint64_t *entry = table_entry(k, table, address, level);
        uint64_t value = entry_read(entry);
        if (level == depth || !(value & IO_ENTRY_WRITE))
            return (struct io_walk){.entry = entry, .below = depth - level};
        table = value & IO_ENTRY_ADDRESS;
    }
    return (struct io_walk){.entry = NULL};
}

struct io_walk io_walk_leaf(struct kernel *k, const struct io_context *context, uint64_t address)
{
    return io_walk_entry(k, context, address, k->io_mmu.levels - 1);
}

/* RAM that is not open is nobody's but the kernel's; what is no RAM is the bus's. */
static struct dma_translation arrive(const struct kernel *k, paddr_t paddr)
{
    bool is_closed = kernel_is_backed(k, paddr) && !open_pages_contain(k, paddr);
    return (struct dma_translation){.reason = is_closed ? DMA_CLOSED : DMA_ALLOWED, .paddr = paddr};
}

/* The hardware's walk: each level must give the right that is asked for. */
static struct dma_translation walk(struct kernel *k, const struct io_context *context,
                                   struct dma_access access)
{
    const uint64_t right = access.is_write ? IO_ENTRY_WRITE : IO_ENTRY_READ;
    paddr_t at = io_context_table(context);
    for (unsigned level = 0; level < k->io_mmu.levels; level++) {
        if (!open_pages_contain(k, at))
            return (struct dma_translation){.reason = DMA_BAD_TABLE};
        uint64_t entry = entry_read(table_entry(k, at, access.address, level));
        if (!(entry & right))
            return (struct dma_translation){.reason = access.is_write ? DMA_NO_WRITE : DMA_NO_READ};
        at = entry & IO_ENTRY_ADDRESS;
    }
    return arrive(k, at + (access.address & mask(PAGE_BITS)));
}

struct dma_translation io_translate(struct kernel *k, struct dma_access access)
{
    const struct io_mmu *io = &k->io_mmu;
    if (!io->root_table)
        return arrive(k, access.address);
    const struct io_context *context = io_context_of(k, access.requester);
    if (!io_context_is_present(context))
        return (struct dma_translation){.reason = DMA_NO_CONTEXT};
    if (access.address >> (PAGE_BITS + IO_TABLE_INDEX_BITS * io->levels))
        return (struct dma_translation){.reason = DMA_BEYOND_WIDTH};
    return walk(k, context, access);
}
