/* SPDX-License-Identifier: BSD-2-Clause */
/* What Linux needs for many threads and many processes that wait, told as guests tell it. */
#include <base/bits.h>
#include <bench/limits.h>
#include <host/host.h>

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PAUSE_NS    100000000 /* as guests/bench/footprint.c */
#define PROCESSES   100
#define ALL_THREADS 1000

/* How many of them wait; and whether they are to end. */
struct crowd {
    uint32_t waiting, over;
};

static int say(int fd, const char *name)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    char line[64];
    const int length = snprintf(line, sizeof(line), "memory %s\n", name);

    if (host_write(fd, line, (size_t)length) != length) {
        return -EIO;
    }
    host_clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    return 0;
}

static void wait_for_end(struct crowd *crowd)
{
    __atomic_add_fetch(&crowd->waiting, 1, __ATOMIC_SEQ_CST);
    host_futex(&crowd->waiting, FUTEX_WAKE, 1, NULL);
    while (__atomic_load_n(&crowd->over, __ATOMIC_SEQ_CST) == 0) {
        host_futex(&crowd->over, FUTEX_WAIT, 0, NULL);
    }
}

static void wait_for_crowd(struct crowd *crowd, uint32_t count)
{
    uint32_t waiting;

    while ((waiting = __atomic_load_n(&crowd->waiting, __ATOMIC_SEQ_CST)) < count) {
        host_futex(&crowd->waiting, FUTEX_WAIT, waiting, NULL);
    }
}

/* --- threads --------------------------------------------------------------------------------- */

static void *run_thread(void *crowd)
{
    wait_for_end(crowd);
    return NULL;
}

static int count_threads(int fd)
{
    static const struct {
        unsigned count;
        const char *name;
    } steps[] = {{10, "threads-10"}, {100, "threads-100"}, {ALL_THREADS, "threads-1000"}};
    static struct crowd crowd;
    static pthread_t threads[ALL_THREADS];
    unsigned made = 0;
    int error = say(fd, "base");

    for (unsigned i = 0; i < ARRAY_LENGTH(steps) && error == 0; i++) {
        while (made < steps[i].count && error == 0) {
            error = host_thread_create(run_thread, &crowd, &threads[made]);
            made += error == 0;
        }
        wait_for_crowd(&crowd, made);
        error = error < 0 ? error : say(fd, steps[i].name);
    }
    __atomic_store_n(&crowd.over, 1, __ATOMIC_SEQ_CST);
    host_futex(&crowd.over, FUTEX_WAKE, ALL_THREADS, NULL);
    for (unsigned i = 0; i < made; i++) {
        pthread_join(threads[i], NULL);
    }
    return error;
}

/* --- processes ------------------------------------------------------------------------------- */

static int start_process(struct crowd *crowd, int *ret_pid)
{
    const int parent = getpid();

    *ret_pid = (int)host_fork();
    if (*ret_pid == 0) {
        host_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (host_getppid() == parent) {
            wait_for_end(crowd);
        }
        _exit(0);
    }
    return *ret_pid < 0 ? *ret_pid : 0;
}

static int count_processes(int fd)
{
    int pids[PROCESSES];
    unsigned made = 0;
    struct crowd *crowd;
    const long page =
        host_mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error = page < 0 ? (int)page : say(fd, "base");

    if (page < 0) {
        return error;
    }
    crowd = (struct crowd *)page;
    while (made < PROCESSES && error == 0) {
        error = start_process(crowd, &pids[made]);
        made += error == 0;
    }
    wait_for_crowd(crowd, made);
    error = error < 0 ? error : say(fd, "vspaces-100");
    for (unsigned i = 0; i < made; i++) {
        host_kill(pids[i], SIGKILL);
        host_wait4(pids[i], NULL, 0, NULL);
    }
    host_munmap(crowd, PAGE_BYTES);
    return error;
}

/* A host may allow no more of them: then there is no such row. */
int limits_footprint(int fd)
{
    int error = count_threads(fd);

    if (error == 0 || error == -EAGAIN) {
        error = count_processes(fd);
    }
    return error == -EAGAIN ? 0 : error;
}
