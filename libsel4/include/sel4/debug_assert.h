/* SPDX-License-Identifier: BSD-2-Clause */
/* An assertion for builds without NDEBUG. */
#ifndef SEL4_DEBUG_ASSERT_H
#define SEL4_DEBUG_ASSERT_H

#ifdef NDEBUG
#define seL4_DebugAssert(expr) ((void)0)
#else
#include <sel4/assert.h>
#define seL4_DebugAssert(expr) seL4_Assert(expr)
#endif

#endif
