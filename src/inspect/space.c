/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/space.h>

#include <base/bits.h>
#include <mem/vspace.h>

static uint64_t entry_of(const struct inspection *inspection, paddr_t table, vaddr_t vaddr,
                         enum paging_level level)
{
    const uint64_t *entries = kernel_memory(inspection->k, table);
    return entries[vaddr >> level_bits(level) & mask(9)];
}

static enum vm_rights rights_of(uint64_t entry)
{
    if (!(entry & PTE_USER))
        return VM_KERNEL_ONLY;
    return entry & PTE_WRITE ? VM_READ_WRITE : VM_READ_ONLY;
}

/* False: nothing is mapped at `vaddr`, and *ret_next is where something may be. */
static bool walk(const struct inspection *inspection, paddr_t table, vaddr_t vaddr,
                 struct mapped_page *ret_page, vaddr_t *ret_next)
{
    for (enum paging_level level = LEVEL_PML4;; level--) {
        unsigned bits = level_bits(level);
        uint64_t entry = entry_of(inspection, table, vaddr, level);
        if (entry_is_page(entry, level)) {
            *ret_page = (struct mapped_page){.start = align_down(vaddr, bits),
                                             .paddr = entry_paddr(entry, level),
                                             .size_bits = (uint8_t)bits,
                                             .rights = rights_of(entry)};
            return true;
        }
        table = entry_paddr(entry, level);
        if (!entry_is_table(entry, level) || !inspection_is_backed(inspection, table, PAGE_BYTES)) {
            *ret_next = align_down(vaddr, bits) + bit(bits);
            return false;
        }
    }
}

bool space_next_page(const struct inspection *inspection, paddr_t root, vaddr_t vaddr,
                     struct mapped_page *ret_page)
{
    while (vaddr < bit(47)) {
        if (walk(inspection, root, vaddr, ret_page, &vaddr))
            return true;
    }
    return false;
}

bool space_maps(const struct inspection *inspection, paddr_t root, vaddr_t vaddr, paddr_t paddr)
{
    struct mapped_page page;
    return space_next_page(inspection, root, vaddr, &page) && page.start <= vaddr &&
           page.paddr + (vaddr - page.start) == paddr;
}
