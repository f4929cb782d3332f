/* SPDX-License-Identifier: BSD-2-Clause */
#include <host/guard.h>

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static sigjmp_buf *innermost;
static pid_t guarded_thread; /* the first that asked: a forked child is not guarded */

/* Nobody's: the instruction is tried again, and the signal does what it does by default. */
static void handle(int number)
{
    if (innermost && gettid() == guarded_thread)
        siglongjmp(*innermost, 1);
    signal(number, SIG_DFL);
}

/* Once: they stay, for a signal outside of any guard is what it was. */
static void install(void)
{
    static bool is_installed;
    const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_NODEFER};
    if (is_installed)
        return;
    guarded_thread = gettid();
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    is_installed = true;
}

bool host_guard(void (*run)(void *context), void *context)
{
    sigjmp_buf *const outer = innermost;
    sigjmp_buf here;
    install();
    bool is_done = sigsetjmp(here, 0) == 0;
    if (is_done) {
        innermost = &here;
        run(context);
    }
    innermost = outer;
    return is_done;
}
