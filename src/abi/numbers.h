/* SPDX-License-Identifier: BSD-2-Clause */
/* What the numbers of system calls and methods mean under one configuration, as tables. */
#ifndef ABI_NUMBERS_H
#define ABI_NUMBERS_H

#include <abi/invocation.h>
#include <abi/syscall.h>

#define ABI_SYSCALL_NUMBERS 48 /* -1 to -48: all that any configuration has */

struct abi_numbers {
    uint8_t syscalls[ABI_SYSCALL_NUMBERS]; /* by -1 - number: enum syscall */
    uint8_t invocations[INVOCATION_COUNT]; /* by label: enum invocation */
};

_Static_assert(INVOCATION_COUNT < UINT8_MAX && SYSCALL_COUNT < ABI_SYSCALL_NUMBERS,
               "each has its byte");

void abi_numbers_make(const struct kernel_config *config, struct abi_numbers *ret_numbers);

/* As abi_syscall() and abi_invocation() say with that configuration. */
static inline enum syscall abi_numbers_syscall(const struct abi_numbers *numbers, int64_t number)
{
    uint64_t index = ~(uint64_t)number;
    return index < ABI_SYSCALL_NUMBERS ? numbers->syscalls[index] : SYSCALL_UNKNOWN;
}

static inline enum invocation abi_numbers_invocation(const struct abi_numbers *numbers,
                                                     uint64_t label)
{
    return label < INVOCATION_COUNT ? numbers->invocations[label] : INV_INVALID;
}

#endif
