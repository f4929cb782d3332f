/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/page_map.h>

uint64_t page_map_bytes(paddr_t memory_end)
{
    return ((align_up(memory_end, PAGE_BITS) >> PAGE_BITS) / WORD_BITS + 1) * PAGE_MAP_COUNT *
           sizeof(uint64_t);
}

void page_map_set(struct kernel *k, enum page_map map, paddr_t base, uint64_t size, bool value)
{
    uint64_t end = align_up(base + size, PAGE_BITS) >> PAGE_BITS;
    uint64_t count;
    for (uint64_t page = base >> PAGE_BITS; page < end; page += count) {
        unsigned first = page % WORD_BITS;
        count = min_u64(end - page, WORD_BITS - first);
        uint64_t bits = mask((unsigned)count) << first;
        uint64_t *word = page_map_word(k, map, page << PAGE_BITS);
        *word = value ? *word | bits : *word & ~bits;
    }
}
