/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/checked.h>
#include <test.h>

TEST(add_fits_or_leaves_the_result_alone)
{
    uint64_t value = 7;

    CHECK(checked_add(UINT64_MAX - 1, 1, &value));
    CHECK_EQ(value, UINT64_MAX);
    value = 7;
    CHECK(!checked_add(UINT64_MAX, 1, &value));
    CHECK_EQ(value, 7);
}

TEST(subtract_does_not_go_below_zero)
{
    uint64_t value = 7;

    CHECK(checked_subtract(5, 5, &value));
    CHECK_EQ(value, 0);
    value = 7;
    CHECK(!checked_subtract(5, 6, &value));
    CHECK_EQ(value, 7);
}

TEST(multiply_fits_or_leaves_the_result_alone)
{
    uint64_t value = 7;

    CHECK(checked_multiply(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &value));
    CHECK_EQ(value, UINT64_C(0xffffffff00000000));
    value = 7;
    CHECK(!checked_multiply(UINT64_C(1) << 32, UINT64_C(1) << 32, &value));
    CHECK_EQ(value, 7);
}

TEST(shift_takes_any_distance)
{
    uint64_t value = 7;

    CHECK(checked_shift(1, 63, &value));
    CHECK_EQ(value, UINT64_C(1) << 63);
    CHECK(checked_shift(0, 200, &value));
    CHECK_EQ(value, 0);
    value = 7;
    CHECK(!checked_shift(2, 63, &value));
    CHECK(!checked_shift(1, 64, &value));
    CHECK_EQ(value, 7);
}

TEST(range_fits_without_wrapping)
{
    CHECK(range_fits(0, 10, 10));
    CHECK(range_fits(10, 0, 10));
    CHECK(!range_fits(10, 1, 10));
    CHECK(!range_fits(11, 0, 10));
    CHECK(!range_fits(5, UINT64_MAX, 10));
}

TEST(ranges_overlap_where_they_share_a_byte)
{
    CHECK(ranges_overlap(0, 10, 9, 1));
    CHECK(ranges_overlap(9, 1, 0, 10));
    CHECK(ranges_overlap(3, 4, 3, 4));
    CHECK(!ranges_overlap(0, 10, 10, 5));
    CHECK(!ranges_overlap(10, 5, 0, 10));
    CHECK(!ranges_overlap(5, 0, 0, 10));
    CHECK(ranges_overlap(UINT64_MAX - 1, 1, 0, UINT64_MAX));
}
