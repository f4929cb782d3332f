/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark guests, guests/bench, and the kernels they are for, as bytes. */
#ifndef BENCH_IMAGES_H
#define BENCH_IMAGES_H

#include <base/types.h>

/* LINKED: the guest calls that kernel by a jump (docs/linked.md), else by an instruction. */
enum bench_kernel {
    BENCH_KERNEL_PLAIN,
    BENCH_KERNEL_MCS,
    BENCH_KERNEL_PLAIN_LINKED,
    BENCH_KERNEL_MCS_LINKED,
    BENCH_KERNEL_COUNT,
};

struct bench_bytes {
    const uint8_t *start, *end;
};

struct bench_image {
    struct bench_bytes elf;      /* the root server */
    struct bench_bytes settings; /* of its kernel: lines NAME=VALUE */
};

extern const struct bench_image bench_images[BENCH_KERNEL_COUNT];

#endif
