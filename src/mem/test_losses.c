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

TEST(the_queue_holds_each_changed_vspace_once)
{
    struct guest g = guest_with_vspace();
    paddr_t roots[] = {ROOT, TABLES + 0x10000, TABLES + 0x11000};
    asid_assign(g.k, 20, roots[1]);
    asid_assign(g.k, 21, roots[2]);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < ARRAY_LENGTH(roots); i++)
            vspace_lose(g.k, roots[i], round << 12, 12);
    asid_release(g.k, 20, roots[1]); /* from the middle */
    CHECK_EQ(take_losses(&g, roots[2]).count, 2);
    CHECK_EQ(take_losses(&g, roots[0]).count, 2);
    take_losses(&g, 0);
    guest_end(&g);
}
