/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --host-calls=none: guest code makes no call of Linux's. A filter, which each carrier puts itself
 * under before it runs its TCB, lets three through: the kernel's own and those of a sanitizer's
 * library, by where they are made; what a C library needs for memory, locks and its end; and
 * what is written to standard error, where assert() and sanitizers report. Any other comes here as
 * a signal, is named, and ends the program. When exit handlers have run, nothing is held back any
 * more: files of coverage are written then, and the machine is told.
 *
 * It is a check, no wall: code that means to can get round it.
 */
#define _GNU_SOURCE
#include "program.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include "host_call_names.h"

/* Of runtimes, which Clang puts into the program itself. */
void __asan_init(void) __attribute__((weak));
void __tsan_init(void) __attribute__((weak));
int __asan_report_present(void) __attribute__((weak));
void __llvm_profile_initialize(void) __attribute__((weak));

static atomic_bool is_forbidden, is_over;

/* --- the filter ---------------------------------------------------------------------------- */

#define FILTER_MAX  200
#define DATA(field) (uint32_t) offsetof(struct seccomp_data, field)
#define ARGUMENT(i) (DATA(args) + 8 * (uint32_t)(i)) /* low half */
#define HIGH        4

static struct sock_filter filter[FILTER_MAX];
static unsigned filter_count;

static void add(uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
    if (filter_count == FILTER_MAX)
        fail("--host-calls=none: too many libraries of sanitizers", 0);
    filter[filter_count++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

static void load(uint32_t offset)
{
    add(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

static void answer(uint32_t action)
{
    add(BPF_RET | BPF_K, action, 0, 0);
}

/* Calls whose next instruction is in (start, end], which does not cross a multiple of 4 GiB. */
static void allow_part(vaddr_t start, vaddr_t end)
{
    load(DATA(instruction_pointer) + HIGH);
    add(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(start >> 32), 0, 4);
    load(DATA(instruction_pointer));
    add(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)start, 0, 2);
    add(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)end, 1, 0);
    answer(SECCOMP_RET_ALLOW);
}

static void allow_code(vaddr_t start, vaddr_t end)
{
    vaddr_t border;

    for (; start >> 32 != end >> 32; start = border + 1) {
        border = start | UINT32_MAX;
        allow_part(start, border);
    }
    allow_part(start, end);
}

/*
 * Memory, locks, signals that a thread sends itself (abort()), and its end. sched_getaffinity:
 * malloc counts CPUs; pipe2: LeakSanitizer, in a thread that blocks our signal, asks with one
 * whether memory can be read.
 */
static const uint16_t plain[] = {
    SYS_brk,    SYS_munmap,     SYS_mprotect,     SYS_mremap,          SYS_madvise,
    SYS_futex,  SYS_membarrier, SYS_sched_yield,  SYS_set_robust_list, SYS_rseq,
    SYS_getpid, SYS_gettid,     SYS_tgkill,       SYS_rt_sigprocmask,  SYS_sigaltstack,
    SYS_exit,   SYS_exit_group, SYS_rt_sigreturn, SYS_pipe2,           SYS_sched_getaffinity,
};

static void allow_number(uint32_t number)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    answer(SECCOMP_RET_ALLOW);
}

static void allow_anonymous_memory(void)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 4);
    load(ARGUMENT(3));
    add(BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 0, 1);
    answer(SECCOMP_RET_ALLOW);
    load(DATA(nr));
}

static void allow_standard_error(uint32_t number)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4);
    load(ARGUMENT(0));
    add(BPF_JMP | BPF_JEQ | BPF_K, STDERR_FILENO, 0, 1);
    answer(SECCOMP_RET_ALLOW);
    load(DATA(nr));
}

/* GCC's are libraries of their own. */
static bool is_sanitizer(const char *file)
{
    static const char *const names[] = {"/libasan.so", "/libubsan.so", "/libtsan.so",
                                        "/liblsan.so"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strstr(file, names[i]))
            return true;
    }
    return false;
}

static int allow_sanitizer(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (unsigned i = 0; is_sanitizer(info->dlpi_name) && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        vaddr_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X)
            allow_code(start, start + segment->p_memsz);
    }
    return 0;
}

/* As syscall(), from a place that the filter lets through; an error is a negative errno value. */
long host_call(long number, const long argument[6]) __attribute__((visibility("hidden")));
extern const char host_call_end[] __attribute__((visibility("hidden")));

__asm__(".pushsection .text\n"
        ".type host_call, @function\n"
        "host_call:\n"
        "    mov %rdi, %rax\n"
        "    mov %rsi, %r11\n"
        "    mov 0(%r11), %rdi\n"
        "    mov 8(%r11), %rsi\n"
        "    mov 16(%r11), %rdx\n"
        "    mov 24(%r11), %r10\n"
        "    mov 32(%r11), %r8\n"
        "    mov 40(%r11), %r9\n"
        "    syscall\n"
        "host_call_end:\n"
        "    ret\n"
        ".size host_call, . - host_call\n"
        ".popsection\n");

static void make_filter(vaddr_t region, uint64_t region_bytes)
{
    load(DATA(arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    answer(SECCOMP_RET_TRAP);
    allow_code(region, region + region_bytes);
    allow_code((vaddr_t)host_call_end - 1, (vaddr_t)host_call_end);
    dl_iterate_phdr(allow_sanitizer, NULL);
    load(DATA(nr));
    for (unsigned i = 0; i < sizeof(plain) / sizeof(*plain); i++)
        allow_number(plain[i]);
    allow_anonymous_memory();
    allow_standard_error(SYS_write);
    allow_standard_error(SYS_writev);
    answer(SECCOMP_RET_TRAP);
}

/* --- what it does not let through ---------------------------------------------------------- */

static const char *const names[] = {HOST_CALL_NAMES};

static const char *call_name(long number)
{
    const char *name = NULL;

    if (number >= 0 && number < (long)(sizeof(names) / sizeof(*names)))
        name = names[number];
    return name ? name : "a call that has no name here";
}

struct search {
    vaddr_t call; /* where it was made: callers are found from here on */
    vaddr_t text, text_end;
    bool has_call;
    vaddr_t callee, found;
};

/* The first caller that is the program's own, and what it has called. */
static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *argument)
{
    struct search *search = argument;
    vaddr_t ip = _Unwind_GetIP(context);

    search->has_call = search->has_call || ip == search->call;
    if (!search->has_call)
        return _URC_NO_REASON;
    if (ip < search->text || ip >= search->text_end) {
        search->callee = ip;
        return _URC_NO_REASON;
    }
    search->found = ip;
    return _URC_NORMAL_STOP;
}

/*
 * A report looks for lines by libc, under a check that the compiler has put into the program;
 * but what a sanitizer wraps (open()) is the program's.
 */
static bool is_report(const struct search *search)
{
    static const char *const checks[] = {"__asan_", "__ubsan_", "__tsan_"};
    Dl_info info;

    if (__asan_report_present && __asan_report_present())
        return true;
    if (!dladdr((const void *)search->callee, &info) || !info.dli_sname ||
        !is_sanitizer(info.dli_fname))
        return false;
    for (unsigned i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
        if (strncmp(info.dli_sname, checks[i], strlen(checks[i])) == 0)
            return true;
    }
    return false;
}

static _Noreturn void refuse(long number, const struct search *search)
{
    char thread[16] = "", where[64] = "from nowhere in the program";

    host_call(SYS_prctl, (const long[6]){PR_GET_NAME, (long)thread});
    if (search->found)
        snprintf(where, sizeof(where), "at 0x%" PRIx64 " (in the program's text + 0x%" PRIx64 ")",
                 search->found, search->found - search->text);
    say("thread \"%s\" calls Linux's %s %s, which --host-calls=none forbids", thread,
        call_name(number), where);
    _exit(STATUS_HOST_CALL);
}

static void take_call(int signal, siginfo_t *info, void *context)
{
    greg_t *reg = ((ucontext_t *)context)->uc_mcontext.gregs;
    struct search search = {.call = (vaddr_t)reg[REG_RIP]};

    (void)signal;
    if (!is_over) {
        place_find_text(&search.text, &search.text_end);
        _Unwind_Backtrace(look_at_frame, &search);
        if (!is_report(&search))
            refuse(info->si_syscall, &search);
    }
    reg[REG_RAX] =
        host_call(info->si_syscall, (const long[6]){reg[REG_RDI], reg[REG_RSI], reg[REG_RDX],
                                                    reg[REG_R10], reg[REG_R8], reg[REG_R9]});
}

/* --- the program --------------------------------------------------------------------------- */

static void let_through(void)
{
    is_over = true;
}

static bool is_in_program(void (*function)(void))
{
    vaddr_t start, end;

    place_find_text(&start, &end);
    return (vaddr_t)function >= start && (vaddr_t)function < end;
}

void host_calls_forbid(vaddr_t region, uint64_t region_bytes)
{
    struct sigaction action = {.sa_sigaction = take_call, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (valgrind_is_here())
        fail("--host-calls=none: not under valgrind, whose own calls are the program's", 0);
    if (is_in_program(__asan_init) || is_in_program(__tsan_init) ||
        is_in_program(__llvm_profile_initialize))
        fail("--host-calls=none: not with Clang's runtimes, which are in the program: use GCC", 0);
    if (atexit(let_through) != 0)
        fail("no handler for the program's end", errno);
    sigfillset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, NULL) != 0)
        fail("signals cannot be caught", errno);
    make_filter(region, region_bytes);
    is_forbidden = true;
}

void host_calls_leave(void)
{
    const struct sock_fprog program = {.len = (unsigned short)filter_count, .filter = filter};

    if (!is_forbidden)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        fail("--host-calls=none: no filter", errno);
}
