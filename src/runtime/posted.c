/* SPDX-License-Identifier: BSD-2-Clause */
#include <runtime/posted.h>

#include <base/bits.h>
#include <model/outcome.h>
#include <runtime/places.h>

static bool post(struct runtime_posted *posted, const struct device_access *access)
{
    uint8_t value = (uint8_t)access->value;

    /* a line that has ended is to be seen, and its request takes along what waits */
    if (value == '\n' || posted->count >= POSTED_WRITES)
        return false;
    posted->writes[posted->count++] =
        (struct posted_write){.port = (uint16_t)access->address, .value = value};
    return true;
}

bool posted_answer(const struct device_access *access, uint64_t *ret_value)
{
    struct runtime_posted *posted = &runtime_shared()->posted;
    uint64_t count = min_u64(posted->promise_count, POSTED_PROMISES);

    for (unsigned i = 0; i < count && access->size == 1; i++) {
        const struct port_promise *promise = &posted->promises[i];
        *ret_value = promise->status_value;
        if (access->kind == DEVICE_PORT_IN && access->address == promise->status)
            return true;
        if (access->kind == DEVICE_PORT_OUT && access->address == promise->data)
            return post(posted, access);
    }
    return false;
}

bool posted_is_waiting(void)
{
    return runtime_shared()->posted.count != 0;
}
