/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>
#include <seat/losses.h>

struct range {
    vaddr_t start, end;
};

static void check_ranges(const struct vspace_losses *losses, const struct range *expected,
                         unsigned count)
{
    struct range range;
    unsigned i = 0;
    for (uint32_t at = 0; seat_next_loss(losses, &at, &range.start, &range.end); i++) {
        if (!CHECK(i < count))
            return;
        CHECK_EQ(range.start, expected[i].start);
        CHECK_EQ(range.end, expected[i].end);
    }
    CHECK_EQ(i, count);
}

TEST(no_loss_is_no_range)
{
    static const struct vspace_losses none;
    check_ranges(&none, NULL, 0);
}

TEST(neighbours_are_one_range)
{
    struct guest g = guest_with_vspace();
    vspace_lose(g.k, ROOT, 0x1fe000, PAGE_BITS);
    vspace_lose(g.k, ROOT, 0x1ff000, PAGE_BITS);
    vspace_lose(g.k, ROOT, 0x200000, LARGE_PAGE_BITS);
    vspace_lose(g.k, ROOT, 0x401000, PAGE_BITS); /* a page of a gap */
    vspace_lose(g.k, ROOT, 0x400000, PAGE_BITS); /* the gap, but downward */
    vspace_lose(g.k, ROOT, 0, PAGE_BITS);
    vspace_lose(g.k, ROOT, 0x7fff80000000, HUGE_PAGE_BITS);
    struct vspace_losses losses = take_losses(&g, ROOT);
    static const struct range expected[] = {
        {0x1fe000, 0x400000},
        {0x401000, 0x402000},
        {0x400000, 0x401000},
        {0, 0x1000},
        {0x7fff80000000, 0x7fffc0000000},
    };
    check_ranges(&losses, expected, ARRAY_LENGTH(expected));
    guest_end(&g);
}

TEST(too_many_losses_are_everything)
{
    struct guest g = guest_with_vspace();
    for (unsigned i = 0; i <= VSPACE_LOSSES_MAX; i++)
        vspace_lose(g.k, ROOT, 2 * i * PAGE_BYTES, PAGE_BITS);
    struct vspace_losses losses = take_losses(&g, ROOT);
    CHECK(losses.lost_all);
    check_ranges(&losses, &(struct range){0, USER_TOP}, 1);
    guest_end(&g);
}

TEST(as_many_losses_as_there_is_room_for_are_ranges)
{
    static struct range expected[VSPACE_LOSSES_MAX];
    struct guest g = guest_with_vspace();
    for (unsigned i = 0; i < VSPACE_LOSSES_MAX; i++) {
        expected[i] = (struct range){2 * i * PAGE_BYTES, (2 * i + 1) * PAGE_BYTES};
        vspace_lose(g.k, ROOT, expected[i].start, PAGE_BITS);
    }
    struct vspace_losses losses = take_losses(&g, ROOT);
    check_ranges(&losses, expected, VSPACE_LOSSES_MAX);
    guest_end(&g);
}
