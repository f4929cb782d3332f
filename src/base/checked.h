/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic on numbers that a guest or a file chose. Each function returns false, and leaves
 * *ret_value as it was, when the result does not fit.
 */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <base/types.h>

static inline bool checked_add(uint64_t a, uint64_t b, uint64_t *ret_value)
{
    uint64_t value;

    if (__builtin_add_overflow(a, b, &value)) {
        return false;
    }
    *ret_value = value;
    return true;
}

static inline bool checked_subtract(uint64_t a, uint64_t b, uint64_t *ret_value)
{
    if (b > a) {
        return false;
    }
    *ret_value = a - b;
    return true;
}

static inline bool checked_multiply(uint64_t a, uint64_t b, uint64_t *ret_value)
{
    uint64_t value;

    if (__builtin_mul_overflow(a, b, &value)) {
        return false;
    }
    *ret_value = value;
    return true;
}

/* value * 2^n; any n. */
static inline bool checked_shift(uint64_t value, unsigned n, uint64_t *ret_value)
{
    if (value != 0 && (n >= 64 || value > UINT64_MAX >> n)) {
        return false;
    }
    *ret_value = value == 0 ? 0 : value << n;
    return true;
}

/* Whether [start, start + size) lies within [0, limit). An empty range may start at the limit. */
static inline bool range_fits(uint64_t start, uint64_t size, uint64_t limit)
{
    return start <= limit && size <= limit - start;
}

/* Whether [a, a + a_size) and [b, b + b_size) share a byte; neither wraps. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size != 0 && b_size != 0 && (a < b ? b - a < a_size : a - b < b_size);
}

#endif
