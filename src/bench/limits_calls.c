/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that come back to who made them: of a function, of Linux, of a signal's handler. */
#include <base/bits.h>
#include <bench/limits.h>
#include <host/host.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

static void empty(void)
{
    __asm__ volatile("");
}

static void getppid_call(void)
{
    host_getppid();
}

/* --- a fault that a handler steps over ------------------------------------------------------- */

static struct sigaction previous;
static volatile char *no_page;

/* As long as the instruction of fault(). */
enum { FAULT_BYTES = 2 };

static void step_over(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += FAULT_BYTES;
}

static void fault(void)
{
    __asm__ volatile("movb (%%rax), %%al" : : "a"(no_page) : "memory");
}

static int start_fault(void)
{
    const struct sigaction action = {.sa_sigaction = step_over, .sa_flags = SA_SIGINFO};
    const long page = host_mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page < 0) {
        return (int)page;
    }
    no_page = (volatile char *)page;
    return sigaction(SIGSEGV, &action, &previous) == 0 ? 0 : -errno;
}

static void stop_fault(void)
{
    sigaction(SIGSEGV, &previous, NULL);
    host_munmap((void *)no_page, PAGE_BYTES);
}

const struct limit limits_calls[] = {
    {.name = "empty-call", .operation = empty},
    {.name = "getppid", .operation = getppid_call},
    {.name = "sigsegv", .operation = fault, .start = start_fault, .stop = stop_fault},
};
const unsigned limits_calls_count = ARRAY_LENGTH(limits_calls);
