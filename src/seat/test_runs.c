/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <mem/testkit_vspace.h>
#include <seat/runs.h>

#define WINDOW  align_down(VADDR, LARGE_PAGE_BITS)
#define BACKING UINT64_C(0x3000000)
#define PAGES   512

/* Which of the backing's pages are memory. */
struct backing {
    bool is_missing[PAGES];
    unsigned asked;
};

static bool is_backed(void *context, paddr_t paddr)
{
    struct backing *backing = context;
    backing->asked++;
    CHECK(paddr - BACKING < PAGES * PAGE_BYTES);
    return !backing->is_missing[(paddr - BACKING) / PAGE_BYTES];
}

/* Pages [from, to) of the window, and of the next, are mapped in the guest's tables. */
static struct guest guest_with_pages(unsigned from, unsigned to)
{
    struct guest g = guest_with_vspace();
    for (unsigned i = from; i < to; i++)
        map(&g, WINDOW + i * PAGE_BYTES, FRAME_4K, BACKING + i * PAGE_BYTES, VM_READ_WRITE);
    return g;
}

static void check_run(struct guest *g, const struct mapped *mapped, struct backing *backing,
                      unsigned page, unsigned from, unsigned to)
{
    struct translation_run run;
    vaddr_t vaddr = WINDOW + page * PAGE_BYTES + 0x123;
    if (!CHECK(seat_run_around(g->k, ROOT, mapped, vaddr, is_backed, backing, &run)))
        return;
    CHECK_EQ(run.start, WINDOW + from * PAGE_BYTES);
    CHECK_EQ(run.end, WINDOW + to * PAGE_BYTES);
    CHECK_EQ(run.paddr, BACKING + from * PAGE_BYTES);
    CHECK_EQ(run.rights, VM_READ_WRITE);
}

TEST(a_run_is_what_the_page_tables_have)
{
    struct guest g = guest_with_pages(3, 20);
    static const struct mapped none;
    struct backing backing = {.asked = 0};
    struct translation_run run = {.start = 1};
    check_run(&g, &none, &backing, 3, 3, 20);
    check_run(&g, &none, &backing, 19, 3, 20);
    CHECK(!seat_run_around(g.k, ROOT, &none, WINDOW + 2 * PAGE_BYTES, is_backed, &backing, &run));
    CHECK_EQ(run.start, 1);
    guest_end(&g);
}

TEST(a_run_stays_within_2_mib)
{
    struct guest g = guest_with_pages(500, 530);
    static const struct mapped none;
    struct backing backing = {.asked = 0};
    check_run(&g, &none, &backing, 511, 500, 512);
    guest_end(&g);
}

TEST(a_run_ends_where_there_is_no_memory)
{
    struct guest g = guest_with_pages(0, 40);
    static const struct mapped none;
    struct backing backing = {.is_missing = {[9] = true, [21] = true, [30] = true}};
    check_run(&g, &none, &backing, 15, 10, 21);
    check_run(&g, &none, &backing, 10, 10, 21);
    check_run(&g, &none, &backing, 20, 10, 21);
    check_run(&g, &none, &backing, 35, 31, 40);
    guest_end(&g);
}

TEST(a_run_leaves_out_what_is_mapped_already)
{
    struct guest g = guest_with_pages(0, 40);
    static struct mapped mapped;
    struct backing backing = {.is_missing = {[30] = true}};
    CHECK(mapped_add(&mapped, WINDOW + 5 * PAGE_BYTES, WINDOW + 8 * PAGE_BYTES));
    CHECK(mapped_add(&mapped, WINDOW + 20 * PAGE_BYTES, WINDOW + 21 * PAGE_BYTES));
    check_run(&g, &mapped, &backing, 10, 8, 20);
    check_run(&g, &mapped, &backing, 25, 21, 30);
    check_run(&g, &mapped, &backing, 2, 0, 5);
    /* the page that faulted is mapped anew, alone or with neighbours that are not mapped */
    check_run(&g, &mapped, &backing, 6, 6, 7);
    check_run(&g, &mapped, &backing, 20, 8, 30);
    guest_end(&g);
}
