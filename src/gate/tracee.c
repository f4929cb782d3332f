/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <gate/tracee.h>
#include <host/host.h>

#define PTRACE_SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

int tracee_resume(struct tracee *tracee, int request)
{
    return (int)host_ptrace(request, tracee->tid, NULL, NULL);
}

static struct stop decode_status(struct tracee *tracee, int status)
{
    if (!WIFSTOPPED(status)) {
        tracee->is_gone = true;
        return (struct stop){
            .kind = STOP_GONE,
            .exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        };
    }
    struct stop stop = {.signal = WSTOPSIG(status)};
    int event = status >> 16;

    if (stop.signal == PTRACE_SYSCALL_STOP)
        stop.kind = STOP_SYSCALL;
    else if (event == PTRACE_EVENT_STOP)
        stop.kind = STOP_EVENT;
    else
        stop.kind = event ? STOP_CHILD : STOP_SIGNAL;
    return stop;
}

/* While a first thread runs all others stand still: they can only die, or be new. */
static void note_other(struct tracee *tracee, long tid, int status)
{
    if (WIFSTOPPED(status))
        tracee->early_tid = (int)tid;
}

int tracee_wait(struct tracee *tracee, struct stop *ret_stop)
{
    const int who = tracee->group ? -tracee->group : tracee->tid;
    int status = 0;
    long pid;

    while ((pid = host_wait4(who, &status, __WALL, NULL)) != tracee->tid) {
        if (pid >= 0)
            note_other(tracee, pid, status);
        else if (pid != -EINTR)
            break;
    }
    if (pid < 0)
        return (int)pid;
    *ret_stop = decode_status(tracee, status);
    return 0;
}

void tracee_kill(struct tracee *tracee)
{
    struct stop stop = {.kind = STOP_EVENT};
    long error;

    if (tracee->is_gone)
        return;
    error = host_kill(tracee->pid, SIGKILL);
    if (error && error != -ESRCH)
        return; /* not to be waited for: PTRACE_O_EXITKILL ends it with us */
    while (!tracee->is_gone && !tracee_wait(tracee, &stop))
        ;
    tracee->is_gone = true;
}

/* Signals that say that the code cannot go on: resuming would raise them for ever. */
static bool is_fatal_to_code(int signal)
{
    return signal == SIGSYS || signal == SIGSEGV || signal == SIGBUS || signal == SIGILL;
}

/* Lets injected code go on and looks why it stopped: 1 at its end, 0 on the way. */
static int code_step(struct tracee *tracee, vaddr_t page, long *ret_rax, int *ret_child)
{
    struct stop stop;
    unsigned long child = 0;
    int error = tracee_resume(tracee, PTRACE_CONT);

    if (!error)
        error = tracee_wait(tracee, &stop);
    if (error)
        return error;
    if (stop.kind == STOP_GONE)
        return -ESRCH;
    if (stop.kind == STOP_CHILD) {
        /* The call itself returns the same number, if nothing happens to it until then. */
        if (!host_ptrace(PTRACE_GETEVENTMSG, tracee->tid, NULL, &child) && ret_child)
            *ret_child = (int)child;
        return 0;
    }
    if (stop.kind != STOP_SIGNAL)
        return 0;
    if (stop.signal == SIGTRAP)
        return tracee_end_code(tracee, page, ret_rax);
    return is_fatal_to_code(stop.signal) ? -EFAULT : 0;
}

static long run_code(struct tracee *tracee, vaddr_t page, vaddr_t code, long rax,
                     const word_t argument[6], int *ret_child)
{
    long result = -EIO;
    int done = injection_page_show(tracee->injection);

    if (!done)
        done = tracee_begin_code(tracee, code, rax, argument);
    while (!done)
        done = code_step(tracee, page, &result, ret_child);
    return done < 0 ? done : result;
}

/* The guest's breakpoints are none of this code's, wherever they are. */
long tracee_run_code(struct tracee *tracee, vaddr_t page, enum injection_offset offset, long rax,
                     const word_t argument[6], int *ret_child)
{
    word_t control = tracee->debug_control;

    if (tracee->is_gone)
        return -ESRCH;
    long error = control ? tracee_set_debug_control(tracee, 0) : 0;
    if (error)
        return error;
    long result = run_code(tracee, page, page + (vaddr_t)offset, rax, argument, ret_child);
    if (control && !tracee->is_gone)
        error = tracee_set_debug_control(tracee, control);
    return error && result >= 0 ? error : result;
}

long tracee_call(struct tracee *tracee, vaddr_t page, long number, const word_t argument[6],
                 int *ret_child)
{
    return tracee_run_code(tracee, page, INJECTION_SYSCALL, number, argument, ret_child);
}
