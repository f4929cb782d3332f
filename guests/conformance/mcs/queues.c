/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues of endpoints and notifications: by priority, and among equals who came first. */
#include "mcs.h"

static seL4_CPtr endpoint, ntfn, badged[WORKERS];

static void send(void *argument)
{
    seL4_Send(badged[(seL4_Word)argument], EMPTY);
}

static void call(void *argument)
{
    seL4_Call(badged[(seL4_Word)argument], EMPTY);
}

static const char *const names[WORKERS] = {"a", "b", "c"};

static void receive(void *argument)
{
    ipc_recv(endpoint, NULL);
    mark(names[(seL4_Word)argument]);
}

static void wait_at_endpoint(void *argument)
{
    seL4_Wait(endpoint, NULL);
    mark(names[(seL4_Word)argument]);
}

static void wait(void *argument)
{
    seL4_Wait(ntfn, NULL);
    mark(names[(seL4_Word)argument]);
}

static void begin(void (*entry)(void *), const seL4_Word *priorities)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    ntfn = object_new(seL4_NotificationObject, 0);
    marks_clear();
    for (unsigned n = 0; n < WORKERS; n++) {
        badged[n] = cap_mint(endpoint, seL4_AllRights, n + 1);
        worker_start(n, entry, (void *)(seL4_Word)n);
        set_priority(n, priorities[n]);
        settle();
    }
}

/* Takes them from their queue, one by one. */
static void take(void (*entry)(void *))
{
    for (unsigned i = 0; i < WORKERS; i++) {
        seL4_Word badge = 0;

        if (entry == send || entry == call) {
            ipc_nb_recv(endpoint, &badge);
            mark(badge == 0 ? "-" : names[badge - 1]);
            continue;
        }
        if (entry == wait)
            seL4_Signal(ntfn);
        else
            seL4_NBSend(endpoint, EMPTY);
        settle();
    }
    say_marks();
    rest();
}

static void (*const entries[])(void *) = {send, call, receive, wait_at_endpoint, wait};

static void each(const seL4_Word *priorities, void (*act)(void))
{
    for (unsigned i = 0; i < ARRAY_LENGTH(entries); i++) {
        begin(entries[i], priorities);
        act();
        take(entries[i]);
    }
}

static const seL4_Word equal[WORKERS] = {WORKER_PRIORITY, WORKER_PRIORITY, WORKER_PRIORITY};
static const seL4_Word rising[WORKERS] = {LOWER, WORKER_PRIORITY, HIGHER};
static const seL4_Word falling[WORKERS] = {HIGHER, WORKER_PRIORITY, LOWER};
static const seL4_Word mixed[WORKERS] = {WORKER_PRIORITY, HIGHER, WORKER_PRIORITY};
static const seL4_Word two_high[WORKERS] = {HIGHER, LOWER, HIGHER};

static void nothing(void)
{
}

static void orders(void)
{
    each(equal, nothing);
    each(rising, nothing);
    each(falling, nothing);
    each(mixed, nothing);
    each(two_high, nothing);
}

static void raise_last(void)
{
    set_priority(2, HIGHER);
}

static void lower_first(void)
{
    set_priority(0, LOWER);
}

static void first_again(void)
{
    set_priority(0, WORKER_PRIORITY);
}

static void there_and_back(void)
{
    set_priority(0, HIGHER);
    set_priority(0, WORKER_PRIORITY);
}

static void middle_to_first(void)
{
    set_priority(1, HIGHER);
}

static void by_sched_params(void)
{
    must(seL4_TCB_SetSchedParams(own_tcb(2), seL4_CapInitThreadTCB, 0, HIGHER, own_context(2),
                                 worker_endpoint(2)),
         "SetSchedParams");
}

static void suspend_and_resume(void)
{
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    settle();
}

static void suspend_first(void)
{
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
}

static void without_time(void)
{
    must(seL4_SchedContext_Unbind(own_context(1)), "Unbind");
    must(seL4_SchedContext_Bind(own_context(1), own_tcb(1)), "Bind");
}

#define EACH(name, priorities)                                                                     \
    static void try_##name(void)                                                                   \
    {                                                                                              \
        each(priorities, name);                                                                    \
    }

EACH(raise_last, equal)
EACH(lower_first, equal)
EACH(first_again, equal)
EACH(there_and_back, equal)
EACH(middle_to_first, falling)
EACH(by_sched_params, equal)
EACH(suspend_and_resume, equal)
EACH(suspend_first, falling)
EACH(without_time, equal)

/* Threads that wait for a reply or for nothing do not move. */
static void priority_while_answered(void)
{
    seL4_Word badge;

    begin(call, equal);
    ipc_recv(endpoint, &badge);
    say("%s", names[badge - 1]);
    set_priority((unsigned)badge - 1, HIGHER);
    ipc_reply(EMPTY);
    say_ends();
    take(call);
}

static const struct check checks[] = {
    {"QUEUE0001", "Send, Call, Recv, Wait, Wait for a signal: equal, rising, falling, mixed",
     orders},
    {"QUEUE0002", "of three equals the last one is raised", try_raise_last},
    {"QUEUE0003", "of three equals the first one is lowered", try_lower_first},
    {"QUEUE0004", "of three equals the first one gets the priority that it has", try_first_again},
    {"QUEUE0005", "of three equals the first one is raised and lowered again", try_there_and_back},
    {"QUEUE0006", "of three the middle one is raised to the first", try_middle_to_first},
    {"QUEUE0007", "of three equals the last one is raised by SetSchedParams", try_by_sched_params},
    {"QUEUE0008", "of three equals the first one is suspended and resumed", try_suspend_and_resume},
    {"QUEUE0009", "of three the first one is suspended", try_suspend_first},
    {"QUEUE0010", "of three equals the middle one loses its scheduling context and gets it again",
     try_without_time},
    {"QUEUE0011", "a caller is raised after it was received", priority_while_answered},
};

const struct check_table queue_checks = MCS_TABLE(checks);
