/* SPDX-License-Identifier: BSD-2-Clause */
/* Bit arithmetic that never shifts by the width of its type. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <base/types.h>

#define WORD_BITS       64
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* 2^n; n < 64. */
static inline uint64_t bit(unsigned n)
{
    return UINT64_C(1) << n;
}

/* The n low bits set; any n, 64 and more give all ones. */
static inline uint64_t mask(unsigned n)
{
    return n >= WORD_BITS ? UINT64_MAX : bit(n) - 1;
}

static inline uint64_t align_down(uint64_t value, unsigned bits)
{
    return value & ~mask(bits);
}

/* Wraps to 0 past the top of the address space. */
static inline uint64_t align_up(uint64_t value, unsigned bits)
{
    return align_down(value + mask(bits), bits);
}

static inline bool is_aligned(uint64_t value, unsigned bits)
{
    return (value & mask(bits)) == 0;
}

/* Index of the highest set bit; value != 0. */
static inline unsigned highest_bit(uint64_t value)
{
    return WORD_BITS - 1 - (unsigned)__builtin_clzll(value);
}

/* Index of the lowest set bit; value != 0. */
static inline unsigned lowest_bit(uint64_t value)
{
    return (unsigned)__builtin_ctzll(value);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
