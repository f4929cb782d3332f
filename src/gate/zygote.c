/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The zygote's start, in two halves: zygote_child() runs in the forked copy of the machine and may
 * use nothing but host calls; when it stops, the machine injects the rest, which takes away what
 * the child runs on.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <abi/object.h>
#include <base/bits.h>
#include <gate/monitor.h>
#include <gate/seccomp_filter.h>
#include <host/host.h>

#define TRACE_OPTIONS                                                                              \
    (PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |        \
     PTRACE_O_TRACEVFORK)

#define COMM_BYTES 16 /* Linux's TASK_COMM_LEN */

/* --- in the child -------------------------------------------------------------------------- */

/* Where the two descriptors are kept clear of their final numbers. */
#define SPARE_FD 64

static int child_arrange_descriptors(int memory_fd, int page_fd)
{
    long memory = host_fcntl(memory_fd, F_DUPFD, SPARE_FD);
    long page = memory < 0 ? memory : host_fcntl(page_fd, F_DUPFD, SPARE_FD);

    if (page < 0)
        return (int)page;
    if (host_dup3((int)memory, ZYGOTE_MEMORY_FD, 0) < 0)
        return -EMFILE;
    if (host_dup3((int)page, ZYGOTE_PAGE_FD, 0) < 0)
        return -EMFILE;
    long error = host_close_range(0, ZYGOTE_MEMORY_FD - 1, 0);
    return (int)(error ? error : host_close_range(ZYGOTE_PAGE_FD + 1, UINT32_MAX, 0));
}

/* The machine's own memory may lie at some of the places: takes the first that is free. */
static long child_map_page(const struct gate *gate)
{
    long mapped = -ENOMEM;

    for (unsigned i = 0; i < PAGE_PLACES; i++) {
        mapped = host_mmap((void *)gate->places[i], PAGE_BYTES, PROT_READ | PROT_EXEC,
                           MAP_SHARED | MAP_FIXED_NOREPLACE, ZYGOTE_PAGE_FD, 0);
        if (mapped != -EEXIST)
            break;
    }
    return mapped;
}

static long child_prepare(const struct gate *gate, int machine)
{
    long error = host_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    if (!error && host_getppid() != machine)
        error = -ESRCH; /* it died before that took effect */
    if (!error)
        error = host_setpgid(0, 0); /* the terminal's signals are the machine's */
    if (!error)
        error = host_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!error)
        error = child_arrange_descriptors(gate->memory_fd, gate->page.fd);
    return error ? error : child_map_page(gate);
}

static bool await_byte(const int pipe[2])
{
    char byte;
    long count;

    if (host_close(pipe[1]))
        return false; /* it would never see the end of the pipe */
    do
        count = host_read(pipe[0], &byte, 1);
    while (count == -EINTR);
    return count == 1;
}

/*
 * Waits until the machine has seized it (a byte comes through the pipe then), prepares and stops
 * with the page's address in rax. A failure is the exit status.
 */
static _Noreturn void zygote_child(const struct gate *gate, int machine, const int pipe[2])
{
    if (!await_byte(pipe))
        _exit(ESRCH); /* nobody has seized it */
    long page = child_prepare(gate, machine);
    if (page > 0 || page < -4095)
        __asm__ volatile("int3" : : "a"(page) : "memory");
    _exit((int)-page);
}

/* --- in the machine ------------------------------------------------------------------------ */

static const uint64_t all_signals = UINT64_MAX;

/* The child starts with all signals blocked: only SIGSTOP and SIGKILL can come from outside. */
static long fork_blocked(void)
{
    uint64_t old = 0;
    long error = host_rt_sigprocmask(SIG_SETMASK, &all_signals, &old, HOST_SIGNAL_SET_BYTES);

    if (error)
        return error;
    long pid = host_fork();
    if (pid)
        host_rt_sigprocmask(SIG_SETMASK, &old, NULL, HOST_SIGNAL_SET_BYTES);
    return pid;
}

/* Until it is in front of its int3; a stop from outside is none of its business. */
static int await_int3(struct tracee *child)
{
    for (;;) {
        struct stop stop;
        int error = tracee_wait(child, &stop);

        if (error)
            return error;
        if (stop.kind == STOP_GONE)
            return stop.exit_status ? -stop.exit_status : -ESRCH;
        if (stop.kind == STOP_SIGNAL && stop.signal == SIGTRAP)
            return 0;
        if (stop.kind == STOP_SIGNAL && stop.signal != SIGSTOP)
            return -EFAULT;
        error = tracee_resume(child, PTRACE_CONT);
        if (error)
            return error;
    }
}

/* The child is seized and in front of its int3, or it has failed. */
static int await_child(struct gate *gate)
{
    word_t reg[USER_REGISTER_COUNT];
    int error = await_int3(&gate->zygote);

    if (!error)
        error = tracee_read_registers(&gate->zygote, reg);
    if (!error)
        gate->zygote_page = reg[UREG_RAX];
    return error;
}

/* And lets it go on. */
static int seize_child(struct gate *gate, int pipe)
{
    long result = host_ptrace(PTRACE_SEIZE, gate->zygote.tid, NULL, (void *)TRACE_OPTIONS);

    if (result)
        return (int)result;
    do
        result = host_write(pipe, "", 1);
    while (result == -EINTR);
    return result == 1 ? 0 : result < 0 ? (int)result : -EIO;
}

static int start_zygote(struct gate *gate, const int pipe[2])
{
    int machine = getpid();
    long pid = fork_blocked();

    if (pid == 0)
        zygote_child(gate, machine, pipe);
    if (pid < 0)
        return (int)pid;
    gate->zygote = (struct tracee){.injection = &gate->page, .pid = (int)pid, .tid = (int)pid};
    int error = seize_child(gate, pipe[1]);
    if (!error)
        error = await_child(gate);
    if (error)
        tracee_kill(&gate->zygote);
    return error;
}

/* Both ends stay open until it has started: a write could raise SIGPIPE otherwise. */
static int fork_zygote(struct gate *gate)
{
    int pipe[2];
    int error = (int)host_pipe2(pipe, O_CLOEXEC);

    if (error)
        return error;
    error = start_zygote(gate, pipe);
    host_close(pipe[0]);
    host_close(pipe[1]);
    return error;
}

static long zygote_call(struct gate *gate, long number, const word_t argument[6])
{
    return tracee_call(&gate->zygote, gate->zygote_page, number, argument, NULL);
}

/* Makes a call that takes data at INJECTION_DATA of the page, as argument number `index`. */
static long call_with_data(struct tracee *tracee, vaddr_t page, long number, word_t argument[6],
                           unsigned index, const void *data, size_t size)
{
    struct injection_page *injection = tracee->injection;
    long result = injection_page_show(injection);

    if (result)
        return result;
    memcpy(injection->data + INJECTION_DATA, data, size);
    argument[index] = page + INJECTION_DATA;
    result = tracee_call(tracee, page, number, argument, NULL);
    injection_page_fill(injection->data);
    return result;
}

/* libc's restartable sequence: Linux would write to it when it is no longer there. */
static long strip_rseq(struct gate *gate)
{
    struct __ptrace_rseq_configuration rseq = {0};
    long size =
        host_ptrace(PTRACE_GET_RSEQ_CONFIGURATION, gate->zygote.tid, (void *)sizeof(rseq), &rseq);

    if (size < 0 || !rseq.rseq_abi_pointer)
        return size == -EIO ? 0 : size < 0 ? size : 0; /* EIO: a kernel without rseq */
    return zygote_call(gate, SYS_rseq,
                       (const word_t[6]){rseq.rseq_abi_pointer, rseq.rseq_abi_size,
                                         1 /* RSEQ_FLAG_UNREGISTER */, rseq.signature});
}

static long strip_memory(struct gate *gate)
{
    vaddr_t page = gate->zygote_page, above = page + PAGE_BYTES;
    long error = zygote_call(gate, SYS_munmap, (const word_t[6]){0, page});

    if (!error)
        error = zygote_call(gate, SYS_munmap, (const word_t[6]){above, USER_TOP - above});
    return error;
}

/* Now that nothing else is there, to its first choice. */
static long settle_page(struct gate *gate)
{
    vaddr_t old = gate->zygote_page, place = gate->places[0];

    if (old == place)
        return 0;
    long mapped = zygote_call(gate, SYS_mmap,
                              (const word_t[6]){place, PAGE_BYTES, PROT_READ | PROT_EXEC,
                                                MAP_SHARED | MAP_FIXED_NOREPLACE, ZYGOTE_PAGE_FD});
    if (mapped < 0)
        return mapped;
    gate->zygote_page = place;
    return zygote_call(gate, SYS_munmap, (const word_t[6]){old, PAGE_BYTES});
}

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

/* Not every processor can; without it guests see the host's. */
static long trap_cpuid(struct gate *gate)
{
    long result = zygote_call(gate, SYS_arch_prctl, (const word_t[6]){ARCH_SET_CPUID, 0});

    return result == -ESRCH ? result : 0;
}

static long trap_tsc(struct gate *gate)
{
    const word_t argument[6] = {PR_SET_TSC, PR_TSC_SIGSEGV};

    return gate->traps_tsc ? zygote_call(gate, SYS_prctl, argument) : 0;
}

static long limit_resources(struct gate *gate)
{
    static const struct rlimit none = {0, 0};

    return host_prlimit64(gate->zygote.pid, RLIMIT_CORE, &none, NULL);
}

static long install_filter(struct gate *gate)
{
    struct {
        struct sock_fprog program;
        struct sock_filter filter[SECCOMP_FILTER_MAX];
    } data;
    vaddr_t ips[PAGE_PLACES];

    _Static_assert(sizeof(data) <= INJECTION_DATA_BYTES, "the filter must fit the page");
    for (unsigned i = 0; i < PAGE_PLACES; i++)
        ips[i] = gate->places[i] + INJECTION_SYSCALL_END;
    memset(&data, 0, sizeof(data));
    data.program.len = (unsigned short)seccomp_filter_build(ips, PAGE_PLACES, data.filter);
    data.program.filter = (void *)(gate->zygote_page + INJECTION_DATA + sizeof(data.program));
    return call_with_data(&gate->zygote, gate->zygote_page, SYS_seccomp,
                          (word_t[6]){SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW}, 2,
                          &data, sizeof(data));
}

static long clear_registers(struct gate *gate)
{
    static const word_t zero[USER_REGISTER_COUNT];
    int error = tracee_write_registers(&gate->zygote, gate->zygote_page, zero);

    return error ? error : tracee_clear_vector_state(&gate->zygote, gate->vector_buffer);
}

static long name_zygote(struct gate *gate)
{
    return tracee_set_name(&gate->zygote, gate->zygote_page, "sel4-zygote");
}

/* In this order: what is gone cannot be used by what follows. */
static long (*const strip_steps[])(struct gate *gate) = {
    limit_resources, strip_rseq, strip_memory,   settle_page,     name_zygote,
    trap_cpuid,      trap_tsc,   install_filter, clear_registers,
};

int zygote_create(struct gate *gate)
{
    long error = fork_zygote(gate);

    if (error)
        return (int)error;
    for (unsigned i = 0; i < ARRAY_LENGTH(strip_steps) && error >= 0; i++)
        error = strip_steps[i](gate);
    if (error < 0)
        tracee_kill(&gate->zygote);
    return error < 0 ? (int)error : 0;
}

/* --- clones -------------------------------------------------------------------------------- */

/* The child's first stop, unless its parent has seen it. */
static int await_first_stop(struct tracee *parent, struct tracee *child)
{
    struct stop stop = {.kind = STOP_EVENT};
    int error = parent->early_tid == child->tid ? 0 : tracee_wait(child, &stop);

    parent->early_tid = 0;
    return !error && stop.kind == STOP_GONE ? -ESRCH : error;
}

/* Injects clone(flags) and waits for the child's first stop. */
static int inject_clone(struct tracee *parent, vaddr_t page, unsigned long flags,
                        struct tracee *ret_child)
{
    int tid = 0;
    long result = tracee_call(parent, page, SYS_clone, (const word_t[6]){flags}, &tid);

    if (tid <= 0 && result < 0)
        return (int)result;
    /* From here on there is a child, whatever became of the call. */
    struct tracee child = *parent;
    child.tid = tid > 0 ? tid : (int)result;
    child.pid = flags & CLONE_THREAD ? parent->pid : child.tid;
    child.group = 0;
    int error = await_first_stop(parent, &child);
    if (!error && result < 0)
        error = (int)result;
    if (error) {
        tracee_kill(&child);
        return error;
    }
    *ret_child = child;
    return 0;
}

/* A group of its own lets tracee_wait() wait for all threads of the process. */
static int lead_group(struct tracee *edit)
{
    long error = host_setpgid(edit->pid, edit->pid);

    if (error) {
        tracee_kill(edit);
        return (int)error;
    }
    edit->group = edit->pid;
    return 0;
}

int zygote_clone_process(struct gate *gate, struct tracee *ret_edit)
{
    int error = inject_clone(&gate->zygote, gate->zygote_page, CLONE_PARENT | SIGCHLD, ret_edit);

    if (!error)
        error = lead_group(ret_edit);
    return error;
}

int zygote_clone_thread(struct gate_vspace *vspace, struct tracee *ret_thread)
{
    return inject_clone(&vspace->edit, vspace->page,
                        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                            CLONE_SYSVSEM,
                        ret_thread);
}

int tracee_set_name(struct tracee *tracee, vaddr_t page, const char *name)
{
    char comm[COMM_BYTES] = {0};

    strncpy(comm, name, sizeof(comm) - 1);
    return (int)call_with_data(tracee, page, SYS_prctl, (word_t[6]){PR_SET_NAME}, 1, comm,
                               sizeof(comm));
}
