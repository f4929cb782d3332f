/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/compute.h>

#include <string.h>
#include <test.h>

TEST(the_same_passes_give_the_same_and_each_changes_something)
{
    static struct compute_memory first, second, before;

    for (int pass = 0; pass < 3; pass++) {
        before = first;
        compute_pass(&first);
        CHECK(memcmp(&before, &first, sizeof(first)) != 0);
        compute_pass(&second);
        CHECK(memcmp(&first, &second, sizeof(first)) == 0);
    }
}
