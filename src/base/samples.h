/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a row of measured values comes to. The benchmark guest uses it as well as the command, so it
 * needs nothing but these few lines.
 */
#ifndef BASE_SAMPLES_H
#define BASE_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* Ascending; for some hundreds of values. */
static inline void samples_sort(uint64_t *samples, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t value = samples[i];
        size_t place = i;

        for (; place > 0 && samples[place - 1] > value; place--) {
            samples[place] = samples[place - 1];
        }
        samples[place] = value;
    }
}

/*
 * The value that `percent` of the others are at most as large as, of at least one sorted sample: 0
 * is the least, 50 the median (of an even count the lower one of the two in the middle), 100 the
 * largest.
 */
static inline uint64_t samples_quantile(const uint64_t *sorted, size_t count, unsigned percent)
{
    return sorted[(count - 1) * percent / 100];
}

#endif
