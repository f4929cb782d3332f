/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <test.h>

TEST(mask_of_any_width)
{
    CHECK_EQ(mask(0), 0);
    CHECK_EQ(mask(12), 0xfff);
    CHECK_EQ(mask(63), UINT64_MAX >> 1);
    CHECK_EQ(mask(64), UINT64_MAX);
    CHECK_EQ(mask(200), UINT64_MAX);
}

TEST(alignment)
{
    CHECK_EQ(align_down(0x1fff, 12), 0x1000);
    CHECK_EQ(align_up(0x1001, 12), 0x2000);
    CHECK_EQ(align_up(0x1000, 12), 0x1000);
    CHECK_EQ(align_up(UINT64_MAX, 12), 0);
    CHECK(is_aligned(0x1000, 12));
    CHECK(!is_aligned(0x1001, 12));
    CHECK(is_aligned(0x1001, 0));
}

TEST(highest_and_lowest_bit)
{
    for (unsigned n = 0; n < WORD_BITS; n++) {
        CHECK_EQ(highest_bit(bit(n) | 1), n);
        CHECK_EQ(lowest_bit(bit(n) | bit(63)), n);
    }
}

TEST(minimum_and_maximum)
{
    CHECK_EQ(min_u64(3, UINT64_MAX), 3);
    CHECK_EQ(max_u64(3, UINT64_MAX), UINT64_MAX);
}
