/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: Signal, Wait, Poll, and what is refused. */
#include "check.h"

static seL4_CPtr ntfn;
static volatile seL4_Word order, seen[WORKERS];

static void fresh(void)
{
    ntfn = object_new(seL4_NotificationObject, 0);
    order = 0;
}

static seL4_Word poll(void)
{
    seL4_Word badge;

    seL4_Poll(ntfn, &badge);
    return badge;
}

static void poll_empty(void)
{
    fresh();
    say("badge %lu", poll());
}

static void signal_unbadged(void)
{
    fresh();
    seL4_Signal(ntfn);
    say("badge %lu", poll());
}

static void badges_or(void)
{
    fresh();
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0x5));
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0x50));
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, (seL4_Word)1 << 63));
    say("badge 0x%lx,", poll());
    say("then 0x%lx", poll());
}

/* What a receiver of a signal finds in the message: nothing, and the message registers stay. */
static void wait_message(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh();
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0x5));
    for (int i = 0; i < 4; i++)
        seL4_SetMR(i, 0x70 + (seL4_Word)i);
    info = ipc_recv(ntfn, &badge);
    say("badge 0x%lx info 0x%lx words %lx %lx %lx %lx", badge, info.words[0], seL4_GetMR(0),
        seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3));
    info = ipc_nb_recv(ntfn, &badge);
    say("badge 0x%lx info 0x%lx words %lx %lx %lx %lx", badge, info.words[0], seL4_GetMR(0),
        seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3));
}

static void waiter(void *argument)
{
    const seL4_Word n = (seL4_Word)argument;

    seL4_Wait(ntfn, NULL);
    seen[n] = ++order;
}

static void waiters_in_order(void)
{
    struct event event;

    fresh();
    for (unsigned n = 0; n < WORKERS; n++) {
        seen[n] = 0;
        worker_start(n, waiter, (void *)(seL4_Word)n);
        settle();
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        seL4_Signal(ntfn);
        event_poll(&event);
        say("%lu%lu%lu", seen[0], seen[1], seen[2]);
    }
    say("badge %lu", poll());
}

static void call_signals(void)
{
    fresh();
    say_error(invoke(ntfn, 0, NONE, NONE));
    say("badge %lu", poll());
}

static void call_worker(void *argument)
{
    seL4_Call((seL4_CPtr)argument, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void call_from_worker(void)
{
    struct event event;

    fresh();
    worker_run(call_worker, (void *)cap_mint(ntfn, seL4_AllRights, 4), &event);
    say_event(&event, NULL);
    say("badge %lu", poll());
}

static void no_write(void)
{
    const seL4_CPtr reader = slot_new();

    fresh();
    must(copy_cap(reader, ntfn, seL4_CanRead), "Copy");
    say_error(invoke(reader, 0, NONE, NONE));
    seL4_Signal(reader);
    say("badge %lu", poll());
}

static void wait_worker(void *argument)
{
    seL4_Wait((seL4_CPtr)argument, NULL);
}

static void poll_worker(void *argument)
{
    seL4_Poll((seL4_CPtr)argument, NULL);
}

static void no_read(void)
{
    const seL4_CPtr writer = slot_new();
    struct event event;

    fresh();
    must(copy_cap(writer, ntfn, seL4_CanWrite), "Copy");
    worker_run(wait_worker, (void *)writer, &event);
    event.mr[seL4_CapFault_Addr] -= writer;
    say_event(&event, NULL);
    worker_run(poll_worker, (void *)writer, &event);
    event.mr[seL4_CapFault_Addr] -= writer;
    say_event(&event, NULL);
}

static void bound_to_other(void)
{
    struct event event;

    fresh();
    must(seL4_TCB_BindNotification(object_new(seL4_TCBObject, 0), ntfn), "Bind");
    worker_run(wait_worker, (void *)ntfn, &event);
    event.mr[seL4_CapFault_Addr] -= ntfn;
    say_event(&event, NULL);
}

static seL4_CPtr endpoint;
static volatile seL4_Word badge_seen, info_seen;

static void receiver(void *argument)
{
    seL4_Word badge;

    (void)argument;
    info_seen = ipc_recv(endpoint, &badge).words[0];
    badge_seen = badge;
}

/* A bound thread that waits at an endpoint is woken; the badge is the signaller's. */
static void bound_wakes_receiver(void)
{
    struct event event;

    fresh();
    endpoint = object_new(seL4_EndpointObject, 0);
    must(seL4_TCB_BindNotification(worker_thread(0)->tcb, ntfn), "Bind");
    badge_seen = info_seen = 99;
    worker_start(0, receiver, NULL);
    settle();
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0x21));
    event_poll(&event);
    say_event(&event, NULL);
    say("badge 0x%lx info 0x%lx", badge_seen, info_seen);
    must(seL4_TCB_UnbindNotification(worker_thread(0)->tcb), "Unbind");
    say("left %lu", poll());
}

/* A signal that came before goes first, and the endpoint is not looked at. */
static void bound_pending(void)
{
    struct event event;

    fresh();
    endpoint = object_new(seL4_EndpointObject, 0);
    must(seL4_TCB_BindNotification(worker_thread(0)->tcb, ntfn), "Bind");
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0x22));
    worker_run(receiver, NULL, &event);
    say_event(&event, NULL);
    say("badge 0x%lx", badge_seen);
    must(seL4_TCB_UnbindNotification(worker_thread(0)->tcb), "Unbind");
}

static void delete_with_waiter(void)
{
    const seL4_CPtr copy = slot_new();
    struct event event;

    fresh();
    worker_start(0, wait_worker, (void *)ntfn);
    settle();
    must(copy_cap(copy, ntfn, seL4_AllRights), "Copy");
    must(delete_cap(copy), "Delete");
    event_poll(&event);
    say_event(&event, NULL);
    must(delete_cap(ntfn), "Delete");
    event_poll(&event);
    event.mr[seL4_CapFault_Addr] -= ntfn;
    say_event(&event, NULL);
}

static const struct check checks[] = {
    {"NTFN0001", "Poll of a notification without signals", poll_empty},
    {"NTFN0002", "a signal without badge leaves no badge", signal_unbadged},
    {"NTFN0003", "badges are ORed, and taken all at once", badges_or},
    {"NTFN0004", "message info and registers of Recv and NBRecv from a notification", wait_message},
    {"NTFN0005", "waiting threads are woken first come, first served", waiters_in_order},
    {"NTFN0006", "Call of a notification signals it", call_signals},
    {"NTFN0007", "Call of a notification does not wait for a reply", call_from_worker},
    {"NTFN0008", "signals without the Write right: by Call, by Send", no_write},
    {"NTFN0009", "Wait and Poll without the Read right", no_read},
    {"NTFN0010", "Wait for a notification bound to another thread", bound_to_other},
    {"NTFN0011", "a bound notification wakes its thread at an endpoint", bound_wakes_receiver},
    {"NTFN0012", "a bound notification signalled before the thread receives", bound_pending},
    {"NTFN0013", "a waiter when a copy is deleted, when the notification is", delete_with_waiter},
};

const struct check_table notification_checks = CHECK_TABLE(checks);
