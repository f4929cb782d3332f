/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications that have a scheduling context, for threads that have none. */
#include "mcs.h"

static seL4_CPtr ntfn, context, endpoint;

static void fresh(void)
{
    ntfn = object_new(seL4_NotificationObject, 0);
    endpoint = object_new(seL4_EndpointObject, 0);
    context = context_new();
    must(seL4_SchedContext_Bind(context, ntfn), "Bind");
    marks_clear();
}

static void end(void)
{
    must(delete_cap(context), "Delete");
    rest();
}

static void waiter(void *argument)
{
    for (;;) {
        seL4_Wait(ntfn, NULL);
        mark(argument);
    }
}

static void lent_and_back(void)
{
    fresh();
    start_passive(0, waiter, TEXT("a"));
    for (unsigned i = 0; i < 2; i++) {
        seL4_Signal(ntfn);
        say_ends();
    }
    /* it is the notification's again */
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(0)));
    say_error(seL4_SchedContext_UnbindObject(context, ntfn));
    seL4_Signal(ntfn);
    say_ends();
    say_error(seL4_SchedContext_Bind(context, ntfn));
    say_ends();
    end();
}

/* Of two the second one waits for what the first one has. */
static void two_waiters(void)
{
    fresh();
    start_passive(0, waiter, TEXT("a"));
    start_passive(1, waiter, TEXT("b"));
    seL4_Signal(ntfn);
    seL4_Signal(ntfn);
    say_ends();
    seL4_Signal(ntfn);
    seL4_Signal(ntfn);
    say_ends();
    end();
}

static void one_has_its_own(void)
{
    fresh();
    start_waiting(0, waiter, TEXT("a"));
    start_passive(1, waiter, TEXT("b"));
    seL4_Signal(ntfn);
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(0)));
    seL4_Signal(ntfn);
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(1)));
    say_ends();
    end();
}

static void once(void *argument)
{
    seL4_Wait(ntfn, NULL);
    mark(argument);
    /* and then it waits elsewhere */
    seL4_Wait(endpoint, NULL);
    mark("!");
}

/* Whoever waits for something else keeps what it was lent. */
static void waits_elsewhere(void)
{
    fresh();
    start_passive(0, once, TEXT("a"));
    start_passive(1, once, TEXT("b"));
    seL4_Signal(ntfn);
    say_ends();
    seL4_Signal(ntfn);
    say_ends();
    say_holder(context);
    say_ends();
    end();
}

static void poll_when_signalled(void *argument)
{
    seL4_Poll(ntfn, NULL);
    mark(argument);
}

static void poller(void)
{
    fresh();
    worker_start(0, poll_when_signalled, TEXT("p"));
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    seL4_Signal(ntfn);
    say_ends();
    say_error(seL4_SchedContext_Bind(own_context(0), own_tcb(0)));
    say_ends();
    end();
}

/* --- bound threads --------------------------------------------------------------------------- */

static void receiver(void *argument)
{
    seL4_Word badge;

    for (;;) {
        seL4_Recv(endpoint, &badge, worker_thread(0)->reply);
        mark(argument);
    }
}

static void bound_thread(void)
{
    fresh();
    must(seL4_TCB_BindNotification(own_tcb(0), ntfn), "BindNotification");
    start_passive(0, receiver, TEXT("r"));
    seL4_Signal(ntfn);
    say_ends();
    seL4_Signal(ntfn);
    say_ends();
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(0)));
    must(seL4_TCB_UnbindNotification(own_tcb(0)), "UnbindNotification");
    end();
}

static void call_it(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Call(endpoint, EMPTY);
    mark(")");
}

/* On the notification's time it takes a call, and keeps its client waiting. */
static void bound_thread_is_called(void)
{
    fresh();
    must(seL4_TCB_BindNotification(own_tcb(0), ntfn), "BindNotification");
    start_passive(0, receiver, TEXT("r"));
    seL4_Signal(ntfn);
    worker_start(1, call_it, NULL);
    say_ends();
    say_holder(own_context(1));
    must(seL4_TCB_UnbindNotification(own_tcb(0)), "UnbindNotification");
    end();
}

static void nb_receiver(void *argument)
{
    mark("(");
    seL4_NBRecv(endpoint, NULL, worker_thread(0)->reply);
    mark(argument);
    seL4_Wait(ntfn, NULL);
    mark("w");
    seL4_NBRecv(endpoint, NULL, worker_thread(0)->reply);
    mark("n");
    seL4_Recv(endpoint, NULL, worker_thread(0)->reply);
    mark("!");
}

static void bound_nb_receiver(void)
{
    fresh();
    must(seL4_TCB_BindNotification(own_tcb(0), ntfn), "BindNotification");
    start_passive(0, nb_receiver, TEXT("r"));
    seL4_Signal(ntfn);
    say_ends();
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(0)));
    must(seL4_TCB_UnbindNotification(own_tcb(0)), "UnbindNotification");
    end();
}

/* --- while it is lent ------------------------------------------------------------------------ */

static seL4_CPtr pause;

static void wait_and_pause(void *argument)
{
    for (;;) {
        seL4_Wait(ntfn, NULL);
        mark(argument);
        seL4_Wait(pause, NULL);
        mark("+");
    }
}

static void while_lent(void (*act)(void))
{
    fresh();
    pause = object_new(seL4_NotificationObject, 0);
    start_passive(0, wait_and_pause, TEXT("a"));
    seL4_Signal(ntfn);
    say_ends();
    act();
    seL4_Signal(pause);
    say_ends();
    seL4_Signal(ntfn);
    say_ends();
    seL4_Signal(pause);
    say_ends();
    end();
}

static void nothing(void)
{
}

static void bind_another(void)
{
    say_error(seL4_SchedContext_Bind(own_context(0), ntfn));
    say_error(seL4_SchedContext_Bind(own_context(0), own_tcb(0)));
    say_error(seL4_SchedContext_Bind(context, own_tcb(1)));
}

static void unbind_notification(void)
{
    say_error(seL4_SchedContext_UnbindObject(context, ntfn));
}

static void unbind_thread(void)
{
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(0)));
}

static void unbind_both(void)
{
    say_error(seL4_SchedContext_Unbind(context));
}

static void delete_notification(void)
{
    say_error(delete_cap(ntfn));
    ntfn = object_new(seL4_NotificationObject, 0);
    say_error(seL4_SchedContext_Bind(context, ntfn));
}

static void suspend_and_resume(void)
{
    say_error(seL4_TCB_Suspend(own_tcb(0)));
    say_error(seL4_TCB_Resume(own_tcb(0)));
}

#define LENT(name)                                                                                 \
    static void try_##name(void)                                                                   \
    {                                                                                              \
        while_lent(name);                                                                          \
    }

LENT(nothing)
LENT(bind_another)
LENT(unbind_notification)
LENT(unbind_thread)
LENT(unbind_both)
LENT(delete_notification)
LENT(suspend_and_resume)

/* A signal to a lower, an equal, a higher passive thread, with another ready. */
static void signal_it(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Signal(ntfn);
    mark(")");
}

static void signal_to(seL4_Word priority)
{
    fresh();
    start_passive(0, waiter, TEXT("w"));
    set_priority(0, priority);
    worker_start(2, mark_once, TEXT("x"));
    worker_start(1, signal_it, NULL);
    say_ends();
    end();
}

static void priorities(void)
{
    signal_to(LOWER);
    signal_to(WORKER_PRIORITY);
    signal_to(HIGHER);
}

static void delete_context(void)
{
    fresh();
    start_passive(0, waiter, TEXT("a"));
    say_error(delete_cap(context));
    seL4_Signal(ntfn);
    say_ends();
    context = context_new();
    say_error(seL4_SchedContext_Bind(context, ntfn));
    seL4_Signal(ntfn);
    say_ends();
    end();
}

static const struct check checks[] = {
    {"LEND0001", "lent with a signal, back when the thread waits again, Unbind, Bind",
     lent_and_back},
    {"LEND0002", "two waiters, two signals", two_waiters},
    {"LEND0003", "a waiter with one of its own, and one without", one_has_its_own},
    {"LEND0004", "a thread that waits elsewhere then", waits_elsewhere},
    {"LEND0005", "Poll of a ready thread without", poller},
    {"LEND0006", "a bound thread at its endpoint", bound_thread},
    {"LEND0007", "a bound thread is called then", bound_thread_is_called},
    {"LEND0008", "NBRecv of a bound thread on borrowed time", bound_nb_receiver},
    {"LEND0009", "while it is lent: nothing", try_nothing},
    {"LEND0010", "while it is lent: Bind of others", try_bind_another},
    {"LEND0011", "while it is lent: UnbindObject of the notification", try_unbind_notification},
    {"LEND0012", "while it is lent: UnbindObject of the thread", try_unbind_thread},
    {"LEND0013", "while it is lent: Unbind", try_unbind_both},
    {"LEND0014", "while it is lent: Delete of the notification, another one",
     try_delete_notification},
    {"LEND0015", "while it is lent: Suspend and Resume of the thread", try_suspend_and_resume},
    {"LEND0016", "a signal to a lower, an equal, a higher thread", priorities},
    {"LEND0017", "Delete of the scheduling context, and another", delete_context},
};

const struct check_table lending_checks = MCS_TABLE(checks);
