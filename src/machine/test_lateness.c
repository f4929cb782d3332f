/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <machine/lateness.h>

TEST(a_millisecond_is_not_late_and_the_latest_is_kept)
{
    struct lateness lateness = {0};
    CHECK(!lateness_note(&lateness, 0, 100));
    CHECK(!lateness_note(&lateness, LATENESS_LIMIT, 200));
    CHECK_EQ(lateness.count, 0);
    CHECK(lateness_note(&lateness, LATENESS_LIMIT + 1, 300));
    CHECK_EQ(lateness.most_at, 300);
    CHECK(lateness_note(&lateness, 5 * LATENESS_LIMIT, 400));
    CHECK(lateness_note(&lateness, 2 * LATENESS_LIMIT, 500));
    CHECK_EQ(lateness.count, 3);
    CHECK_EQ(lateness.most, 5 * LATENESS_LIMIT);
    CHECK_EQ(lateness.most_at, 400);
}
