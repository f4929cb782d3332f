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
