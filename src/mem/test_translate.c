/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>

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
