/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes in memory, for code without a libc. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <base/types.h>

/* The ranges do not overlap. */
void mem_copy(void *restrict to, const void *restrict from, size_t size);

void mem_zero(void *to, size_t size);

bool mem_equal(const void *a, const void *b, size_t size);

#endif
