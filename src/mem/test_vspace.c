/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <mem/vspace.h>
#include <model/testkit_guest.h>

#define TABLES    UINT64_C(0x2000000)
#define ROOT      TABLES
#define PDPT      (TABLES + 0x1000)
#define DIRECTORY (TABLES + 0x2000)
#define TABLE     (TABLES + 0x3000)
#define TABLE_2   (TABLES + 0x4000)
#define ASID      7
#define VADDR     UINT64_C(0x7f80c0401000)

static void link_table(struct guest *g, vaddr_t vaddr, enum paging_level level, paddr_t table)
{
    unsigned missing;
    *walk_entry(g->k, ROOT, vaddr, level + 1, &missing) = entry_make_table(table, 0);
}

/* A VSpace with ASID 7 that has tables down to VADDR and the next 2 MiB. */
static struct guest guest_with_vspace(void)
{
    struct guest g = guest_boot_default();
    asid_assign(g.k, ASID, ROOT);
    link_table(&g, VADDR, LEVEL_PDPT, PDPT);
    link_table(&g, VADDR, LEVEL_PAGE_DIRECTORY, DIRECTORY);
    link_table(&g, VADDR, LEVEL_PAGE_TABLE, TABLE);
    link_table(&g, VADDR + bit(21), LEVEL_PAGE_TABLE, TABLE_2);
    return g;
}

static void map(struct guest *g, vaddr_t vaddr, enum frame_size size, paddr_t paddr,
                enum vm_rights rights)
{
    unsigned missing;
    uint64_t *entry = walk_entry(g->k, ROOT, vaddr, frame_level(size), &missing);
    vspace_set_entry(g->k, ROOT, entry, entry_make_page(paddr, size, rights, 0), vaddr,
                     frame_level(size));
}

static struct vspace_losses take_losses(struct guest *g, paddr_t expected_vspace)
{
    struct vspace_losses losses = {.count = 0};
    CHECK_EQ(vspace_next_losses(g->k, &losses), expected_vspace);
    return losses;
}

TEST(entries_have_the_bits_of_the_processor)
{
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_WRITE, 0), 0x5007);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 0), 0x5005);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_KERNEL_ONLY, 0), 0x5001);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 1), 0x500d);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 2), 0x5015);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_ONLY, 4), 0x5085);
    CHECK_EQ(entry_make_page(0x600000, FRAME_LARGE, VM_READ_WRITE, 0), 0x600087);
    CHECK_EQ(entry_make_page(0x600000, FRAME_LARGE, VM_READ_WRITE, 4), 0x601087);
    CHECK_EQ(entry_make_page(0x40000000, FRAME_HUGE, VM_READ_WRITE, 4), 0x40000087);
    CHECK_EQ(entry_make_page(0x5000, FRAME_4K, VM_READ_WRITE, ~UINT64_C(7)), 0x5007);
    CHECK_EQ(entry_make_table(0x7000, 3), 0x701f);
}

TEST(entries_tell_what_they_are)
{
    uint64_t pat_page = entry_make_page(0x5000, FRAME_4K, VM_READ_WRITE, 4);
    CHECK(entry_is_page(pat_page, LEVEL_PAGE_TABLE));
    CHECK(!entry_is_table(pat_page, LEVEL_PAGE_TABLE));
    uint64_t large = entry_make_page(0x600000, FRAME_LARGE, VM_READ_WRITE, 4);
    CHECK(entry_is_page(large, LEVEL_PAGE_DIRECTORY));
    CHECK_EQ(entry_paddr(large, LEVEL_PAGE_DIRECTORY), 0x600000);
    uint64_t table = entry_make_table(0x7000, 0);
    CHECK(entry_is_table(table, LEVEL_PAGE_DIRECTORY));
    CHECK(!entry_is_page(table, LEVEL_PML4));
    CHECK(!entry_is_page(0, LEVEL_PAGE_TABLE));
    CHECK(!entry_is_table(0, LEVEL_PML4));
}

TEST(walk_names_the_missing_level)
{
    struct guest g = guest_with_vspace();
    static const struct {
        vaddr_t vaddr;
        enum paging_level level;
        unsigned missing;
    } cases[] = {
        {0x1000, LEVEL_PAGE_TABLE, 39},
        {0x1000, LEVEL_PDPT, 39},
        {VADDR + (UINT64_C(1) << 30), LEVEL_PAGE_TABLE, 30},
        {VADDR + (UINT64_C(1) << 30), LEVEL_PAGE_DIRECTORY, 30},
        {VADDR + (UINT64_C(1) << 22), LEVEL_PAGE_TABLE, 21},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        unsigned missing = 0;
        CHECK(!walk_entry(g.k, ROOT, cases[i].vaddr, cases[i].level, &missing));
        CHECK_EQ(missing, cases[i].missing);
    }
    unsigned untouched = 1;
    uint64_t *entry = walk_entry(g.k, ROOT, VADDR, LEVEL_PAGE_TABLE, &untouched);
    CHECK_EQ(kernel_paddr(g.k, entry), TABLE + 8);
    CHECK_EQ(untouched, 1);
    guest_end(&g);
}

TEST(a_large_page_hides_the_levels_beneath)
{
    struct guest g = guest_with_vspace();
    vaddr_t vaddr = align_down(VADDR, 21) + bit(22);
    map(&g, vaddr, FRAME_LARGE, 0x4000000, VM_READ_ONLY);
    unsigned missing = 0;
    CHECK(!walk_entry(g.k, ROOT, vaddr, LEVEL_PAGE_TABLE, &missing));
    CHECK_EQ(missing, 21);
    guest_end(&g);
}

TEST(translation_of_each_page_size)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_ONLY);
    vaddr_t large = align_down(VADDR, 22) + bit(22), huge = align_down(VADDR, 30) + bit(30);
    map(&g, large, FRAME_LARGE, 0x4000000, VM_READ_WRITE);
    map(&g, huge, FRAME_HUGE, 0x80000000, VM_KERNEL_ONLY);
    static const unsigned sizes[] = {12, 21, 30};
    static const enum vm_rights rights[] = {VM_READ_ONLY, VM_READ_WRITE, VM_KERNEL_ONLY};
    const vaddr_t vaddrs[] = {VADDR, large, huge};
    const paddr_t paddrs[] = {0x3000000, 0x4000000, 0x80000000};
    for (unsigned i = 0; i < 3; i++) {
        vaddr_t offset = bit(sizes[i]) - 3;
        struct translation t = vspace_translate(g.k, ROOT, vaddrs[i] + offset);
        CHECK(t.present);
        CHECK_EQ(t.paddr, paddrs[i] + offset);
        CHECK_EQ(t.rights, rights[i]);
        CHECK_EQ(t.size_bits, sizes[i]);
    }
    guest_end(&g);
}

TEST(nothing_is_present_outside_of_user_space)
{
    struct guest g = guest_with_vspace();
    static const vaddr_t vaddrs[] = {
        0, USER_TOP, UINT64_C(0x800000000000), UINT64_C(0xffffff8000000000), UINT64_MAX, VADDR};
    for (unsigned i = 0; i < ARRAY_LENGTH(vaddrs); i++)
        CHECK(!vspace_translate(g.k, ROOT, vaddrs[i]).present);
    guest_end(&g);
}

TEST(run_ends_where_addresses_or_rights_change)
{
    struct guest g = guest_with_vspace();
    vaddr_t base = align_down(VADDR, 21);
    for (unsigned i = 1; i < 9; i++)
        map(&g, base + i * PAGE_BYTES, FRAME_4K, 0x3000000 + i * PAGE_BYTES,
            i < 6 ? VM_READ_WRITE : VM_READ_ONLY);
    map(&g, base + 8 * PAGE_BYTES, FRAME_4K, 0x7000000, VM_READ_ONLY);
    struct translation_run run;
    CHECK(vspace_translate_run(g.k, ROOT, base + 3 * PAGE_BYTES + 5, base, base + bit(21), &run));
    CHECK_EQ(run.start, base + PAGE_BYTES);
    CHECK_EQ(run.end, base + 6 * PAGE_BYTES);
    CHECK_EQ(run.paddr, 0x3001000);
    CHECK_EQ(run.rights, VM_READ_WRITE);
    CHECK(vspace_translate_run(g.k, ROOT, base + 7 * PAGE_BYTES, base, base + bit(21), &run));
    CHECK_EQ(run.start, base + 6 * PAGE_BYTES);
    CHECK_EQ(run.end, base + 8 * PAGE_BYTES);
    CHECK(!vspace_translate_run(g.k, ROOT, base, base, base + bit(21), &run));
    guest_end(&g);
}

TEST(run_crosses_tables_and_page_sizes_and_stays_in_its_window)
{
    struct guest g = guest_with_vspace();
    vaddr_t base = align_down(VADDR, 21);
    for (unsigned i = 0; i < 1024; i++)
        map(&g, base + i * PAGE_BYTES, FRAME_4K, 0x3000000 + i * PAGE_BYTES, VM_READ_WRITE);
    map(&g, base + bit(22), FRAME_LARGE, 0x3400000, VM_READ_WRITE);
    struct translation_run run;
    CHECK(vspace_translate_run(g.k, ROOT, base + bit(21), 0, USER_TOP, &run));
    CHECK_EQ(run.start, base);
    CHECK_EQ(run.end, base + 3 * bit(21));
    CHECK_EQ(run.paddr, 0x3000000);
    CHECK(vspace_translate_run(g.k, ROOT, base + bit(21) + bit(22) - 1, base + bit(21),
                               base + bit(22) + 0x5000, &run));
    CHECK_EQ(run.start, base + bit(21));
    CHECK_EQ(run.end, base + bit(22) + 0x5000);
    CHECK_EQ(run.paddr, 0x3200000);
    CHECK(vspace_translate_run(g.k, ROOT, base + bit(22) + 0x100000, base + bit(22) + 0x1000,
                               base + bit(23), &run));
    CHECK_EQ(run.start, base + bit(22) + 0x1000);
    CHECK_EQ(run.paddr, 0x3401000);
    guest_end(&g);
}

/* Page by page and as a run must be the same, for mappings of all kinds. */
TEST(run_agrees_with_translation)
{
    struct guest g = guest_with_vspace();
    vaddr_t base = align_down(VADDR, 21);
    uint64_t seed = 1;
    for (unsigned i = 0; i < 1024; i++) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        unsigned what = seed >> 60;
        if (what < 12)
            map(&g, base + i * PAGE_BYTES, FRAME_4K,
                0x3000000 + (what == 0 ? 0x4000000u : 0u) + i * PAGE_BYTES,
                what < 10 ? VM_READ_WRITE : VM_READ_ONLY);
    }
    for (unsigned i = 0; i < 1024; i++) {
        struct translation t = vspace_translate(g.k, ROOT, base + i * PAGE_BYTES);
        struct translation_run run;
        bool present =
            vspace_translate_run(g.k, ROOT, base + i * PAGE_BYTES, base, base + bit(22), &run);
        if (!CHECK_EQ(present, t.present) || !present)
            continue;
        CHECK_EQ(run.rights, t.rights);
        CHECK_EQ(run.paddr + (base + i * PAGE_BYTES - run.start), t.paddr);
        struct translation before = vspace_translate(g.k, ROOT, run.start - 1);
        CHECK(run.start == base || !before.present || before.rights != run.rights ||
              before.paddr + 1 != run.paddr);
        struct translation after = vspace_translate(g.k, ROOT, run.end);
        CHECK(run.end == base + bit(22) || !after.present || after.rights != run.rights ||
              after.paddr != run.paddr + (run.end - run.start));
    }
    guest_end(&g);
}

TEST(only_changes_of_what_was_there_are_losses)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_WRITE);
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_WRITE);
    take_losses(&g, 0);
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_ONLY);
    map(&g, VADDR, FRAME_4K, 0x3001000, VM_READ_ONLY);
    struct vspace_losses losses = take_losses(&g, ROOT);
    CHECK_EQ(losses.count, 1);
    CHECK_EQ(losses.loss[0], VADDR | 12);
    CHECK_EQ(losses.serial, vspace_at(g.k, ROOT)->serial);
    CHECK(!losses.lost_all);
    take_losses(&g, 0);
    guest_end(&g);
}

TEST(unmap_leaves_other_mappings_alone)
{
    struct guest g = guest_with_vspace();
    map(&g, VADDR, FRAME_4K, 0x3000000, VM_READ_WRITE);
    vspace_unmap_page(g.k, ASID, VADDR, FRAME_4K, 0x3001000);        /* another frame */
    vspace_unmap_page(g.k, ASID + 1, VADDR, FRAME_4K, 0x3000000);    /* another VSpace */
    vspace_unmap_page(g.k, ASID, VADDR, FRAME_LARGE, 0x3000000);     /* another size */
    vspace_unmap_page(g.k, ASID, 0x1000, FRAME_4K, 0x3000000);       /* no tables */
    vspace_unmap_table(g.k, ASID, VADDR, LEVEL_PAGE_TABLE, TABLE_2); /* another table */
    CHECK(vspace_translate(g.k, ROOT, VADDR).present);
    take_losses(&g, 0);
    vspace_unmap_page(g.k, ASID, VADDR, FRAME_4K, 0x3000000);
    CHECK(!vspace_translate(g.k, ROOT, VADDR).present);
    CHECK_EQ(take_losses(&g, ROOT).loss[0], VADDR | 12);
    guest_end(&g);
}

TEST(unmapping_a_table_loses_all_it_spans)
{
    struct guest g = guest_with_vspace();
    static const struct {
        enum paging_level level;
        paddr_t table;
        unsigned bits;
    } cases[] = {{LEVEL_PAGE_TABLE, TABLE, 21},
                 {LEVEL_PAGE_DIRECTORY, DIRECTORY, 30},
                 {LEVEL_PDPT, PDPT, 39}};
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        vspace_unmap_table(g.k, ASID, VADDR, cases[i].level, cases[i].table);
        CHECK_EQ(take_losses(&g, ROOT).loss[0], align_down(VADDR, cases[i].bits) | cases[i].bits);
    }
    guest_end(&g);
}

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
    take_losses(&g, 0);
    vspace_lose(g.k, ROOT, 0, 12); /* no process: nothing to tell */
    take_losses(&g, 0);
    guest_end(&g);
}
