/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can do to the kernel: any sequence of calls, faults, interrupts and waits. The bytes
 * are read as kernel/testkit_random.h says; a broken invariant ends the run.
 */
#include <kernel/testkit_random.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_source bytes = {.at = data, .end = data + size};
    struct replay_setup setup = random_setup(&bytes);
    struct replay r = replay_boot(&setup, 16);
    for (bool goes_on = true; goes_on && bytes.at < bytes.end;) {
        struct step step = random_step(&r, &bytes);
        goes_on = replay_step(&r, &step);
    }
    if (r.problem) {
        printf("does not hold: %s\n", r.problem);
        abort();
    }
    replay_end(&r);
    return 0;
}
