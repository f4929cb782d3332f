/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs on whose time: messages that carry a scheduling context to a thread that has none, and
 * answers that bring it back.
 */
#include "../traps.h"
#include "mcs.h"

#define CLIENT 0
#define SERVER 1
#define OTHER  2

static seL4_CPtr endpoint, reply, ntfn;

static void fresh(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    ntfn = object_new(seL4_NotificationObject, 0);
    marks_clear();
}

static void serve(void *argument)
{
    (void)argument;
    seL4_Recv(endpoint, NULL, reply);
    for (;;) {
        mark("s");
        seL4_ReplyRecv(endpoint, EMPTY, NULL, reply);
    }
}

static void send(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Send(endpoint, EMPTY);
    mark(")");
}

static void nb_send(void *argument)
{
    (void)argument;
    mark("(");
    seL4_NBSend(endpoint, EMPTY);
    mark(")");
}

static void call_at(seL4_CPtr cap)
{
    mark("(");
    seL4_Call(cap, EMPTY);
    mark(")");
}

static void call(void *argument)
{
    (void)argument;
    call_at(endpoint);
}

static void call_twice(void *argument)
{
    call(argument);
    call(argument);
}

static void send_recv(void *argument)
{
    (void)argument;
    mark("(");
    seL4_NBSendRecv(endpoint, EMPTY, object_new(seL4_EndpointObject, 0), NULL,
                    worker_thread(CLIENT)->reply);
    mark(")");
}

static void send_wait(void *argument)
{
    (void)argument;
    mark("(");
    seL4_NBSendWait(endpoint, EMPTY, ntfn, NULL);
    mark(")");
}

/* --- a passive server ------------------------------------------------------------------------ */

static void to_passive(void (*entry)(void *))
{
    fresh();
    start_passive(SERVER, serve, NULL);
    worker_start(CLIENT, entry, NULL);
    say_ends();
    say_holder(own_context(CLIENT));
    /* what has come waits for time */
    say("then");
    must(seL4_SchedContext_Bind(own_context(SERVER), own_tcb(SERVER)), "Bind");
    say_ends();
    say(";");
    rest();
}

static void ways_to_send(void)
{
    to_passive(send);
    to_passive(nb_send);
    to_passive(send_recv);
    to_passive(send_wait);
    to_passive(call);
    to_passive(call_twice);
}

/* The server comes last: the message is there already. */
static void server_second(void (*entry)(void *))
{
    fresh();
    worker_start(SERVER, serve, NULL);
    must(seL4_TCB_Suspend(own_tcb(SERVER)), "Suspend");
    start_waiting(CLIENT, entry, NULL);
    must(seL4_TCB_Resume(own_tcb(SERVER)), "Resume");
    say_ends();
    say_holder(own_context(CLIENT));
    say_holder(own_context(SERVER));
    say(";");
    rest();
}

static void active_server(void)
{
    server_second(send);
    server_second(call);
}

static void signal_passive(void)
{
    fresh();
    start_passive(SERVER, serve, NULL);
    must(seL4_TCB_BindNotification(own_tcb(SERVER), ntfn), "BindNotification");
    seL4_Signal(ntfn);
    say_ends();
    must(seL4_SchedContext_Bind(own_context(SERVER), own_tcb(SERVER)), "Bind");
    say_ends();
    must(seL4_TCB_UnbindNotification(own_tcb(SERVER)), "UnbindNotification");
    rest();
}

static seL4_CPtr weak;

static void call_weak(void *argument)
{
    (void)argument;
    call_at(weak);
}

/* Nobody could answer: the caller stops, and keeps what it has. */
static void call_without_grant(void)
{
    static const seL4_Word rights[] = {1, 1 | 8, 1 | 4};

    for (unsigned i = 0; i < ARRAY_LENGTH(rights); i++) {
        fresh();
        weak = slot_new();
        must(copy_cap(weak, endpoint, (seL4_CapRights_t){{rights[i]}}), "Copy");
        start_passive(SERVER, serve, NULL);
        worker_start(CLIENT, call_weak, NULL);
        say_ends();
        say_holder(own_context(CLIENT));
        say(";");
        rest();
    }
}

static void wait_once(void *argument)
{
    (void)argument;
    seL4_Wait(endpoint, NULL);
    mark("w");
}

static void call_of_waiter(void)
{
    fresh();
    start_passive(SERVER, wait_once, NULL);
    worker_start(CLIENT, call, NULL);
    say_ends();
    say_holder(own_context(CLIENT));
    rest();
}

/* To a lower, an equal, a higher server, with another thread ready. */
static void call_to(seL4_Word priority)
{
    fresh();
    start_passive(SERVER, serve, NULL);
    set_priority(SERVER, priority);
    worker_start(OTHER, mark_once, TEXT("x"));
    worker_start(CLIENT, call_twice, NULL);
    say_ends();
    rest();
}

static void priorities(void)
{
    call_to(LOWER);
    call_to(WORKER_PRIORITY);
    call_to(HIGHER);
}

/* The answer takes the time away: what comes after it waits for the next call. */
static void serve_by_send(void *argument)
{
    (void)argument;
    for (;;) {
        seL4_Recv(endpoint, NULL, reply);
        mark("s");
        seL4_Send(reply, EMPTY);
        mark("t");
    }
}

static void answer_by_send(void)
{
    fresh();
    start_passive(SERVER, serve_by_send, NULL);
    worker_start(CLIENT, call, NULL);
    say_ends();
    say("again:");
    worker_start(CLIENT, call, NULL);
    say_ends();
    must(seL4_SchedContext_Bind(own_context(SERVER), own_tcb(SERVER)), "Bind");
    say_ends();
    rest();
}

static void serve_by_send_recv(void *argument)
{
    (void)argument;
    seL4_Recv(endpoint, NULL, reply);
    for (;;) {
        mark("s");
        seL4_NBSendRecv(reply, EMPTY, endpoint, NULL, reply);
    }
}

static void serve_by_send_wait(void *argument)
{
    (void)argument;
    for (;;) {
        seL4_Recv(endpoint, NULL, reply);
        mark("s");
        seL4_NBSendWait(reply, EMPTY, ntfn, NULL);
        mark("t");
    }
}

static void answers_and_waits(void)
{
    fresh();
    start_passive(SERVER, serve_by_send_recv, NULL);
    worker_start(CLIENT, call_twice, NULL);
    say_ends();
    rest();
    fresh();
    start_passive(SERVER, serve_by_send_wait, NULL);
    worker_start(CLIENT, call, NULL);
    say_ends();
    must(seL4_SchedContext_Bind(own_context(SERVER), ntfn), "Bind");
    seL4_Signal(ntfn);
    say_ends();
    worker_start(CLIENT, call, NULL);
    say_ends();
    rest();
}

/* --- one that has the server's time while it serves --------------------------------------------
 */

/* The server waits in the middle. */
static void serve_and_wait(void *argument)
{
    (void)argument;
    seL4_Recv(endpoint, NULL, reply);
    for (;;) {
        mark("s");
        seL4_Wait(ntfn, NULL);
        mark("t");
        seL4_ReplyRecv(endpoint, EMPTY, NULL, reply);
    }
}

static void while_serving(void (*act)(void))
{
    fresh();
    start_passive(SERVER, serve_and_wait, NULL);
    worker_start(CLIENT, call, NULL);
    say_ends();
    act();
    seL4_Signal(ntfn);
    say_ends();
    say_holder(own_context(CLIENT));
    rest();
}

static void bind_to_server(void)
{
    say_error(seL4_SchedContext_Bind(own_context(SERVER), own_tcb(SERVER)));
    say_error(seL4_SchedContext_Bind(own_context(CLIENT), own_tcb(SERVER)));
    say_error(seL4_SchedContext_Bind(own_context(CLIENT), own_tcb(OTHER)));
}

static void binds_while_serving(void)
{
    while_serving(bind_to_server);
}

/* The client has another then: the server keeps what it was lent. */
static void bind_to_client(void)
{
    say_error(seL4_SchedContext_Bind(own_context(SERVER), own_tcb(CLIENT)));
}

static void client_gets_another(void)
{
    while_serving(bind_to_client);
}

static void unbind_from_server(void)
{
    say_error(seL4_SchedContext_UnbindObject(own_context(CLIENT), own_tcb(CLIENT)));
    say_error(seL4_SchedContext_UnbindObject(own_context(CLIENT), own_tcb(SERVER)));
}

static void unbinds_while_serving(void)
{
    while_serving(unbind_from_server);
}

/* Unbound and bound back: the chain is cut, and the time is the server's. */
static void unbind_and_bind(void)
{
    say_error(seL4_SchedContext_Unbind(own_context(CLIENT)));
    say_error(seL4_SchedContext_Bind(own_context(CLIENT), own_tcb(SERVER)));
}

static void rebinds_while_serving(void)
{
    while_serving(unbind_and_bind);
}

static void configure_lent(void)
{
    say_error(context_configure(own_context(CLIENT), SLICE_US, SLICE_US));
}

static void configures_while_serving(void)
{
    while_serving(configure_lent);
}

static void answer_for_server(void)
{
    seL4_Send(reply, EMPTY);
    say_ends();
}

static void answers_while_serving(void)
{
    while_serving(answer_for_server);
}

static void delete_reply(void)
{
    say_error(delete_cap(reply));
    say_ends();
}

static void deletes_while_serving(void)
{
    while_serving(delete_reply);
}

static void suspend_client(void)
{
    say_error(seL4_TCB_Suspend(own_tcb(CLIENT)));
}

static void suspends_client(void)
{
    while_serving(suspend_client);
}

static void resume_client(void)
{
    say_error(seL4_TCB_Resume(own_tcb(CLIENT)));
    say_ends();
}

static void resumes_client(void)
{
    while_serving(resume_client);
}

static void suspend_server(void)
{
    say_error(seL4_TCB_Suspend(own_tcb(SERVER)));
    say_ends();
    say_error(seL4_TCB_Resume(own_tcb(SERVER)));
}

static void suspends_server(void)
{
    while_serving(suspend_server);
}

static void receive_with_reply(void)
{
    seL4_NBRecv(endpoint, NULL, reply);
    say_ends();
}

static void reuses_reply(void)
{
    while_serving(receive_with_reply);
}

/* --- faults ---------------------------------------------------------------------------------- */

static void handle(void *argument)
{
    seL4_MessageInfo_t info = seL4_Recv(endpoint, NULL, reply);

    for (;;) {
        mark(seL4_MessageInfo_get_label(info) == seL4_Fault_UserException ? "h" : "?");
        seL4_SetMR(0, seL4_GetMR(0) + 2); /* behind the ud2 */
        info = seL4_ReplyRecv(endpoint, seL4_MessageInfo_new((seL4_Word)argument, 0, 0, 1), NULL,
                              reply);
    }
}

static void fault_and_mark(void *argument)
{
    mark("(");
    trap_ud2(argument);
    mark(")");
}

static void fault_to_passive(seL4_Word label)
{
    fresh();
    start_passive(SERVER, handle, (void *)label);
    worker_start(CLIENT, fault_and_mark, NULL);
    must(seL4_TCB_SetSchedParams(own_tcb(CLIENT), seL4_CapInitThreadTCB, 0, WORKER_PRIORITY,
                                 own_context(CLIENT), endpoint),
         "SetSchedParams");
    say_ends();
    say_holder(own_context(CLIENT));
    rest();
}

static void faults(void)
{
    fault_to_passive(0);
    fault_to_passive(1);
}

static const struct check checks[] = {
    {"DONATE0001", "to a passive server: Send, NBSend, NBSendRecv, NBSendWait, Call, two Calls",
     ways_to_send},
    {"DONATE0002", "Send and Call that wait for an active server", active_server},
    {"DONATE0003", "a signal to a passive server at its endpoint", signal_passive},
    {"DONATE0004", "Call of a passive server without Grant, with GrantReply, with Grant",
     call_without_grant},
    {"DONATE0005", "Call of a passive thread that waits without a reply object", call_of_waiter},
    {"DONATE0006", "Calls of a lower, an equal, a higher passive server", priorities},
    {"DONATE0007", "a passive server that answers by Send and goes on", answer_by_send},
    {"DONATE0008", "passive servers that answer by NBSendRecv, by NBSendWait", answers_and_waits},
    {"DONATE0009", "while it serves: Bind to it, and Bind of what it was lent",
     binds_while_serving},
    {"DONATE0010", "while it serves: another scheduling context for the client",
     client_gets_another},
    {"DONATE0011", "while it serves: UnbindObject from client and server", unbinds_while_serving},
    {"DONATE0012", "while it serves: Unbind of what it was lent, and Bind to the server",
     rebinds_while_serving},
    {"DONATE0013", "while it serves: ConfigureFlags of what it was lent", configures_while_serving},
    {"DONATE0014", "while it serves: another answers its client", answers_while_serving},
    {"DONATE0015", "while it serves: Delete of the reply object", deletes_while_serving},
    {"DONATE0016", "while it serves: Suspend of the client", suspends_client},
    {"DONATE0017", "while it serves: Resume of the client", resumes_client},
    {"DONATE0018", "while it serves: Suspend and Resume of the server", suspends_server},
    {"DONATE0019", "while it serves: NBRecv of another with its reply object", reuses_reply},
    {"DONATE0020", "a fault to a passive handler, which answers to go on, to stop", faults},
};

const struct check_table donation_checks = MCS_TABLE(checks);
