/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/space.h>

#include <base/bits.h>
#include <mem/vspace.h>
#include <string.h>

/* [base, base + size) lies in one page. */
static bool is_backed(const struct kernel *k, paddr_t base, uint64_t size)
{
    return kernel_is_backed(k, base) && kernel_is_backed(k, base + size - 1);
}

static uint64_t entry_of(struct kernel *k, paddr_t table, vaddr_t vaddr, enum paging_level level)
{
    const uint64_t *entries = kernel_memory(k, table);
    return entries[vaddr >> level_bits(level) & mask(9)];
}

static enum vm_rights rights_of(uint64_t entry)
{
    if (!(entry & PTE_USER))
        return VM_KERNEL_ONLY;
    return entry & PTE_WRITE ? VM_READ_WRITE : VM_READ_ONLY;
}

/* False: nothing is mapped at `vaddr`, and *ret_next is where something may be. */
static bool walk(struct kernel *k, paddr_t table, vaddr_t vaddr, struct mapped_page *ret_page,
                 vaddr_t *ret_next)
{
    for (enum paging_level level = LEVEL_PML4;; level--) {
        unsigned bits = level_bits(level);
        uint64_t entry = entry_of(k, table, vaddr, level);
        if (entry_is_page(entry, level)) {
            *ret_page = (struct mapped_page){.start = align_down(vaddr, bits),
                                             .paddr = entry_paddr(entry, level),
                                             .size_bits = (uint8_t)bits,
                                             .rights = rights_of(entry)};
            return true;
        }
        table = entry_paddr(entry, level);
        if (!entry_is_table(entry, level) || !is_backed(k, table, PAGE_BYTES)) {
            *ret_next = align_down(vaddr, bits) + bit(bits);
            return false;
        }
    }
}

bool space_next_page(struct kernel *k, paddr_t root, vaddr_t vaddr, struct mapped_page *ret_page)
{
    while (vaddr < bit(47)) {
        if (walk(k, root, vaddr, ret_page, &vaddr))
            return true;
    }
    return false;
}

bool space_maps(struct kernel *k, paddr_t root, vaddr_t vaddr, paddr_t paddr)
{
    struct mapped_page page;
    return space_next_page(k, root, vaddr, &page) && page.start <= vaddr &&
           page.paddr + (vaddr - page.start) == paddr;
}

bool space_read(struct kernel *k, paddr_t root, vaddr_t vaddr, void *ret_bytes, size_t size)
{
    struct mapped_page page;
    vaddr_t next;
    if (vaddr >= bit(47) || !walk(k, root, vaddr, &page, &next))
        return false;
    paddr_t paddr = page.paddr + (vaddr - page.start);
    if (size > bit(page.size_bits) - (vaddr - page.start) || !is_backed(k, paddr, size))
        return false;
    memcpy(ret_bytes, kernel_memory(k, paddr), size);
    return true;
}
