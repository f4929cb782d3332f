/* SPDX-License-Identifier: BSD-2-Clause */
/* Error codes and lookup failures as invocations report them. Manual, "API Errors". */
#ifndef ABI_ERROR_H
#define ABI_ERROR_H

#include <base/types.h>

enum sel4_error {
    SEL4_NO_ERROR = 0,
    SEL4_INVALID_ARGUMENT = 1,
    SEL4_INVALID_CAPABILITY = 2,
    SEL4_ILLEGAL_OPERATION = 3,
    SEL4_RANGE_ERROR = 4,
    SEL4_ALIGNMENT_ERROR = 5,
    SEL4_FAILED_LOOKUP = 6,
    SEL4_TRUNCATED_MESSAGE = 7,
    SEL4_DELETE_FIRST = 8,
    SEL4_REVOKE_FIRST = 9,
    SEL4_NOT_ENOUGH_MEMORY = 10,
    SEL4_ERROR_COUNT,
};

enum lookup_failure_type {
    LOOKUP_NO_FAILURE = 0,
    LOOKUP_INVALID_ROOT = 1,
    LOOKUP_MISSING_CAPABILITY = 2,
    LOOKUP_DEPTH_MISMATCH = 3,
    LOOKUP_GUARD_MISMATCH = 4,
};

/* "InvalidArgument", ...; "unknown error" past the last. */
const char *abi_error_name(uint64_t error);
const char *abi_lookup_failure_name(uint64_t type);

#endif
