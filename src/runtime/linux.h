/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime's calls of Linux. Each has a `syscall` instruction of its own, at a known address: so
 * the filter can hold each to its number and its arguments, wherever a guest jumps to. No other
 * function of the image contains one (tests/style/image-check). A failure is a negative errno.
 */
#ifndef RUNTIME_LINUX_H
#define RUNTIME_LINUX_H

#include <base/types.h>

/* Linux's numbers: its headers are not in reach. */
#define LINUX_FUTEX_WAIT 0
#define LINUX_FUTEX_WAKE 1

#define LINUX_SECCOMP_SET_MODE_FILTER 1

#define LINUX_PROT_NONE  0
#define LINUX_PROT_READ  1
#define LINUX_PROT_WRITE 2
#define LINUX_PROT_EXEC  4

#define LINUX_MAP_SHARED          0x01
#define LINUX_MAP_PRIVATE         0x02
#define LINUX_MAP_FIXED           0x10
#define LINUX_MAP_POPULATE        0x8000
#define LINUX_MAP_FIXED_NOREPLACE 0x100000
#define LINUX_MAP_ANONYMOUS       0x20

#define LINUX_MADV_REMOVE 9

#define LINUX_PR_SET_NAME                  15
#define LINUX_PR_SET_SYSCALL_USER_DISPATCH 59
#define LINUX_PR_SYS_DISPATCH_ON           1

/* One more thread of this process: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID */
#define LINUX_CLONE_THREAD 0x250f00

enum {
    LINUX_EPERM = 1,
    LINUX_ENOMEM = 12,
    LINUX_EACCES = 13,
    LINUX_EEXIST = 17,
};

enum {
    LINUX_SIGILL = 4,
    LINUX_SIGTRAP = 5,
    LINUX_SIGBUS = 7,
    LINUX_SIGFPE = 8,
    LINUX_SIGSEGV = 11,
    LINUX_SIGURG = 23, /* the kick: do look at the clock and for events */
    LINUX_SIGSYS = 31,
};

#define LINUX_SIG_SETMASK  2
#define LINUX_SIGSET_BYTES 8
#define LINUX_SA_SIGINFO   0x4
#define LINUX_SA_RESTORER  0x04000000
#define LINUX_SA_ONSTACK   0x08000000
#define LINUX_SA_NODEFER   0x40000000
#define LINUX_SA_RESTART   0x10000000
#define LINUX_SS_DISABLE   2

struct linux_sigaction {
    const void *handler;
    uint64_t flags;
    const void *restorer;
    uint64_t mask;
};

struct linux_stack {
    vaddr_t base;
    int32_t flags;
    uint64_t bytes;
};

long linux_mmap(vaddr_t address, uint64_t size, int protection, int flags, int fd, uint64_t offset);
/* Anonymous memory in the part of carriers' slots. */
long linux_mmap_slot(vaddr_t address, uint64_t size, int protection, int flags, int fd,
                     uint64_t offset);
long linux_munmap(vaddr_t address, uint64_t size);
long linux_mprotect(vaddr_t address, uint64_t size, int protection);
long linux_madvise(vaddr_t address, uint64_t size, int advice);
/* The word is shared between processes. */
long linux_futex_wait(uint32_t *word, int operation, uint32_t value, const void *timeout);
long linux_futex_wake(uint32_t *word, int operation, uint32_t count);
/* 8 bytes to the eventfd that tells the machine of a request. */
long linux_write_wake(int fd, const void *bytes, size_t count);
/* The new thread returns as from a call, to the address on top of `stack`. */
long linux_clone_thread(uint64_t flags, vaddr_t stack, void *parent_tid, void *child_tid,
                        uint64_t tls);
/* System calls trap (SIGSYS) but those from [start, start + bytes). */
long linux_dispatch_syscalls(int option, uint64_t on, vaddr_t start, uint64_t bytes,
                             const void *selector);
long linux_set_name(int option, const char *name);
long linux_sigaltstack(const struct linux_stack *stack, struct linux_stack *ret_old);
/* Where a handler returns to: `mov $15, %rax; syscall`, by which debuggers know a signal's frame.
 */
extern const char linux_rt_sigreturn_call[] __attribute__((visibility("hidden")));
extern const char linux_rt_sigreturn_end[] __attribute__((visibility("hidden")));
_Noreturn void linux_exit(int status);
_Noreturn void linux_exit_group(int status);
long linux_rt_sigaction(int signal, const struct linux_sigaction *action,
                        struct linux_sigaction *ret_old, size_t set_bytes);
long linux_rt_sigprocmask(int how, const uint64_t *set, uint64_t *ret_old, size_t set_bytes);
long linux_close_range(unsigned first, unsigned last, unsigned flags);
long linux_getpid(void);
long linux_gettid(void);
long linux_tgkill(long pid, long tid, int signal);
/* The filter (linux/filter.h's struct sock_fprog) holds from then on. */
long linux_seccomp(unsigned operation, unsigned flags, const void *program);

static inline bool linux_failed(long result)
{
    return result < 0 && result > -4096;
}

/* Waits while the word has that value; may return early. */
static inline void wait_while(uint32_t *word, uint32_t value)
{
    if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
        linux_futex_wait(word, LINUX_FUTEX_WAIT, value, NULL);
}

#endif
