/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <cap/derivation.h>
#include <mem/open_pages.h>
#include <object/testkit_paging.h>

TEST(page_map_and_unmap)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_page(&g, page, VADDR), answer_ok());
    CHECK(at(&g, VADDR).present);
    CHECK_EQ(at(&g, VADDR).paddr, frame_cap_paddr(guest_cap(&g, page)));
    CHECK_EQ(frame_cap_vaddr(guest_cap(&g, page)), VADDR);
    CHECK_ANSWER(call_plain(&g, page, INV_X86_PAGE_GET_ADDRESS),
                 answer_word(frame_cap_paddr(guest_cap(&g, page))));
    CHECK_ANSWER(call_plain(&g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK(!at(&g, VADDR).present);
    CHECK_EQ(guest_cap(&g, page).frame.asid, 0);
    CHECK_ANSWER(call_plain(&g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK_ANSWER(call_plain(&g, page, INV_X86_PAGE_TABLE_MAP), answer_illegal_operation());
    guest_end(&g);
}

/* Whoever needs the addresses learns of it: the kernel maps the page, as everywhere. */
TEST(a_page_where_the_seat_lies_is_noted)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    g.k->reserved[1] = (struct reserved_range){VADDR + PAGE_BYTES, VADDR + 3 * PAGE_BYTES, 0};
    CHECK_ANSWER(map_page(&g, page, VADDR), answer_ok());
    CHECK_EQ(g.k->reserved[1].taken, 0);
    CHECK_ANSWER(map_page(&g, guest_make(&g, OBJECT_4K_PAGE, 0), VADDR + 3 * PAGE_BYTES),
                 answer_ok());
    CHECK_EQ(g.k->reserved[1].taken, 0);
    CHECK_ANSWER(map_page(&g, guest_make(&g, OBJECT_4K_PAGE, 0), VADDR + 2 * PAGE_BYTES),
                 answer_ok());
    CHECK_EQ(g.k->reserved[1].taken, VADDR + 2 * PAGE_BYTES);
    CHECK_EQ(g.k->reserved[0].taken, 0);
    CHECK(at(&g, VADDR + 2 * PAGE_BYTES).present);
    guest_end(&g);
}

TEST(page_map_rights_are_those_of_both)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    static const struct {
        word_t cap, given;
        enum vm_rights mapped;
    } cases[] = {
        {3, 3, VM_READ_WRITE},  {3, 2, VM_READ_ONLY},   {3, 1, VM_KERNEL_ONLY},
        {3, 0, VM_KERNEL_ONLY}, {2, 3, VM_READ_ONLY},   {2, 2, VM_READ_ONLY},
        {1, 3, VM_KERNEL_ONLY}, {0, 3, VM_KERNEL_ONLY}, {15, 15, VM_READ_WRITE},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        cptr_t copy = guest_copy(&g, page);
        struct slot *slot = guest_slot(&g, copy);
        slot->cap = cap_mask_rights(slot->cap, cases[i].cap);
        CHECK_ANSWER(
            map_page_with(&g, copy, VADDR + i * PAGE_BYTES, cases[i].given, 0, ROOT_VSPACE_CAP),
            answer_ok());
        CHECK_EQ(at(&g, VADDR + i * PAGE_BYTES).rights, cases[i].mapped);
    }
    guest_end(&g);
}

TEST(page_map_again_changes_rights)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    map_page(&g, page, VADDR);
    const struct vspace *v = vspace_at(g.k, guest_cap(&g, ROOT_VSPACE_CAP).pml4.object);
    CHECK_EQ(v->loss_count, 0);
    CHECK_ANSWER(map_page_with(&g, page, VADDR, 2, 0, ROOT_VSPACE_CAP), answer_ok());
    CHECK_EQ(at(&g, VADDR).rights, VM_READ_ONLY);
    CHECK_EQ(v->loss_count, 1);
    CHECK_ANSWER(map_page(&g, page, VADDR), answer_ok());
    CHECK_EQ(at(&g, VADDR).rights, VM_READ_WRITE);
    CHECK_ANSWER(map_page(&g, page, VADDR + PAGE_BYTES), answer_invalid_argument(0));
    guest_end(&g);
}

TEST(page_map_over_another_page_replaces_it)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t first = guest_make(&g, OBJECT_4K_PAGE, 0), second = guest_make(&g, OBJECT_4K_PAGE, 0);
    map_page(&g, first, VADDR);
    CHECK_ANSWER(map_page(&g, second, VADDR), answer_ok());
    CHECK_EQ(at(&g, VADDR).paddr, frame_cap_paddr(guest_cap(&g, second)));
    CHECK_ANSWER(call_plain(&g, first, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK(at(&g, VADDR).present);
    guest_end(&g);
}

TEST(page_map_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    cptr_t no_asid = guest_make(&g, OBJECT_PML4, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    CHECK_ANSWER(guest_invoke(&g, (struct guest_call){.cap = page,
                                                      .method = INV_X86_PAGE_MAP,
                                                      WORDS(VADDR, 3),
                                                      EXTRA(ROOT_VSPACE_CAP)}),
                 answer_truncated_message());
    CHECK_ANSWER(
        guest_invoke(
            &g, (struct guest_call){.cap = page, .method = INV_X86_PAGE_MAP, WORDS(VADDR, 3, 0)}),
        answer_truncated_message());
    CHECK_ANSWER(map_page_with(&g, page, USER_TOP, 3, 0, INITIAL_CAP_TCB),
                 answer_invalid_capability(1));
    CHECK_ANSWER(map_page_with(&g, page, USER_TOP, 3, 0, no_asid), answer_invalid_capability(1));
    CHECK_ANSWER(map_page_with(&g, page, VADDR, 3, 0, ep), answer_invalid_capability(1));
    CHECK_ANSWER(map_page(&g, page, USER_TOP), answer_invalid_argument(0));
    CHECK_ANSWER(map_page(&g, page, USER_TOP - 1), answer_alignment_error());
    CHECK_ANSWER(map_page(&g, page, UINT64_MAX), answer_invalid_argument(0));
    CHECK_ANSWER(map_page(&g, page, VADDR + 1), answer_alignment_error());
    CHECK_ANSWER(map_page(&g, page, VADDR), missing_table(39));
    map_table(&g, guest_make(&g, OBJECT_PDPT, 0), VADDR);
    CHECK_ANSWER(map_page(&g, page, VADDR), missing_table(30));
    map_table(&g, guest_make(&g, OBJECT_PAGE_DIRECTORY, 0), VADDR);
    CHECK_ANSWER(map_page(&g, page, VADDR), missing_table(21));
    CHECK_EQ(guest_cap(&g, page).frame.asid, 0);
    guest_end(&g);
}

TEST(page_map_into_a_vspace_whose_asid_is_gone)
{
    struct guest g = guest_boot_default();
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0), vspace = guest_make(&g, OBJECT_PML4, 0);
    struct guest_call assign = {
        .cap = INITIAL_CAP_ASID_POOL, .method = INV_X86_ASID_POOL_ASSIGN, EXTRA(vspace)};
    CHECK_ANSWER(guest_invoke(&g, assign), answer_ok());
    asid_release(g.k, 2, guest_cap(&g, vspace).pml4.object);
    CHECK_ANSWER(map_page_with(&g, page, VADDR + 1, 3, 0, vspace),
                 answer_failed_lookup(false, lookup_invalid_root()));
    asid_assign(g.k, 2, guest_cap(&g, ROOT_VSPACE_CAP).pml4.object);
    CHECK_ANSWER(map_page_with(&g, page, VADDR + 1, 3, 0, vspace), answer_invalid_capability(1));
    guest_end(&g);
}

TEST(page_mapped_in_one_vspace_is_not_mapped_in_another)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0), other = guest_make(&g, OBJECT_PML4, 0);
    guest_invoke(&g, (struct guest_call){.cap = INITIAL_CAP_ASID_POOL,
                                         .method = INV_X86_ASID_POOL_ASSIGN,
                                         EXTRA(other)});
    map_page(&g, page, VADDR);
    CHECK_ANSWER(map_page_with(&g, page, VADDR, 3, 0, other), answer_invalid_capability(1));
    guest_slot(&g, page)->cap.frame.map_type = FRAME_MAP_IO_SPACE;
    CHECK_ANSWER(map_page(&g, page, VADDR), answer_illegal_operation());
    guest_end(&g);
}

TEST(larger_pages_do_not_replace_tables)
{
    struct guest g = guest_boot_default();
    struct tables t = map_tables(&g, VADDR);
    cptr_t large = guest_make(&g, OBJECT_LARGE_PAGE, 0);
    CHECK_ANSWER(map_page(&g, large, VADDR + PAGE_BYTES), answer_alignment_error());
    CHECK_ANSWER(map_page(&g, large, VADDR), answer_delete_first());
    CHECK_ANSWER(call_plain(&g, t.table, INV_X86_PAGE_TABLE_UNMAP), answer_ok());
    CHECK_ANSWER(map_page(&g, large, VADDR), answer_ok());
    CHECK_EQ(at(&g, VADDR + 0x12345).size_bits, 21);
    cptr_t second = guest_make(&g, OBJECT_LARGE_PAGE, 0);
    CHECK_ANSWER(map_page(&g, second, VADDR), answer_ok());
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_page(&g, page, VADDR), missing_table(21));
    CHECK_ANSWER(map_table(&g, t.table, VADDR), answer_delete_first());
    guest_end(&g);
}

TEST(huge_pages)
{
    struct guest g = guest_boot(kernel_config_default(), 0xbffe0000);
    cptr_t huge = guest_make(&g, OBJECT_HUGE_PAGE, 0);
    CHECK_ANSWER(map_page(&g, huge, bit(40)), missing_table(39));
    map_table(&g, guest_make(&g, OBJECT_PDPT, 0), bit(40));
    CHECK_ANSWER(map_page(&g, huge, bit(40) + bit(21)), answer_alignment_error());
    CHECK_ANSWER(map_page(&g, huge, bit(40)), answer_ok());
    paddr_t paddr = frame_cap_paddr(guest_cap(&g, huge));
    CHECK_EQ(at(&g, bit(40) + 0x12345678).paddr, paddr + 0x12345678);
    CHECK(open_pages_contain(g.k, paddr) && open_pages_contain(g.k, paddr + mask(30)));
    cptr_t directory = guest_make(&g, OBJECT_PAGE_DIRECTORY, 0);
    CHECK_ANSWER(map_table(&g, directory, bit(40)), answer_delete_first());
    CHECK_ANSWER(call_plain(&g, huge, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK_ANSWER(map_table(&g, directory, bit(40)), answer_ok());
    CHECK_ANSWER(map_page(&g, huge, bit(40)), answer_delete_first());
    guest_end(&g);
}

TEST(each_page_copy_has_its_own_mapping)
{
    struct guest g = guest_boot_default();
    map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    map_page(&g, page, VADDR);
    cptr_t copy = guest_copy(&g, page);
    CHECK_EQ(guest_cap(&g, copy).frame.asid, 0);
    CHECK_ANSWER(map_page(&g, copy, VADDR + PAGE_BYTES), answer_ok());
    guest_delete(&g, copy);
    CHECK(!at(&g, VADDR + PAGE_BYTES).present);
    CHECK(at(&g, VADDR).present);
    guest_delete(&g, page);
    CHECK(!at(&g, VADDR).present);
    guest_end(&g);
}
