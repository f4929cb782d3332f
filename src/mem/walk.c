/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/vspace.h>

#include <abi/object.h>
#include <base/assert.h>
#include <base/bits.h>

static unsigned table_index(vaddr_t vaddr, enum paging_level level)
{
    return (unsigned)(vaddr >> level_bits(level) & mask(9));
}

bool entry_is_table(uint64_t entry, enum paging_level level)
{
    return (entry & PTE_PRESENT) && level != LEVEL_PAGE_TABLE && !(entry & PTE_LARGE);
}

bool entry_is_page(uint64_t entry, enum paging_level level)
{
    return (entry & PTE_PRESENT) && !entry_is_table(entry, level) && level != LEVEL_PML4;
}

paddr_t entry_paddr(uint64_t entry, enum paging_level level)
{
    paddr_t paddr = entry & PTE_ADDRESS;
    return entry_is_page(entry, level) ? align_down(paddr, level_bits(level)) : paddr;
}

/*
 * In place guest code can write tables, and the machine walks them: each entry is read once, and a
 * table is one only where there is RAM.
 */
uint64_t *walk_entry(struct kernel *k, paddr_t vspace, vaddr_t vaddr, enum paging_level level,
                     unsigned *ret_missing_bits)
{
    ASSERT(vaddr < bit(47));
    uint64_t *entry = &vspace_at(k, vspace)->entry[table_index(vaddr, LEVEL_PML4)];
    for (enum paging_level at = LEVEL_PML4; at > level; at--) {
        uint64_t value = __atomic_load_n(entry, __ATOMIC_RELAXED);
        if (!entry_is_table(value, at) || !kernel_is_backed(k, entry_paddr(value, at))) {
            *ret_missing_bits = level_bits(at);
            return NULL;
        }
        uint64_t *table = kernel_memory(k, entry_paddr(value, at));
        entry = &table[table_index(vaddr, at - 1)];
    }
    return entry;
}
