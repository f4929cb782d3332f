/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>

TEST(entries_tell_what_they_are)
{
    uint64_t pat_page = entry_make_page(0x5000, FRAME_4K, VM_READ_WRITE, 4);
    CHECK(entry_is_page(pat_page, LEVEL_PAGE_TABLE));
    CHECK(!entry_is_table(pat_page, LEVEL_PAGE_TABLE));
    uint64_t large = entry_make_page(0x600000, FRAME_LARGE, VM_READ_WRITE, 4);
    CHECK(entry_is_page(large, LEVEL_PAGE_DIRECTORY));
    CHECK_EQ(entry_paddr(large, LEVEL_PAGE_DIRECTORY), 0x600000);
    uint64_t table = entry_make_table(0x7000, 0);
    CHECK(entry_is_table(table, LEVEL_PAGE_DIRECTORY));
    CHECK(!entry_is_page(table, LEVEL_PML4));
    CHECK(!entry_is_page(0, LEVEL_PAGE_TABLE));
    CHECK(!entry_is_table(0, LEVEL_PML4));
}

TEST(walk_names_the_missing_level)
{
    struct guest g = guest_with_vspace();
    static const struct {
        vaddr_t vaddr;
        enum paging_level level;
        unsigned missing;
    } cases[] = {
        {0x1000, LEVEL_PAGE_TABLE, 39},
        {0x1000, LEVEL_PDPT, 39},
        {VADDR + (UINT64_C(1) << 30), LEVEL_PAGE_TABLE, 30},
        {VADDR + (UINT64_C(1) << 30), LEVEL_PAGE_DIRECTORY, 30},
        {VADDR + (UINT64_C(1) << 22), LEVEL_PAGE_TABLE, 21},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        unsigned missing = 0;
        CHECK(!walk_entry(g.k, ROOT, cases[i].vaddr, cases[i].level, &missing));
        CHECK_EQ(missing, cases[i].missing);
    }
    unsigned untouched = 1;
    uint64_t *entry = walk_entry(g.k, ROOT, VADDR, LEVEL_PAGE_TABLE, &untouched);
    CHECK_EQ(kernel_paddr(g.k, entry), TABLE + 8);
    CHECK_EQ(untouched, 1);
    guest_end(&g);
}

TEST(a_large_page_hides_the_levels_beneath)
{
    struct guest g = guest_with_vspace();
    vaddr_t vaddr = align_down(VADDR, 21) + bit(22);
    map(&g, vaddr, FRAME_LARGE, 0x4000000, VM_READ_ONLY);
    unsigned missing = 0;
    CHECK(!walk_entry(g.k, ROOT, vaddr, LEVEL_PAGE_TABLE, &missing));
    CHECK_EQ(missing, 21);
    guest_end(&g);
}
