/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of the in-place seat: its region, its clock, its processes, and that nothing is left. */
#include <gate/testkit_inplace.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <test.h>
#include <unistd.h>

#include <base/bits.h>
#include <host/clock.h>
#include <host/host.h>
#include <kernel/kernel_api.h>
#include <runtime/clock.h>
#include <runtime/region.h>

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* --- the region ---------------------------------------------------------------------------- */

TEST(kernel_and_memory_lie_as_in_a_region)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct kernel *k = inplace_kernel(t.seat);
    CHECK_EQ(k->memory_offset, REGION_WINDOW - REGION_KERNEL);
    CHECK_EQ((char *)t.seat->shared - (char *)k, REGION_SHARED - REGION_KERNEL);
    strcpy(kernel_memory(k, 0x5000), "seen from both sides");
    CHECK_STR((char *)t.memory.base + 0x5000, "seen from both sides");
    CHECK_STR((char *)kernel_memory(t.seat->trusted, 0x5000), "seen from both sides");
    test_inplace_close(&t);
}

TEST(a_guest_with_too_much_of_something_has_an_obstacle)
{
    const struct address_range all = {0, REGION_HIGHEST_END};
    struct inplace_guest guest = {.memory_bytes = TEST_INPLACE_MEMORY};
    CHECK(!inplace_obstacle(&guest));
    guest.used = &all;
    guest.used_count = 1;
    CHECK_STR(inplace_obstacle(&guest), "the image leaves no room for the kernel");
    guest.used_count = 0;
    guest.memory_bytes = UINT64_C(1) << 46;
    CHECK_STR(inplace_obstacle(&guest), "the guest has too much memory");
    host_inject("prctl", 1, EINVAL);
    CHECK_STR(inplace_obstacle(&guest),
              "the host's Linux cannot dispatch system calls to their maker");
    host_inject("prctl", 1, 0);
}

TEST(what_the_host_refuses_leaves_nothing_open)
{
    static const char *const calls[] = {"allocate",  "getrandom", "memfd_create",
                                        "ftruncate", "mmap",      "eventfd2"};
    struct host_memory memory;
    if (!CHECK_EQ(host_memory_create(TEST_INPLACE_MEMORY, &memory), 0))
        return;
    const struct inplace_guest guest = {.memory_fd = memory.fd, .memory_bytes = memory.size};
    unsigned before = open_descriptors();
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++) {
        for (unsigned nth = 1; nth < 10; nth++) {
            struct inplace *seat = NULL;
            host_inject(calls[i], nth, ENOMEM);
            int error = inplace_open(&guest, &seat);
            bool happened = host_inject_happened(calls[i]);
            host_inject(calls[i], nth, 0);
            if (!happened) {
                CHECK(nth > 1);
                CHECK_EQ(error, 0);
                inplace_seat_ops.close(seat);
                break;
            }
            CHECK_EQ(error, -ENOMEM);
        }
        CHECK_EQ(open_descriptors(), before);
    }
    host_memory_destroy(&memory);
}

/* --- time ---------------------------------------------------------------------------------- */

/* A cycle is half a nanosecond. */
#define MULTIPLIER (UINT64_C(1) << 31)
#define ROOM       UINT64_C(1000000000)

TEST(the_clock_runs_with_the_counter)
{
    struct runtime_clock clock = {.tsc = 1000, .time = 77, .multiplier = MULTIPLIER};
    CHECK_EQ(runtime_clock_at(&clock, 1000), 77);
    CHECK_EQ(runtime_clock_at(&clock, 3000), 77 + 1000);
    /* a year, of which a product of 64 bits holds seconds */
    CHECK_EQ(runtime_clock_at(&clock, 1000 + UINT64_C(63072000000000000)),
             77 + UINT64_C(31536000000000000));
}

TEST(work_is_charged_up_to_a_second)
{
    struct runtime_clock clock = {.multiplier = MULTIPLIER, .room = ROOM};
    runtime_clock_charge(&clock, 100);
    CHECK_EQ(runtime_clock_at(&clock, 0), 100000);
    runtime_clock_charge(&clock, 2000000);
    CHECK_EQ(runtime_clock_at(&clock, 0), ROOM);
    clock.ahead = UINT64_MAX; /* a guest wrote it */
    CHECK_EQ(runtime_clock_at(&clock, 0), ROOM);
    runtime_clock_charge(&clock, UINT32_MAX);
    CHECK_EQ(clock.ahead, ROOM);
}

TEST(the_clock_is_set_and_never_goes_back)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_clock *shared = &t.seat->shared->control.clock;
    inplace_set_clock(t.seat, __builtin_ia32_rdtsc(), 1000000, 0, ROOM); /* stands still */
    shared->ahead = 5000000;
    CHECK_EQ(inplace_charged(t.seat), 5000000);
    CHECK_EQ(inplace_peek(t.seat), 6000000);
    CHECK_EQ(inplace_told(t.seat), 0);
    CHECK_EQ(inplace_now(t.seat), 6000000);
    CHECK_EQ(inplace_told(t.seat), 6000000);
    inplace_set_clock(t.seat, __builtin_ia32_rdtsc(), 2000000, 0, ROOM);
    CHECK_EQ(shared->ahead, 0);
    CHECK_EQ(shared->told, 6000000);
    CHECK_EQ(inplace_now(t.seat), 6000000);
    inplace_set_clock(t.seat, __builtin_ia32_rdtsc(), 7000000, 0, ROOM);
    CHECK_EQ(inplace_now(t.seat), 7000000);
    shared->told = 6500000; /* by a runtime; then by a guest */
    CHECK_EQ(inplace_told(t.seat), 7000000);
    shared->ahead = UINT64_MAX;
    shared->told = UINT64_MAX;
    shared->time = UINT64_MAX;
    CHECK_EQ(inplace_told(t.seat), 7000000 + ROOM);
    CHECK_EQ(inplace_now(t.seat), 7000000 + ROOM);
    inplace_rewind(t.seat, 6900000);
    CHECK_EQ(shared->told, 6900000);
    inplace_set_clock(t.seat, __builtin_ia32_rdtsc(), 6900000, 0, ROOM);
    CHECK_EQ(inplace_now(t.seat), 6900000);
    test_inplace_close(&t);
}

TEST(a_clock_is_stale_if_nobody_was_told_for_a_while)
{
    struct runtime_clock clock = {.time = RUNTIME_CLOCK_TRUST, .multiplier = 1};
    clock.tsc = __builtin_ia32_rdtsc(); /* from here on not a nanosecond passes */
    nanoseconds_t now = 0;
    CHECK(!runtime_clock_tell(&clock, &now));
    CHECK_EQ(now, 0);
    CHECK_EQ(clock.told, 0);
    CHECK_EQ(runtime_clock_now(&clock), RUNTIME_CLOCK_TRUST);
    CHECK(runtime_clock_tell(&clock, &now));
    CHECK_EQ(now, RUNTIME_CLOCK_TRUST);
    clock.told = 2 * RUNTIME_CLOCK_TRUST; /* the machine took some of it away */
    CHECK(runtime_clock_tell(&clock, &now));
    CHECK_EQ(now, 2 * RUNTIME_CLOCK_TRUST);
}

/* --- virtual time -------------------------------------------------------------------------- */

TEST(virtual_time_goes_on_with_entries_alone)
{
    struct runtime_clock clock = runtime_clock_virtual(0);
    CHECK_EQ(runtime_clock_now(&clock), 0);
    CHECK_EQ(runtime_clock_now(&clock), 0);
    for (unsigned i = 0; i < 1000; i++)
        runtime_clock_enter(&clock);
    CHECK_EQ(runtime_clock_now(&clock), 1000 * RUNTIME_CLOCK_ENTRY);
    runtime_clock_charge(&clock, 100);
    nanoseconds_t now;
    CHECK(runtime_clock_tell(&clock, &now));
    CHECK_EQ(now, 1000 * RUNTIME_CLOCK_ENTRY + 100 * RUNTIME_CLOCK_WORK_UNIT);
    CHECK_EQ(runtime_clock_now(&clock), 1000 * RUNTIME_CLOCK_ENTRY + 100 * RUNTIME_CLOCK_WORK_UNIT);
    clock.multiplier = 1; /* real time */
    clock.tsc = __builtin_ia32_rdtsc();
    runtime_clock_enter(&clock);
    CHECK_EQ(clock.ahead, 1000 * RUNTIME_CLOCK_ENTRY + 100 * RUNTIME_CLOCK_WORK_UNIT);
}

TEST(a_seed_varies_how_long_entries_take_and_is_all_that_does)
{
    enum { ENTRIES = 20000 };
    struct runtime_clock one = runtime_clock_virtual(1), same = one;
    struct runtime_clock other = runtime_clock_virtual(2);
    nanoseconds_t longest = 0;
    unsigned long_ones = 0, differences = 0;
    for (unsigned i = 0; i < ENTRIES; i++) {
        nanoseconds_t before = one.ahead, other_before = other.ahead;
        runtime_clock_enter(&one);
        runtime_clock_enter(&same);
        runtime_clock_enter(&other);
        nanoseconds_t length = one.ahead - before;
        CHECK(length >= RUNTIME_CLOCK_ENTRY);
        longest = max_u64(longest, length);
        long_ones += length >= 2 * RUNTIME_CLOCK_ENTRY;
        differences += length != other.ahead - other_before;
    }
    CHECK_EQ(one.ahead, same.ahead);
    CHECK(differences > ENTRIES / 2);
    CHECK(long_ones > ENTRIES / 100 && long_ones < ENTRIES / 10);
    CHECK(longest > 1000000 && longest < RUNTIME_CLOCK_ENTRY + bit(23));
}

TEST(virtual_time_is_kept_by_the_machine_whatever_a_guest_writes)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_clock *shared = &t.seat->shared->control.clock;
    inplace_set_virtual_clock(t.seat, 0);
    inplace_enter_virtual(t.seat);
    CHECK_EQ(inplace_now(t.seat), RUNTIME_CLOCK_ENTRY);
    const nanoseconds_t later = RUNTIME_CLOCK_ENTRY + 4000;
    inplace_go_on_to(t.seat, later);
    CHECK_EQ(inplace_now(t.seat), later);
    CHECK_EQ(runtime_clock_now(shared), later);
    inplace_go_on_to(t.seat, 3000); /* not back */
    CHECK_EQ(inplace_now(t.seat), later);
    shared->time = UINT64_MAX;
    CHECK_EQ(inplace_now(t.seat), later);
    shared->ahead = UINT64_MAX;
    CHECK_EQ(inplace_now(t.seat), 4000 + RUNTIME_CLOCK_VIRTUAL_ROOM);
    test_inplace_close(&t);
}

/* --- processes ----------------------------------------------------------------------------- */

static bool is_gone(int pid)
{
    return kill(pid, 0) < 0;
}

/* A process that has just landed, as number 1. */
static bool start(struct test_inplace *t)
{
    if (!test_inplace_open(t))
        return false;
    t->request->argument[0] = 1;
    return CHECK(test_inplace_ask(t, REQUEST_NEW_PROCESS)) && CHECK(t->seat->pids[1] > 0) &&
           CHECK_EQ(t->seat->shared->vspaces[1].pid, t->seat->pids[1]);
}

/* A debugger at its prompt: it does nothing more. */
static int start_debugger(int pid)
{
    int ready[2];
    char done = 0;
    if (!CHECK_EQ(pipe(ready), 0))
        return -1;
    int debugger = fork();
    if (debugger == 0) {
        long error = ptrace(PTRACE_SEIZE, pid, 0, 0);
        _exit(write(ready[1], error ? "x" : "o", 1) == 1 ? pause() : 1);
    }
    CHECK(debugger > 0 && read(ready[0], &done, 1) == 1);
    CHECK_EQ(done, 'o');
    close(ready[0]);
    close(ready[1]);
    return debugger;
}

TEST(a_debugger_that_keeps_a_dead_process_stops_nobody)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    int pid = t.seat->pids[1];
    int debugger = start_debugger(pid);
    t.request->argument[0] = 1;
    CHECK(test_inplace_ask(&t, REQUEST_END_PROCESS));
    CHECK_EQ(t.seat->pids[1], 0);
    CHECK(!is_gone(pid));
    CHECK_EQ(kill(debugger, SIGKILL), 0);
    CHECK_EQ(waitpid(debugger, NULL, 0), debugger);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    test_inplace_close(&t);
}

TEST(processes_begin_and_end_when_they_are_asked_for)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    int first = t.seat->pids[1];
    t.request->argument[0] = 2;
    CHECK(test_inplace_ask(&t, REQUEST_NEW_PROCESS));
    int second = t.seat->pids[2];
    CHECK(test_inplace_ask(&t, REQUEST_END_PROCESS));
    CHECK(is_gone(second));
    CHECK(!is_gone(first));
    inplace_processes_check(t.seat);
    CHECK(!t.seat->ended);
    test_inplace_close(&t);
    CHECK(is_gone(first));
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

static bool maps_page(struct test_inplace *t, vaddr_t page)
{
    uint64_t *argument = t->seat->shared->vspaces[1].argument;
    int64_t error = -1;
    argument[1] = PAGE_BYTES;
    argument[2] = 0x7000;
    argument[3] = true;
    return inplace_edit(t->seat, 1, EDIT_MAP, page, &error) && CHECK_EQ(error, 0);
}

static bool has_mapped(int pid, vaddr_t page)
{
    char path[32], line[256];
    uint64_t start = 0;
    bool has = false;
    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    FILE *file = fopen(path, "r");
    if (!CHECK(file))
        return false;
    while (!has && fgets(line, sizeof(line), file))
        has = sscanf(line, "%" SCNx64 "-", &start) == 1 && start == page;
    fclose(file);
    return has;
}

static void read_name(int pid, char ret_name[32])
{
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    FILE *file = fopen(path, "r");
    ret_name[0] = '\0';
    if (CHECK(file) && fgets(ret_name, 32, file))
        ret_name[strcspn(ret_name, "\n")] = '\0';
    if (file)
        fclose(file);
}

TEST(a_process_becomes_another_vspaces)
{
    static const vaddr_t PAGE = 0x10000;
    struct test_inplace t;
    char name[32];
    if (!start(&t))
        return;
    int pid = t.seat->pids[1];
    inplace_kernel(t.seat)->reserved[RESERVED_REGION] = (struct reserved_range){
        .start = t.seat->base, .end = t.seat->base + region_bytes(TEST_INPLACE_MEMORY)};
    /* which the runtime has not noted, as one of a debugger's */
    CHECK(maps_page(&t, PAGE));
    CHECK(has_mapped(pid, PAGE));
    strcpy((char *)t.request->reg, "another");
    CHECK(test_inplace_ask(&t, REQUEST_REUSE_PROCESS));
    CHECK(!has_mapped(pid, PAGE));
    CHECK_EQ(t.seat->pids[1], pid);
    read_name(pid, name);
    CHECK_STR(name, "vs:another");
    CHECK(test_inplace_ask(&t, REQUEST_END_PROCESS));
    CHECK(is_gone(pid));
    test_inplace_close(&t);
}

static void wait_until_dead(int pid)
{
    siginfo_t info;
    CHECK_EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

/* It lands, and then waits. */
TEST(cpu_time_of_processes_is_counted_and_stays)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    nanoseconds_t alive = inplace_cpu_time(t.seat);
    CHECK(alive > 0);
    CHECK(test_inplace_ask(&t, REQUEST_END_PROCESS));
    CHECK(inplace_cpu_time(t.seat) >= alive);
    nanoseconds_t then = inplace_cpu_time(t.seat);
    CHECK(test_inplace_ask(&t, REQUEST_NEW_PROCESS));
    CHECK(inplace_cpu_time(t.seat) > then);
    test_inplace_close(&t);
}

TEST(a_process_killed_from_outside_ends_the_guest)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    kill(t.seat->pids[1], SIGKILL);
    wait_until_dead(t.seat->pids[1]);
    inplace_processes_check(t.seat);
    CHECK_EQ(t.result.end, SEAT_END_HOST_FAILED);
    CHECK_EQ(t.result.error, -ESRCH);
    CHECK_STR(t.result.what, "a guest process was killed from outside");
    test_inplace_close(&t);
}

/* Asks its edit thread for something that it will not survive. */
static void kill_by(struct test_inplace *t, enum edit_operation operation)
{
    int64_t result;
    CHECK(!inplace_edit(t->seat, 1, operation, 0, &result));
    CHECK(t->seat->ended);
    CHECK_EQ(t->result.end, SEAT_END_HOST_FAILED);
    test_inplace_close(t);
}

TEST(a_runtime_that_fails_says_where)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    kill_by(&t, EDIT_OPERATION_COUNT);
    const char *expected =
        "the runtime failed in a guest process: operation < EDIT_OPERATION_COUNT";
    CHECK_EQ(strncmp(t.result.what, expected, strlen(expected)), 0);
    CHECK_EQ(t.result.error, 0);
}

TEST(a_process_that_ends_by_itself_ends_the_guest)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    kill_by(&t, EDIT_END);
    CHECK_EQ(t.result.error, 0);
    CHECK_STR(t.result.what, "a guest process has ended itself, with status 0");
}

TEST(a_failure_that_a_guest_made_up_is_none)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    t.seat->shared->failure =
        (struct runtime_failure){.state = FAILURE_WRITTEN, .what = UINT64_MAX, .file = 1};
    kill_by(&t, EDIT_OPERATION_COUNT);
    CHECK(!strstr(t.result.what, "runtime failed"));
}

TEST(a_process_that_cannot_start_ends_the_guest)
{
    static const struct {
        const char *call;
        int error;
    } cases[] = {{"fork", EAGAIN}, {"prctl", EPERM}, {"dup3", EBADF}, {"rseq", EINVAL}};
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct test_inplace t;
        if (!test_inplace_open(&t))
            return;
        t.request->argument[0] = 1;
        host_inject(cases[i].call, 0, cases[i].error);
        CHECK(!test_inplace_ask(&t, REQUEST_NEW_PROCESS));
        host_inject(cases[i].call, 0, 0);
        CHECK_EQ(t.result.end, SEAT_END_HOST_FAILED);
        CHECK_EQ(t.result.error, -cases[i].error);
        CHECK_STR(t.result.what, "cannot start a guest process");
        test_inplace_close(&t);
    }
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(a_process_that_cannot_be_looked_after_ends_the_guest_and_dies)
{
    struct test_inplace t;
    if (!start(&t))
        return;
    int pid = t.seat->pids[1];
    host_inject("wait4", 1, ECHILD);
    inplace_processes_check(t.seat);
    host_inject("wait4", 1, 0);
    CHECK_STR(t.result.what, "cannot look after a guest process");
    test_inplace_close(&t);
    CHECK(is_gone(pid));
}

TEST(a_signal_wakes_the_seat)
{
    struct test_inplace t;
    uint64_t count = 0;
    if (!test_inplace_open(&t))
        return;
    inplace_seat_ops.interrupt(t.seat);
    CHECK_EQ(read(inplace_wake_fd(t.seat), &count, sizeof(count)), sizeof(count));
    CHECK_EQ(count, 1);
    CHECK(t.seat->poked);
    test_inplace_close(&t);
}
