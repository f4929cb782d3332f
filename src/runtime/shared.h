/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all processes of a guest share beside the kernel's state. Guest code can write all of it:
 * whoever reads it from outside copies a field, then checks it.
 */
#ifndef RUNTIME_SHARED_H
#define RUNTIME_SHARED_H

#include <base/types.h>

/* The process ends with this status once it has written a failure. */
#define RUNTIME_FAILED_STATUS 99

enum runtime_failure_state { FAILURE_NONE, FAILURE_BEING_WRITTEN, FAILURE_WRITTEN };

/* An assertion that failed in the runtime; the first one stays. */
struct runtime_failure {
    uint32_t state; /* enum runtime_failure_state */
    uint32_t line;
    uint64_t what, file; /* offsets of texts in the runtime image */
};

struct runtime_shared {
    struct runtime_failure failure;
};

_Static_assert(sizeof(struct runtime_failure) == 24, "no size depends on the build");

#endif
