/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <test.h>

#include <abi/object.h>
#include <gate/mapped.h>
#include <host/host.h>

TEST(empty_set_has_nothing)
{
    struct mapped mapped = {.buckets = {NULL}};
    vaddr_t start = 1, end = 2;

    CHECK(!mapped_has(&mapped, 0));
    CHECK(!mapped_has(&mapped, USER_TOP - PAGE_BYTES));
    CHECK(!mapped_remove(&mapped, 0, USER_TOP, &start, &end));
    CHECK_EQ(start, 1);
    CHECK_EQ(end, 2);
    mapped_clear(&mapped);
}

TEST(pages_go_in_and_out)
{
    struct mapped mapped = {.buckets = {NULL}};
    vaddr_t start = 0, end = 0;

    /* across a block's end */
    CHECK_EQ(mapped_add(&mapped, 0x3fe000, 0x402000), 0);
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
    mapped_clear(&mapped);
}

TEST(large_ranges_go_by_what_there_is)
{
    struct mapped mapped = {.buckets = {NULL}};
    vaddr_t start = 0, end = 0;

    CHECK_EQ(mapped_add(&mapped, 0, PAGE_BYTES), 0);
    CHECK_EQ(mapped_add(&mapped, 0x7fffc0000000, 0x7fffc0001000), 0);
    CHECK_EQ(mapped_add(&mapped, USER_TOP - PAGE_BYTES, USER_TOP), 0);
    CHECK(mapped_remove(&mapped, PAGE_BYTES, USER_TOP - PAGE_BYTES, &start, &end));
    CHECK_EQ(start, 0x7fffc0000000);
    CHECK_EQ(end, 0x7fffc0001000);
    CHECK(mapped_remove(&mapped, 0, USER_TOP, &start, &end));
    CHECK_EQ(start, 0);
    CHECK_EQ(end, USER_TOP);
    CHECK(!mapped_has(&mapped, 0));
    mapped_clear(&mapped);
}

TEST(blocks_of_one_bucket_are_told_apart)
{
    struct mapped mapped = {.buckets = {NULL}};
    const vaddr_t step = UINT64_C(0x200000) * MAPPED_BUCKETS;

    for (unsigned i = 0; i < 10; i += 2)
        CHECK_EQ(mapped_add(&mapped, i * step, i * step + PAGE_BYTES), 0);
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(mapped_has(&mapped, i * step), i % 2 == 0);
    mapped_clear(&mapped);
    CHECK(!mapped_has(&mapped, 0));
}

TEST(no_memory_is_an_error)
{
    struct mapped mapped = {.buckets = {NULL}};

    host_inject("allocate", 2, ENOMEM);
    CHECK_EQ(mapped_add(&mapped, 0x1ff000, 0x201000), -ENOMEM);
    CHECK_EQ(mapped_add(&mapped, 0x1ff000, 0x201000), 0);
    mapped_clear(&mapped);
}
