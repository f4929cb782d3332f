/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <mem/open_pages.h>
#include <model/page_map.h>
#include <stdlib.h>

#define PAGES      200
#define MEMORY_END (PAGES * PAGE_BYTES)
#define FIRST      7 /* the first page that is RAM */

static struct kernel *k;

static void start(void)
{
    k = calloc(1, sizeof(*k) + page_map_bytes(MEMORY_END));
    k->memory[0] = (struct memory_region){FIRST * PAGE_BYTES, MEMORY_END};
    k->memory_count = 1;
}

/* Exactly the pages [first, end) are open. */
static void check_open(unsigned first, unsigned end)
{
    for (unsigned page = 0; page < PAGES + 100; page++) {
        CHECK_EQ(open_pages_contain(k, page * PAGE_BYTES), page >= first && page < end);
        CHECK_EQ(open_pages_contain(k, page * PAGE_BYTES + 0xfff), page >= first && page < end);
    }
}

TEST(memory_is_closed_at_first)
{
    start();
    check_open(0, 0);
    free(k);
}

TEST(pages_open_and_close)
{
    start();
    open_pages_add(k, 70 * PAGE_BYTES, PAGE_BYTES);
    check_open(70, 71);
    open_pages_add(k, 60 * PAGE_BYTES, 10 * PAGE_BYTES); /* within a word, to its end, behind it */
    check_open(60, 71);
    open_pages_add(k, 64 * PAGE_BYTES, 128 * PAGE_BYTES); /* whole words */
    check_open(60, 192);
    open_pages_remove(k, 60 * PAGE_BYTES, 3 * PAGE_BYTES);
    check_open(63, 192);
    open_pages_remove(k, 127 * PAGE_BYTES, 65 * PAGE_BYTES);
    check_open(63, 127);
    open_pages_remove(k, 126 * PAGE_BYTES, 1); /* a page is closed as a whole */
    check_open(63, 126);
    open_pages_remove(k, 63 * PAGE_BYTES, PAGE_BYTES + 1);
    check_open(65, 126);
    open_pages_remove(k, 100 * PAGE_BYTES, 0);
    check_open(65, 126);
    free(k);
}

TEST(the_last_page_of_memory_has_its_bit)
{
    start();
    open_pages_add(k, FIRST * PAGE_BYTES, MEMORY_END - FIRST * PAGE_BYTES);
    check_open(FIRST, PAGES);
    open_pages_remove(k, FIRST * PAGE_BYTES, MEMORY_END - FIRST * PAGE_BYTES);
    check_open(0, 0);
    free(k);
}
