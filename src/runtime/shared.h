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

/*
 * The thread that makes map edits in one process (runtime/edit.c). Whoever asks has the lock,
 * writes operation and arguments, adds 1 to `asked`, wakes it, and waits until `done` is the same.
 */
enum edit_operation {
    EDIT_MAP,   /* address, bytes, physical address, whether it may be written */
    EDIT_UNMAP, /* address, bytes */
    EDIT_END,   /* the process ends, with status 0 */
    EDIT_OPERATION_COUNT,
};

#define EDIT_ARGUMENTS 5

struct runtime_edit {
    uint32_t asked, done; /* futex words; the first thing asked for (1) is to land */
    uint32_t operation;   /* enum edit_operation */
    uint32_t unused;
    uint64_t argument[EDIT_ARGUMENTS];
    int64_t result; /* 0 or a negative errno */
};

#define RUNTIME_MAX_VSPACES 4096

struct runtime_shared {
    struct runtime_failure failure;
    uint64_t unused[5];
    struct runtime_edit edits[RUNTIME_MAX_VSPACES];
};

_Static_assert(sizeof(struct runtime_edit) == 64, "a line of the cache");
_Static_assert(offsetof(struct runtime_shared, edits) == 64, "a line of the cache");

_Static_assert(sizeof(struct runtime_failure) == 24, "no size depends on the build");

#endif
