/* SPDX-License-Identifier: BSD-2-Clause */
#include <bench/child.h>
#include <host/clock.h>
#include <host/host.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)
#define GRACE       (3000 * MILLISECOND) /* from being asked to end to being killed */

struct child {
    int pid, output;
    nanoseconds_t start, timeout;
    char line[CHILD_LINE_BYTES];
    size_t length;
};

/* --- starting -------------------------------------------------------------------------------- */

/* What takes the program's place if it cannot be started: a line that says so. */
_Noreturn static void become(const char *const *words, int output)
{
    static const char problem[] = "cannot be started: ";
    const long input = host_openat(AT_FDCWD, "/dev/null", O_RDONLY, 0);
    const char *reason;

    host_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (input >= 0) {
        host_dup3((int)input, STDIN_FILENO, 0);
    }
    host_dup3(output, STDOUT_FILENO, 0);
    host_dup3(output, STDERR_FILENO, 0);
    execvp(words[0], (char *const *)words);
    reason = strerror(errno);
    host_write(STDERR_FILENO, words[0], strlen(words[0]));
    host_write(STDERR_FILENO, ": ", 2);
    host_write(STDERR_FILENO, problem, sizeof(problem) - 1);
    host_write(STDERR_FILENO, reason, strlen(reason));
    host_write(STDERR_FILENO, "\n", 1);
    _exit(127);
}

static int start(const char *const *words, struct child *child)
{
    int ends[2];
    int error = (int)host_pipe2(ends, O_CLOEXEC);

    if (error < 0) {
        return error;
    }
    child->start = host_clock_now();
    child->pid = (int)host_fork();
    if (child->pid == 0) {
        become(words, ends[1]);
    }
    host_close(ends[1]);
    if (child->pid < 0) {
        host_close(ends[0]);
        return child->pid;
    }
    child->output = ends[0];
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

static nanoseconds_t age(const struct child *child)
{
    return host_clock_now() - child->start;
}

/* Whether the reader wants more. */
static bool take_bytes(struct child *child, const char *bytes, size_t count,
                       const struct child_reader *reader)
{
    const nanoseconds_t now = age(child);

    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') {
            child->line[child->length] = '\0';
            child->length = 0;
            if (!reader->take(reader->context, child->line, now)) {
                return false;
            }
        } else if (bytes[i] != '\r' && child->length + 1 < sizeof(child->line)) {
            child->line[child->length++] = bytes[i];
        }
    }
    return true;
}

/* 1: there is something to read; 0: not yet; or a negative errno. */
static int wait_for_output(const struct child *child)
{
    const nanoseconds_t now = age(child);
    const nanoseconds_t left = now < child->timeout ? child->timeout - now : 0;
    const struct timespec time = {.tv_sec = (time_t)(left / (1000 * MILLISECOND)),
                                  .tv_nsec = (long)(left % (1000 * MILLISECOND))};
    struct pollfd poll = {.fd = child->output, .events = POLLIN};
    const long ready = left == 0 ? 0 : host_ppoll(&poll, 1, &time, NULL, HOST_SIGNAL_SET_BYTES);

    if (ready == 0) {
        return -ETIMEDOUT;
    }
    return ready == -EINTR ? 0 : (int)ready;
}

static int read_all(struct child *child, const struct child_reader *reader)
{
    for (;;) {
        char bytes[4096];
        int ready = wait_for_output(child);
        long count;

        if (ready < 0) {
            return ready;
        }
        if (ready == 0) {
            continue;
        }
        count = host_read(child->output, bytes, sizeof(bytes));
        if (count < 0 && count != -EINTR) {
            return (int)count;
        }
        if (count == 0) {
            return -ENODATA;
        }
        if (count > 0 && !take_bytes(child, bytes, (size_t)count, reader)) {
            return 0;
        }
    }
}

/* --- ending ---------------------------------------------------------------------------------- */

static bool is_over(const struct child *child)
{
    const long result = host_wait4(child->pid, NULL, WNOHANG, NULL);

    return result != 0 && result != -EINTR;
}

static void finish(struct child *child)
{
    const struct timespec step = {.tv_nsec = MILLISECOND};
    const nanoseconds_t asked = host_clock_now();
    bool over = is_over(child);

    host_close(child->output);
    if (!over) {
        host_kill(child->pid, SIGTERM);
    }
    while (!over && host_clock_now() - asked < GRACE) {
        host_clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
        over = is_over(child);
    }
    if (!over) {
        host_kill(child->pid, SIGKILL);
        while (host_wait4(child->pid, NULL, 0, NULL) == -EINTR) {
        }
    }
}

int child_run(const char *const *words, nanoseconds_t timeout, const struct child_reader *reader)
{
    struct child child = {.timeout = timeout};
    int error = start(words, &child);

    if (error == 0) {
        error = read_all(&child, reader);
        finish(&child);
    }
    return error;
}
