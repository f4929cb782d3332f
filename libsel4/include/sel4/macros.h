/* SPDX-License-Identifier: BSD-2-Clause */
/* How this library's functions are declared, and what else its headers are written in. */
#ifndef SEL4_MACROS_H
#define SEL4_MACROS_H

#include <sel4/config.h>

#ifndef CONST
#define CONST __attribute__((__const__))
#endif
#ifndef PURE
#define PURE __attribute__((__pure__))
#endif

#define SEL4_PACKED        __attribute__((packed))
#define SEL4_DEPRECATED(x) __attribute__((deprecated(x)))
/* A compiler that knows the pragma warns; gcc and clang let it pass unless they are asked. */
#define SEL4_DEPRECATE_MACRO(x) _Pragma("deprecated") x

#define LIBSEL4_UNUSED   __attribute__((unused))
#define LIBSEL4_WEAK     __attribute__((weak))
#define LIBSEL4_NOINLINE __attribute__((noinline))

/*
 * LibSel4FunctionAttributes. LIBSEL4_INLINE: one function per method of a kernel object;
 * LIBSEL4_INLINE_FUNC: everything else. Weak symbols are the same in each object file.
 */
#if defined(CONFIG_LIB_SEL4_INLINE_INVOCATIONS)
#define LIBSEL4_INLINE      static inline
#define LIBSEL4_INLINE_FUNC static inline
#elif defined(CONFIG_LIB_SEL4_PUBLIC_SYMBOLS)
#define LIBSEL4_INLINE      LIBSEL4_UNUSED LIBSEL4_WEAK
#define LIBSEL4_INLINE_FUNC LIBSEL4_UNUSED LIBSEL4_WEAK
#else
#define LIBSEL4_INLINE      LIBSEL4_NOINLINE LIBSEL4_UNUSED LIBSEL4_WEAK
#define LIBSEL4_INLINE_FUNC static inline
#endif

/*
 * A helper that has no stack frame of its own, not even in code that is not optimised: whoever sets
 * a thread back to a system call sets back its registers, not its stack.
 */
#define LIBSEL4_WITHIN static inline __attribute__((always_inline))

#ifdef CONFIG_LIB_SEL4_USE_THREAD_LOCALS
#define LIBSEL4_THREAD_LOCAL __thread
#else
#define LIBSEL4_THREAD_LOCAL
#endif

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define SEL4_COMPILE_ASSERT(name, expr) _Static_assert(expr, #name);
#elif defined(__cplusplus) && __cplusplus >= 201103L
#define SEL4_COMPILE_ASSERT(name, expr) static_assert(expr, #name);
#else
#define SEL4_COMPILE_ASSERT(name, expr)                                                            \
    typedef int sel4_assert_failed_##name[(expr) ? 1 : -1] LIBSEL4_UNUSED;
#endif

/* An object of 2^index entries of 2^entry bytes. */
#define SEL4_SIZE_SANITY(index, entry, size)                                                       \
    SEL4_COMPILE_ASSERT(index##_##entry##_##size, (index) + (entry) == (size))

/* An enumerator that makes the compiler give the enumeration the size of a word. */
#define SEL4_FORCE_LONG_ENUM(type) _enum_pad_##type = ((1ULL << ((sizeof(long) * 8) - 1)) - 1)

#define LIBSEL4_BIT(n) (1ul << (n))

#endif
