/* SPDX-License-Identifier: BSD-2-Clause */
/* A process lands in a region wherever that is, has nothing else, and does what it is asked for. */
#include <test.h>

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gate/landing.h>
#include <gate/testkit_region.h>
#include <host/host.h>
#include <runtime/region.h>
#include <runtime/shared.h>

#define VSPACE  7
#define NAME    "vs:landed"
#define SECONDS 20 /* that a busy host may take */

struct landed {
    struct test_region r;
    vaddr_t base;
    struct runtime_shared *shared;
    struct runtime_vspace *edit;
    int pid;
};

/* False: the process has ended, or takes too long. */
static bool await_done(struct landed *l)
{
    const struct timespec limit = {.tv_sec = SECONDS};
    uint32_t done;
    while ((done = __atomic_load_n(&l->edit->done, __ATOMIC_ACQUIRE)) != l->edit->asked) {
        if (syscall(SYS_futex, &l->edit->done, FUTEX_WAIT, done, &limit, NULL, 0) &&
            errno == ETIMEDOUT)
            return false;
    }
    return true;
}

static void ask(struct landed *l, enum edit_operation operation, uint64_t a, uint64_t b, uint64_t c,
                uint64_t d)
{
    l->edit->operation = operation;
    memcpy(l->edit->argument, (uint64_t[]){a, b, c, d}, 4 * sizeof(uint64_t));
    __atomic_add_fetch(&l->edit->asked, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &l->edit->asked, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* base: 0 for that of a region that is mapped here as well. */
static bool land(struct landed *l, vaddr_t base, uint64_t seed)
{
    if (!test_region_open(&l->r, seed))
        return false;
    l->base = base ? base : l->r.base;
    if (base) {
        runtime_image_destroy(&l->r.image);
        CHECK_EQ(runtime_image_create(base, &l->r.image), 0);
    }
    l->shared = (void *)(l->r.base + REGION_SHARED);
    l->edit = &l->shared->vspaces[VSPACE];
    l->edit->asked = 1;
    return CHECK_EQ(landing_start(l->base, &l->r.contents, VSPACE, NAME, &l->pid), 0) &&
           CHECK(await_done(l));
}

static int wait_for_end(struct landed *l)
{
    int status = 0;
    CHECK_EQ(host_wait4(l->pid, &status, 0, NULL), l->pid);
    return status;
}

/* Lines of its /proc/PID/maps outside of the region. */
static unsigned areas_outside(const struct landed *l)
{
    char name[64], line[512];
    unsigned long start, end;
    unsigned count = 0;
    snprintf(name, sizeof(name), "/proc/%d/maps", l->pid);
    FILE *maps = fopen(name, "r");
    if (!CHECK(maps))
        return 0;
    while (fgets(line, sizeof(line), maps)) {
        vaddr_t region_end = l->base + region_bytes(TEST_REGION_MEMORY);
        if (sscanf(line, "%lx-%lx", &start, &end) == 2 && !strstr(line, "[vsyscall]") &&
            (start < l->base || end > region_end))
            count++;
    }
    fclose(maps);
    return count;
}

static void check_landing(vaddr_t base, uint64_t seed)
{
    struct landed l;
    uint64_t word = 0, expected = UINT64_C(0x5e14000000000000) + seed;
    const vaddr_t page = 0x400000;
    struct iovec here = {&word, sizeof(word)}, there = {(void *)page, sizeof(word)};

    if (!land(&l, base, seed))
        return;
    CHECK_EQ(areas_outside(&l), 0);
    memcpy((char *)l.r.memory.base + 0x7000, &expected, sizeof(expected));
    ask(&l, EDIT_MAP, page, PAGE_BYTES, 0x7000, seed % 2);
    CHECK(await_done(&l));
    CHECK_EQ(l.edit->result, 0);
    CHECK_EQ(areas_outside(&l), 1);
    CHECK_EQ(host_process_vm_readv(l.pid, &here, 1, &there, 1, 0), sizeof(word));
    CHECK_EQ(word, expected);
    ask(&l, EDIT_MAP, page + 1, PAGE_BYTES, 0, 1);
    CHECK(await_done(&l));
    CHECK_EQ(l.edit->result, -EINVAL);
    ask(&l, EDIT_UNMAP, page, PAGE_BYTES, 0, 0);
    CHECK(await_done(&l));
    CHECK_EQ(areas_outside(&l), 0);
    CHECK_EQ(host_process_vm_readv(l.pid, &here, 1, &there, 1, 0), -EFAULT);
    ask(&l, EDIT_END, 0, 0, 0, 0);
    CHECK_EQ(wait_for_end(&l), 0);
    CHECK_EQ(l.shared->failure.state, FAILURE_NONE);
    test_region_close(&l.r);
}

TEST(a_process_lands_at_random_bases)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        check_landing(0, seed);
}

TEST(a_process_lands_at_the_first_base_and_where_its_stack_was)
{
    check_landing(REGION_LOWEST_BASE, 5);
    check_landing(REGION_HIGHEST_END - region_bytes(TEST_REGION_MEMORY), 6);
}

static bool has_descriptor(const struct landed *l, int fd)
{
    char name[64];
    snprintf(name, sizeof(name), "/proc/%d/fd/%d", l->pid, fd);
    return access(name, F_OK) == 0 || readlink(name, (char[8]){0}, 8) > 0;
}

TEST(a_process_lands_where_linux_would_have_put_its_copy)
{
    long place = host_mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(place > 0))
        return;
    host_munmap((void *)place, PAGE_BYTES);
    check_landing(align_down((vaddr_t)place, REGION_ALIGNMENT_BITS), 16);
}

TEST(a_process_that_has_landed_keeps_two_descriptors)
{
    struct landed l;
    if (!land(&l, 0, 8))
        return;
    for (int fd = 0; fd < 128; fd++)
        CHECK_EQ(has_descriptor(&l, fd), fd == LANDING_MEMORY_FD || fd == LANDING_WAKE_FD);
    ask(&l, EDIT_END, 0, 0, 0, 0);
    CHECK_EQ(wait_for_end(&l), 0);
    test_region_close(&l.r);
}

/* The filter holds in the process: its own region is not for guest memory. */
TEST(a_process_that_maps_over_its_region_dies)
{
    struct landed l;
    if (!land(&l, 0, 15))
        return;
    ask(&l, EDIT_MAP, l.base + REGION_KERNEL, PAGE_BYTES, 0, 1);
    int status = wait_for_end(&l);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), RUNTIME_FAILED_STATUS);
    CHECK_STR(runtime_image_text(l.shared->failure.what), "a signal to the edit thread");
    test_region_close(&l.r);
}

TEST(an_operation_that_is_none_ends_the_process_with_a_note)
{
    struct landed l;
    if (!land(&l, 0, 9))
        return;
    ask(&l, EDIT_OPERATION_COUNT, 0, 0, 0, 0);
    int status = wait_for_end(&l);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), RUNTIME_FAILED_STATUS);
    CHECK_STR(runtime_image_text(l.shared->failure.what), "operation < EDIT_OPERATION_COUNT");
    test_region_close(&l.r);
}

/* Each call of the child's, refused, and where it has come in its region's parts. */
TEST(a_child_that_cannot_land_says_why)
{
    static const char *const calls[] = {"prctl", "setpgid",     "prlimit64", "fcntl",
                                        "dup3",  "close_range", "mmap"};
    struct test_region r;
    if (!test_region_open(&r, 10))
        return;
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct landed l = {.r = r};
        host_inject(calls[i], 1, ENOMEM);
        CHECK_EQ(landing_start(r.base, &r.contents, VSPACE, NAME, &l.pid), 0);
        host_inject(calls[i], 1, 0);
        int status = wait_for_end(&l);
        CHECK(WIFEXITED(status));
        CHECK_EQ(WEXITSTATUS(status), ENOMEM);
    }
    struct region_contents no_memory = r.contents;
    no_memory.memory_bytes = 0; /* which is no mapping: the last part fails */
    struct landed l = {.r = r};
    CHECK_EQ(landing_start(r.base, &no_memory, VSPACE, NAME, &l.pid), 0);
    int status = wait_for_end(&l);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), LANDING_FAILED_STATUS + REGION_PART_COUNT - 1);
    test_region_close(&r);
}

TEST(a_fork_that_fails_leaves_signals_as_they_were)
{
    struct test_region r;
    sigset_t mask;
    int pid = -7;
    if (!test_region_open(&r, 14))
        return;
    host_inject("fork", 1, EAGAIN);
    CHECK_EQ(landing_start(r.base, &r.contents, VSPACE, NAME, &pid), -EAGAIN);
    host_inject("fork", 1, 0);
    CHECK_EQ(pid, -7);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    CHECK_EQ(sigismember(&mask, SIGTERM), 0);
    test_region_close(&r);
}
