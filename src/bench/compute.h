/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code that makes no calls: integers, floating point, memory in no order. The benchmark guest and
 * the command compile the same file, so both run the same instructions. Freestanding.
 */
#ifndef BENCH_COMPUTE_H
#define BENCH_COMPUTE_H

#include <stdint.h>

#define COMPUTE_WORDS 8192u /* 64 KiB: a power of two */

struct compute_memory {
    uint64_t words[COMPUTE_WORDS];
    double sum;
};

/* About a millisecond. What comes of it depends on how often it was called, and on nothing else. */
void compute_pass(struct compute_memory *memory);

#endif
