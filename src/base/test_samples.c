/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <base/samples.h>

#include <test.h>

TEST(sorting_puts_every_value_in_its_place)
{
    uint64_t samples[] = {5, 3, UINT64_MAX, 0, 3, 9, 1};
    const uint64_t sorted[] = {0, 1, 3, 3, 5, 9, UINT64_MAX};

    samples_sort(samples, ARRAY_LENGTH(samples));
    for (size_t i = 0; i < ARRAY_LENGTH(sorted); i++) {
        CHECK_EQ(samples[i], sorted[i]);
    }
}

TEST(quantiles_are_samples)
{
    const uint64_t samples[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110};

    CHECK_EQ(samples_quantile(samples, 11, 0), 10);
    CHECK_EQ(samples_quantile(samples, 11, 50), 60);
    CHECK_EQ(samples_quantile(samples, 11, 90), 100);
    CHECK_EQ(samples_quantile(samples, 11, 100), 110);
    CHECK_EQ(samples_quantile(samples, 10, 50), 50);
    CHECK_EQ(samples_quantile(samples, 1, 90), 10);
}
