/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <seat/gains.h>

#define PAGE UINT64_C(0x34000000)

TEST(a_page_is_left_to_its_fault_at_first)
{
    struct gains gains = {0};
    CHECK(!seat_gains_map_ahead(&gains, PAGE));
    CHECK(!seat_gains_map_ahead(&gains, 2 * PAGE));
}

TEST(who_touches_what_it_maps_gets_it_ahead)
{
    struct gains gains = {0};
    CHECK(!seat_gains_map_ahead(&gains, PAGE));
    seat_gains_note_fault(&gains, PAGE + 0xfff);
    for (unsigned i = 0; i < 15; i++)
        CHECK(seat_gains_map_ahead(&gains, PAGE));
    CHECK(!seat_gains_map_ahead(&gains, PAGE)); /* is it still so? */
    seat_gains_note_fault(&gains, PAGE);
    CHECK(seat_gains_map_ahead(&gains, PAGE));
}

TEST(what_is_not_touched_any_more_is_mapped_ahead_a_few_times_only)
{
    struct gains gains = {0};
    unsigned ahead = 0;
    seat_gains_map_ahead(&gains, PAGE);
    seat_gains_note_fault(&gains, PAGE);
    for (unsigned i = 0; i < 1000; i++)
        ahead += seat_gains_map_ahead(&gains, PAGE);
    CHECK_EQ(ahead, 15);
}

TEST(what_is_mapped_because_of_a_fault_is_mapped_ahead)
{
    struct gains gains = {0};
    for (unsigned i = 0; i < 100; i++) { /* in a row, too */
        seat_gains_note_fault(&gains, PAGE + i * PAGE_BYTES + 8);
        CHECK(seat_gains_map_ahead(&gains, PAGE + i * PAGE_BYTES));
    }
}

TEST(another_page_s_fault_says_nothing)
{
    struct gains gains = {0};
    seat_gains_map_ahead(&gains, PAGE);
    seat_gains_note_fault(&gains, PAGE + PAGE_BYTES);
    seat_gains_note_fault(&gains, PAGE - 1);
    CHECK(!seat_gains_map_ahead(&gains, 2 * PAGE));
}

TEST(pages_in_a_row_are_left_to_one_fault)
{
    struct gains gains = {0};
    seat_gains_map_ahead(&gains, PAGE);
    seat_gains_note_fault(&gains, PAGE);
    CHECK(seat_gains_map_ahead(&gains, 2 * PAGE));
    for (unsigned i = 1; i < 512; i++)
        CHECK(!seat_gains_map_ahead(&gains, 2 * PAGE + i * PAGE_BYTES));
}

/* The run of pages [0, 512) of the place that PAGE begins, cut for a fault at `address`. */
static void check_cut(const struct gains *gains, vaddr_t address, bool is_cut, unsigned first,
                      unsigned end)
{
    struct translation_run run = {
        .start = PAGE, .end = PAGE + 512 * PAGE_BYTES, .paddr = 0x100000, .rights = VM_READ_WRITE};
    CHECK_EQ(seat_gains_cut_to_row(gains, address, &run), is_cut);
    CHECK_EQ(run.start, PAGE + first * PAGE_BYTES);
    CHECK_EQ(run.end, PAGE + end * PAGE_BYTES);
    CHECK_EQ(run.paddr, 0x100000 + first * PAGE_BYTES);
}

TEST(a_row_is_what_was_mapped_page_by_page)
{
    struct gains gains = {0};
    check_cut(&gains, PAGE, false, 0, 512);
    for (unsigned i = 3; i < 20; i++)
        seat_gains_map_ahead(&gains, PAGE + i * PAGE_BYTES);
    check_cut(&gains, PAGE + 3 * PAGE_BYTES, true, 3, 20);
    check_cut(&gains, PAGE + 20 * PAGE_BYTES - 1, true, 3, 20);
    check_cut(&gains, PAGE + 20 * PAGE_BYTES, false, 0, 512);
    check_cut(&gains, PAGE + 3 * PAGE_BYTES - 1, false, 0, 512);
    seat_gains_map_ahead(&gains, PAGE + 7 * PAGE_BYTES); /* another row */
    check_cut(&gains, PAGE + 7 * PAGE_BYTES, true, 7, 8);
    check_cut(&gains, PAGE + 6 * PAGE_BYTES, false, 0, 512);
}

TEST(a_row_may_reach_out_of_the_run)
{
    struct gains gains = {0};
    for (unsigned i = 0; i < 600; i++)
        seat_gains_map_ahead(&gains, PAGE - 2 * PAGE_BYTES + i * PAGE_BYTES);
    check_cut(&gains, PAGE, true, 0, 512);
}

TEST(who_fills_what_it_maps_gets_nothing_ahead)
{
    struct gains gains = {0};
    for (unsigned i = 0; i < 20; i++) {
        CHECK(!seat_gains_map_ahead(&gains, PAGE));
        CHECK(seat_gains_may_fill(&gains, PAGE + 8));
        seat_gains_note_fault(&gains, PAGE + 8);
        seat_gains_note_fill(&gains);
        CHECK(!seat_gains_may_fill(&gains, PAGE + 8)); /* once */
    }
    seat_gains_map_ahead(&gains, PAGE);
    seat_gains_note_fault(&gains, PAGE); /* one that is touched is an exception */
    CHECK(!seat_gains_map_ahead(&gains, PAGE));
    seat_gains_note_fault(&gains, PAGE);
    seat_gains_note_fill(&gains);
    seat_gains_note_fault(&gains, PAGE + 16); /* that was not all */
    CHECK(seat_gains_map_ahead(&gains, PAGE));
    CHECK(!seat_gains_may_fill(&gains, PAGE));
}

TEST(pages_in_a_row_are_not_filled)
{
    struct gains gains = {0};
    seat_gains_map_ahead(&gains, PAGE);
    CHECK(!seat_gains_may_fill(&gains, PAGE + PAGE_BYTES));
    seat_gains_map_ahead(&gains, PAGE + PAGE_BYTES);
    CHECK(!seat_gains_may_fill(&gains, PAGE));
    CHECK(!seat_gains_may_fill(&gains, PAGE + PAGE_BYTES));
}
