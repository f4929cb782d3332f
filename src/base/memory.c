/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eight bytes at a time, of any alignment: __builtin_memcpy of a constant size is a plain load or
 * store, never a call. The pure part is built with -fno-tree-loop-distribute-patterns, so that the
 * compiler does not turn these loops into calls of the functions they replace.
 */
#include <base/memory.h>

#define STEP sizeof(uint64_t)

/* From here on the processor's own loop takes less, although it takes long to start. */
#define LONG 512

static uint64_t load(const unsigned char *from)
{
    uint64_t value;

    __builtin_memcpy(&value, from, STEP);
    return value;
}

static void store(unsigned char *to, uint64_t value)
{
    __builtin_memcpy(to, &value, STEP);
}

void mem_copy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    size_t i = 0;

    for (; size - i >= STEP; i += STEP) {
        store(out + i, load(in + i));
    }
    for (; i < size; i++) {
        out[i] = in[i];
    }
}

static void zero_long(unsigned char *to, size_t words)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(0) : "memory");
}

void mem_zero(void *to, size_t size)
{
    unsigned char *out = to;
    size_t i = 0;

    if (size >= LONG) {
        i = size / STEP * STEP;
        zero_long(out, size / STEP);
    }
    for (; size - i >= STEP; i += STEP) {
        store(out + i, 0);
    }
    for (; i < size; i++) {
        out[i] = 0;
    }
}

bool mem_equal(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    size_t i = 0;

    for (; size - i >= STEP; i += STEP) {
        if (load(left + i) != load(right + i)) {
            return false;
        }
    }
    for (; i < size; i++) {
        if (left[i] != right[i]) {
            return false;
        }
    }
    return true;
}
