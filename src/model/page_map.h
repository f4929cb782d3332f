/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel notes of each page of physical memory: a bit, in maps that lie right behind
 * struct kernel, word by word in turn, from physical address 0 to the end of RAM. At first all are
 * 0; where memory is cleared its bits are.
 */
#ifndef MODEL_PAGE_MAP_H
#define MODEL_PAGE_MAP_H

#include <base/bits.h>
#include <model/kernel.h>

enum page_map {
    PAGES_OPEN,       /* mem/open_pages.h */
    PAGES_WITH_SLOTS, /* some slot on it held a capability since; else all of them are empty */
    PAGE_MAP_COUNT,
};

/* Of all maps, for RAM that ends at `memory_end`. */
uint64_t page_map_bytes(paddr_t memory_end);

/* The word with the bit of `paddr`'s page, which is no. paddr / PAGE_BYTES % 64 in it. */
static inline uint64_t *page_map_word(const struct kernel *k, enum page_map map, paddr_t paddr)
{
    return (uint64_t *)(k + 1) + (paddr >> PAGE_BITS) / WORD_BITS * PAGE_MAP_COUNT + map;
}

/* `paddr` must be RAM. */
static inline bool page_map_has(const struct kernel *k, enum page_map map, paddr_t paddr)
{
    return *page_map_word(k, map, paddr) >> (paddr >> PAGE_BITS) % WORD_BITS & 1;
}

static inline void page_map_add(struct kernel *k, enum page_map map, paddr_t paddr)
{
    *page_map_word(k, map, paddr) |= bit((paddr >> PAGE_BITS) % WORD_BITS);
}

/* All pages that [base, base + size) is part of: all bits of the range become `value`. */
void page_map_set(struct kernel *k, enum page_map map, paddr_t base, uint64_t size, bool value);

#endif
