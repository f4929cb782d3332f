/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/error.h>
#include <base/bits.h>
#include <test.h>

TEST(errors)
{
    static const char *const names[] = {
        "NoError",       "InvalidArgument", "InvalidCapability", "IllegalOperation",
        "RangeError",    "AlignmentError",  "FailedLookup",      "TruncatedMessage",
        "DeleteFirst",   "RevokeFirst",     "NotEnoughMemory",   "unknown error",
        "unknown error",
    };

    for (uint64_t error = 0; error < ARRAY_LENGTH(names); error++)
        CHECK_STR(abi_error_name(error), names[error]);
    CHECK_EQ(SEL4_NOT_ENOUGH_MEMORY, 10);
    CHECK_STR(abi_error_name(UINT64_MAX), "unknown error");
}

TEST(lookup_failures)
{
    static const char *const names[] = {
        "NoFailure",     "InvalidRoot",   "MissingCapability",
        "DepthMismatch", "GuardMismatch", "unknown lookup failure",
    };

    for (uint64_t type = 0; type < ARRAY_LENGTH(names); type++)
        CHECK_STR(abi_lookup_failure_name(type), names[type]);
    CHECK_EQ(LOOKUP_GUARD_MISMATCH, 4);
    CHECK_STR(abi_lookup_failure_name(UINT64_MAX), "unknown lookup failure");
}
