/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What compilers call for structs and loops, whatever they are told. The direction flag is clear in
 * every gate.
 */
#include <base/types.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

static void copy_up(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    const uint8_t *source = from;
    volatile uint8_t *target = to;

    if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_up(to, from, size);
        return to;
    }
    while (size-- > 0) /* volatile, or this becomes a call of memmove() */
        target[size] = source[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *at = to;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *left = a, *right = b;

    for (size_t i = 0; i < size; i++) {
        int difference = left[i] - right[i];
        if (difference)
            return difference;
    }
    return 0;
}
