/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <host/host.h>
#include <machine/signals.h>
#include <machine/terminal.h>

#include <stdatomic.h>
#include <unistd.h>

static struct {
    void (*notify)(void *context);
    void *context;
    atomic_int pending;
} state;

static void on_end(int number)
{
    int none = 0;

    if (!atomic_compare_exchange_strong(&state.pending, &none, number)) {
        terminal_restore();
        _exit(128 + number);
    }
    state.notify(state.context);
}

/* The instruction that failed is executed again, now with the default action. */
static void on_crash(int number)
{
    terminal_restore();
    signal(number, SIG_DFL);
    raise(number);
}

static const struct {
    int number;
    void (*handler)(int);
} table[] = {
    {SIGINT, on_end},   {SIGTERM, on_end},  {SIGHUP, on_end},    {SIGQUIT, on_end},
    {SIGCHLD, SIG_DFL}, {SIGPIPE, SIG_IGN}, {SIGSEGV, on_crash}, {SIGBUS, on_crash},
    {SIGILL, on_crash}, {SIGFPE, on_crash}, {SIGABRT, on_crash},
};

static struct sigaction previous[ARRAY_LENGTH(table)];
static unsigned caught;

int signals_catch(void (*notify)(void *context), void *context)
{
    state.notify = notify;
    state.context = context;
    state.pending = 0;
    for (caught = 0; caught < ARRAY_LENGTH(table); caught++) {
        int error = host_sigaction(table[caught].number, table[caught].handler, &previous[caught]);

        if (error != 0) {
            signals_release();
            return error;
        }
        /* nohup and background jobs: what the parent had ignored stays ignored */
        if (table[caught].handler == on_end && previous[caught].sa_handler == SIG_IGN) {
            signal(table[caught].number, SIG_IGN);
        }
    }
    return 0;
}

void signals_release(void)
{
    while (caught > 0) {
        caught--;
        sigaction(table[caught].number, &previous[caught], NULL);
    }
}

int signals_pending(void)
{
    return state.pending;
}
