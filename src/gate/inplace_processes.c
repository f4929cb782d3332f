/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/inplace_state.h>

#include <base/bits.h>
#include <errno.h>
#include <gate/landing.h>
#include <host/clock.h>
#include <host/host.h>
#include <linux/futex.h>
#include <runtime/region.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* What an edit thread may take on a busy host, and how often somebody looks whether it lives. */
#define PATIENCE    UINT64_C(20000000000)
#define LOOK_PERIOD 50000000 /* nanoseconds */
/* For a debugger to see that a process of its has died: until then Linux keeps it. */
#define DEBUGGER_PATIENCE UINT64_C(1000000000)

/* --- why one has ended --------------------------------------------------------------------- */

/* Words and line that the runtime left are data: a guest may have written them. */
static bool tell_failure(struct inplace *seat)
{
    const struct runtime_failure *failure = &seat->shared->failure;
    if (__atomic_load_n(&failure->state, __ATOMIC_ACQUIRE) != FAILURE_WRITTEN)
        return false;
    const char *what = runtime_image_text(__atomic_load_n(&failure->what, __ATOMIC_RELAXED));
    const char *file = runtime_image_text(__atomic_load_n(&failure->file, __ATOMIC_RELAXED));
    if (!what || !file)
        return false;
    inplace_fail(seat, 0, "the runtime failed in a guest process: %s (%s:%u)", what, file,
                 __atomic_load_n(&failure->line, __ATOMIC_RELAXED));
    return true;
}

static void tell_landing(struct inplace *seat, int status)
{
    if (status < LANDING_FAILED_STATUS)
        inplace_fail(seat, -status, "cannot start a guest process");
    else if (status < LANDING_FAILED_STATUS + REGION_PART_COUNT)
        inplace_fail(seat, 0, "cannot start a guest process: part %d of its region has no place",
                     status - LANDING_FAILED_STATUS);
    else
        inplace_fail(seat, 0, "cannot start a guest process: Linux refuses its filter");
}

/* It has ended by itself. */
static void tell_end(struct inplace *seat, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == RUNTIME_FAILED_STATUS && tell_failure(seat))
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) > 0 &&
        WEXITSTATUS(status) <= LANDING_FAILED_STATUS + REGION_PART_COUNT)
        tell_landing(seat, WEXITSTATUS(status));
    else if (WIFEXITED(status))
        inplace_fail(seat, 0, "a guest process has ended itself, with status %d",
                     WEXITSTATUS(status));
    else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        inplace_fail(seat, 0, "a guest process died of a signal: %s", strsignal(WTERMSIG(status)));
    else
        inplace_fail(seat, -ESRCH, "a guest process was killed from outside");
}

/* Whether the process has ended by itself: that ends the run. */
static bool has_ended(struct inplace *seat, uint32_t index)
{
    int status = 0;
    long pid;
    if (inplace_is_linked(seat, index)) {
        if (!inplace_linked_has_ended(seat))
            return false;
        seat->pids[index] = 0;
        if (!tell_failure(seat))
            inplace_end(seat, SEAT_END_HALTED); /* what became of it its own parent is told */
        return true;
    }
    do
        pid = host_wait4(seat->pids[index], &status, WNOHANG, NULL);
    while (pid == -EINTR);
    if (pid == 0)
        return false;
    if (pid < 0) {
        inplace_fail(seat, (int)pid, "cannot look after a guest process");
        return true;
    }
    seat->pids[index] = 0;
    tell_end(seat, status);
    return true;
}

void inplace_processes_check(struct inplace *seat)
{
    for (uint32_t i = 0; i < seat->pids_used && !seat->ended; i++) {
        if (seat->pids[i])
            has_ended(seat, i);
    }
}

/* --- edits --------------------------------------------------------------------------------- */

bool inplace_wake(struct inplace *seat, uint32_t *word)
{
    long error = host_futex(word, FUTEX_WAKE, 1, NULL);
    if (error < 0)
        inplace_fail(seat, (int)error, "cannot wake a guest process");
    return error >= 0;
}

/* Until the edit thread has done number `asked`. False: it did not, and the run has ended. */
static bool await_done(struct inplace *seat, uint32_t index, uint32_t asked)
{
    const struct timespec period = {.tv_nsec = LOOK_PERIOD};
    uint32_t *word = &seat->shared->vspaces[index].done;
    nanoseconds_t limit = host_clock_now() + PATIENCE;
    uint32_t done;
    while ((done = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != asked) {
        if (has_ended(seat, index))
            return false;
        if (host_clock_now() >= limit) {
            inplace_fail(seat, -ETIMEDOUT, "a guest process does not answer");
            return false;
        }
        host_futex(word, FUTEX_WAIT, done, &period);
    }
    return true;
}

bool inplace_edit(struct inplace *seat, uint32_t index, uint32_t operation, uint64_t argument,
                  int64_t *ret_result)
{
    struct runtime_vspace *edit = &seat->shared->vspaces[index];
    uint32_t asked = __atomic_load_n(&edit->asked, __ATOMIC_RELAXED) + 1;
    edit->operation = operation;
    edit->argument[0] = argument;
    __atomic_store_n(&edit->asked, asked, __ATOMIC_RELEASE);
    if (!inplace_wake(seat, &edit->asked) || !await_done(seat, index, asked))
        return false;
    *ret_result = __atomic_load_n(&edit->result, __ATOMIC_RELAXED);
    return true;
}

/* --- life ---------------------------------------------------------------------------------- */

/* Adds what the process has used since the last time. */
static void ask_cpu_time(struct inplace *seat, uint32_t index)
{
    nanoseconds_t time;
    if (host_cpu_time_of_process(seat->pids[index], &time))
        return;
    seat->cpu_time += time - seat->cpu_times[index];
    seat->cpu_times[index] = time;
}

nanoseconds_t inplace_cpu_time(struct inplace *seat)
{
    for (uint32_t i = 0; i < seat->pids_used; i++) {
        if (seat->pids[i])
            ask_cpu_time(seat, i);
    }
    return seat->cpu_time;
}

bool inplace_process_start(struct inplace *seat, uint32_t index, const char *name)
{
    enum { LANDED = 1 };
    struct runtime_vspace *vspace = &seat->shared->vspaces[index];
    __atomic_store_n(&vspace->done, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&vspace->asked, LANDED, __ATOMIC_RELEASE);
    int error = inplace_is_linked(seat, index)
                    ? inplace_linked_start(seat, index)
                    : landing_start(seat->base, &seat->contents, index, name, &seat->pids[index]);
    if (error) {
        inplace_fail(seat, error, "cannot start a guest process");
        return false;
    }
    seat->cpu_times[index] = 0;
    seat->pids_used = (uint32_t)max_u64(seat->pids_used, index + 1);
    __atomic_store_n(&vspace->pid, (uint32_t)seat->pids[index], __ATOMIC_RELAXED);
    vspace->is_reusable = !inplace_is_linked(seat, index);
    return await_done(seat, index, LANDED);
}

void inplace_process_reuse(struct inplace *seat, uint32_t index, const char *name)
{
    char *shared = seat->shared->vspaces[index].name;
    int64_t error;
    snprintf(shared, sizeof(seat->shared->vspaces[index].name), "%s", name);
    if (inplace_edit(seat, index, EDIT_REUSE, index, &error) && error)
        inplace_fail(seat, (int)error, "cannot use a guest process again");
}

/* One that cannot be killed now dies with this thread: to wait for it would be worse. */
static bool kill_process(int pid)
{
    enum { ATTEMPTS = 3 };
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        if (host_kill(pid, SIGKILL) == 0)
            return true;
    }
    return false;
}

/* A debugger that does not look after it keeps the remains, not the guest. limit: host time. */
static void await_death(int pid, nanoseconds_t limit)
{
    enum { FIRST_PERIOD = 20000, LAST_PERIOD = 5000000 };
    struct timespec period = {.tv_nsec = FIRST_PERIOD};
    long result;
    while ((result = host_wait4(pid, NULL, WNOHANG, NULL)) == 0 || result == -EINTR) {
        if (host_clock_now() >= limit)
            return;
        host_clock_nanosleep(CLOCK_MONOTONIC, 0, &period, NULL);
        period.tv_nsec = (long)min_u64((uint64_t)period.tv_nsec * 2, LAST_PERIOD);
    }
}

static void end_process(struct inplace *seat, uint32_t index, nanoseconds_t limit)
{
    int pid = seat->pids[index];
    if (!pid)
        return;
    ask_cpu_time(seat, index);
    if (inplace_is_linked(seat, index)) /* it waits, and is told by who started us */
        inplace_end(seat, SEAT_END_HALTED);
    else if (kill_process(pid))
        await_death(pid, limit);
    seat->pids[index] = 0;
    __atomic_store_n(&seat->shared->vspaces[index].pid, 0, __ATOMIC_RELAXED);
}

void inplace_process_end(struct inplace *seat, uint32_t index)
{
    end_process(seat, index, host_clock_now() + DEBUGGER_PATIENCE);
}

/* All get the signal before the first is waited for. */
void inplace_processes_end(struct inplace *seat)
{
    nanoseconds_t limit = host_clock_now() + DEBUGGER_PATIENCE;
    for (uint32_t i = 0; i < seat->pids_used; i++) {
        if (seat->pids[i] && !inplace_is_linked(seat, i))
            host_kill(seat->pids[i], SIGKILL);
    }
    for (uint32_t i = 0; i < seat->pids_used; i++)
        end_process(seat, i, limit);
}

bool inplace_process_of(void *context, paddr_t root, int *ret_pid)
{
    const struct inplace *seat = context;
    uint64_t index = vspace_at(seat->k, root)->process;
    if (index == 0 || index >= RUNTIME_MAX_VSPACES || seat->shared->vspaces[index].root != root)
        return false;
    *ret_pid = seat->pids[index];
    return *ret_pid != 0;
}
