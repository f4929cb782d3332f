/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs next. Workers leave marks; the string of marks is the result. A time slice that ends
 * in between changes it, so the checks are repeated.
 */
#include "check.h"

#define LOWER  (WORKER_PRIORITY - 20)
#define HIGHER (WORKER_PRIORITY + 20)

static seL4_CPtr ntfn, endpoint;

static void fresh(void)
{
    marks_clear();
    ntfn = object_new(seL4_NotificationObject, 0);
    endpoint = object_new(seL4_EndpointObject, 0);
}

static void set_priority(unsigned n, seL4_Word priority)
{
    must(seL4_TCB_SetPriority(worker_thread(n)->tcb, seL4_CapInitThreadTCB, priority),
         "SetPriority");
}

/* A worker that is left waiting at the end, with its priority set before it runs. */
static void start(unsigned n, void (*entry)(void *), const char *argument, seL4_Word priority)
{
    worker_start(n, entry, (void *)(seL4_Word)argument);
    if (priority != WORKER_PRIORITY)
        set_priority(n, priority);
}

/* All run; their messages of the end are taken. */
static void finish(void)
{
    struct event event;

    do {
        event_poll(&event);
        if (event.badge != 0 && event.label != EVENT_DONE)
            say_event(&event, NULL);
    } while (event.badge != 0);
    say_marks();
}

static void once(void *argument)
{
    mark(argument);
}

static void start_three(void)
{
    fresh();
    start(0, once, "a", WORKER_PRIORITY);
    start(1, once, "b", WORKER_PRIORITY);
    start(2, once, "c", WORKER_PRIORITY);
}

static void resumed(void)
{
    start_three();
    finish();
}

static void priority_again(void)
{
    for (unsigned n = 0; n < WORKERS; n++) {
        start_three();
        set_priority(n, WORKER_PRIORITY);
        finish();
    }
}

static void priority_there_and_back(void)
{
    start_three();
    set_priority(1, HIGHER);
    set_priority(1, WORKER_PRIORITY);
    finish();
}

static void suspend_and_resume(void)
{
    for (unsigned n = 0; n < WORKERS; n++) {
        start_three();
        must(seL4_TCB_Suspend(worker_thread(n)->tcb), "Suspend");
        must(seL4_TCB_Resume(worker_thread(n)->tcb), "Resume");
        finish();
    }
}

static void resume_twice(void)
{
    start_three();
    must(seL4_TCB_Resume(worker_thread(0)->tcb), "Resume");
    finish();
}

static void wait_once(void *argument)
{
    seL4_Wait(ntfn, NULL);
    mark(argument);
}

static void woken(void)
{
    fresh();
    start(0, wait_once, "a", WORKER_PRIORITY);
    settle();
    start(1, wait_once, "b", WORKER_PRIORITY);
    settle();
    start(2, wait_once, "c", WORKER_PRIORITY);
    settle();
    for (unsigned n = 0; n < WORKERS; n++)
        seL4_Signal(ntfn);
    finish();
}

static void yield_thrice(void *argument)
{
    for (unsigned i = 0; i < 3; i++) {
        mark(argument);
        seL4_Yield();
    }
}

static void yields(void)
{
    fresh();
    start(0, yield_thrice, "a", WORKER_PRIORITY);
    start(1, yield_thrice, "b", WORKER_PRIORITY);
    start(2, yield_thrice, "c", LOWER);
    finish();
}

/* --- one acts, another waits for it, a third is ready -------------------------------------- */

static void signal_once(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Signal(ntfn);
    mark(")");
}

static void signal_to(seL4_Word priority)
{
    fresh();
    start(1, wait_once, "w", priority);
    settle();
    start(2, once, "x", WORKER_PRIORITY);
    /* of the two that are ready the one that signals goes first */
    start(0, signal_once, NULL, WORKER_PRIORITY);
    finish();
}

static void signals(void)
{
    signal_to(LOWER);
    signal_to(WORKER_PRIORITY);
    signal_to(HIGHER);
}

static void receive_once(void *argument)
{
    ipc_recv(endpoint, NULL);
    mark(argument);
}

static void send_once(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    mark(")");
}

static void send_to(seL4_Word priority)
{
    fresh();
    start(1, receive_once, "r", priority);
    settle();
    start(2, once, "x", WORKER_PRIORITY);
    start(0, send_once, NULL, WORKER_PRIORITY);
    finish();
}

static void sends(void)
{
    send_to(LOWER);
    send_to(WORKER_PRIORITY);
    send_to(HIGHER);
}

static void receive_from(seL4_Word priority)
{
    fresh();
    start(1, send_once, NULL, priority);
    settle();
    start(2, once, "x", WORKER_PRIORITY);
    start(0, receive_once, "r", WORKER_PRIORITY);
    finish();
}

static void receives(void)
{
    receive_from(LOWER);
    receive_from(WORKER_PRIORITY);
    receive_from(HIGHER);
}

static void serve_twice(void *argument)
{
    const seL4_MessageInfo_t empty = seL4_MessageInfo_new(0, 0, 0, 0);

    (void)argument;
    ipc_recv(endpoint, NULL);
    mark("1");
    ipc_reply_recv(endpoint, empty, NULL);
    mark("2");
    ipc_reply(empty);
    mark("3");
}

static void call_twice(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < 2; i++) {
        mark("(");
        seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
        mark(")");
    }
}

static void call_to(seL4_Word priority)
{
    fresh();
    start(1, serve_twice, NULL, priority);
    settle();
    start(2, once, "x", WORKER_PRIORITY);
    start(0, call_twice, NULL, WORKER_PRIORITY);
    finish();
}

static void calls(void)
{
    call_to(LOWER);
    call_to(WORKER_PRIORITY);
    call_to(HIGHER);
}

static void resume_other(void *argument)
{
    (void)argument;
    mark("(");
    must(seL4_TCB_Resume(worker_thread(1)->tcb), "Resume");
    mark(")");
}

static void resume_to(seL4_Word priority)
{
    fresh();
    start(1, once, "r", priority);
    must(seL4_TCB_Suspend(worker_thread(1)->tcb), "Suspend");
    start(2, once, "x", WORKER_PRIORITY);
    start(0, resume_other, NULL, WORKER_PRIORITY);
    finish();
}

static void resumes(void)
{
    resume_to(LOWER);
    resume_to(WORKER_PRIORITY);
    resume_to(HIGHER);
}

static void lower_itself(void *argument)
{
    mark("(");
    set_priority(0, (seL4_Word)argument);
    mark(")");
}

static void lowers(void)
{
    static const seL4_Word priorities[] = {LOWER, WORKER_PRIORITY, HIGHER};

    for (unsigned i = 0; i < ARRAY_LENGTH(priorities); i++) {
        fresh();
        start(2, once, "x", WORKER_PRIORITY);
        worker_start(0, lower_itself, (void *)priorities[i]);
        finish();
    }
}

/*
 * The ticks of the operation are not of the slice. Not with the PIC: it seems to have something
 * pending at all times, so the thread goes in and out of the kernel, and some ticks meet it
 * outside.
 */
#ifndef CONFIG_IRQ_PIC
static void delete_long(void *argument)
{
    mark("(");
    must(delete_cap((seL4_CPtr)argument), "Delete");
    mark(")");
}

static void slice_in_deletion(void)
{
    fresh();
    start(2, once, "x", WORKER_PRIORITY);
    worker_start(0, delete_long, (void *)long_to_delete());
    finish();
}
#endif

static const struct check checks[] = {
    {"SCHED0001", "three threads resumed one after the other", resumed},
    {"SCHED0002", "of three ready threads one gets the priority that it has", priority_again},
    {"SCHED0003", "of three ready threads one gets a higher priority, and its own again",
     priority_there_and_back},
    {"SCHED0004", "of three ready threads one is suspended and resumed", suspend_and_resume},
    {"SCHED0005", "Resume of a ready thread", resume_twice},
    {"SCHED0006", "three threads woken by signals from above", woken},
    {"SCHED0007", "Yield among equals", yields},
    {"SCHED0008", "a signal to a lower, an equal, a higher thread", signals},
    {"SCHED0009", "Send to a lower, an equal, a higher receiver", sends},
    {"SCHED0010", "Recv from a lower, an equal, a higher sender", receives},
    {"SCHED0011", "Call of a lower, an equal, a higher server", calls},
    {"SCHED0012", "Resume of a lower, an equal, a higher thread", resumes},
    {"SCHED0013", "a thread lowers, keeps, raises its own priority", lowers},
#ifndef CONFIG_IRQ_PIC
    {"SCHED0014", "a Delete that takes longer than a slice, an equal thread is ready",
     slice_in_deletion},
#endif
};

const struct check_table schedule_checks = CHECK_TABLE_OFTEN(checks);
