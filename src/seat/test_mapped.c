/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/object.h>
#include <base/bits.h>
#include <seat/mapped.h>

#define BLOCK bit(MAPPED_BLOCK_BITS)

TEST(empty_set_has_nothing)
{
    struct mapped mapped = {.made = 0};
    vaddr_t start = 1, end = 2;

    CHECK(!mapped_has(&mapped, 0));
    CHECK(!mapped_has(&mapped, USER_TOP - PAGE_BYTES));
    CHECK(!mapped_remove(&mapped, 0, USER_TOP, &start, &end));
    CHECK_EQ(start, 1);
    CHECK_EQ(end, 2);
}

TEST(pages_go_in_and_out)
{
    struct mapped mapped = {.made = 0};
    vaddr_t start = 0, end = 0;

    /* across a block's end */
    CHECK(mapped_add(&mapped, 0x3fe000, 0x402000));
    CHECK(!mapped_has(&mapped, 0x3fd000));
    CHECK(mapped_has(&mapped, 0x3fe000));
    CHECK(mapped_has(&mapped, 0x401000));
    CHECK(!mapped_has(&mapped, 0x402000));
    /* only what is there is taken out */
    CHECK(mapped_remove(&mapped, 0x300000, 0x3ff000, &start, &end));
    CHECK_EQ(start, 0x3fe000);
    CHECK_EQ(end, 0x3ff000);
    CHECK(!mapped_remove(&mapped, 0x300000, 0x3ff000, &start, &end));
    CHECK(mapped_remove(&mapped, 0x3fe000, 0x600000, &start, &end));
    CHECK_EQ(start, 0x3ff000);
    CHECK_EQ(end, 0x402000);
}

TEST(large_ranges_go_by_what_there_is)
{
    struct mapped mapped = {.made = 0};
    vaddr_t start = 0, end = 0;

    CHECK(mapped_add(&mapped, 0, PAGE_BYTES));
    CHECK(mapped_add(&mapped, 0x7fffc0000000, 0x7fffc0001000));
    CHECK(mapped_add(&mapped, USER_TOP - PAGE_BYTES, USER_TOP));
    CHECK(mapped_remove(&mapped, PAGE_BYTES, USER_TOP - PAGE_BYTES, &start, &end));
    CHECK_EQ(start, 0x7fffc0000000);
    CHECK_EQ(end, 0x7fffc0001000);
    CHECK(mapped_remove(&mapped, 0, USER_TOP, &start, &end));
    CHECK_EQ(start, 0);
    CHECK_EQ(end, USER_TOP);
    CHECK(!mapped_has(&mapped, 0));
}

TEST(blocks_of_one_bucket_are_told_apart)
{
    struct mapped mapped = {.made = 0};
    const vaddr_t step = BLOCK * MAPPED_BUCKETS;
    vaddr_t start, end;

    for (unsigned i = 0; i < 10; i += 2)
        CHECK(mapped_add(&mapped, i * step, i * step + PAGE_BYTES));
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(mapped_has(&mapped, i * step), i % 2 == 0);
    /* the first, the last and one in between of their list */
    for (unsigned i = 0; i < 10; i += 4) {
        CHECK(mapped_remove(&mapped, i * step, i * step + BLOCK, &start, &end));
        CHECK_EQ(start, i * step);
        CHECK_EQ(end, i * step + PAGE_BYTES);
    }
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(mapped_has(&mapped, i * step), i % 4 == 2);
}

TEST(what_there_is_no_room_for_is_refused)
{
    struct mapped mapped = {.made = 0};
    vaddr_t start, end;

    for (unsigned i = 0; i < MAPPED_BLOCKS; i++)
        CHECK(mapped_add(&mapped, 3 * i * BLOCK, 3 * i * BLOCK + PAGE_BYTES));
    CHECK(!mapped_add(&mapped, BLOCK, BLOCK + PAGE_BYTES));
    CHECK(!mapped_has(&mapped, BLOCK));
    /* in the blocks that are there is still room */
    CHECK(mapped_add(&mapped, 3 * BLOCK + PAGE_BYTES, 4 * BLOCK));
    CHECK(!mapped_add(&mapped, 4 * BLOCK - PAGE_BYTES, 4 * BLOCK + PAGE_BYTES));
    CHECK(mapped_remove(&mapped, 0, USER_TOP, &start, &end));
    CHECK_EQ(start, 0);
    CHECK_EQ(end, 3 * (MAPPED_BLOCKS - 1) * BLOCK + PAGE_BYTES);
    CHECK(mapped_add(&mapped, BLOCK, (MAPPED_BLOCKS + 1) * BLOCK));
    CHECK(!mapped_add(&mapped, 0, PAGE_BYTES));
}

TEST(a_block_without_pages_makes_room)
{
    struct mapped mapped = {.made = 0};
    vaddr_t start, end;

    CHECK(mapped_add(&mapped, 0, MAPPED_BLOCKS * BLOCK));
    CHECK(mapped_remove(&mapped, 5 * BLOCK, 6 * BLOCK - PAGE_BYTES, &start, &end));
    CHECK(!mapped_add(&mapped, USER_TOP - PAGE_BYTES, USER_TOP));
    CHECK(mapped_remove(&mapped, 5 * BLOCK, 6 * BLOCK, &start, &end));
    CHECK_EQ(start, 6 * BLOCK - PAGE_BYTES);
    CHECK(mapped_add(&mapped, USER_TOP - PAGE_BYTES, USER_TOP));
    CHECK(!mapped_has(&mapped, USER_TOP - 2 * PAGE_BYTES));
    CHECK(!mapped_has(&mapped, 5 * BLOCK));
    CHECK(!mapped_add(&mapped, 5 * BLOCK, 5 * BLOCK + PAGE_BYTES));
}

/* Against a plain array of as many pages as there can be. */
TEST(a_random_set_is_what_an_array_says)
{
    enum { PAGES = MAPPED_BLOCKS * MAPPED_BLOCK_WORDS * 64, STEPS = 4000 };
    static struct mapped mapped;
    static bool is_there[PAGES];
    uint64_t seed = 1;

    for (unsigned step = 0; step < STEPS; step++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        bool adds = seed >> 63;
        unsigned from = (unsigned)(seed >> 40) % PAGES, first = PAGES, last = 0;
        unsigned to = (unsigned)min_u64(from + (seed >> 20) % 1500 + 1, PAGES);
        for (unsigned i = from; i < to; i++) {
            if (is_there[i]) {
                first = (unsigned)min_u64(first, i);
                last = i + 1;
            }
            is_there[i] = adds;
        }
        if (adds) {
            CHECK(mapped_add(&mapped, from * PAGE_BYTES, to * PAGE_BYTES));
            continue;
        }
        vaddr_t start = PAGES * PAGE_BYTES, end = 0;
        CHECK_EQ(mapped_remove(&mapped, from * PAGE_BYTES, to * PAGE_BYTES, &start, &end),
                 last > 0);
        CHECK_EQ(start, first * PAGE_BYTES);
        CHECK_EQ(end, last * PAGE_BYTES);
    }
    for (unsigned i = 0; i < PAGES; i++)
        CHECK_EQ(mapped_has(&mapped, i * PAGE_BYTES), is_there[i]);
}

TEST(runs_come_in_order_and_end_with_their_block)
{
    struct mapped mapped = {.made = 0};
    vaddr_t start, end;

    CHECK(!mapped_first(&mapped, 0, USER_TOP, &start, &end));
    CHECK(mapped_add(&mapped, 5 * BLOCK - PAGE_BYTES, 5 * BLOCK + 2 * PAGE_BYTES));
    CHECK(mapped_add(&mapped, BLOCK, BLOCK + PAGE_BYTES));
    CHECK(mapped_first(&mapped, 0, USER_TOP, &start, &end));
    CHECK_EQ(start, BLOCK);
    CHECK_EQ(end, BLOCK + PAGE_BYTES);
    CHECK(mapped_first(&mapped, end, USER_TOP, &start, &end));
    CHECK_EQ(start, 5 * BLOCK - PAGE_BYTES);
    CHECK_EQ(end, 5 * BLOCK);
    CHECK(mapped_first(&mapped, end, USER_TOP, &start, &end));
    CHECK_EQ(start, 5 * BLOCK);
    CHECK_EQ(end, 5 * BLOCK + 2 * PAGE_BYTES);
    CHECK(!mapped_first(&mapped, end, USER_TOP, &start, &end));
    CHECK(mapped_first(&mapped, 5 * BLOCK + PAGE_BYTES, USER_TOP, &start, &end));
    CHECK_EQ(start, 5 * BLOCK + PAGE_BYTES);
}
