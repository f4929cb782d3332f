/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/vspace.h>

#include <base/bits.h>

/* seL4's VM attributes: bits 0..2 of the word */
enum vm_attribute { ATTRIBUTE_PWT = 1 << 0, ATTRIBUTE_PCD = 1 << 1, ATTRIBUTE_PAT = 1 << 2 };

#define PTE_LARGE_PAGE_PAT (UINT64_C(1) << 12)

static uint64_t cache_bits(word_t attributes)
{
    return ((attributes & ATTRIBUTE_PWT) ? (uint64_t)PTE_PWT : 0) |
           ((attributes & ATTRIBUTE_PCD) ? (uint64_t)PTE_PCD : 0);
}

/* Where the PAT bit is depends on the size; the kernel leaves it out for huge pages. */
static uint64_t size_bits_of_entry(enum frame_size size, word_t attributes)
{
    bool pat = (attributes & ATTRIBUTE_PAT) != 0;
    switch (size) {
    case FRAME_4K:
        return pat ? (uint64_t)PTE_LARGE : 0;
    case FRAME_LARGE:
        return pat ? PTE_LARGE | PTE_LARGE_PAGE_PAT : (uint64_t)PTE_LARGE;
    default:
        return PTE_LARGE;
    }
}

uint64_t entry_make_page(paddr_t paddr, enum frame_size size, enum vm_rights rights,
                         word_t attributes)
{
    uint64_t entry = paddr | PTE_PRESENT | cache_bits(attributes);
    if (rights != VM_KERNEL_ONLY)
        entry |= PTE_USER;
    if (rights == VM_READ_WRITE)
        entry |= PTE_WRITE;
    return entry | size_bits_of_entry(size, attributes);
}

uint64_t entry_make_table(paddr_t table, word_t attributes)
{
    return table | PTE_PRESENT | PTE_WRITE | PTE_USER | cache_bits(attributes);
}

void vspace_set_entry(struct kernel *k, paddr_t vspace, uint64_t *entry, uint64_t value,
                      vaddr_t vaddr, enum paging_level level)
{
    bool lost = (*entry & PTE_PRESENT) && *entry != value;
    *entry = value;
    if (lost)
        vspace_lose(k, vspace, vaddr, level_bits(level));
    if (level == LEVEL_PAGE_TABLE && (value & PTE_PRESENT))
        vspace_at(k, vspace)->gain = align_down(vaddr, PAGE_BITS);
}

/* Empties the entry for `vaddr` at `level` if it holds this page or table. */
static void unmap(struct kernel *k, unsigned asid, vaddr_t vaddr, enum paging_level level,
                  bool is_page, paddr_t paddr)
{
    paddr_t vspace = asid_vspace(k, asid);
    if (!vspace)
        return;
    unsigned missing;
    uint64_t *entry = walk_entry(k, vspace, vaddr, level, &missing);
    if (!entry || !(*entry & PTE_PRESENT) || entry_is_page(*entry, level) != is_page ||
        entry_paddr(*entry, level) != paddr)
        return;
    vspace_set_entry(k, vspace, entry, 0, vaddr, level);
}

void vspace_unmap_page(struct kernel *k, unsigned asid, vaddr_t vaddr, enum frame_size size,
                       paddr_t paddr)
{
    unmap(k, asid, vaddr, frame_level(size), true, paddr);
}

void vspace_unmap_table(struct kernel *k, unsigned asid, vaddr_t vaddr, enum paging_level level,
                        paddr_t table)
{
    unmap(k, asid, vaddr, level + 1, false, table);
}
