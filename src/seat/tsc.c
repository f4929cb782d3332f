/* SPDX-License-Identifier: BSD-2-Clause */
#include <seat/tsc.h>

enum { RDTSC_BYTES = 2, RDTSCP_BYTES = 3, VECTOR_PROTECTION = 13 };

bool seat_tsc_may_be(const struct trap *trap)
{
    return trap->kind == TRAP_EXCEPTION && trap->vector == VECTOR_PROTECTION &&
           trap->error_code == 0;
}

unsigned seat_tsc_decode(const uint8_t *code, unsigned length)
{
    if (length >= RDTSC_BYTES && code[0] == 0x0f && code[1] == 0x31)
        return RDTSC_BYTES;
    if (length >= RDTSCP_BYTES && code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xf9)
        return RDTSCP_BYTES;
    return 0;
}

/* `rdtscp` has IA32_TSC_AUX, too: seL4 leaves it 0. */
void seat_tsc_read(const struct tsc *tsc, nanoseconds_t now, unsigned length,
                   word_t reg[USER_REGISTER_COUNT])
{
    uint64_t counter = tsc->at_zero + tsc_cycles(tsc, now);

    reg[UREG_RAX] = (uint32_t)counter;
    reg[UREG_RDX] = counter >> 32;
    if (length == RDTSCP_BYTES)
        reg[UREG_RCX] = 0;
    reg[UREG_RIP] += length;
}
