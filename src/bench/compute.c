/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/compute.h>

#define STEPS 200000u

void compute_pass(struct compute_memory *memory)
{
    uint64_t state = memory->words[0] | 1;
    double sum = memory->sum;

    for (unsigned i = 0; i < STEPS; i++) {
        uint64_t *word;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word = &memory->words[state % COMPUTE_WORDS];
        *word = *word * UINT64_C(6364136223846793005) + state;
        sum = sum * 0.5 + (double)(int64_t)(*word >> 12);
    }
    memory->words[0] = state;
    memory->sum = sum;
}
