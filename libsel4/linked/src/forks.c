/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork() of a TCB. Its stack may be frames of the guest, and these are memory that a child has in
 * common with its parent: both would go on, on one stack. So the child gets a copy in their place,
 * made before there was a child, and both get there from memory of their own. What else the guest
 * has mapped they still have in common.
 *
 * A linked program calls this in place of fork() (guests/linked/link-flags), and Clang's
 * sanitizers, which fork for their symbolizer, in place of their own.
 */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COPIED_PAGES 256 /* of a stack at most */

/* Memory of the parent's and of the child's own. */
struct forking {
    pid_t (*fork)(void);
    char *stack; /* the page that its pointer is in, and those above */
    bool is_copied[COPIED_PAGES];
    _Alignas(PAGE_BYTES) char copy[COPIED_PAGES][PAGE_BYTES];
    char own_stack[1 << 16];
};

pid_t forks_run(struct forking *forking, char *stack_end) __attribute__((visibility("hidden")));
pid_t forks_go(struct forking *forking, char *stack) __attribute__((visibility("hidden")));

/* forks_go() on another stack; the caller's pointer is kept in rbp across. */
__asm__(".pushsection .text\n"
        ".type forks_run, @function\n"
        "forks_run:\n" /* forking, end of the other stack */
        "    push %rbp\n"
        "    mov %rsp, %rbp\n"
        "    mov %rsi, %rsp\n"
        "    mov %rbp, %rsi\n"
        "    call forks_go\n"
        "    mov %rbp, %rsp\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size forks_run, . - forks_run\n"
        ".popsection\n");

static void copy_stack(struct forking *forking)
{
    for (unsigned i = 0; i < COPIED_PAGES; i++) {
        char *page = forking->stack + (size_t)i * PAGE_BYTES;
        forking->is_copied[i] = carriers_have_frame((vaddr_t)page);
        if (forking->is_copied[i])
            memcpy(forking->copy[i], page, PAGE_BYTES);
    }
}

static void take_copy(const struct forking *forking)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

    for (unsigned i = 0; i < COPIED_PAGES; i++) {
        char *page = forking->stack + (size_t)i * PAGE_BYTES;
        if (!forking->is_copied[i])
            continue;
        if (mmap(page, PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
            fail("a forked child gets no stack", errno);
        memcpy(page, forking->copy[i], PAGE_BYTES);
    }
}

pid_t forks_go(struct forking *forking, char *stack)
{
    forking->stack = stack - (uintptr_t)stack % PAGE_BYTES;
    copy_stack(forking);
    pid_t pid = forking->fork();
    if (pid == 0)
        take_copy(forking);
    return pid;
}

static pid_t fork_by(pid_t (*fork)(void))
{
    struct forking *forking =
        mmap(NULL, sizeof(*forking), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (forking == MAP_FAILED)
        return -1;
    forking->fork = fork;
    pid_t pid = forks_run(forking, forking->own_stack + sizeof(forking->own_stack));
    const int error = errno;
    munmap(forking, sizeof(*forking));
    errno = error;
    return pid;
}

/* --- what the linker puts in the place of others ------------------------------------------- */

#define SANITIZERS_FORK(prefix) prefix##_ZN11__sanitizer13internal_forkEv

/* Weak: a program may be linked without these words. */
pid_t __real_fork(void) __attribute__((weak));
pid_t __wrap_fork(void);
int SANITIZERS_FORK(__real_)(void) __attribute__((weak));
int SANITIZERS_FORK(__wrap_)(void);

pid_t __wrap_fork(void)
{
    return fork_by(__real_fork);
}

int SANITIZERS_FORK(__wrap_)(void)
{
    return fork_by(SANITIZERS_FORK(__real_));
}
