/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/tsc.h>
#include <test.h>

TEST(only_protection_faults_without_a_code_may_be_of_reading_the_counter)
{
    struct trap trap = {.kind = TRAP_EXCEPTION, .vector = 13};
    CHECK(seat_tsc_may_be(&trap));
    trap.error_code = 8;
    CHECK(!seat_tsc_may_be(&trap));
    trap = (struct trap){.kind = TRAP_EXCEPTION, .vector = 6};
    CHECK(!seat_tsc_may_be(&trap));
    trap = (struct trap){.kind = TRAP_PAGE_FAULT, .vector = 13};
    CHECK(!seat_tsc_may_be(&trap));
}

TEST(both_instructions_are_told_and_nothing_else_is)
{
    static const uint8_t rdtsc[] = {0x0f, 0x31, 0x90}, rdtscp[] = {0x0f, 0x01, 0xf9};
    static const uint8_t hlt[] = {0xf4, 0x0f, 0x31}, swapgs[] = {0x0f, 0x01, 0xf8};
    CHECK_EQ(seat_tsc_decode(rdtsc, 3), 2);
    CHECK_EQ(seat_tsc_decode(rdtsc, 2), 2);
    CHECK_EQ(seat_tsc_decode(rdtsc, 1), 0);
    CHECK_EQ(seat_tsc_decode(rdtscp, 3), 3);
    CHECK_EQ(seat_tsc_decode(rdtscp, 2), 0);
    CHECK_EQ(seat_tsc_decode(hlt, 3), 0);
    CHECK_EQ(seat_tsc_decode(swapgs, 3), 0);
}

TEST(the_counter_comes_in_two_halves_and_rip_goes_on)
{
    const struct tsc tsc = {.at_zero = 5, .mhz = 2000};
    word_t reg[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        reg[i] = UINT64_MAX;
    reg[UREG_RIP] = 0x400000;
    seat_tsc_read(&tsc, UINT64_C(0x123456789a), 2, reg);
    CHECK_EQ(reg[UREG_RAX], 0x68acf139);
    CHECK_EQ(reg[UREG_RDX], 0x24);
    CHECK_EQ(reg[UREG_RCX], UINT64_MAX);
    CHECK_EQ(reg[UREG_RIP], 0x400002);
    seat_tsc_read(&tsc, 0, 3, reg);
    CHECK_EQ(reg[UREG_RAX], 5);
    CHECK_EQ(reg[UREG_RDX], 0);
    CHECK_EQ(reg[UREG_RCX], 0);
    CHECK_EQ(reg[UREG_RIP], 0x400005);
}

TEST(a_counter_does_not_wrap_within_a_year)
{
    const nanoseconds_t year = UINT64_C(31536000000000000);
    const struct tsc tsc = {.mhz = 500};
    CHECK_EQ(tsc_cycles(&tsc, year), year / 2);
    CHECK_EQ(tsc_cycles(&tsc, 1001), 500);
    CHECK_EQ(tsc_cycles(&tsc, 3), 1);
}
