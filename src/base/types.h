/* SPDX-License-Identifier: BSD-2-Clause */
/* The integer types that every layer shares. All of the pure part is 64-bit. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t word_t;        /* a machine word, a message register */
typedef uint64_t paddr_t;       /* guest-physical address; 0 stands for "none" */
typedef uint64_t vaddr_t;       /* address in a guest VSpace */
typedef uint64_t cptr_t;        /* capability pointer: an address in a CSpace */
typedef uint64_t nanoseconds_t; /* since the start of the machine's clock */

#define NANOSECONDS_NEVER UINT64_MAX

#define PAGE_BITS  12
#define PAGE_BYTES (UINT64_C(1) << PAGE_BITS)

#endif
