/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can do to the kernel: any sequence of calls, faults, interrupts and waits. The bytes
 * are read as kernel/testkit_random.h says; a broken invariant ends the run.
 */
#include <kernel/testkit_random.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_source bytes = {.at = data, .end = data + size};
    struct replay_setup setup = random_setup(&bytes);
    random_life(&setup, &bytes);
    return 0;
}
