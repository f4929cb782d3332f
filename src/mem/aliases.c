/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/vspace.h>

#include <abi/object.h>
#include <base/bits.h>

#define ENTRIES 512

/* What is looked for: a page that user level may write, with `paddr` in it, elsewhere than here. */
struct alias {
    paddr_t paddr;
    vaddr_t except;
};

/* Whether that entry, for the addresses from `vaddr` on, is such a page. */
static bool is_alias(uint64_t entry, enum paging_level level, vaddr_t vaddr,
                     const struct alias *alias)
{
    const uint64_t written = PTE_USER | PTE_WRITE;
    paddr_t start = entry_paddr(entry, level);
    uint64_t offset = alias->paddr - start;

    return entry_is_page(entry, level) && (entry & written) == written &&
           offset < bit(level_bits(level)) &&
           vaddr + align_down(offset, PAGE_BITS) != align_down(alias->except, PAGE_BITS);
}

/* In the table of that level whose first entry is for `vaddr`. As deep as there are levels. */
static bool table_has_alias(struct kernel *k, const uint64_t *table, enum paging_level level,
                            vaddr_t vaddr, const struct alias *alias)
{
    unsigned count = level == LEVEL_PML4 ? ENTRIES / 2 : ENTRIES;

    for (unsigned i = 0; i < count; i++, vaddr += bit(level_bits(level))) {
        uint64_t entry = __atomic_load_n(&table[i], __ATOMIC_RELAXED);
        if (!(entry & PTE_PRESENT))
            continue;
        if (is_alias(entry, level, vaddr, alias))
            return true;
        paddr_t below = entry_paddr(entry, level);
        if (entry_is_table(entry, level) && kernel_is_backed(k, below) &&
            table_has_alias(k, kernel_memory(k, below), level - 1, vaddr, alias))
            return true;
    }
    return false;
}

bool vspace_has_alias(struct kernel *k, paddr_t vspace, paddr_t paddr, vaddr_t except)
{
    const struct alias alias = {.paddr = paddr, .except = except};

    return table_has_alias(k, vspace_at(k, vspace)->entry, LEVEL_PML4, 0, &alias);
}
