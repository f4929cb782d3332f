/* SPDX-License-Identifier: BSD-2-Clause */
/* Assertions; the C library, or whoever stands for it, says what failing one does. */
#ifndef SEL4_ASSERT_H
#define SEL4_ASSERT_H

#include <sel4/macros.h>

#ifdef __cplusplus
extern "C"
#endif
    void
    __assert_fail(const char *str, const char *file, int line, const char *function);

#define seL4_Fail(s) __assert_fail(s, __FILE__, __LINE__, __func__)
#define seL4_Assert(expr)                                                                          \
    do {                                                                                           \
        if (!(expr)) {                                                                             \
            seL4_Fail(#expr);                                                                      \
        }                                                                                          \
    } while (0)

#define seL4_CompileTimeAssert(expr) SEL4_COMPILE_ASSERT(seL4_CompileTimeAssert, expr)

#endif
