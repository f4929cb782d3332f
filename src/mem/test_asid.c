/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>

TEST(asids_come_and_go)
{
    struct guest g = guest_boot_default();
    uint64_t deaths = g.k->deaths;
    CHECK_EQ(asid_find_free(g.k, 0), 2); /* 0 is none, 1 the initial VSpace */
    CHECK_EQ(asid_vspace(g.k, 0), 0);
    CHECK_EQ(asid_vspace(g.k, 512), 0); /* no such pool */
    CHECK_EQ(asid_vspace(g.k, 4096), 0);
    asid_assign(g.k, 2, ROOT);
    uint64_t serial = vspace_at(g.k, ROOT)->serial;
    CHECK_EQ(asid_vspace(g.k, 2), ROOT);
    CHECK_EQ(asid_find_free(g.k, 0), 3);
    CHECK(vspace_is_alive(g.k, ROOT, serial));
    CHECK(!vspace_is_alive(g.k, ROOT, serial + 1));
    CHECK(!vspace_is_alive(g.k, ROOT, 0));
    asid_release(g.k, 2, ROOT + 0x1000);
    CHECK(vspace_is_alive(g.k, ROOT, serial));
    asid_release(g.k, 2, ROOT);
    CHECK(!vspace_is_alive(g.k, ROOT, serial));
    CHECK_EQ(g.k->deaths, deaths + 1);
    asid_assign(g.k, 2, ROOT);
    CHECK_EQ(vspace_at(g.k, ROOT)->serial, serial + 1);
    guest_end(&g);
}

TEST(memory_that_only_looks_like_a_vspace_is_not_alive)
{
    struct guest g = guest_boot_default();
    asid_assign(g.k, 2, ROOT);
    struct vspace *forged = vspace_at(g.k, ROOT + 0x1000);
    *forged = *vspace_at(g.k, ROOT);
    CHECK(!vspace_is_alive(g.k, ROOT + 0x1000, forged->serial));
    forged->asid = UINT64_MAX;
    CHECK(!vspace_is_alive(g.k, ROOT + 0x1000, forged->serial));
    guest_end(&g);
}

TEST(a_pool_takes_its_vspaces_with_it)
{
    struct guest g = guest_boot_default();
    CHECK_EQ(asid_pool_find_free(g.k), 1);
    paddr_t pool = TABLES + 0x20000;
    g.k->asid_pools[1] = pool;
    asid_assign(g.k, 512, ROOT);
    asid_assign(g.k, 1023, PDPT);
    vspace_lose(g.k, PDPT, 0, 12);
    uint64_t deaths = g.k->deaths;
    asid_pool_delete(g.k, 512, pool + 0x1000); /* not the pool that is there */
    CHECK_EQ(g.k->deaths, deaths);
    asid_pool_delete(g.k, 512, pool);
    CHECK_EQ(g.k->deaths, deaths + 2);
    CHECK_EQ(asid_vspace(g.k, 512), 0);
    CHECK_EQ(vspace_at(g.k, ROOT)->serial, 0);
    check_no_losses(&g);
    vspace_lose(g.k, ROOT, 0, 12); /* no process: nothing to tell */
    check_no_losses(&g);
    guest_end(&g);
}
