/* SPDX-License-Identifier: BSD-2-Clause */
/* landing_child() runs in the forked copy of the machine, and may use nothing but host calls. */
#include <gate/landing.h>

#include <gate/attachable.h>
#include <gate/runtime_filter.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <base/bits.h>
#include <host/host.h>
#include <runtime/region.h>

#define STACK_BYTES UINT64_C(0x10000)
#define COPY_TRIES  32

/* Where the descriptors are kept clear of their final numbers. */
#define SPARE_FD 64

static int arrange_descriptors(const struct region_contents *contents)
{
    const int from[] = {contents->memory_fd, contents->wake_fd, contents->state_fd,
                        contents->image->fd};
    long spare[ARRAY_LENGTH(from)];

    for (unsigned i = 0; i < ARRAY_LENGTH(from); i++) {
        spare[i] = host_fcntl(from[i], F_DUPFD, SPARE_FD);
        if (spare[i] < 0)
            return (int)spare[i];
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(from); i++) {
        long fd = host_dup3((int)spare[i], LANDING_MEMORY_FD + (int)i, 0);
        if (fd < 0)
            return (int)fd;
    }
    long error = host_close_range(0, LANDING_MEMORY_FD - 1, 0);
    return (int)(error ? error : host_close_range(LANDING_IMAGE_FD + 1, UINT32_MAX, 0));
}

/* libc's restartable sequence: Linux would write to it when it is no longer there. */
extern const unsigned __rseq_size __attribute__((weak));
extern const ptrdiff_t __rseq_offset __attribute__((weak));

static int leave_rseq(void)
{
    enum { UNREGISTER = 1, SIGNATURE = 0x53053053, ORIGINAL_BYTES = 32 };

    if (!&__rseq_size || __rseq_size == 0)
        return 0;
    void *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    long error = host_rseq(area, ORIGINAL_BYTES, UNREGISTER, SIGNATURE);
    if (error == -EINVAL) /* a libc that registers more than Linux had at first */
        error = host_rseq(area, __rseq_size, UNREGISTER, SIGNATURE);
    return (int)error;
}

/* A guest that dies leaves no file behind, and what descriptors it has are all it ever gets. */
static long limit_resources(void)
{
    static const struct rlimit none = {0, 0};
    long error = host_prlimit64(0, RLIMIT_CORE, &none, NULL);

    return error ? error : host_prlimit64(0, RLIMIT_NOFILE, &none, NULL);
}

static long trap_tsc(const struct region_contents *contents)
{
    return contents->traps_tsc ? host_prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) : 0;
}

static int prepare(const struct region_contents *contents, int machine)
{
    long error = host_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    if (!error && host_getppid() != machine)
        error = -ESRCH; /* it died before that took effect */
    if (!error)
        error = host_setpgid(0, 0); /* the terminal's signals are the machine's */
    if (!error)
        error = host_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!error)
        error = arrange_descriptors(contents);
    if (!error)
        error = limit_resources();
    if (!error)
        error = trap_tsc(contents);
    return error ? (int)error : leave_rseq();
}

/* A place for the copy that is free now, and no part of the region: Linux's choice, or below it. */
static long reserve_copy(vaddr_t base, uint64_t region, uint64_t size)
{
    enum { FLAGS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE };
    long mapped =
        host_mmap(NULL, size, PROT_READ | PROT_WRITE, FLAGS & ~MAP_FIXED_NOREPLACE, -1, 0);

    if (mapped < 0 && mapped > -4096)
        return mapped;
    if ((vaddr_t)mapped + size <= base || (vaddr_t)mapped >= base + region)
        return mapped;
    for (unsigned i = 1; i <= COPY_TRIES; i++) {
        vaddr_t place = base - i * bit(REGION_ALIGNMENT_BITS);
        mapped = host_mmap((void *)place, size, PROT_READ | PROT_WRITE, FLAGS, -1, 0);
        if (mapped != -EEXIST)
            break;
    }
    return mapped;
}

static int make_copy(vaddr_t base, uint64_t region, const struct runtime_image *image,
                     struct runtime_landing *ret_landing)
{
    uint64_t size = image->bytes + STACK_BYTES;
    long copy = reserve_copy(base, region, size);

    if (copy < 0 && copy > -4096)
        return (int)copy;
    long mapped = host_mmap((void *)copy, image->bytes, PROT_READ | PROT_EXEC,
                            MAP_PRIVATE | MAP_FIXED, LANDING_IMAGE_FD, 0);
    if (mapped != copy)
        return (int)mapped;
    ret_landing->base = base;
    ret_landing->copy = (vaddr_t)copy;
    ret_landing->copy_end = (vaddr_t)copy + size;
    return 0;
}

static _Noreturn void jump(const struct runtime_landing *landing, const struct runtime_image *image)
{
    struct runtime_landing *block = (void *)(landing->copy + image->bytes);

    *block = *landing;
    block->program.filter = block->filter;
    __asm__ volatile("mov %0, %%rsp\n"
                     "xor %%ebp, %%ebp\n"
                     "call *%1\n"
                     :
                     : "r"(landing->copy_end), "r"(landing->copy + image->land), "D"(block)
                     : "memory");
    __builtin_unreachable();
}

static _Noreturn void landing_child(vaddr_t base, const struct region_contents *contents,
                                    uint32_t vspace, const char *name, int machine)
{
    struct runtime_image image = *contents->image;
    struct region_contents here = *contents;
    struct runtime_landing landing = {.vspace = vspace};
    int error = prepare(contents, machine);

    image.fd = LANDING_IMAGE_FD;
    here.image = &image;
    here.state_fd = LANDING_STATE_FD;
    here.memory_fd = LANDING_MEMORY_FD;
    region_parts(&here, landing.parts);
    landing.program.length = (uint16_t)runtime_filter_build(
        base, region_bytes(contents->memory_bytes), &image, (struct sock_filter *)landing.filter);
    if (!error)
        error = make_copy(base, region_bytes(contents->memory_bytes), &image, &landing);
    if (!error) {
        attachable_make(base, &image, name);
        jump(&landing, &image);
    }
    _exit(-error);
}

int landing_start(vaddr_t base, const struct region_contents *contents, uint32_t vspace,
                  const char *name, int *ret_pid)
{
    static const uint64_t all_signals = UINT64_MAX;
    uint64_t old = 0;
    int machine = getpid();
    long error = host_rt_sigprocmask(SIG_SETMASK, &all_signals, &old, HOST_SIGNAL_SET_BYTES);

    if (error)
        return (int)error;
    long pid = host_fork();
    if (pid == 0)
        landing_child(base, contents, vspace, name, machine);
    host_rt_sigprocmask(SIG_SETMASK, &old, NULL, HOST_SIGNAL_SET_BYTES);
    if (pid < 0)
        return (int)pid;
    *ret_pid = (int)pid;
    return 0;
}
