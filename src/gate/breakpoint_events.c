/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/breakpoint_events.h>

#include <base/bits.h>
#include <host/host.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

static struct perf_event_attr attributes_of(const struct breakpoint *breakpoint)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_BREAKPOINT,
        .size = sizeof(attributes),
        .sample_period = 1,
        .exclude_kernel = true,
        .exclude_hv = true,
        .pinned = true,
        .sigtrap = true,
        .remove_on_exec = true, /* Linux asks for it with sigtrap */
        .bp_type = HW_BREAKPOINT_X,
        .bp_addr = breakpoint->address,
        .bp_len = sizeof(word_t), /* of an instruction: what Linux wants to read there */
    };
    if (breakpoint->type == BREAKPOINT_DATA) {
        attributes.bp_type =
            breakpoint->access == BREAK_ON_WRITE ? HW_BREAKPOINT_W : HW_BREAKPOINT_RW;
        attributes.bp_len = breakpoint->size;
    }
    return attributes;
}

/* A descriptor, or a negative errno. */
static int open_event(const struct perf_event_attr *attributes, int tid)
{
    enum { ANY_CPU = -1, NO_GROUP = -1 };
    return (int)host_perf_event_open(attributes, tid, ANY_CPU, NO_GROUP, PERF_FLAG_FD_CLOEXEC);
}

int breakpoint_events_check(void)
{
    enum { SELF = 0 };
    static const uint64_t watched;
    const struct breakpoint breakpoint = {.address = (vaddr_t)&watched,
                                          .type = BREAKPOINT_DATA,
                                          .access = BREAK_ON_WRITE,
                                          .size = sizeof(watched)};
    struct perf_event_attr attributes = attributes_of(&breakpoint);
    attributes.disabled = true;
    int fd = open_event(&attributes, SELF);
    if (fd < 0)
        return fd;
    host_close(fd);
    return 0;
}

void breakpoint_events_clear(struct breakpoint_events *events)
{
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        if (events->is_set[i])
            host_close(events->fd[i]);
        events->is_set[i] = false;
    }
}

int breakpoint_events_set(struct breakpoint_events *events, int tid,
                          const struct breakpoint list[HARDWARE_BREAKPOINTS])
{
    breakpoint_events_clear(events);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        if (!list[i].is_enabled)
            continue;
        const struct perf_event_attr attributes = attributes_of(&list[i]);
        int fd = open_event(&attributes, tid);
        if (fd < 0) {
            breakpoint_events_clear(events);
            return fd;
        }
        events->is_set[i] = true;
        events->fd[i] = fd;
        events->seen[i] = 0;
    }
    return 0;
}

uint8_t breakpoint_events_take_hits(struct breakpoint_events *events)
{
    uint8_t hits = 0;
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++) {
        uint64_t count;
        if (!events->is_set[i] || host_read(events->fd[i], &count, sizeof(count)) != sizeof(count))
            continue;
        hits |= (uint8_t)((count != events->seen[i]) << i);
        events->seen[i] = count;
    }
    return hits;
}
