/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/mapped.h>

#include <base/bits.h>

#define BLOCK_BYTES bit(MAPPED_BLOCK_BITS)

static uint32_t place_of(vaddr_t vaddr)
{
    return (uint32_t)(vaddr >> MAPPED_BLOCK_BITS);
}

static unsigned page_index(vaddr_t vaddr)
{
    return (unsigned)(vaddr >> PAGE_BITS & mask(MAPPED_BLOCK_BITS - PAGE_BITS));
}

/* The name of the block that `vaddr` lies in, or 0. */
static uint16_t find(const struct mapped *mapped, vaddr_t vaddr)
{
    uint32_t place = place_of(vaddr);
    uint16_t name = mapped->buckets[place % MAPPED_BUCKETS];

    while (name && mapped->blocks[name - 1].place != place)
        name = mapped->blocks[name - 1].next;
    return name;
}

/* A block without pages, or 0. */
static uint16_t take_block(struct mapped *mapped)
{
    uint16_t name = mapped->free;

    if (name) {
        mapped->free = mapped->blocks[name - 1].next;
        return name;
    }
    return mapped->made < MAPPED_BLOCKS ? ++mapped->made : 0;
}

static uint16_t find_or_add(struct mapped *mapped, vaddr_t vaddr)
{
    uint16_t name = find(mapped, vaddr);

    if (name)
        return name;
    name = take_block(mapped);
    if (!name)
        return 0;
    uint16_t *bucket = &mapped->buckets[place_of(vaddr) % MAPPED_BUCKETS];
    struct mapped_block *block = &mapped->blocks[name - 1];
    block->place = place_of(vaddr);
    block->next = *bucket;
    *bucket = name;
    return name;
}

bool mapped_has(const struct mapped *mapped, vaddr_t page)
{
    uint16_t name = find(mapped, page);
    unsigned index = page_index(page);

    return name && mapped->blocks[name - 1].pages[index / 64] >> index % 64 & 1;
}

bool mapped_add(struct mapped *mapped, vaddr_t start, vaddr_t end)
{
    for (vaddr_t page = start; page < end; page += PAGE_BYTES) {
        uint16_t name = find_or_add(mapped, page);
        unsigned index = page_index(page);
        if (!name)
            return false;
        mapped->blocks[name - 1].pages[index / 64] |= bit(index % 64);
    }
    return true;
}

/* Takes the pages of the range out of one block; widens the range found so far by them. */
static void remove_from_block(struct mapped_block *block, vaddr_t start, vaddr_t end,
                              vaddr_t *first, vaddr_t *last)
{
    vaddr_t base = (vaddr_t)block->place << MAPPED_BLOCK_BITS;
    vaddr_t page = max_u64(start, base);
    vaddr_t block_end = min_u64(end, base + BLOCK_BYTES);

    for (; page < block_end; page += PAGE_BYTES) {
        uint64_t *word = &block->pages[page_index(page) / 64];
        uint64_t one = bit(page_index(page) % 64);
        if (!(*word & one))
            continue;
        *word &= ~one;
        *first = min_u64(*first, page);
        *last = max_u64(*last, page + PAGE_BYTES);
    }
}

static bool is_empty(const struct mapped_block *block)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < MAPPED_BLOCK_WORDS; i++)
        pages |= block->pages[i];
    return pages == 0;
}

/* The same for all blocks of one bucket; those that are empty then can be others. */
static void remove_from_bucket(struct mapped *mapped, unsigned bucket, vaddr_t start, vaddr_t end,
                               vaddr_t *first, vaddr_t *last)
{
    uint16_t *link = &mapped->buckets[bucket];

    while (*link) {
        uint16_t name = *link;
        struct mapped_block *block = &mapped->blocks[name - 1];
        remove_from_block(block, start, end, first, last);
        if (!is_empty(block)) {
            link = &block->next;
            continue;
        }
        *link = block->next;
        block->next = mapped->free;
        mapped->free = name;
    }
}

/* By blocks of the range or by buckets of the set, whichever are fewer: neighbours share none. */
bool mapped_remove(struct mapped *mapped, vaddr_t start, vaddr_t end, vaddr_t *ret_start,
                   vaddr_t *ret_end)
{
    vaddr_t first = UINT64_MAX, last = 0;
    uint32_t place = place_of(start);
    uint64_t count =
        min_u64(place_of(align_up(end, MAPPED_BLOCK_BITS)) - (uint64_t)place, MAPPED_BUCKETS);

    for (uint64_t i = 0; i < count; i++)
        remove_from_bucket(mapped, (place + i) % MAPPED_BUCKETS, start, end, &first, &last);
    if (last == 0)
        return false;
    *ret_start = first;
    *ret_end = last;
    return true;
}

/* The first page of the block that lies in the range; `end`: none does. */
static vaddr_t first_page(const struct mapped *mapped, const struct mapped_block *block,
                          vaddr_t start, vaddr_t end)
{
    vaddr_t base = (vaddr_t)block->place << MAPPED_BLOCK_BITS;
    vaddr_t block_end = min_u64(end, base + BLOCK_BYTES);

    for (vaddr_t page = max_u64(start, base); page < block_end; page += PAGE_BYTES) {
        if (mapped_has(mapped, page))
            return page;
    }
    return end;
}

bool mapped_first(const struct mapped *mapped, vaddr_t start, vaddr_t end, vaddr_t *ret_start,
                  vaddr_t *ret_end)
{
    vaddr_t first = end;

    for (unsigned i = 0; i < mapped->made; i++) {
        if ((vaddr_t)mapped->blocks[i].place << MAPPED_BLOCK_BITS < first)
            first = first_page(mapped, &mapped->blocks[i], start, first);
    }
    if (first == end)
        return false;
    vaddr_t block_end = min_u64(end, align_down(first, MAPPED_BLOCK_BITS) + BLOCK_BYTES);
    vaddr_t last = first + PAGE_BYTES;
    while (last < block_end && mapped_has(mapped, last))
        last += PAGE_BYTES;
    *ret_start = first;
    *ret_end = last;
    return true;
}
