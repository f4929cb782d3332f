/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/vspace.h>

#include <abi/object.h>
#include <base/bits.h>

static enum vm_rights entry_rights(uint64_t entry)
{
    if (!(entry & PTE_USER))
        return VM_KERNEL_ONLY;
    return (entry & PTE_WRITE) ? VM_READ_WRITE : VM_READ_ONLY;
}

/* A page and, if it stands in a table, its entry: the neighbours are found without a walk. */
struct leaf {
    const uint64_t *entry; /* NULL: no page */
    enum paging_level level;
};

static struct leaf leaf_find(struct kernel *k, paddr_t vspace, vaddr_t vaddr)
{
    if (vaddr >= USER_TOP)
        return (struct leaf){.entry = NULL};
    for (enum paging_level level = LEVEL_PAGE_TABLE; level < LEVEL_PML4; level++) {
        unsigned missing;
        const uint64_t *entry = walk_entry(k, vspace, vaddr, level, &missing);
        if (entry && entry_is_page(*entry, level))
            return (struct leaf){.entry = entry, .level = level};
        if (entry)
            break; /* the walk got here, and there is nothing */
    }
    return (struct leaf){.entry = NULL};
}

struct translation vspace_translate(struct kernel *k, paddr_t vspace, vaddr_t vaddr)
{
    struct leaf leaf = leaf_find(k, vspace, vaddr);
    if (!leaf.entry)
        return (struct translation){.present = false};
    unsigned bits = level_bits(leaf.level);
    return (struct translation){
        .present = true,
        .rights = entry_rights(*leaf.entry),
        .paddr = entry_paddr(*leaf.entry, leaf.level) + (vaddr & mask(bits)),
        .size_bits = bits,
    };
}

/* The page at `vaddr`, which is next to `leaf`'s. */
static struct leaf leaf_neighbour(struct kernel *k, paddr_t vspace, vaddr_t vaddr, struct leaf leaf,
                                  int direction)
{
    unsigned index = (unsigned)(kernel_paddr(k, leaf.entry) / sizeof(uint64_t) % 512);
    bool same_table = direction > 0 ? index < 511 : index > 0;
    if (!same_table)
        return leaf_find(k, vspace, vaddr);
    leaf.entry += direction;
    if (entry_is_page(*leaf.entry, leaf.level))
        return leaf;
    return entry_is_table(*leaf.entry, leaf.level) ? leaf_find(k, vspace, vaddr)
                                                   : (struct leaf){.entry = NULL};
}

static bool leaf_continues(struct leaf leaf, enum vm_rights rights, paddr_t paddr)
{
    return leaf.entry && entry_rights(*leaf.entry) == rights &&
           entry_paddr(*leaf.entry, leaf.level) == paddr;
}

static void run_extend_up(struct kernel *k, paddr_t vspace, struct leaf leaf, vaddr_t limit,
                          struct translation_run *run)
{
    while (run->end < limit) {
        leaf = leaf_neighbour(k, vspace, run->end, leaf, 1);
        if (!leaf_continues(leaf, run->rights, run->paddr + (run->end - run->start)))
            return;
        run->end += bit(level_bits(leaf.level));
    }
}

static void run_extend_down(struct kernel *k, paddr_t vspace, struct leaf leaf, vaddr_t limit,
                            struct translation_run *run)
{
    while (run->start > limit) {
        leaf = leaf_neighbour(k, vspace, run->start - 1, leaf, -1);
        uint64_t size = leaf.entry ? bit(level_bits(leaf.level)) : 0;
        if (!leaf_continues(leaf, run->rights, run->paddr - size))
            return;
        run->start -= size;
        run->paddr -= size;
    }
}

bool vspace_translate_run(struct kernel *k, paddr_t vspace, vaddr_t vaddr, vaddr_t window_start,
                          vaddr_t window_end, struct translation_run *ret_run)
{
    struct leaf leaf = leaf_find(k, vspace, vaddr);
    if (!leaf.entry)
        return false;
    unsigned bits = level_bits(leaf.level);
    struct translation_run run = {
        .start = align_down(vaddr, bits),
        .end = align_down(vaddr, bits) + bit(bits),
        .paddr = entry_paddr(*leaf.entry, leaf.level),
        .rights = entry_rights(*leaf.entry),
    };
    run_extend_up(k, vspace, leaf, window_end, &run);
    run_extend_down(k, vspace, leaf, window_start, &run);

    /* what stands out of the window is cut off: a large page may span it all */
    vaddr_t start = max_u64(run.start, align_down(window_start, PAGE_BITS));
    ret_run->start = start;
    ret_run->end = min_u64(run.end, align_up(window_end, PAGE_BITS));
    ret_run->paddr = run.paddr + (start - run.start);
    ret_run->rights = run.rights;
    return true;
}
