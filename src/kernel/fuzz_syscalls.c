/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest can do to the kernel: any sequence of calls, faults, interrupts and waits. The bytes
 * are read as kernel/testkit_random.h says; a broken invariant ends the run.
 */
#include <kernel/testkit_random.h>

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_source bytes = {.at = data, .end = data + size};
    struct random_guest r = random_guest_boot(&bytes, 16);
    while (bytes.at < bytes.end && random_guest_step(&r, &bytes) && !r.problem)
        continue;
    if (r.problem) {
        printf("does not hold: %s\n", r.problem);
        abort();
    }
    random_guest_end(&r);
    return 0;
}
