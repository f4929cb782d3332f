/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <kernel/boot.h>

TEST(regions_melt_and_split)
{
    struct boot_regions r = {.count = 0};
    boot_regions_add(&r, (struct memory_region){0x3000, 0x5000});
    boot_regions_add(&r, (struct memory_region){0x1000, 0x2000});
    CHECK_EQ(r.count, 2);
    boot_regions_add(&r, (struct memory_region){0x2000, 0x3000});
    CHECK_EQ(r.count, 1);
    CHECK_EQ(r.region[0].base, 0x1000);
    CHECK_EQ(r.region[0].end, 0x5000);
    boot_regions_remove(&r, (struct memory_region){0x2000, 0x3000});
    CHECK_EQ(r.count, 2);
    CHECK_EQ(r.region[0].end, 0x2000);
    CHECK_EQ(r.region[1].base, 0x3000);
    CHECK(boot_regions_contain(&r, (struct memory_region){0x3000, 0x5000}));
    CHECK(!boot_regions_contain(&r, (struct memory_region){0x1000, 0x4000}));
    struct boot_regions gaps = boot_regions_gaps(&r);
    CHECK_EQ(gaps.count, 3);
    CHECK_EQ(gaps.region[2].end, bit(47));
    boot_regions_remove(&r, (struct memory_region){0, 0x10000});
    CHECK_EQ(r.count, 0);
}

TEST(bytes_too_few_for_an_untyped_are_skipped)
{
    struct memory_region rest = {0x1008, 0x102f};
    paddr_t base;
    unsigned bits;
    CHECK(boot_next_untyped(&rest, &base, &bits));
    CHECK_EQ(base, 0x1010);
    CHECK_EQ(bits, 4);
    CHECK(!boot_next_untyped(&rest, &base, &bits));
}
