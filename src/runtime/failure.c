/* SPDX-License-Identifier: BSD-2-Clause */
/* An assertion that fails in the region: the first one is noted where the machine finds it. */
#include <base/assert.h>
#include <runtime/linux.h>
#include <runtime/places.h>

static uint64_t image_offset(const char *text)
{
    return (uint64_t)(text - runtime_start);
}

_Noreturn void assertion_failed(const char *what, const char *file, int line)
{
    struct runtime_failure *failure = &runtime_shared()->failure;
    uint32_t expected = FAILURE_NONE;

    if (__atomic_compare_exchange_n(&failure->state, &expected, FAILURE_BEING_WRITTEN, false,
                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        failure->what = image_offset(what);
        failure->file = image_offset(file);
        failure->line = (uint32_t)line;
        __atomic_store_n(&failure->state, FAILURE_WRITTEN, __ATOMIC_RELEASE);
    }
    linux_exit_group(RUNTIME_FAILED_STATUS);
}
