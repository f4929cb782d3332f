/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/gains.h>

#include <base/bits.h>

#define MAX_AHEAD 15
#define MAX_FILLS 3

bool seat_gains_map_ahead(struct gains *gains, vaddr_t page)
{
    bool is_in_a_row = page == gains->last + PAGE_BYTES;
    bool is_guess =
        gains->is_touched && gains->fills == 0 && !is_in_a_row && gains->ahead < MAX_AHEAD;
    bool is_ahead = is_guess || page == gains->faulted;

    if (!is_in_a_row)
        gains->row = page;
    gains->last = page;
    gains->faulted = 0;
    gains->is_touched = is_ahead;
    gains->ahead = is_guess ? (uint8_t)(gains->ahead + 1) : 0;
    return is_ahead;
}

bool seat_gains_cut_to_row(const struct gains *gains, vaddr_t address, struct translation_run *run)
{
    vaddr_t row_end = gains->last + PAGE_BYTES;

    if (address < gains->row || address >= row_end)
        return false;
    vaddr_t start = max_u64(run->start, gains->row);
    run->paddr += start - run->start;
    run->start = start;
    run->end = min_u64(run->end, row_end);
    return true;
}

void seat_gains_note_fault(struct gains *gains, vaddr_t address)
{
    vaddr_t page = align_down(address, PAGE_BITS);

    if (page == gains->last) {
        gains->fills = gains->is_touched || gains->fills == 0 ? 0 : (uint8_t)(gains->fills - 1);
        gains->is_touched = true;
    } else {
        gains->faulted = page;
    }
}

bool seat_gains_may_fill(const struct gains *gains, vaddr_t address)
{
    return align_down(address, PAGE_BITS) == gains->last && gains->row == gains->last &&
           !gains->is_touched;
}

void seat_gains_note_fill(struct gains *gains)
{
    gains->fills = (uint8_t)min_u64(gains->fills + 2U, MAX_FILLS);
}
