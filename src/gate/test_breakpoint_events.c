/* SPDX-License-Identifier: BSD-2-Clause */
/* Breakpoints of a thread that nobody traces: the test's own. */
#include <gate/breakpoint_events.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <test.h>

#include <base/bits.h>
#include <host/host.h>

static volatile uint64_t watched[2];
static volatile sig_atomic_t traps;

static void note_trap(int number)
{
    (void)number;
    traps++;
}

__attribute__((noinline)) static void be_called(void)
{
    __asm__ volatile("");
}

static const struct breakpoint off;

static struct breakpoint watch(volatile uint64_t *word, enum breakpoint_access access)
{
    return (struct breakpoint){.address = (vaddr_t)word,
                               .type = BREAKPOINT_DATA,
                               .access = (uint8_t)access,
                               .size = sizeof(*word),
                               .is_enabled = true};
}

static struct breakpoint call(void (*function)(void))
{
    return (struct breakpoint){
        .address = (vaddr_t)function, .type = BREAKPOINT_INSTRUCTION, .is_enabled = true};
}

/* False: this host has none, which is no failure. */
static bool catch_traps(struct sigaction *ret_old)
{
    int error = breakpoint_events_check();
    if (error) {
        CHECK(error == -EACCES || error == -EPERM || error == -ENOSYS || error == -ENOENT ||
              error == -EOPNOTSUPP);
        printf("# this host has no perf events of breakpoints: %d\n", error);
        return false;
    }
    traps = 0;
    return CHECK_EQ(host_sigaction(SIGTRAP, note_trap, ret_old), 0);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 64; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

TEST(each_of_four_is_hit_and_told_apart)
{
    struct breakpoint_events events = {.is_set = {false}};
    const struct breakpoint list[HARDWARE_BREAKPOINTS] = {
        watch(&watched[0], BREAK_ON_WRITE), call(be_called),
        watch(&watched[1], BREAK_ON_READ_WRITE), watch(&watched[1], BREAK_ON_WRITE)};
    struct sigaction old;
    unsigned before = open_descriptors();
    if (!catch_traps(&old))
        return;
    if (CHECK_EQ(breakpoint_events_set(&events, (int)host_gettid(), list), 0)) {
        CHECK_EQ(breakpoint_events_take_hits(&events), 0);
        watched[0] = 1;
        CHECK_EQ(traps, 1);
        CHECK_EQ(breakpoint_events_take_hits(&events), 1);
        CHECK_EQ(breakpoint_events_take_hits(&events), 0);
        CHECK_EQ(watched[0], 1); /* a read: not one of its */
        CHECK_EQ(breakpoint_events_take_hits(&events), 0);
        be_called();
        CHECK_EQ(traps, 2);
        CHECK_EQ(breakpoint_events_take_hits(&events), 2);
        watched[1] = 1; /* one signal of two */
        CHECK_EQ(traps, 3);
        CHECK_EQ(breakpoint_events_take_hits(&events), 4 | 8);
    }
    breakpoint_events_clear(&events);
    watched[0] = 2;
    be_called();
    CHECK_EQ(traps, 3);
    CHECK_EQ(open_descriptors(), before);
    sigaction(SIGTRAP, &old, NULL);
}

TEST(a_new_list_replaces_the_one_before)
{
    struct breakpoint_events events = {.is_set = {false}};
    const struct breakpoint first[HARDWARE_BREAKPOINTS] = {watch(&watched[0], BREAK_ON_WRITE), off,
                                                           off, call(be_called)};
    const struct breakpoint second[HARDWARE_BREAKPOINTS] = {off, off,
                                                            watch(&watched[1], BREAK_ON_WRITE)};
    struct sigaction old;
    if (!catch_traps(&old))
        return;
    CHECK_EQ(breakpoint_events_set(&events, (int)host_gettid(), first), 0);
    CHECK_EQ(breakpoint_events_set(&events, (int)host_gettid(), second), 0);
    watched[0] = 1;
    be_called();
    CHECK_EQ(traps, 0);
    watched[1] = 1;
    CHECK_EQ(traps, 1);
    CHECK_EQ(breakpoint_events_take_hits(&events), 4);
    breakpoint_events_clear(&events);
    sigaction(SIGTRAP, &old, NULL);
}

TEST(a_host_that_refuses_one_leaves_none)
{
    struct breakpoint_events events = {.is_set = {false}};
    const struct breakpoint list[HARDWARE_BREAKPOINTS] = {watch(&watched[0], BREAK_ON_WRITE),
                                                          call(be_called)};
    struct sigaction old;
    unsigned before = open_descriptors();
    if (!catch_traps(&old))
        return;
    host_inject("perf_event_open", 2, ENOSPC);
    CHECK_EQ(breakpoint_events_set(&events, (int)host_gettid(), list), -ENOSPC);
    host_inject("perf_event_open", 1, EACCES);
    CHECK_EQ(breakpoint_events_check(), -EACCES);
    host_inject("perf_event_open", 0, 0);
    CHECK_EQ(open_descriptors(), before);
    watched[0] = 1;
    CHECK_EQ(traps, 0);
    CHECK_EQ(breakpoint_events_take_hits(&events), 0);
    sigaction(SIGTRAP, &old, NULL);
}
