/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include <base/bits.h>
#include <gate/mapped.h>
#include <host/host.h>

#define BLOCK_BITS  21
#define BLOCK_BYTES bit(BLOCK_BITS)
#define BLOCK_WORDS 8 /* a bit for each of the 512 pages */

struct mapped_block {
    struct mapped_block *next;
    vaddr_t base;
    uint64_t pages[BLOCK_WORDS];
};

static unsigned bucket_of(vaddr_t vaddr)
{
    return (unsigned)(vaddr >> BLOCK_BITS) % MAPPED_BUCKETS;
}

static struct mapped_block *find(const struct mapped *mapped, vaddr_t vaddr)
{
    vaddr_t base = align_down(vaddr, BLOCK_BITS);
    struct mapped_block *block = mapped->buckets[bucket_of(vaddr)];

    while (block && block->base != base)
        block = block->next;
    return block;
}

static struct mapped_block *find_or_add(struct mapped *mapped, vaddr_t vaddr)
{
    struct mapped_block *block = find(mapped, vaddr);

    if (block)
        return block;
    block = host_allocate(1, sizeof(*block));
    if (!block)
        return NULL;
    block->base = align_down(vaddr, BLOCK_BITS);
    block->next = mapped->buckets[bucket_of(vaddr)];
    mapped->buckets[bucket_of(vaddr)] = block;
    return block;
}

static unsigned page_index(vaddr_t vaddr)
{
    return (unsigned)(vaddr >> PAGE_BITS & mask(BLOCK_BITS - PAGE_BITS));
}

bool mapped_has(const struct mapped *mapped, vaddr_t page)
{
    const struct mapped_block *block = find(mapped, page);
    unsigned index = page_index(page);

    return block && block->pages[index / 64] >> index % 64 & 1;
}

int mapped_add(struct mapped *mapped, vaddr_t start, vaddr_t end)
{
    for (vaddr_t page = start; page < end; page += PAGE_BYTES) {
        struct mapped_block *block = find_or_add(mapped, page);
        if (!block)
            return -ENOMEM;
        block->pages[page_index(page) / 64] |= bit(page_index(page) % 64);
    }
    return 0;
}

/* Takes the pages of the range out of one block; widens the range found so far by them. */
static void remove_from_block(struct mapped_block *block, vaddr_t start, vaddr_t end,
                              vaddr_t *first, vaddr_t *last)
{
    vaddr_t page = max_u64(start, block->base);
    vaddr_t block_end = min_u64(end, block->base + BLOCK_BYTES);

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

/* By blocks of the range or by blocks of the set, whichever are fewer. */
bool mapped_remove(struct mapped *mapped, vaddr_t start, vaddr_t end, vaddr_t *ret_start,
                   vaddr_t *ret_end)
{
    vaddr_t first = UINT64_MAX, last = 0;

    if ((end - start) >> BLOCK_BITS > MAPPED_BUCKETS) {
        for (unsigned i = 0; i < MAPPED_BUCKETS; i++)
            for (struct mapped_block *block = mapped->buckets[i]; block; block = block->next)
                remove_from_block(block, start, end, &first, &last);
    } else {
        for (vaddr_t base = align_down(start, BLOCK_BITS); base < end; base += BLOCK_BYTES) {
            struct mapped_block *block = find(mapped, base);
            if (block)
                remove_from_block(block, start, end, &first, &last);
        }
    }
    if (last == 0)
        return false;
    *ret_start = first;
    *ret_end = last;
    return true;
}

void mapped_clear(struct mapped *mapped)
{
    for (unsigned i = 0; i < MAPPED_BUCKETS; i++) {
        while (mapped->buckets[i]) {
            struct mapped_block *block = mapped->buckets[i];
            mapped->buckets[i] = block->next;
            free(block);
        }
    }
}
