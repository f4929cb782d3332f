/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, paging structures, ASIDs: methods with every error, in the order in which they win. */
#include <test.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <mem/vspace.h>
#include <model/testkit_guest.h>

#define VADDR           UINT64_C(0x10000200000)
#define RIGHTS          3
#define ROOT_VSPACE_CAP INITIAL_CAP_VSPACE

static struct answer map_page_with(struct guest *g, cptr_t page, vaddr_t vaddr, word_t rights,
                                   word_t attributes, cptr_t vspace)
{
    return guest_invoke(g, (struct guest_call){.cap = page,
                                               .method = INV_X86_PAGE_MAP,
                                               WORDS(vaddr, rights, attributes),
                                               EXTRA(vspace)});
}

static struct answer map_page(struct guest *g, cptr_t page, vaddr_t vaddr)
{
    return map_page_with(g, page, vaddr, RIGHTS, 0, ROOT_VSPACE_CAP);
}

static struct answer call_plain(struct guest *g, cptr_t cap, enum invocation method)
{
    return guest_invoke(g, (struct guest_call){.cap = cap, .method = method});
}

static struct answer map_table_in(struct guest *g, cptr_t table, vaddr_t vaddr, cptr_t vspace)
{
    static const enum invocation methods[CAP_TYPE_COUNT] = {
        [CAP_PAGE_TABLE] = INV_X86_PAGE_TABLE_MAP,
        [CAP_PAGE_DIRECTORY] = INV_X86_PAGE_DIRECTORY_MAP,
        [CAP_PDPT] = INV_X86_PDPT_MAP,
    };
    return guest_invoke(g, (struct guest_call){.cap = table,
                                               .method = methods[cap_type(guest_cap(g, table))],
                                               WORDS(vaddr, 0),
                                               EXTRA(vspace)});
}

static struct answer map_table(struct guest *g, cptr_t table, vaddr_t vaddr)
{
    return map_table_in(g, table, vaddr, ROOT_VSPACE_CAP);
}

struct tables {
    cptr_t pdpt, directory, table;
};

static struct tables map_tables(struct guest *g, vaddr_t vaddr)
{
    struct tables t = {
        .pdpt = guest_make(g, OBJECT_PDPT, 0),
        .directory = guest_make(g, OBJECT_PAGE_DIRECTORY, 0),
        .table = guest_make(g, OBJECT_PAGE_TABLE, 0),
    };
    CHECK_ANSWER(map_table(g, t.pdpt, vaddr), answer_ok());
    CHECK_ANSWER(map_table(g, t.directory, vaddr), answer_ok());
    CHECK_ANSWER(map_table(g, t.table, vaddr), answer_ok());
    return t;
}

static struct translation at(struct guest *g, vaddr_t vaddr)
{
    return vspace_translate(g->k, guest_cap(g, ROOT_VSPACE_CAP).pml4.object, vaddr);
}

static struct answer missing_table(unsigned bits)
{
    return answer_failed_lookup(false, lookup_missing_capability(bits));
}

/* --- pages --------------------------------------------------------------------------------- */

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
    CHECK_ANSWER(call_plain(&g, page, INV_X86_PAGE_MAP_IO), answer_illegal_operation());
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
    CHECK_EQ(g.k->changed_vspaces, 0);
    CHECK_ANSWER(map_page_with(&g, page, VADDR, 2, 0, ROOT_VSPACE_CAP), answer_ok());
    CHECK_EQ(at(&g, VADDR).rights, VM_READ_ONLY);
    CHECK_EQ(g.k->changed_vspaces, guest_cap(&g, ROOT_VSPACE_CAP).pml4.object);
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
    cptr_t no_asid = guest_make(&g, OBJECT_PML4, 0);
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
    CHECK_ANSWER(map_page(&g, page, USER_TOP + 1), answer_invalid_argument(0));
    CHECK_ANSWER(map_page(&g, page, USER_TOP - 1), answer_invalid_argument(0));
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
    CHECK_EQ(at(&g, bit(40) + 0x12345678).paddr, frame_cap_paddr(guest_cap(&g, huge)) + 0x12345678);
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

/* --- paging structures --------------------------------------------------------------------- */

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
    CHECK_EQ(vspace_at(g.k, g.k->changed_vspaces)->loss[0], VADDR | 21);
    guest_end(&g);
}

TEST(vspace_has_no_methods)
{
    struct guest g = guest_boot_default();
    CHECK_ANSWER(call_plain(&g, ROOT_VSPACE_CAP, INV_X86_PDPT_MAP), answer_illegal_operation());
    guest_end(&g);
}

/* --- ASIDs --------------------------------------------------------------------------------- */

static struct answer make_pool(struct guest *g, cptr_t untyped, cptr_t dest)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_ASID_CONTROL,
                                               .method = INV_X86_ASID_CONTROL_MAKE_POOL,
                                               WORDS(dest, 64),
                                               EXTRA(untyped, INITIAL_CAP_CNODE)});
}

static struct answer assign(struct guest *g, cptr_t pool, cptr_t vspace)
{
    return guest_invoke(
        g, (struct guest_call){.cap = pool, .method = INV_X86_ASID_POOL_ASSIGN, EXTRA(vspace)});
}

TEST(asid_control_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t page = guest_make(&g, OBJECT_UNTYPED, 12), larger = guest_make(&g, OBJECT_UNTYPED, 13);
    cptr_t free = g.next_slot;
    struct guest_call call = {.cap = INITIAL_CAP_ASID_CONTROL,
                              .method = INV_X86_ASID_CONTROL_MAKE_POOL,
                              WORDS(free),
                              EXTRA(page, INITIAL_CAP_CNODE)};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 2;
    call.caps = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(make_pool(&g, larger, free), answer_invalid_capability(1));
    CHECK_ANSWER(make_pool(&g, INITIAL_CAP_TCB, free), answer_invalid_capability(1));
    guest_slot(&g, page)->cap.untyped.is_device = 1;
    CHECK_ANSWER(make_pool(&g, page, free), answer_invalid_capability(1));
    guest_slot(&g, page)->cap.untyped.is_device = 0;
    CHECK_ANSWER(make_pool(&g, page, page), answer_delete_first());
    call.words[1] = 65;
    call.caps = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 64));
    CHECK_ANSWER(make_pool(&g, page, free), answer_ok());
    CHECK_EQ(guest_cap(&g, free).asid_pool.asid_base, 512);
    CHECK_EQ(g.k->asid_pools[1], guest_cap(&g, page).untyped.base);
    CHECK_ANSWER(make_pool(&g, page, free + 1), answer_revoke_first());
    call.method = INV_X86_ASID_POOL_ASSIGN;
    CHECK_ANSWER(guest_invoke(&g, call), answer_illegal_operation());
    guest_end(&g);
}

TEST(asid_control_makes_seven_pools)
{
    struct guest g = guest_boot_default();
    for (unsigned i = 1; i < NUM_ASID_POOLS; i++) {
        cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
        CHECK_ANSWER(make_pool(&g, untyped, g.next_slot++), answer_ok());
    }
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    CHECK_ANSWER(make_pool(&g, INITIAL_CAP_TCB, untyped), answer_delete_first());
    guest_end(&g);
}

TEST(asid_pool_assign_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t vspace = guest_make(&g, OBJECT_PML4, 0), untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    cptr_t pool = g.next_slot++;
    make_pool(&g, untyped, pool);
    CHECK_ANSWER(call_plain(&g, pool, INV_X86_PAGE_MAP), answer_illegal_operation());
    CHECK_ANSWER(call_plain(&g, pool, INV_X86_ASID_POOL_ASSIGN), answer_truncated_message());
    CHECK_ANSWER(assign(&g, pool, INITIAL_CAP_TCB), answer_invalid_capability(1));
    CHECK_ANSWER(assign(&g, pool, ROOT_VSPACE_CAP), answer_invalid_capability(1));
    g.k->asid_pools[1] = 0;
    CHECK_ANSWER(assign(&g, pool, vspace), answer_failed_lookup(false, lookup_invalid_root()));
    g.k->asid_pools[1] = g.k->asid_pools[0];
    CHECK_ANSWER(assign(&g, pool, vspace), answer_invalid_capability(0));
    g.k->asid_pools[1] = guest_cap(&g, pool).asid_pool.object;
    uint64_t *asids = kernel_memory(g.k, g.k->asid_pools[1]);
    for (unsigned i = 0; i < 512; i++)
        asids[i] = i == 5 ? 0 : 0x1000;
    CHECK_ANSWER(assign(&g, pool, vspace), answer_ok());
    CHECK_EQ(guest_cap(&g, vspace).pml4.asid, 512 + 5);
    CHECK(vspace_at(g.k, guest_cap(&g, vspace).pml4.object)->serial != 0);
    cptr_t second = guest_make(&g, OBJECT_PML4, 0);
    CHECK_ANSWER(assign(&g, pool, second), answer_delete_first());
    for (unsigned i = 0; i < 512; i++)
        asids[i] = asids[i] == 0x1000 ? 0 : asids[i];
    guest_end(&g);
}

TEST(deleting_a_vspace_frees_its_asid)
{
    struct guest g = guest_boot_default();
    cptr_t vspace = guest_make(&g, OBJECT_PML4, 0);
    CHECK_ANSWER(assign(&g, INITIAL_CAP_ASID_POOL, vspace), answer_ok());
    paddr_t root = guest_cap(&g, vspace).pml4.object;
    CHECK_EQ(asid_vspace(g.k, 2), root);
    uint64_t serial = vspace_at(g.k, root)->serial;
    cptr_t copy = guest_copy(&g, vspace);
    guest_delete(&g, vspace);
    CHECK(vspace_is_alive(g.k, root, serial));
    guest_delete(&g, copy);
    CHECK(!vspace_is_alive(g.k, root, serial));
    CHECK_EQ(asid_find_free(g.k, 0), 2);
    guest_end(&g);
}

TEST(deleting_a_pool_ends_its_vspaces)
{
    struct guest g = guest_boot_default();
    cptr_t vspace = guest_make(&g, OBJECT_PML4, 0), untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    cptr_t pool = g.next_slot++;
    make_pool(&g, untyped, pool);
    assign(&g, pool, vspace);
    uint64_t deaths = g.k->deaths;
    guest_delete(&g, pool);
    CHECK_EQ(g.k->deaths, deaths + 1);
    CHECK_EQ(g.k->asid_pools[1], 0);
    cptr_t page = guest_make(&g, OBJECT_4K_PAGE, 0);
    CHECK_ANSWER(map_page_with(&g, page, VADDR, 3, 0, vspace),
                 answer_failed_lookup(false, lookup_invalid_root()));
    CHECK_ANSWER(assign(&g, INITIAL_CAP_ASID_POOL, vspace), answer_invalid_capability(1));
    guest_delete(&g, vspace);
    CHECK_EQ(g.k->deaths, deaths + 1);
    guest_end(&g);
}
