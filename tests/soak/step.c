/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a guest in place and has a debugger's hands on one of its threads, the root server's:
 *
 *     step whole COUNT COMMAND...     each instruction of COUNT system calls, one at a time: the
 *                                     signal, the runtime, the turn given away, the way back
 *     step detach STRIDE COMMAND...   n instructions from a system call on, then let go; for n = 0,
 *                                     STRIDE, ... until the call is over
 *     step stop COUNT COMMAND...      stops any one thread of any process for some milliseconds
 *
 * The output is the guest's, and the status the command's; what was done goes to standard error.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE      100 /* seconds for all of it */
#define STEPS_MAX     1000000
#define REGION_LOWEST (1ULL << 36) /* no guest code of ours lies above, no runtime below */
#define STUBS_LOWEST  (1ULL << 30) /* of patched calls: no guest code of ours lies there */
#define STUBS_END     (1ULL << 31)
#define THREADS_MAX   64

static pid_t machine;

/* --- finding threads ----------------------------------------------------------------------- */

static bool has_name(pid_t pid, pid_t tid, const char *name)
{
    char path[64], comm[32] = "";
    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool is_read = fgets(comm, sizeof(comm), file) != NULL;
    fclose(file);
    comm[strcspn(comm, "\n")] = '\0';
    return is_read && strcmp(comm, name) == 0;
}

/* Those of a process that have that name; NULL: all. */
static unsigned add_threads(pid_t pid, const char *name, pid_t *ret_threads, unsigned count)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks && (entry = readdir(tasks)) != NULL) {
        pid_t tid = atoi(entry->d_name);
        if (tid > 0 && count < THREADS_MAX && (!name || has_name(pid, tid, name)))
            ret_threads[count++] = tid;
    }
    if (tasks)
        closedir(tasks);
    return count;
}

static unsigned find_threads(const char *name, pid_t ret_threads[THREADS_MAX])
{
    char path[64];
    unsigned count = 0;
    int pid;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", machine, machine);
    FILE *children = fopen(path, "r");
    while (children && fscanf(children, "%d", &pid) == 1)
        count = add_threads(pid, name, ret_threads, count);
    if (children)
        fclose(children);
    return count;
}

static bool has_ended(void)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)machine, &info, WEXITED | WNOHANG | WNOWAIT);
    return info.si_pid != 0;
}

/* --- one thread ---------------------------------------------------------------------------- */

/* A thread that is stopped, and the signal it is to get when it goes on. */
struct held {
    pid_t tid;
    int signal;
};

/* False: it is gone. */
static bool await_stop(struct held *held)
{
    int status;
    if (waitpid(held->tid, &status, __WALL) != held->tid || !WIFSTOPPED(status))
        return false;
    bool is_event = status >> 16 != 0;
    held->signal = is_event || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    return true;
}

/* One that was killed meanwhile: nobody else can wait for it before its tracer has. */
static void bury(pid_t tid)
{
    while (waitpid(tid, NULL, __WALL) < 0 && errno == EINTR)
        ;
}

static bool hold(pid_t tid, struct held *ret_held)
{
    *ret_held = (struct held){.tid = tid};
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        return false;
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0)
        return await_stop(ret_held);
    bury(tid);
    return false;
}

static void let_go(const struct held *held)
{
    if (ptrace(PTRACE_DETACH, held->tid, NULL, (void *)(long)held->signal) != 0)
        bury(held->tid);
}

static bool step(struct held *held)
{
    return ptrace(PTRACE_SINGLESTEP, held->tid, NULL, (void *)(long)held->signal) == 0 &&
           await_stop(held);
}

static unsigned long long rip_of(const struct held *held)
{
    struct user_regs_struct regs = {0};
    ptrace(PTRACE_GETREGS, held->tid, NULL, &regs);
    return regs.rip;
}

static bool is_in_guest(const struct held *held)
{
    return rip_of(held) < REGION_LOWEST;
}

/* The instruction itself, or the jump to a stub that has become of it. */
static bool is_at_call(const struct held *held)
{
    enum { SYSCALL = 0x050f, JUMP = 0xe9, JUMP_BYTES = 5 };
    unsigned long long rip = rip_of(held);
    if (rip >= REGION_LOWEST)
        return false;
    errno = 0;
    long code = ptrace(PTRACE_PEEKTEXT, held->tid, (void *)rip, NULL);
    if (errno != 0)
        return false;
    unsigned long long target = rip + JUMP_BYTES + (unsigned long long)(int)(code >> 8);
    bool is_patched = (code & 0xff) == JUMP && target >= STUBS_LOWEST && target < STUBS_END;
    return is_patched || (code & 0xffff) == SYSCALL;
}

/* On to the guest's next system call. */
static bool step_to_call(struct held *held)
{
    for (unsigned i = 0; i < STEPS_MAX && !is_at_call(held); i++) {
        if (!step(held))
            return false;
    }
    return is_at_call(held);
}

/* Through at most `count` instructions of the call that it stands at. */
static bool step_through(struct held *held, unsigned count, unsigned *ret_steps, bool *ret_is_over)
{
    bool was_inside = false;
    *ret_is_over = false;
    for (*ret_steps = 0; *ret_steps < count && !*ret_is_over; (*ret_steps)++) {
        if (!step(held))
            return false;
        bool is_inside = !is_in_guest(held);
        *ret_is_over = was_inside && !is_inside;
        was_inside |= is_inside;
    }
    return true;
}

static bool hold_root_server(struct held *ret_held)
{
    pid_t threads[THREADS_MAX];
    while (!has_ended()) {
        if (find_threads("rootserver", threads) > 0)
            return hold(threads[0], ret_held);
        usleep(1000);
    }
    return false;
}

/* --- what is done -------------------------------------------------------------------------- */

static bool step_whole(unsigned count)
{
    struct held held;
    unsigned total = 0, calls = 0;
    bool is_over = true;
    if (!hold_root_server(&held))
        return false;
    while (is_over && calls < count) {
        unsigned steps;
        if (!step_to_call(&held) || !step_through(&held, STEPS_MAX, &steps, &is_over))
            break;
        total += steps;
        calls++;
    }
    let_go(&held);
    fprintf(stderr, "%u calls, %u instructions\n", calls, total);
    return calls == count && total > count * 100;
}

static bool step_and_detach(unsigned stride)
{
    unsigned n, steps;
    bool is_over = false;
    for (n = 0; !is_over; n += stride) {
        struct held held;
        if (!hold_root_server(&held))
            break;
        bool is_alive = step_to_call(&held) && step_through(&held, n, &steps, &is_over);
        let_go(&held);
        if (!is_alive)
            break;
    }
    fprintf(stderr, "let go after 0 to %u instructions\n", n);
    return is_over;
}

static bool stop_threads(unsigned count)
{
    pid_t threads[THREADS_MAX];
    unsigned stopped = 0;
    while (stopped < count && !has_ended()) {
        struct held held;
        unsigned found = find_threads(NULL, threads);
        if (found == 0 || !hold(threads[(unsigned)rand() % found], &held))
            continue;
        usleep((unsigned)rand() % 10000);
        let_go(&held);
        stopped++;
    }
    fprintf(stderr, "%u times a thread was stopped\n", stopped);
    return stopped > 0;
}

static const struct {
    const char *name;
    bool (*run)(unsigned count);
} modes[] = {{"whole", step_whole}, {"detach", step_and_detach}, {"stop", stop_threads}};

static void give_up(int number)
{
    (void)number;
    kill(machine, SIGKILL);
    _exit(1);
}

int main(int argc, char **argv)
{
    bool is_done = false;
    int status;
    if (argc < 4)
        return 2;
    machine = fork();
    if (machine == 0) {
        execv(argv[3], &argv[3]);
        _exit(127);
    }
    signal(SIGALRM, give_up);
    alarm(PATIENCE);
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0)
            is_done = modes[i].run((unsigned)atoi(argv[2]));
    }
    while (waitpid(machine, &status, 0) < 0 && errno == EINTR)
        ;
    if (!is_done)
        fprintf(stderr, "the guest ended too early\n");
    return is_done && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
