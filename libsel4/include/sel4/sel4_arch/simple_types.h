/* SPDX-License-Identifier: BSD-2-Clause */
/* Which C types words and 64-bit integers are. */
#ifndef SEL4_SEL4_ARCH_SIMPLE_TYPES_H
#define SEL4_SEL4_ARCH_SIMPLE_TYPES_H

#define SEL4_WORD_IS_UINT64
#define SEL4_INT64_IS_LONG

#endif
