/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To another and back: by a switch of stacks that Linux knows nothing of, by futexes, by a socket.
 * One partner at a time; it ends when it is told to or when this process does.
 */
#include <base/bits.h>
#include <bench/limits.h>
#include <host/cpu.h>
#include <host/host.h>

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the partner ----------------------------------------------------------------------------- */

enum { OURS, THEIRS, OVER }; /* whose turn it is */

struct shared {
    uint32_t turn;
};

static struct shared *shared;
static int futex_flags; /* FUTEX_PRIVATE_FLAG between threads */
static pthread_t thread;
static int process;
static int sockets[2];

static void wait_while(uint32_t turn)
{
    while (__atomic_load_n(&shared->turn, __ATOMIC_ACQUIRE) == turn) {
        host_futex(&shared->turn, FUTEX_WAIT | futex_flags, turn, NULL);
    }
}

static void give(uint32_t turn)
{
    __atomic_store_n(&shared->turn, turn, __ATOMIC_RELEASE);
    host_futex(&shared->turn, FUTEX_WAKE | futex_flags, 1, NULL);
}

static void serve_futex(void)
{
    for (;;) {
        wait_while(OURS);
        if (__atomic_load_n(&shared->turn, __ATOMIC_ACQUIRE) == OVER) {
            return;
        }
        give(OURS);
    }
}

static void futex_round_trip(void)
{
    give(THEIRS);
    wait_while(THEIRS);
}

static int share(void)
{
    const long page =
        host_mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    shared = (struct shared *)page;
    return page < 0 ? (int)page : 0;
}

static void unshare_page(void)
{
    host_munmap(shared, PAGE_BYTES);
}

/* --- futex, threads -------------------------------------------------------------------------- */

static void *run_thread(void *unused)
{
    serve_futex();
    return unused;
}

static int start_thread(void)
{
    int error = share();

    futex_flags = FUTEX_PRIVATE_FLAG;
    if (error == 0) {
        error = host_thread_create(run_thread, NULL, &thread);
        if (error < 0) {
            unshare_page();
        }
    }
    return error;
}

static void stop_thread(void)
{
    give(OVER);
    pthread_join(thread, NULL);
    unshare_page();
}

/* --- processes ------------------------------------------------------------------------------- */

static int start_process(void (*serve)(void))
{
    const int parent = getpid();

    process = (int)host_fork();
    if (process == 0) {
        host_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (host_getppid() == parent) {
            serve();
        }
        _exit(0);
    }
    return process < 0 ? process : 0;
}

static void end_process(void)
{
    host_kill(process, SIGKILL);
    host_wait4(process, NULL, 0, NULL);
}

static int start_futex_process(void)
{
    int error = share();

    futex_flags = 0;
    if (error == 0) {
        error = start_process(serve_futex);
        if (error < 0) {
            unshare_page();
        }
    }
    return error;
}

static void stop_futex_process(void)
{
    end_process();
    unshare_page();
}

static void serve_socket(void)
{
    char byte;

    while (host_read(sockets[1], &byte, 1) == 1 && host_write(sockets[1], &byte, 1) == 1) {
    }
}

static void socket_round_trip(void)
{
    char byte = 0;

    if (host_write(sockets[0], &byte, 1) != 1 || host_read(sockets[0], &byte, 1) != 1) {
        limits_fail(-EPIPE); /* the partner is gone */
    }
}

static int start_socket(void)
{
    int error;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return -errno;
    }
    error = start_process(serve_socket);
    if (error < 0) {
        host_close(sockets[0]);
        host_close(sockets[1]);
    }
    return error;
}

static void stop_socket(void)
{
    end_process();
    host_close(sockets[0]);
    host_close(sockets[1]);
}

/* --- stacks ---------------------------------------------------------------------------------- */

#define STACK_BYTES 0x4000u
#define OSXSAVE     (1u << 27)
#define XSAVE_BYTES 0x3000u /* what there is of vector state yet */

struct context {
    _Alignas(64) uint8_t vectors[XSAVE_BYTES];
    void *stack_pointer;
};

static struct context main_context, other_context;

/* Saves all that a function keeps and the vector state in *from, goes on where *to was left. */
void limits_switch(struct context *from, struct context *to);
__asm__(".pushsection .text\n"
        ".globl limits_switch\n"
        ".type limits_switch, @function\n"
        "limits_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movl $-1, %eax\n"
        "    movl $-1, %edx\n"
        "    xsave64 (%rdi)\n"
        "    movq %rsp, 0x3000(%rdi)\n"
        "    movq 0x3000(%rsi), %rsp\n"
        "    xrstor64 (%rsi)\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size limits_switch, . - limits_switch\n"
        ".popsection\n");
_Static_assert(offsetof(struct context, stack_pointer) == 0x3000, "the assembler says so");

static void switch_and_back(void)
{
    limits_switch(&main_context, &other_context);
}

_Noreturn static void switch_back(void)
{
    for (;;) {
        limits_switch(&other_context, &main_context);
    }
}

/* As limits_switch() leaves a stack: six registers, where to return to, and one word of alignment.
 */
static int start_switch(void)
{
    static _Alignas(16) uint64_t stack[STACK_BYTES / sizeof(uint64_t)];
    uint64_t *top = stack + ARRAY_LENGTH(stack) - 8;
    uint32_t answer[HOST_CPUID_REGISTERS];

    host_cpuid(1, 0, answer);
    if ((answer[HOST_ECX] & OSXSAVE) == 0) {
        return -ENOTSUP;
    }
    top[6] = (uint64_t)switch_back;
    other_context.stack_pointer = top;
    return 0;
}

const struct limit limits_switches[] = {
    {.name = "user-switch", .operation = switch_and_back, .start = start_switch},
    {.name = "futex-threads",
     .operation = futex_round_trip,
     .start = start_thread,
     .stop = stop_thread},
    {.name = "futex-processes",
     .operation = futex_round_trip,
     .start = start_futex_process,
     .stop = stop_futex_process},
    {.name = "socket-processes",
     .operation = socket_round_trip,
     .start = start_socket,
     .stop = stop_socket},
};
const unsigned limits_switches_count = ARRAY_LENGTH(limits_switches);
