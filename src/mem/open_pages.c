/* SPDX-License-Identifier: BSD-2-Clause */
#include <mem/open_pages.h>

#include <base/assert.h>
#include <base/bits.h>

uint64_t open_pages_bytes(paddr_t memory_end)
{
    return (align_up(memory_end, PAGE_BITS) >> PAGE_BITS) / WORD_BITS * sizeof(uint64_t) +
           sizeof(uint64_t);
}

static void set(struct kernel *k, paddr_t base, uint64_t size, bool is_open)
{
    uint64_t *map = (uint64_t *)(k + 1);
    uint64_t end = align_up(base + size, PAGE_BITS) >> PAGE_BITS;
    uint64_t count;
    for (uint64_t page = base >> PAGE_BITS; page < end; page += count) {
        unsigned first = page % WORD_BITS;
        count = min_u64(end - page, WORD_BITS - first);
        uint64_t bits = mask((unsigned)count) << first, *word = &map[page / WORD_BITS];
        *word = is_open ? *word | bits : *word & ~bits;
    }
}

void open_pages_add(struct kernel *k, paddr_t base, uint64_t size)
{
    ASSERT(kernel_is_backed(k, base) && kernel_is_backed(k, base + size - 1));
    set(k, base, size, true);
}

void open_pages_remove(struct kernel *k, paddr_t base, uint64_t size)
{
    set(k, base, size, false);
}

bool open_pages_contain(const struct kernel *k, paddr_t paddr)
{
    const uint64_t *map = (const uint64_t *)(k + 1);
    uint64_t page = paddr >> PAGE_BITS;
    return kernel_is_backed(k, paddr) && map[page / WORD_BITS] >> page % WORD_BITS & 1;
}
