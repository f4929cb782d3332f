/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <model/page_map.h>
#include <stdlib.h>

#define PAGES      200
#define MEMORY_END (PAGES * PAGE_BYTES)

static struct kernel *start(void)
{
    return calloc(1, sizeof(struct kernel) + page_map_bytes(MEMORY_END));
}

/* Exactly the pages [first, end) are in the map. */
static void check_pages(const struct kernel *k, enum page_map map, unsigned first, unsigned end)
{
    for (unsigned page = 0; page < PAGES; page++) {
        CHECK_EQ(page_map_has(k, map, page * PAGE_BYTES), page >= first && page < end);
        CHECK_EQ(page_map_has(k, map, page * PAGE_BYTES + 0xfff), page >= first && page < end);
    }
}

TEST(maps_do_not_share_bits)
{
    struct kernel *k = start();
    for (unsigned map = 0; map < PAGE_MAP_COUNT; map++)
        check_pages(k, map, 0, 0);
    page_map_set(k, PAGES_OPEN, 60 * PAGE_BYTES, 100 * PAGE_BYTES, true);
    page_map_set(k, PAGES_WITH_SLOTS, 0, MEMORY_END, true);
    page_map_set(k, PAGES_WITH_SLOTS, 0, 127 * PAGE_BYTES, false);
    check_pages(k, PAGES_OPEN, 60, 160);
    check_pages(k, PAGES_WITH_SLOTS, 127, PAGES);
    free(k);
}

TEST(one_page_is_added)
{
    struct kernel *k = start();
    page_map_add(k, PAGES_WITH_SLOTS, MEMORY_END - 1);
    check_pages(k, PAGES_WITH_SLOTS, PAGES - 1, PAGES);
    check_pages(k, PAGES_OPEN, 0, 0);
    free(k);
}

TEST(a_part_of_a_page_is_that_page)
{
    struct kernel *k = start();
    page_map_set(k, PAGES_WITH_SLOTS, 63 * PAGE_BYTES + 1, PAGE_BYTES, true);
    check_pages(k, PAGES_WITH_SLOTS, 63, 65);
    page_map_set(k, PAGES_WITH_SLOTS, 64 * PAGE_BYTES, 1, false);
    check_pages(k, PAGES_WITH_SLOTS, 63, 64);
    free(k);
}

TEST(the_last_page_of_memory_has_its_bits)
{
    CHECK_EQ(page_map_bytes(63 * PAGE_BYTES), PAGE_MAP_COUNT * 8);
    CHECK(page_map_bytes(64 * PAGE_BYTES) >= PAGE_MAP_COUNT * 8);
    CHECK_EQ(page_map_bytes(65 * PAGE_BYTES), PAGE_MAP_COUNT * 16);
    CHECK(page_map_bytes(UINT64_C(1) << 40) < UINT64_C(65) << 20);
}
