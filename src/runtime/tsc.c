/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/tsc.h>

#include <runtime/clock.h>
#include <runtime/image.h>
#include <runtime/step.h>
#include <seat/tsc.h>

bool tsc_read(struct runtime_clock *clock, paddr_t root, const struct trap *trap,
              word_t reg[USER_REGISTER_COUNT])
{
    uint8_t code[SEAT_TSC_MAX];
    const uint8_t *byte;
    unsigned length = 0;

    if (!seat_tsc_may_be(trap))
        return false;
    while (length < sizeof(code) && (byte = step_guest_byte(root, reg[UREG_RIP] + length)))
        code[length++] = *byte;
    length = seat_tsc_decode(code, length);
    if (length == 0)
        return false;
    runtime_clock_enter(clock);
    seat_tsc_read(&runtime_kernel()->tsc, runtime_clock_now(clock), length, reg);
    return true;
}
