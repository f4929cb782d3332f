/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages and signals to a thread that waits, and back: in the caller's VSpace and in another. */
#include "measure.h"
#include "thread.h"

/* What a server finds in its CSpace; a process has copies of these variables. */
struct server {
    seL4_CPtr endpoint;
    seL4_CPtr cnode, received; /* where a capability comes to */
    unsigned cnode_depth;
    seL4_CPtr notification;
};

static struct server here;
static const struct server away = {
    .endpoint = PROCESS_FIRST_FREE,
    .cnode = PROCESS_CNODE,
    .received = PROCESS_FIRST_FREE + 1,
    .cnode_depth = PROCESS_CNODE_BITS,
    .notification = PROCESS_FIRST_FREE + 2,
};

static seL4_CPtr endpoint_here, endpoint_away, notification_here, notification_away;

/* Answers with as many words as it got; what comes with them is deleted. */
static void server_main(void *argument)
{
    const struct server *server = argument;
    seL4_MessageInfo_t info;

    seL4_SetCapReceivePath(server->cnode, server->received, server->cnode_depth);
    info = ipc_recv(server->endpoint, NULL);
    for (;;) {
        if (seL4_MessageInfo_get_extraCaps(info) > 0)
            must(
                seL4_CNode_Delete(server->cnode, server->received, (seL4_Uint8)server->cnode_depth),
                "CNode_Delete");
        info = seL4_MessageInfo_new(0, 0, 0, seL4_MessageInfo_get_length(info));
        info = ipc_reply_recv(server->endpoint, info, NULL);
    }
}

static void waiter_main(void *argument)
{
    const struct server *server = argument;

    for (;;)
        signal_wait(server->notification);
}

#define CALL(words, caps, where)                                                                   \
    static void call_##words##_##caps##_##where(void)                                              \
    {                                                                                              \
        seL4_Call(endpoint_##where, seL4_MessageInfo_new(0, 0, caps, words));                      \
    }
CALL(0, 0, here)
CALL(4, 0, here)
CALL(8, 0, here)
CALL(120, 0, here)
CALL(0, 1, here)
CALL(0, 0, away)
CALL(4, 0, away)
CALL(8, 0, away)
CALL(120, 0, away)
CALL(0, 1, away)

static void signal_here(void)
{
    seL4_Signal(notification_here);
}

static void signal_away(void)
{
    seL4_Signal(notification_away);
}

static void start_here(void)
{
    static struct thread server, waiter;

    here = (struct server){
        .endpoint = endpoint_here,
        .cnode = seL4_CapInitThreadCNode,
        .received = slot_new(),
        .cnode_depth = seL4_WordBits,
        .notification = notification_here,
    };
    thread_create(&server, &(struct thread_options){.name = "server",
                                                    .priority = seL4_MaxPrio,
                                                    .entry = server_main,
                                                    .argument = &here});
    thread_create(&waiter, &(struct thread_options){.name = "waiter",
                                                    .priority = seL4_MaxPrio,
                                                    .entry = waiter_main,
                                                    .argument = &here});
    thread_resume(&server);
    thread_resume(&waiter);
}

static void start_away(void)
{
    static struct process server, waiter;

    process_create(&server, &(struct thread_options){.name = "server away",
                                                     .priority = seL4_MaxPrio,
                                                     .entry = server_main,
                                                     .argument = (void *)&away,
                                                     .own_code = true});
    process_grant(&server, away.endpoint, endpoint_away, seL4_AllRights, 0);
    process_create(&waiter, &(struct thread_options){.name = "waiter away",
                                                     .priority = seL4_MaxPrio,
                                                     .entry = waiter_main,
                                                     .argument = (void *)&away,
                                                     .own_code = true});
    process_grant(&waiter, away.notification, notification_away, seL4_AllRights, 0);
    thread_resume(&server.thread);
    thread_resume(&waiter.thread);
}

/* Lower than the waiters, so that a signal runs them at once; they and the servers wait after it.
 */
static void set_priority(seL4_Word priority)
{
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, priority),
         "TCB_SetPriority");
}

void bench_ipc(void)
{
    static const struct row rows[] = {
        {.name = "signal-here", .operation = signal_here},
        {.name = "signal-away", .operation = signal_away},
        {.name = "call-here-0", .operation = call_0_0_here},
        {.name = "call-here-4", .operation = call_4_0_here},
        {.name = "call-here-8", .operation = call_8_0_here},
        {.name = "call-here-120", .operation = call_120_0_here},
        {.name = "call-here-cap", .operation = call_0_1_here},
        {.name = "call-away-0", .operation = call_0_0_away},
        {.name = "call-away-4", .operation = call_4_0_away},
        {.name = "call-away-8", .operation = call_8_0_away},
        {.name = "call-away-120", .operation = call_120_0_away},
        {.name = "call-away-cap", .operation = call_0_1_away},
    };

    endpoint_here = object_new(seL4_EndpointObject, 0);
    endpoint_away = object_new(seL4_EndpointObject, 0);
    notification_here = object_new(seL4_NotificationObject, 0);
    notification_away = object_new(seL4_NotificationObject, 0);
    start_here();
    start_away();
    set_priority(seL4_MaxPrio - 1);
    seL4_SetCap(0, notification_here);
    measure_rows(rows, ARRAY_LENGTH(rows));
    set_priority(seL4_MaxPrio);
}
