/* SPDX-License-Identifier: BSD-2-Clause */
/* What others than the kernel may write follows from capabilities: frames and I/O page tables. */
#include <kernel/testkit_survey.h>

#include <base/bits.h>
#include <mem/open_pages.h>
#include <object/object_types.h>

static bool is_open(const struct survey *s, paddr_t page)
{
    return open_pages_contain(s->k, page);
}

static void check_all_open(struct survey *s, paddr_t base, uint64_t size)
{
    for (paddr_t page = base; page < base + size; page += PAGE_BYTES)
        REQUIRE(s, is_open(s, page));
}

/* All pages that [base, base + size) is part of. */
static void check_closed(struct survey *s, paddr_t base, uint64_t size)
{
    for (paddr_t page = align_down(base, PAGE_BITS); page < base + size; page += PAGE_BYTES)
        REQUIRE(s, !is_open(s, page));
}

/* Memory above the watermark was not used since it was zeroed, so nothing may write it. */
static void check_untyped(struct survey *s, union cap cap)
{
    paddr_t unused = cap.untyped.base + align_up(cap.untyped.free_index, PAGE_BITS);
    paddr_t end = cap.untyped.base + bit(cap.untyped.size_bits);
    if (unused < end)
        check_closed(s, unused, end - unused);
}

static bool cap_is_open(union cap cap)
{
    return cap_type(cap) == CAP_FRAME || cap_type(cap) == CAP_IO_PAGE_TABLE;
}

static void check_cap(struct survey *s, union cap cap)
{
    paddr_t base;
    unsigned bits;
    if (!cap_object_type(cap)->extent(cap, &base, &bits) || !kernel_is_backed(s->k, base))
        return;
    if (cap_type(cap) == CAP_UNTYPED)
        check_untyped(s, cap);
    else if (cap_is_open(cap))
        check_all_open(s, base, bit(bits));
    else
        check_closed(s, base, bit(bits));
}

void survey_check_open_pages(struct survey *s)
{
    const struct kernel *k = s->k;
    for (unsigned i = 0; i < s->count && !s->problem; i++)
        check_cap(s, s->slot[i]->cap);
    check_closed(s, k->irq_slots, NUM_IRQ_VECTORS * sizeof(struct slot));
    if (k->io_mmu.root_table) /* and a table of contexts for each bus */
        check_closed(s, k->io_mmu.root_table, (1 + IO_BUSES) * PAGE_BYTES);
}
