/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <cap/derivation.h>
#include <object/testkit_paging.h>

TEST(tables_map_errors_in_their_order)
{
    static const struct {
        enum object_kind kind;
        enum invocation map, unmap;
        vaddr_t step;
    } cases[] = {
        {OBJECT_PDPT, INV_X86_PDPT_MAP, INV_X86_PDPT_UNMAP, UINT64_C(1) << 39},
        {OBJECT_PAGE_DIRECTORY, INV_X86_PAGE_DIRECTORY_MAP, INV_X86_PAGE_DIRECTORY_UNMAP, 1 << 30},
        {OBJECT_PAGE_TABLE, INV_X86_PAGE_TABLE_MAP, INV_X86_PAGE_TABLE_UNMAP, 1 << 21},
    };
    struct guest g = guest_boot_default();
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        cptr_t table = guest_make(&g, cases[i].kind, 0), second = guest_make(&g, cases[i].kind, 0);
        struct guest_call call = {.cap = table, .method = cases[i].map, WORDS(VADDR), EXTRA(3)};
        CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
        call.length = 2;
        call.caps = 0;
        CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
        CHECK_ANSWER(map_table_in(&g, table, UINT64_MAX, INITIAL_CAP_TCB),
                     answer_invalid_capability(1));
        CHECK_ANSWER(map_table(&g, table, bit(47)), answer_invalid_argument(0));
        CHECK_ANSWER(map_table(&g, table, UINT64_MAX), answer_invalid_argument(0));
        if (cases[i].kind != OBJECT_PDPT)
            CHECK_ANSWER(map_table(&g, table, bit(46)),
                         missing_table(39)); /* nothing mapped there */
        CHECK_ANSWER(call_plain(&g, table, cases[i].unmap), answer_ok());
        CHECK_ANSWER(map_table(&g, table, VADDR + 0x1234), answer_ok());
        CHECK_EQ(paging_cap_vaddr(guest_cap(&g, table)), VADDR & ~(cases[i].step - 1));
        CHECK_ANSWER(map_table_in(&g, table, VADDR, INITIAL_CAP_TCB), answer_invalid_capability(0));
        CHECK_ANSWER(map_table(&g, second, VADDR), answer_delete_first());
        CHECK_ANSWER(call_plain(&g, table, INV_X86_PAGE_MAP), answer_illegal_operation());
    }
    cptr_t table = guest_make(&g, OBJECT_PAGE_TABLE, 0);
    CHECK_ANSWER(map_table(&g, table, VADDR + bit(30)), missing_table(30));
    guest_end(&g);
}

TEST(tables_are_copied_only_while_mapped)
{
    struct guest g = guest_boot_default();
    cptr_t table = guest_make(&g, OBJECT_PDPT, 0), vspace = guest_make(&g, OBJECT_PML4, 0);
    union cap cap = cap_null();
    CHECK_ANSWER(cap_derive(g.k, guest_slot(&g, table), guest_cap(&g, table), &cap),
                 answer_illegal_operation());
    CHECK_ANSWER(cap_derive(g.k, guest_slot(&g, vspace), guest_cap(&g, vspace), &cap),
                 answer_illegal_operation());
    map_table(&g, table, VADDR);
    cptr_t copy = guest_copy(&g, table);
    CHECK(copy != 0);
    CHECK_ANSWER(call_plain(&g, table, INV_X86_PDPT_UNMAP), answer_revoke_first());
    CHECK_ANSWER(call_plain(&g, copy, INV_X86_PDPT_UNMAP), answer_revoke_first());
    guest_delete(&g, table);
    CHECK(guest_cap(&g, copy).paging.is_mapped);
    CHECK_ANSWER(call_plain(&g, copy, INV_X86_PDPT_UNMAP), answer_ok());
    CHECK(!guest_cap(&g, copy).paging.is_mapped);
    guest_end(&g);
}

TEST(unmapping_a_table_empties_it)
{
    struct guest g = guest_boot_default();
    struct tables t = map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    map_page(&g, page, VADDR);
    CHECK_ANSWER(call_plain(&g, t.directory, INV_X86_PAGE_DIRECTORY_UNMAP), answer_ok());
    CHECK(!at(&g, VADDR).present);
    CHECK_ANSWER(map_table(&g, t.directory, VADDR), answer_ok());
    CHECK(!at(&g, VADDR).present);
    CHECK_ANSWER(map_page(&g, page, VADDR), missing_table(21)); /* believes to be mapped */
    CHECK_ANSWER(call_plain(&g, page, INV_X86_PAGE_UNMAP), answer_ok());
    CHECK_ANSWER(call_plain(&g, t.table, INV_X86_PAGE_TABLE_UNMAP), answer_ok());
    CHECK_ANSWER(map_table(&g, t.table, VADDR), answer_ok());
    CHECK_ANSWER(map_page(&g, page, VADDR), answer_ok());
    guest_end(&g);
}

TEST(deleting_the_last_table_capability_unmaps_it)
{
    struct guest g = guest_boot_default();
    struct tables t = map_tables(&g, VADDR);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    map_page(&g, page, VADDR);
    cptr_t copy = guest_copy(&g, t.table);
    guest_delete(&g, t.table);
    CHECK(at(&g, VADDR).present);
    guest_delete(&g, copy);
    CHECK(!at(&g, VADDR).present);
    CHECK_EQ(vspace_at(g.k, guest_cap(&g, ROOT_VSPACE_CAP).pml4.object)->loss[0], VADDR | 21);
    guest_end(&g);
}
