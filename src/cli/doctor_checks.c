/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Probes. Those that could harm this process (filters, dispatch, being traced) run in a child that
 * ends by itself or is killed.
 */
#include <base/bits.h>
#include <cli/doctor.h>
#include <host/cpu.h>
#include <host/host.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void found(struct doctor_result *result, enum doctor_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void found(struct doctor_result *result, enum doctor_state state, const char *format, ...)
{
    va_list arguments;

    result->state = state;
    va_start(arguments, format);
    vsnprintf(result->found, sizeof(result->found), format, arguments);
    va_end(arguments);
}

static void failed(struct doctor_result *result, const char *call, long error)
{
    found(result, DOCTOR_MISSING, "%s: %s", call, strerror((int)-error));
}

/* --- numbers of /proc ---------------------------------------------------------------------- */

static bool read_number(const char *path, uint64_t *ret_value)
{
    FILE *stream = fopen(path, "re");
    bool good;

    if (stream == NULL) {
        return false;
    }
    good = fscanf(stream, "%" SCNu64, ret_value) == 1;
    fclose(stream);
    return good;
}

/* --- children ------------------------------------------------------------------------------ */

/* Runs `body` in a child: what it returned (0..255), or a negative errno, or -EINTR if killed. */
static int run_in_child(int (*body)(void))
{
    int status = 0;
    long pid = host_fork(), ended;

    if (pid == 0) {
        _exit(body());
    }
    if (pid < 0) {
        return (int)pid;
    }
    ended = host_wait4((int)pid, &status, __WALL, NULL);
    if (ended < 0) {
        host_kill((int)pid, SIGKILL);
        return (int)ended;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

static void judge_child(struct doctor_result *result, int status, const char *call,
                        const char *good)
{
    if (status == 0) {
        found(result, DOCTOR_OK, "%s", good);
    } else if (status == -EINTR) {
        found(result, DOCTOR_MISSING, "%s: the process was killed", call);
    } else {
        failed(result, call, status < 0 ? status : -status);
    }
}

/* --- ptrace -------------------------------------------------------------------------------- */

#define SYSEMU_STOP (SIGTRAP | 0x80) /* with PTRACE_O_TRACESYSGOOD */

static int be_traced(void)
{
    long error = host_ptrace(PTRACE_TRACEME, 0, NULL, NULL);

    if (error != 0) {
        return (int)-error;
    }
    host_kill((int)host_gettid(), SIGSTOP);
    host_getppid();
    return 0;
}

static long wait_for_stop(int pid, int signal)
{
    int status = 0;
    long error = host_wait4(pid, &status, __WALL, NULL);

    if (error < 0) {
        return error;
    }
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status) == 0 ? -ECHILD : -WEXITSTATUS(status);
    }
    return WIFSTOPPED(status) && WSTOPSIG(status) == signal ? 0 : -EIO;
}

/* Drives the child through one emulated call. Returns 0 or a negative errno of *ret_call. */
static long trace_child(int pid, const char **ret_call)
{
    struct user_regs_struct registers;
    long error;

    *ret_call = "PTRACE_TRACEME";
    error = wait_for_stop(pid, SIGSTOP);
    if (error == 0) {
        *ret_call = "PTRACE_SETOPTIONS";
        error = host_ptrace(PTRACE_SETOPTIONS, pid, NULL,
                            (void *)(uintptr_t)(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD));
    }
    if (error == 0) {
        *ret_call = "PTRACE_SYSEMU";
        error = host_ptrace(PTRACE_SYSEMU, pid, NULL, NULL);
    }
    if (error == 0) {
        error = wait_for_stop(pid, SYSEMU_STOP);
    }
    if (error == 0) {
        *ret_call = "PTRACE_GETREGS";
        error = host_ptrace(PTRACE_GETREGS, pid, NULL, &registers);
    }
    if (error == 0) {
        *ret_call = "PTRACE_SETREGS";
        error = host_ptrace(PTRACE_SETREGS, pid, NULL, &registers);
    }
    return error;
}

/* Traces a child that runs `body`. Returns what `drive` does, or why there is no child. */
static long trace(int (*body)(void), long (*drive)(int pid, const char **ret_call),
                  const char **ret_call)
{
    long pid = host_fork(), error = pid;

    *ret_call = "fork";
    if (pid == 0) {
        _exit(body());
    }
    if (pid > 0) {
        error = drive((int)pid, ret_call);
        host_kill((int)pid, SIGKILL);
        host_wait4((int)pid, NULL, __WALL, NULL);
    }
    return error;
}

static void probe_ptrace(struct doctor_result *ret_result)
{
    const char *call;
    uint64_t scope = 0;
    long error = trace(be_traced, trace_child, &call);

    if (error != 0) {
        failed(ret_result, call, error);
    } else if (read_number("/proc/sys/kernel/yama/ptrace_scope", &scope)) {
        found(ret_result, DOCTOR_OK, "PTRACE_SYSEMU works (ptrace_scope %" PRIu64 ")", scope);
    } else {
        found(ret_result, DOCTOR_OK, "PTRACE_SYSEMU works");
    }
}

static volatile uint8_t watched;

static int write_watched(void)
{
    int error = be_traced();

    watched = 1;
    return error;
}

/* Breakpoint 0, on writes of one byte; the child's variable is where ours is. */
static long watch_child(int pid, const char **ret_call)
{
    enum { ENABLE_0 = 1 << 0, ON_WRITE_0 = 1 << 16 };
    const size_t registers = offsetof(struct user, u_debugreg);
    long error;

    *ret_call = "PTRACE_TRACEME";
    error = wait_for_stop(pid, SIGSTOP);
    if (error == 0) {
        *ret_call = "PTRACE_POKEUSER of a debug register";
        error = host_ptrace(PTRACE_POKEUSER, pid, (void *)registers, (void *)(uintptr_t)&watched);
    }
    if (error == 0) {
        error = host_ptrace(PTRACE_POKEUSER, pid, (void *)(registers + 7 * sizeof(long)),
                            (void *)(uintptr_t)(ENABLE_0 | ON_WRITE_0));
    }
    if (error == 0) {
        *ret_call = "a breakpoint that should be hit";
        error = host_ptrace(PTRACE_CONT, pid, NULL, NULL);
    }
    return error == 0 ? wait_for_stop(pid, SIGTRAP) : error;
}

static void probe_breakpoints(struct doctor_result *ret_result)
{
    const char *call;
    long error = trace(write_watched, watch_child, &call);

    if (error != 0) {
        failed(ret_result, call, error);
    } else {
        found(ret_result, DOCTOR_OK, "a breakpoint of the processor is hit");
    }
}

/* --- filters and dispatch ------------------------------------------------------------------ */

static int install_filter(void)
{
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {.len = ARRAY_LENGTH(allow), .filter = allow};
    long error = host_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

    if (error == 0) {
        error = host_prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (unsigned long)(uintptr_t)&program,
                           0, 0);
    }
    return (int)-error;
}

static void probe_seccomp(struct doctor_result *ret_result)
{
    judge_child(ret_result, run_in_child(install_filter), "PR_SET_SECCOMP", "a filter installs");
}

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#define DISPATCH_ON 1

static volatile uint8_t dispatch_selector;
static volatile bool dispatched;

static void on_dispatch(int number)
{
    (void)number;
    dispatch_selector = 0;
    dispatched = true;
}

static int try_dispatch(void)
{
    long error = host_sigaction(SIGSYS, on_dispatch, NULL);

    if (error == 0) {
        error = host_prctl(PR_SET_SYSCALL_USER_DISPATCH, DISPATCH_ON, 0, 0,
                           (unsigned long)(uintptr_t)&dispatch_selector);
    }
    if (error != 0) {
        return (int)-error;
    }
    dispatch_selector = 1;
    host_getppid();
    dispatch_selector = 0;
    return dispatched ? 0 : EIO;
}

static void probe_dispatch(struct doctor_result *ret_result)
{
    judge_child(ret_result, run_in_child(try_dispatch), "PR_SET_SYSCALL_USER_DISPATCH",
                "Syscall User Dispatch works");
}

/* --- memory -------------------------------------------------------------------------------- */

#define MEMORY_TRIED (UINT64_C(512) << 20)

static long try_memory(const char **ret_call)
{
    long fd, address, error;

    *ret_call = "memfd_create";
    fd = host_memfd_create("sel4emu-doctor", MFD_CLOEXEC);
    if (fd < 0) {
        return fd;
    }
    *ret_call = "ftruncate";
    error = host_ftruncate((int)fd, MEMORY_TRIED);
    if (error == 0) {
        *ret_call = "mmap, executable";
        address = host_mmap(NULL, MEMORY_TRIED, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED,
                            (int)fd, 0);
        error = address < 0 && address > -4096 ? address : 0;
        if (error == 0) {
            host_munmap((void *)address, MEMORY_TRIED);
        }
    }
    host_close((int)fd);
    return error;
}

static void probe_memory(struct doctor_result *ret_result)
{
    struct rlimit limit;
    const char *call;
    long error;

    /* beyond the limit ftruncate() does not fail, it kills */
    if (host_prlimit64(0, RLIMIT_FSIZE, NULL, &limit) == 0 && limit.rlim_cur < MEMORY_TRIED) {
        found(ret_result, DOCTOR_MISSING, "file size limited to %llu bytes (ulimit -f)",
              (unsigned long long)limit.rlim_cur);
        return;
    }
    error = try_memory(&call);
    if (error != 0) {
        failed(ret_result, call, error);
    } else {
        found(ret_result, DOCTOR_OK, "512M of shared executable memory");
    }
}

#define LOWEST_USUAL 0x10000

static void probe_lowest_address(struct doctor_result *ret_result)
{
    uint64_t lowest = 0;
    enum doctor_state state;

    if (!read_number("/proc/sys/vm/mmap_min_addr", &lowest)) {
        found(ret_result, DOCTOR_LIMITED, "vm.mmap_min_addr cannot be read");
        return;
    }
    state = lowest > LOWEST_USUAL ? DOCTOR_LIMITED : DOCTOR_OK;
    found(ret_result, state, "guest memory from 0x%" PRIx64 " on (vm.mmap_min_addr)", lowest);
}

#define AREAS_USUAL 65530

static void probe_areas(struct doctor_result *ret_result)
{
    uint64_t areas = 0;
    enum doctor_state state;

    if (!read_number("/proc/sys/vm/max_map_count", &areas)) {
        found(ret_result, DOCTOR_LIMITED, "vm.max_map_count cannot be read");
        return;
    }
    state = areas < AREAS_USUAL ? DOCTOR_LIMITED : DOCTOR_OK;
    found(ret_result, state, "%" PRIu64 " areas per address space (vm.max_map_count)", areas);
}

/* --- processes and time -------------------------------------------------------------------- */

#define PROCESSES_WANTED 512

static void probe_processes(struct doctor_result *ret_result)
{
    struct rlimit limit;
    long error = host_prlimit64(0, RLIMIT_NPROC, NULL, &limit);

    if (error != 0) {
        failed(ret_result, "prlimit", error);
    } else if (limit.rlim_cur == RLIM_INFINITY) {
        found(ret_result, DOCTOR_OK, "no limit of threads");
    } else {
        found(ret_result, limit.rlim_cur < PROCESSES_WANTED ? DOCTOR_LIMITED : DOCTOR_OK,
              "%llu threads for this user (ulimit -u)", (unsigned long long)limit.rlim_cur);
    }
}

static void probe_cpus(struct doctor_result *ret_result)
{
    unsigned long cpus[1024 / 64];
    long bytes = host_sched_getaffinity(0, sizeof(cpus), cpus);
    unsigned count = 0;

    if (bytes < 0) {
        failed(ret_result, "sched_getaffinity", bytes);
        return;
    }
    for (size_t i = 0; i < (size_t)bytes / sizeof(cpus[0]); i++) {
        count += (unsigned)__builtin_popcountl(cpus[i]);
    }
    found(ret_result, DOCTOR_OK, "%u for this process; the guest uses one", count);
}

static int64_t nanoseconds_between(const struct timespec *from, const struct timespec *to)
{
    return (to->tv_sec - from->tv_sec) * INT64_C(1000000000) + (to->tv_nsec - from->tv_nsec);
}

#define LATE_NANOSECONDS 1000000

static void probe_timer(struct doctor_result *ret_result)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    struct timespec pause = {.tv_nsec = 200000}, before, after;
    int64_t late;
    int timer;
    long error = host_timer_create(CLOCK_MONOTONIC, &event, &timer);

    if (error != 0) {
        failed(ret_result, "timer_create", error);
        return;
    }
    host_timer_delete(timer);
    clock_gettime(CLOCK_MONOTONIC, &before);
    host_clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    late = nanoseconds_between(&before, &after) - pause.tv_nsec;
    found(ret_result, late > LATE_NANOSECONDS ? DOCTOR_LIMITED : DOCTOR_OK,
          "a wait of 200 us came %" PRId64 " us late", late / 1000);
}

/* --- what the processor has ---------------------------------------------------------------- */

#define HWCAP2_FSGSBASE (1u << 1) /* Linux lets user level use it */

static void probe_fsgsbase(struct doctor_result *ret_result)
{
    bool has = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;

    found(ret_result, has ? DOCTOR_OK : DOCTOR_LIMITED, "wrfsbase %s at user level",
          has ? "works" : "does not work");
}

#ifndef ARCH_SET_CPUID
#define ARCH_SET_CPUID 0x1012
#endif

static void probe_cpuid(struct doctor_result *ret_result)
{
    bool traps = host_arch_prctl(ARCH_SET_CPUID, 1) == 0; /* as it is: not trapped */

    found(ret_result, traps ? DOCTOR_OK : DOCTOR_LIMITED, "cpuid %s",
          traps ? "can be trapped: it shows what the image's kernel turns on"
                : "cannot be trapped: it shows what this host turns on (XSAVE, AVX)");
}

static void probe_counter(struct doctor_result *ret_result)
{
    int mode = 0;
    bool traps = host_prctl(PR_GET_TSC, (unsigned long)&mode, 0, 0, 0) == 0;

    found(ret_result, traps ? DOCTOR_OK : DOCTOR_LIMITED, "the time-stamp counter %s",
          traps ? "can be trapped" : "cannot be trapped");
}

/* What it would take to stop guest code after an exact number of instructions. */
static void probe_branches(struct doctor_result *ret_result)
{
    const struct perf_event_attr attributes = {.size = sizeof(attributes),
                                               .type = PERF_TYPE_HARDWARE,
                                               .config = PERF_COUNT_HW_BRANCH_INSTRUCTIONS,
                                               .exclude_kernel = 1,
                                               .exclude_hv = 1};
    long fd = host_perf_event_open(&attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

    if (fd >= 0) {
        host_close((int)fd);
    }
    found(ret_result, fd >= 0 ? DOCTOR_OK : DOCTOR_LIMITED,
          fd >= 0 ? "the processor counts them" : "nobody counts them");
}

static bool cpuid_has_ospke(void)
{
    uint32_t answer[HOST_CPUID_REGISTERS];

    host_cpuid(7, 0, answer);
    return (answer[HOST_ECX] >> 4 & 1) != 0;
}

static void probe_protection_keys(struct doctor_result *ret_result)
{
    bool has = cpuid_has_ospke();

    found(ret_result, has ? DOCTOR_OK : DOCTOR_LIMITED,
          has ? "the processor has them"
              : "none: guards and a random place are all that keeps stray pointers off");
}

static void probe_in_place(struct doctor_result *ret_result)
{
    enum { SIZES_LEAF = 0x80000008 };
    uint32_t sizes[HOST_CPUID_REGISTERS];
    struct doctor_result fsgsbase, dispatch, filter;

    probe_fsgsbase(&fsgsbase);
    probe_dispatch(&dispatch);
    probe_seccomp(&filter);
    host_cpuid(SIZES_LEAF, 0, sizes);
    if (fsgsbase.state != DOCTOR_OK)
        *ret_result = fsgsbase;
    else if (dispatch.state != DOCTOR_OK)
        *ret_result = dispatch;
    else if (filter.state != DOCTOR_OK)
        *ret_result = filter;
    else
        found(ret_result, DOCTOR_OK, "--in-place works here (addresses of %u bits, 47 in use)",
              sizes[HOST_EAX] >> 8 & UINT8_MAX);
}

static void probe_kvm(struct doctor_result *ret_result)
{
    long fd = host_openat(AT_FDCWD, "/dev/kvm", O_RDWR | O_CLOEXEC, 0);

    if (fd < 0) {
        found(ret_result, DOCTOR_LIMITED, "/dev/kvm: %s", strerror((int)-fd));
        return;
    }
    host_close((int)fd);
    found(ret_result, DOCTOR_OK, "/dev/kvm opens");
}

#define PARANOID_USER_ONLY 2

static void probe_perf(struct doctor_result *ret_result)
{
    uint64_t level = 0;
    int64_t value = 0;
    FILE *stream = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    bool good = stream != NULL && fscanf(stream, "%" SCNd64, &value) == 1;

    if (stream != NULL) {
        fclose(stream);
    }
    if (!good) {
        found(ret_result, DOCTOR_LIMITED, "no perf events");
        return;
    }
    level = value < 0 ? 0 : (uint64_t)value;
    found(ret_result, level > PARANOID_USER_ONLY ? DOCTOR_LIMITED : DOCTOR_OK,
          "perf_event_paranoid %" PRId64, value);
}

const struct doctor_check doctor_checks[] = {
    {"ptrace", "running guest threads", true,
     "kernel.yama.ptrace_scope must be below 3; in a container: --cap-add=SYS_PTRACE and a seccomp "
     "profile that allows ptrace",
     probe_ptrace},
    {"seccomp", "keeping guests off the host's system calls", true,
     "a kernel with CONFIG_SECCOMP_FILTER; in a container: a profile that allows seccomp()",
     probe_seccomp},
    {"memory", "guest memory", true,
     "lift ulimit -f and ulimit -v; vm.memfd_noexec must be below 2; /dev/shm limits do not count",
     probe_memory},
    {"timer", "time slices and device timers", true, "a kernel with high-resolution timers",
     probe_timer},
    {"threads", "one per seL4 thread", false, "raise ulimit -u", probe_processes},
    {"CPUs", "guest and machine", false, "", probe_cpus},
    {"lowest address", "below it data are slow; code, stacks and vectors fail", false,
     "sysctl vm.mmap_min_addr=65536, or link the image higher", probe_lowest_address},
    {"memory areas", "guests with very many scattered mappings", false,
     "sysctl vm.max_map_count=65530", probe_areas},
    {"FSGSBASE", "images for KernelFSGSBase=inst", false,
     "Linux 5.9 on a processor with FSGSBASE; else build the image with KernelFSGSBase=msr",
     probe_fsgsbase},
    {"CPUID", "images for KernelFPU=FXSAVE that look for AVX", false,
     "a processor with CPUID faulting; else nothing: what they find works", probe_cpuid},
    {"time", "--time=virtual", false, "Linux must let prctl(PR_SET_TSC) be called", probe_counter},
    {"retired branches", "nothing yet; virtual time of guests that spin", false,
     "a host, or a virtual machine, with performance counters", probe_branches},
    {"breakpoints", "images for HardwareDebugAPI", false,
     "a virtual machine that gives its guests debug registers", probe_breakpoints},
    {"user dispatch", "the kernel in place", false, "Linux 5.11", probe_dispatch},
    {"in place", "the kernel in guests' own processes", false,
     "FSGSBASE, user dispatch and seccomp; else --isolate", probe_in_place},
    {"protection keys", "nothing yet; the kernel in place, against guests with stray pointers",
     false, "--isolate keeps the kernel out of guests' reach", probe_protection_keys},
    {"KVM", "nothing yet; virtual CPUs of guests", false, "access to /dev/kvm: join the group kvm",
     probe_kvm},
    {"perf events", "nothing yet; profiles of guests", false, "sysctl kernel.perf_event_paranoid=2",
     probe_perf},
};
const size_t doctor_check_count = ARRAY_LENGTH(doctor_checks);
