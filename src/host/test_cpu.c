/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/prctl.h>
#include <test.h>
#include <unistd.h>

#include <host/cpu.h>
#include <host/host.h>

TEST(pinning_is_undone)
{
    struct host_cpu_set before = {.size = 0}, pinned = {.size = 0};
    unsigned long mask[16] = {0};
    int bits = 0;

    CHECK_EQ(host_cpu_pin(&before), 0);
    CHECK(host_sched_getaffinity(0, sizeof(mask), mask) > 0);
    for (unsigned i = 0; i < 16; i++)
        bits += __builtin_popcountl(mask[i]);
    CHECK_EQ(bits, 1);
    host_cpu_restore(&before);
    CHECK_EQ(host_cpu_pin(&pinned), 0);
    CHECK(!memcmp(before.mask, pinned.mask, sizeof(before.mask)));
    host_cpu_restore(&pinned);
}

static bool is_on(int pid, const struct host_cpu_set *expected)
{
    struct host_cpu_set set = {.size = expected->size};

    return host_sched_getaffinity(pid, sizeof(set.mask), set.mask) > 0 &&
           !memcmp(set.mask, expected->mask, sizeof(set.mask));
}

static void check_places(int pid, const struct host_cpu_set *allowed,
                         const struct host_cpu_set *one)
{
    struct host_cpu_set others = *allowed;

    for (unsigned i = 0; i < 16; i++)
        others.mask[i] &= ~one->mask[i];
    CHECK(is_on(pid, one));
    if (host_cpu_count(allowed) == 1) {
        CHECK(host_cpu_place(pid, allowed, true) < 0);
        return;
    }
    CHECK_EQ(host_cpu_place(pid, allowed, true), 0);
    CHECK(is_on(pid, &others));
    CHECK_EQ(host_cpu_place(pid, allowed, false), 0);
    CHECK(is_on(pid, one));
}

TEST(another_thread_goes_to_other_cpus_and_comes_back)
{
    struct host_cpu_set allowed = {.size = 0}, one = {.size = 0};
    int gate[2];
    char byte = 0;

    if (!CHECK_EQ(host_cpu_pin(&allowed), 0) || !CHECK_EQ(pipe(gate), 0))
        return;
    one.size = allowed.size;
    CHECK(host_sched_getaffinity(0, sizeof(one.mask), one.mask) > 0);
    CHECK_EQ(host_cpu_count(&one), 1);
    int pid = (int)host_fork();
    if (pid == 0)
        _exit(read(gate[0], &byte, 1) != 1);
    check_places(pid, &allowed, &one);
    CHECK_EQ(write(gate[1], &byte, 1), 1);
    CHECK(host_wait4(pid, NULL, 0, NULL) == pid);
    host_cpu_restore(&allowed);
    close(gate[0]);
    close(gate[1]);
}

/* How that is done is up to the host, and what it lets us do. */
static bool is_prompt_and_its_children_are_not(void)
{
    struct host_sched_attributes before = {.size = sizeof(before)}, own = before, child = before;
    int status = 1;

    host_sched_getattr(0, &before, sizeof(before), 0);
    host_cpu_be_prompt();
    host_sched_getattr(0, &own, sizeof(own), 0);
    bool is_real_time = own.policy != before.policy;
    if (!is_real_time && (own.runtime > before.runtime || prctl(PR_GET_TIMERSLACK) != 1))
        return false;
    int pid = (int)host_fork();
    if (pid == 0) {
        host_sched_getattr(0, &child, sizeof(child), 0);
        _exit(child.policy != before.policy || child.nice != before.nice ||
              child.runtime != before.runtime);
    }
    return pid > 0 && host_wait4(pid, &status, 0, NULL) == pid && status == 0;
}

/* In a child: not everybody may undo it. */
TEST(a_thread_becomes_prompt_and_what_it_creates_does_not)
{
    int status = 1;
    int pid = (int)host_fork();
    if (pid == 0)
        _exit(!is_prompt_and_its_children_are_not());
    CHECK(pid > 0 && host_wait4(pid, &status, 0, NULL) == pid);
    CHECK_EQ(status, 0);
}

TEST(processor_tells_its_name)
{
    uint32_t answer[HOST_CPUID_REGISTERS] = {0};
    char name[13] = "";

    host_cpuid(0, 0, answer);
    memcpy(name, &answer[HOST_EBX], 4);
    memcpy(name + 4, &answer[HOST_EDX], 4);
    memcpy(name + 8, &answer[HOST_ECX], 4);
    CHECK_EQ(strlen(name), 12);
    CHECK(answer[HOST_EAX] >= 7);
}
