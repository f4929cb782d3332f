/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/error.h>
#include <base/bits.h>

static const char *const error_names[] = {
    [SEL4_NO_ERROR] = "NoError",
    [SEL4_INVALID_ARGUMENT] = "InvalidArgument",
    [SEL4_INVALID_CAPABILITY] = "InvalidCapability",
    [SEL4_ILLEGAL_OPERATION] = "IllegalOperation",
    [SEL4_RANGE_ERROR] = "RangeError",
    [SEL4_ALIGNMENT_ERROR] = "AlignmentError",
    [SEL4_FAILED_LOOKUP] = "FailedLookup",
    [SEL4_TRUNCATED_MESSAGE] = "TruncatedMessage",
    [SEL4_DELETE_FIRST] = "DeleteFirst",
    [SEL4_REVOKE_FIRST] = "RevokeFirst",
    [SEL4_NOT_ENOUGH_MEMORY] = "NotEnoughMemory",
};

static const char *const lookup_failure_names[] = {
    [LOOKUP_NO_FAILURE] = "NoFailure",
    [LOOKUP_INVALID_ROOT] = "InvalidRoot",
    [LOOKUP_MISSING_CAPABILITY] = "MissingCapability",
    [LOOKUP_DEPTH_MISMATCH] = "DepthMismatch",
    [LOOKUP_GUARD_MISMATCH] = "GuardMismatch",
};

const char *abi_error_name(uint64_t error)
{
    return error < ARRAY_LENGTH(error_names) ? error_names[error] : "unknown error";
}

const char *abi_lookup_failure_name(uint64_t type)
{
    return type < ARRAY_LENGTH(lookup_failure_names) ? lookup_failure_names[type]
                                                     : "unknown lookup failure";
}
