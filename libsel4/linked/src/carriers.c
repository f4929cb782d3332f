/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Beside what libc needs for itself (sanitizers need more): a TCB runs on the stack that its guest
 * gives it.
 */
#define STACK_BYTES (UINT64_C(256) << 10)

/* <sel4/trap.h>, <sel4/functions.h> */
extern __thread void (*sel4emu_gate)(void);
extern __thread void *__sel4_ipc_buffer;
char sel4emu_order;

/* ThreadSanitizer's, if the program has it. */
void __tsan_acquire(void *address) __attribute__((weak));

/* --- who is no TCB ------------------------------------------------------------------------- */

/* The gate is entered with any stack. */
__asm__(".pushsection .text\n"
        ".type carrier_refuse, @function\n"
        ".globl carrier_refuse\n"
        ".hidden carrier_refuse\n"
        "carrier_refuse:\n"
        "    and $-16, %rsp\n"
        "    call carrier_refused\n"
        ".size carrier_refuse, . - carrier_refuse\n"
        ".popsection\n");
_Noreturn void carrier_refused(void) __attribute__((visibility("hidden")));

_Noreturn void carrier_refused(void)
{
    fail("a thread that is no TCB (one of Linux's, or of a forked child) has called the kernel", 0);
}

static void refuse_child(void)
{
    sel4emu_gate = carrier_refuse;
}

/* --- threads ------------------------------------------------------------------------------- */

static const struct linked_calls *calls;
static void (*gate)(void);    /* of TCBs */
static sigset_t program_mask; /* of the main thread before main() */

bool carriers_have_frame(vaddr_t page)
{
    return sel4emu_gate != carrier_refuse && calls->has_frame(page);
}

int thread_start(void *(*function)(void *), void *argument)
{
    sigset_t all, old;
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);

    if (error)
        return error;
    sigfillset(&all);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&thread, &attributes, function, argument);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

/* Signals of the processor come on the carrier's own stack: not by libc, which may watch it. */
static void take_signal_stack(const struct carrier_page *page, stack_t *ret_old)
{
    uint64_t bytes = 0;
    stack_t stack = {.ss_sp = (void *)calls->signal_stack(page, &bytes)};

    stack.ss_size = bytes;
    if (syscall(SYS_sigaltstack, &stack, ret_old) != 0)
        fail("no signal stack", errno);
}

struct start {
    struct carrier_page *page;
    sem_t has_begun;
    pid_t tid;
};

static void *carry(void *argument)
{
    struct start *start = argument;
    struct carrier_page *page = start->page;
    stack_t old;

    take_signal_stack(page, &old);
    sel4emu_gate = gate;
    start->tid = (pid_t)syscall(SYS_gettid);
    sem_post(&start->has_begun); /* it is no more from here on */
    /* whatever has led to the TCB's first run has happened before it (<sel4/trap.h>) */
    if (__tsan_acquire)
        __tsan_acquire(&sel4emu_order);
    pthread_sigmask(SIG_SETMASK, &program_mask, NULL);
    host_calls_leave();
    calls->carry(page, &__sel4_ipc_buffer);
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    syscall(SYS_sigaltstack, &old, NULL);
    calls->left(page);
    return NULL;
}

static int64_t start_thread(struct carrier_page *page)
{
    struct start start = {.page = page};

    if (sem_init(&start.has_begun, 0, 0) != 0)
        return -errno;
    int error = thread_start(carry, &start);
    while (!error && sem_wait(&start.has_begun) != 0)
        continue;
    sem_destroy(&start.has_begun);
    return error ? -error : start.tid;
}

/* --- the main thread ----------------------------------------------------------------------- */

static struct carrier_page *main_page;
static sem_t main_may_start;

int64_t carrier_start(struct carrier_page *page)
{
    if (main_page)
        return start_thread(page);
    main_page = page;
    sem_post(&main_may_start);
    return getpid();
}

void carriers_init(const struct linked_calls *linked_calls)
{
    calls = linked_calls;
    valgrind_tell_stacks();
    valgrind_next_gate = calls->gate;
    gate = valgrind_is_here() ? valgrind_gate : calls->gate;
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, SIGURG);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &program_mask);
    if (sem_init(&main_may_start, 0, 0) != 0)
        fail("no semaphore", errno);
    int error = pthread_atfork(NULL, NULL, refuse_child);
    if (error)
        fail("no handler for forks", error);
}

/*
 * The main thread's stack is the first TCB's: that begins where carrier_switch() is called, and
 * has returned from it. Until then the thread has another one.
 */
__asm__(".pushsection .text\n"
        ".type carrier_switch, @function\n"
        "carrier_switch:\n" /* page, word for the IPC buffer, carry(), end of the other stack */
        "    push %rbx\n"
        "    push %rbp\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsp, carrier_main_stack(%rip)\n"
        "    mov %rcx, %rsp\n"
        "    call *%rdx\n"
        "    call carrier_main_ended\n"
        "carrier_entry:\n"
        "    mov carrier_main_stack(%rip), %rsp\n"
        "    mov %rdi, %rax\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbp\n"
        "    pop %rbx\n"
        "    ret\n"
        ".size carrier_switch, . - carrier_switch\n"
        ".globl carrier_entry\n"
        ".hidden carrier_entry\n"
        ".local carrier_main_stack\n"
        ".comm carrier_main_stack, 8, 8\n"
        ".popsection\n");
void *carrier_switch(struct carrier_page *page, void *ipc_buffer,
                     void (*carry)(struct carrier_page *, void *), char *stack_end)
    __attribute__((visibility("hidden")));

_Noreturn void carrier_main_ended(void) __attribute__((visibility("hidden")));

/* The guest has deleted its first TCB: the others go on. */
_Noreturn void carrier_main_ended(void)
{
    for (;;)
        pause();
}

void *carrier_run_main(void)
{
    static _Alignas(16) char stack[16384];
    stack_t old;

    while (sem_wait(&main_may_start) != 0)
        continue;
    take_signal_stack(main_page, &old);
    sel4emu_gate = gate;
    host_calls_leave();
    return carrier_switch(main_page, &__sel4_ipc_buffer, calls->carry, stack + sizeof(stack));
}
