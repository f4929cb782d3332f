/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/text.h>
#include <errno.h>
#include <fcntl.h>
#include <host/clock.h>
#include <host/host.h>
#include <stdlib.h>

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)
#define TSC_WINDOW             UINT64_C(2000000)

static struct timespec timespec_of(nanoseconds_t time)
{
    return (struct timespec){
        .tv_sec = (time_t)(time / NANOSECONDS_PER_SECOND),
        .tv_nsec = (long)(time % NANOSECONDS_PER_SECOND),
    };
}

nanoseconds_t host_clock_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (nanoseconds_t)time.tv_sec * NANOSECONDS_PER_SECOND + (nanoseconds_t)time.tv_nsec;
}

static int read_clock(int clock, nanoseconds_t *ret_time)
{
    struct timespec time;
    int error = (int)host_clock_gettime(clock, &time);

    if (!error)
        *ret_time =
            (nanoseconds_t)time.tv_sec * NANOSECONDS_PER_SECOND + (nanoseconds_t)time.tv_nsec;
    return error;
}

int host_cpu_time_of_thread(nanoseconds_t *ret_time)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID, ret_time);
}

/* Linux makes the clock's number of the process's (clock_getcpuclockid(3) asks it once more). */
int host_cpu_time_of_process(int pid, nanoseconds_t *ret_time)
{
    enum { CPUCLOCK_SCHED = 2, CPUCLOCK_SHIFT = 3 };
    return read_clock((int)(~(unsigned)pid << CPUCLOCK_SHIFT | CPUCLOCK_SCHED), ret_time);
}

/* Linux lets a process ask the clocks of its own threads only. */
int host_cpu_time_of_task(int pid, int tid, nanoseconds_t *ret_time)
{
    char text[128];
    text_format(text, sizeof(text), "/proc/%d/task/%d/schedstat", pid, tid);
    int fd = (int)host_openat(AT_FDCWD, text, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    long count = host_read(fd, text, sizeof(text) - 1);
    host_close(fd);
    if (count <= 0)
        return count < 0 ? (int)count : -EIO;
    text[count] = '\0';
    *ret_time = strtoull(text, NULL, 10);
    return 0;
}

/* Of a few tries the one whose two counter readings lie closest: the least disturbed. */
struct host_tsc_sample host_tsc_begin(void)
{
    struct host_tsc_sample best = {0};
    uint64_t best_width = UINT64_MAX;

    for (int i = 0; i < 5; i++) {
        uint64_t before = __builtin_ia32_rdtsc();
        nanoseconds_t time = host_clock_now();
        uint64_t width = __builtin_ia32_rdtsc() - before;
        if (width < best_width) {
            best_width = width;
            best = (struct host_tsc_sample){.counter = before + width / 2, .time = time};
        }
    }
    return best;
}

struct host_tsc_rate host_tsc_finish(struct host_tsc_sample first)
{
    nanoseconds_t end = first.time + TSC_WINDOW;
    struct timespec until = timespec_of(end);
    struct host_tsc_sample last;

    if (host_clock_now() < end)
        host_clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    last = host_tsc_begin();
    /* A signal may have cut the sleep short; the quotients hold all the same. */
    nanoseconds_t elapsed = last.time > first.time ? last.time - first.time : 1;
    uint64_t cycles = last.counter > first.counter ? last.counter - first.counter : 1;
    __extension__ typedef unsigned __int128 scaled;
    return (struct host_tsc_rate){
        .mhz = (unsigned)((cycles * 1000 + elapsed / 2) / elapsed),
        .multiplier = (uint64_t)(((scaled)elapsed << 32) / cycles),
    };
}

int host_deadline_create(int signal, struct host_deadline *ret_deadline)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal};
    int timer = 0;
    long tid = host_gettid();

    if (tid < 0)
        return (int)tid;
    event._sigev_un._tid = (int)tid;
    int error = (int)host_timer_create(CLOCK_MONOTONIC, &event, &timer);
    if (!error)
        *ret_deadline = (struct host_deadline){.timer = timer, .time = NANOSECONDS_NEVER};
    return error;
}

int host_deadline_set(struct host_deadline *deadline, nanoseconds_t time)
{
    struct itimerspec setting = {{0, 0}, {0, 0}};

    if (deadline->time == time)
        return 0;
    if (time != NANOSECONDS_NEVER)
        setting.it_value = timespec_of(time ? time : 1);
    /* first: it may expire before the call is back */
    nanoseconds_t previous = deadline->time;
    deadline->time = time;
    int error = (int)host_timer_settime(deadline->timer, TIMER_ABSTIME, &setting, NULL);
    if (error)
        deadline->time = previous;
    return error;
}

void host_deadline_expired(struct host_deadline *deadline)
{
    deadline->time = NANOSECONDS_NEVER;
}

void host_deadline_destroy(struct host_deadline *deadline)
{
    host_timer_delete(deadline->timer);
}
