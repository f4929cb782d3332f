/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>

TEST(too_many_losses_become_the_loss_of_everything)
{
    struct guest g = guest_with_vspace();
    for (unsigned i = 0; i < VSPACE_LOSSES_MAX; i++)
        vspace_lose(g.k, ROOT, i * PAGE_BYTES, 12);
    vspace_lose(g.k, ROOT, (VSPACE_LOSSES_MAX - 1) * PAGE_BYTES, 12);
    struct vspace_losses losses = take_losses(&g, ROOT);
    CHECK(!losses.lost_all);
    CHECK_EQ(losses.count, VSPACE_LOSSES_MAX);
    CHECK_EQ(losses.loss[1], 0x1000 | 12);
    for (unsigned i = 0; i <= VSPACE_LOSSES_MAX; i++)
        vspace_lose(g.k, ROOT, i * PAGE_BYTES, 12);
    CHECK(take_losses(&g, ROOT).lost_all);
    vspace_lose(g.k, ROOT, 0, 12);
    CHECK(!take_losses(&g, ROOT).lost_all);
    guest_end(&g);
}

TEST(each_vspace_has_losses_of_its_own)
{
    struct guest g = guest_with_vspace();
    paddr_t other = TABLES + 0x10000;
    asid_assign(g.k, 20, other);
    vspace_lose(g.k, ROOT, 0x1000, 12);
    vspace_lose(g.k, other, 0x2000, 12);
    vspace_lose(g.k, ROOT, 0x3000, 12);
    CHECK_EQ(take_losses(&g, ROOT).count, 2);
    check_no_losses(&g);
    CHECK_EQ(take_losses(&g, other).loss[0], 0x2000 | 12);
    vspace_lose(g.k, other, 0x2000, 12);
    asid_release(g.k, 20, other);
    asid_assign(g.k, 21, other); /* begins with none */
    CHECK(!vspace_take_losses(g.k, other, &(struct vspace_losses){.count = 0}));
    guest_end(&g);
}

TEST(the_page_that_was_mapped_last_is_the_gain)
{
    struct guest g = guest_with_vspace();
    uint64_t table[512] = {0};
    CHECK_EQ(vspace_take_gain(g.k, ROOT), 0);
    uint64_t page = entry_make_page(0x3000, FRAME_4K, VM_READ_WRITE, 0);
    vspace_set_entry(g.k, ROOT, &table[1], page, 0x1000, LEVEL_PAGE_TABLE);
    vspace_set_entry(g.k, ROOT, &table[2], page, 0x2000, LEVEL_PAGE_TABLE);
    vspace_set_entry(g.k, ROOT, &table[2], 0, 0x2000, LEVEL_PAGE_TABLE);
    vspace_set_entry(g.k, ROOT, &table[3], entry_make_table(0x4000, 0), 0, LEVEL_PAGE_DIRECTORY);
    CHECK_EQ(vspace_take_gain(g.k, ROOT), 0x2000);
    CHECK_EQ(vspace_take_gain(g.k, ROOT), 0);
    guest_end(&g);
}
