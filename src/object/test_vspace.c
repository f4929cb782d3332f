/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <object/testkit_paging.h>

TEST(vspace_has_no_methods)
{
    struct guest g = guest_boot_default();
    CHECK_ANSWER(call_plain(&g, ROOT_VSPACE_CAP, INV_X86_PDPT_MAP), answer_illegal_operation());
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
