/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>

#define FRAME UINT64_C(0x3000000)

TEST(a_writable_page_is_an_alias_wherever_it_is)
{
    struct guest g = guest_with_vspace();
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME, USER_TOP));
    map(&g, VADDR, FRAME_4K, FRAME, VM_READ_WRITE);
    CHECK(vspace_has_alias(g.k, ROOT, FRAME, USER_TOP));
    CHECK(vspace_has_alias(g.k, ROOT, FRAME + 0x123, VADDR + PAGE_BYTES));
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME - 1, USER_TOP));
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME + PAGE_BYTES, USER_TOP));
    guest_end(&g);
}

TEST(the_page_itself_is_none)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, FRAME, VM_READ_WRITE);
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME, VADDR));
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME, VADDR + 7));
    map(&g, VADDR + bit(21), FRAME_4K, FRAME, VM_READ_WRITE);
    CHECK(vspace_has_alias(g.k, ROOT, FRAME, VADDR));
    CHECK(vspace_has_alias(g.k, ROOT, FRAME, VADDR + bit(21)));
    guest_end(&g);
}

TEST(what_user_level_cannot_write_is_none)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, FRAME, VM_READ_ONLY);
    map(&g, VADDR + PAGE_BYTES, FRAME_4K, FRAME, VM_KERNEL_ONLY);
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME, USER_TOP));
    guest_end(&g);
}

TEST(a_page_in_a_large_one_is_found_by_its_own_address)
{
    struct guest g = guest_with_vspace();
    vaddr_t large = align_down(VADDR, 22) + bit(22), huge = align_down(VADDR, 30) + bit(30);
    map(&g, large, FRAME_LARGE, 0x4000000, VM_READ_WRITE);
    CHECK(vspace_has_alias(g.k, ROOT, 0x4005000, VADDR));
    CHECK(vspace_has_alias(g.k, ROOT, 0x4005000, large));
    CHECK(!vspace_has_alias(g.k, ROOT, 0x4005000, large + 0x5000));
    CHECK(!vspace_has_alias(g.k, ROOT, 0x4200000, VADDR));
    map(&g, huge, FRAME_HUGE, 0x80000000, VM_READ_WRITE);
    CHECK(vspace_has_alias(g.k, ROOT, 0x80000000 + bit(29), huge));
    CHECK(!vspace_has_alias(g.k, ROOT, 0x80000000 + bit(29), huge + bit(29)));
    guest_end(&g);
}

/* A guest in place may have written anything there. */
TEST(a_table_that_is_not_in_memory_is_passed_over)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, FRAME, VM_READ_WRITE);
    link_table(&g, VADDR, LEVEL_PDPT, UINT64_C(0xf0000000000));
    CHECK(!vspace_has_alias(g.k, ROOT, FRAME, USER_TOP));
    guest_end(&g);
}
