/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>

TEST(entries_have_the_bits_of_the_processor)
{
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_WRITE, 0), 0x5007);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 0), 0x5005);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_KERNEL_ONLY, 0), 0x5001);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 1), 0x500d);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 2), 0x5015);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 4), 0x5085);
    CHECK_EQ(entry_make_page(0x600000, FRAME_LARGE, VM_READ_WRITE, 0), 0x600087);
    CHECK_EQ(entry_make_page(0x600000, FRAME_LARGE, VM_READ_WRITE, 4), 0x601087);
    CHECK_EQ(entry_make_page(0x40000000, FRAME_HUGE, VM_READ_WRITE, 4), 0x40000087);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_WRITE, ~UINT64_C(7)), 0x5007);
    CHECK_EQ(entry_make_table(0x7000, 3), 0x701f);
}

TEST(only_changes_of_what_was_there_are_losses)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_WRITE);
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_WRITE);
    check_no_losses(&g);
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_ONLY);
    map(&g, VADDR, FRAME_4K, 0x3001000, VM_READ_ONLY);
    struct vspace_losses losses = take_losses(&g, ROOT);
    CHECK_EQ(losses.count, 1);
    CHECK_EQ(losses.loss[0], VADDR | 12);
    CHECK(!losses.lost_all);
    check_no_losses(&g);
    guest_end(&g);
}

TEST(unmap_leaves_other_mappings_alone)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_WRITE);
    vspace_unmap_page(g.k, ASID, VADDR, FRAME_4K, 0x3001000);        /* another frame */
    vspace_unmap_page(g.k, ASID + 1, VADDR, FRAME_4K, 0x3000000);    /* another VSpace */
    vspace_unmap_page(g.k, ASID, VADDR, FRAME_LARGE, 0x3000000);     /* another size */
    vspace_unmap_page(g.k, ASID, 0x1000, FRAME_4K, 0x3000000);       /* no tables */
    vspace_unmap_table(g.k, ASID, VADDR, LEVEL_PAGE_TABLE, TABLE_2); /* another table */
    CHECK(vspace_translate(g.k, ROOT, VADDR).present);
    check_no_losses(&g);
    vspace_unmap_page(g.k, ASID, VADDR, FRAME_4K, 0x3000000);
    CHECK(!vspace_translate(g.k, ROOT, VADDR).present);
    CHECK_EQ(take_losses(&g, ROOT).loss[0], VADDR | 12);
    guest_end(&g);
}

TEST(unmapping_a_table_loses_all_it_spans)
{
    struct guest g = guest_with_vspace();
    static const struct {
        enum paging_level level;
        paddr_t table;
        unsigned bits;
    } cases[] = {{LEVEL_PAGE_TABLE, TABLE, 21},
                 {LEVEL_PAGE_DIRECTORY, DIRECTORY, 30},
                 {LEVEL_PDPT, PDPT, 39}};
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        vspace_unmap_table(g.k, ASID, VADDR, cases[i].level, cases[i].table);
        CHECK_EQ(take_losses(&g, ROOT).loss[0], align_down(VADDR, cases[i].bits) | cases[i].bits);
    }
    guest_end(&g);
}
