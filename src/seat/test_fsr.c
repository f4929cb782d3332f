/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <seat/fsr.h>

/* Intel SDM, "Page-Fault Exception (#PF)": P, W/R, U/S. */
TEST(error_codes_are_a_processors)
{
    const struct translation nothing = {.present = false}, there = {.present = true};

    CHECK_EQ(seat_fsr(nothing, false), 4);
    CHECK_EQ(seat_fsr(nothing, true), 6);
    CHECK_EQ(seat_fsr(there, false), 5);
    CHECK_EQ(seat_fsr(there, true), 7);
}
