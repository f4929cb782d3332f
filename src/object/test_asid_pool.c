/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <object/testkit_paging.h>

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
