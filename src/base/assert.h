/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Assertions state our own invariants: one that fails is a bug of the emulator, never of a guest.
 * The pure part has no libc, so the seat provides what happens then: assertion_failed() reports
 * and ends the guest; it does not return.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

_Noreturn void assertion_failed(const char *what, const char *file, int line);

#define ASSERT(condition) ((condition) ? (void)0 : assertion_failed(#condition, __FILE__, __LINE__))

#define UNREACHABLE(why) assertion_failed(why, __FILE__, __LINE__)

#endif
