/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client calls a passive server, which calls another. While the last one serves, something
 * happens to one of the parts. Each is tried twice: who has the client's scheduling context then,
 * and who runs when the last server goes on.
 */
#include "mcs.h"

enum { CLIENT, MIDDLE, LAST };

static seL4_CPtr endpoints[WORKERS], replies[WORKERS], ntfn;
static struct thread fleeting;
static unsigned fleeting_is; /* the part that is played by a thread that can be deleted */

static void client(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Call(endpoints[MIDDLE], EMPTY);
    mark(")");
}

static void middle(void *argument)
{
    (void)argument;
    seL4_Recv(endpoints[MIDDLE], NULL, replies[MIDDLE]);
    for (;;) {
        mark("[");
        seL4_Call(endpoints[LAST], EMPTY);
        mark("]");
        seL4_ReplyRecv(endpoints[MIDDLE], EMPTY, NULL, replies[MIDDLE]);
        mark("!");
    }
}

static void last(void *argument)
{
    (void)argument;
    seL4_Recv(endpoints[LAST], NULL, replies[LAST]);
    for (;;) {
        mark("{");
        seL4_Wait(ntfn, NULL);
        mark("}");
        seL4_ReplyRecv(endpoints[LAST], EMPTY, NULL, replies[LAST]);
        mark("?");
    }
}

static void (*const parts[WORKERS])(void *) = {client, middle, last};

/* All have come to where the last one waits. */
static void begin(void)
{
    ntfn = object_new(seL4_NotificationObject, 0);
    marks_clear();
    for (unsigned n = WORKERS - 1; n < WORKERS; n--) {
        endpoints[n] = object_new(seL4_EndpointObject, 0);
        replies[n] = object_new(seL4_ReplyObject, 0);
        if (n == CLIENT)
            start_waiting(n, parts[n], NULL);
        else
            start_passive(n, parts[n], NULL);
    }
}

static void try_both(void (*act)(void))
{
    begin();
    act();
    say_ends();
    say_holder(own_context(CLIENT));
    rest();
    begin();
    act();
    say("goes on:");
    seL4_Signal(ntfn);
    say_ends();
    rest();
}

/* --- what happens ---------------------------------------------------------------------------- */

static void nothing(void)
{
}

static void delete_first_reply(void)
{
    say_error(delete_cap(replies[MIDDLE]));
}

static void delete_last_reply(void)
{
    say_error(delete_cap(replies[LAST]));
}

static void delete_both_replies(void)
{
    delete_first_reply();
    delete_last_reply();
}

static void answer_client(void)
{
    seL4_Send(replies[MIDDLE], EMPTY);
}

static void answer_middle(void)
{
    seL4_Send(replies[LAST], EMPTY);
}

static void answer_both(void)
{
    answer_client();
    answer_middle();
}

static void reuse_first_reply(void)
{
    seL4_NBRecv(endpoints[MIDDLE], NULL, replies[MIDDLE]);
}

static void reuse_last_reply(void)
{
    seL4_NBRecv(endpoints[LAST], NULL, replies[LAST]);
}

static void suspend(unsigned n)
{
    must(seL4_TCB_Suspend(own_tcb(n)), "Suspend");
}

static void suspend_client(void)
{
    suspend(CLIENT);
}

static void suspend_middle(void)
{
    suspend(MIDDLE);
}

static void suspend_last(void)
{
    suspend(LAST);
}

static void resume(unsigned n)
{
    must(seL4_TCB_Resume(own_tcb(n)), "Resume");
}

static void resume_client(void)
{
    resume(CLIENT);
}

static void resume_middle(void)
{
    resume(MIDDLE);
}

static void resume_last(void)
{
    resume(LAST);
}

static void unbind(void)
{
    say_error(seL4_SchedContext_Unbind(own_context(CLIENT)));
}

static void unbind_and_give_to_client(void)
{
    unbind();
    say_error(seL4_SchedContext_Bind(own_context(CLIENT), own_tcb(CLIENT)));
}

static void give_middle_its_own(void)
{
    say_error(seL4_SchedContext_Bind(own_context(MIDDLE), own_tcb(MIDDLE)));
}

static void give_client_another(void)
{
    say_error(seL4_SchedContext_Bind(own_context(MIDDLE), own_tcb(CLIENT)));
}

static void give_last_its_own(void)
{
    say_error(seL4_SchedContext_Bind(own_context(LAST), own_tcb(LAST)));
}

static void delete_endpoints(void)
{
    say_error(delete_cap(endpoints[MIDDLE]));
    say_error(delete_cap(endpoints[LAST]));
}

static void raise_middle(void)
{
    set_priority(MIDDLE, HIGHER);
    set_priority(LAST, LOWER);
}

#define CHAIN(name)                                                                                \
    static void try_##name(void)                                                                   \
    {                                                                                              \
        try_both(name);                                                                            \
    }

CHAIN(nothing)
CHAIN(delete_first_reply)
CHAIN(delete_last_reply)
CHAIN(delete_both_replies)
CHAIN(answer_client)
CHAIN(answer_middle)
CHAIN(answer_both)
CHAIN(reuse_first_reply)
CHAIN(reuse_last_reply)
CHAIN(suspend_client)
CHAIN(suspend_middle)
CHAIN(suspend_last)
CHAIN(resume_client)
CHAIN(resume_middle)
CHAIN(resume_last)
CHAIN(unbind)
CHAIN(unbind_and_give_to_client)
CHAIN(give_middle_its_own)
CHAIN(give_client_another)
CHAIN(give_last_its_own)
CHAIN(delete_endpoints)
CHAIN(raise_middle)

/* --- parts that are deleted ------------------------------------------------------------------ */

/* The chain again with one thread and a scheduling context that can go. */
static void begin_with(unsigned part, seL4_CPtr context)
{
    fleeting_is = part;
    ntfn = object_new(seL4_NotificationObject, 0);
    marks_clear();
    for (unsigned n = WORKERS - 1; n < WORKERS; n--) {
        seL4_CPtr tcb = own_tcb(n), own = own_context(n);

        endpoints[n] = object_new(seL4_EndpointObject, 0);
        replies[n] = object_new(seL4_ReplyObject, 0);
        worker_start(n, parts[n], NULL);
        if (n == part) {
            must(seL4_TCB_Suspend(tcb), "Suspend");
            must(seL4_SchedContext_Unbind(own), "Unbind");
            thread_create(&fleeting, &(struct thread_options){.name = "fleeting",
                                                              .priority = WORKER_PRIORITY,
                                                              .entry = parts[n]});
            tcb = fleeting.tcb;
            own = fleeting.sched_context;
            thread_resume(&fleeting);
        }
        if (n == CLIENT) {
            must(seL4_SchedContext_Unbind(own), "Unbind");
            must(seL4_SchedContext_Bind(context, tcb), "Bind");
        }
        settle();
        if (n != CLIENT)
            must(seL4_SchedContext_Unbind(own), "Unbind");
    }
}

static void delete_part(unsigned part)
{
    const seL4_CPtr first = context_new(), second = context_new();

    begin_with(part, first);
    must(delete_cap(fleeting.tcb), "Delete");
    say_ends();
    say_holder(first);
    rest();
    begin_with(part, second);
    must(delete_cap(fleeting.tcb), "Delete");
    say("goes on:");
    seL4_Signal(ntfn);
    say_ends();
    must(delete_cap(first), "Delete");
    must(delete_cap(second), "Delete");
    rest();
}

static void delete_client(void)
{
    delete_part(CLIENT);
}

static void delete_middle(void)
{
    delete_part(MIDDLE);
}

static void delete_last(void)
{
    delete_part(LAST);
}

/* What is left of the chain answers each other when the servers have time of their own. */
static void delete_context(void)
{
    const seL4_CPtr context = context_new();

    begin_with(WORKERS, context);
    say_error(delete_cap(context));
    say_ends();
    seL4_Signal(ntfn);
    say_ends();
    for (unsigned n = WORKERS - 1; n < WORKERS; n--) {
        say("%u:", n);
        say_error(seL4_SchedContext_Bind(own_context(n), own_tcb(n)));
        say_ends();
    }
    rest();
}

static const struct check checks[] = {
    {"CHAIN0001", "three in a chain", try_nothing},
    {"CHAIN0002", "Delete of the client's reply object", try_delete_first_reply},
    {"CHAIN0003", "Delete of the middle server's reply object", try_delete_last_reply},
    {"CHAIN0004", "Delete of both", try_delete_both_replies},
    {"CHAIN0005", "an answer to the client", try_answer_client},
    {"CHAIN0006", "an answer to the middle server", try_answer_middle},
    {"CHAIN0007", "answers to both", try_answer_both},
    {"CHAIN0008", "NBRecv with the client's reply object", try_reuse_first_reply},
    {"CHAIN0009", "NBRecv with the middle server's reply object", try_reuse_last_reply},
    {"CHAIN0010", "Suspend of the client", try_suspend_client},
    {"CHAIN0011", "Suspend of the middle server", try_suspend_middle},
    {"CHAIN0012", "Suspend of the last server", try_suspend_last},
    {"CHAIN0013", "Resume of the client", try_resume_client},
    {"CHAIN0014", "Resume of the middle server", try_resume_middle},
    {"CHAIN0015", "Resume of the last server", try_resume_last},
    {"CHAIN0016", "Unbind of the scheduling context", try_unbind},
    {"CHAIN0017", "Unbind of the scheduling context, Bind to the client",
     try_unbind_and_give_to_client},
    {"CHAIN0018", "Bind of another to the middle server", try_give_middle_its_own},
    {"CHAIN0019", "Bind of another to the client", try_give_client_another},
    {"CHAIN0020", "Bind of another to the last server", try_give_last_its_own},
    {"CHAIN0021", "Delete of both endpoints", try_delete_endpoints},
    {"CHAIN0022", "a higher middle server, a lower last one", try_raise_middle},
    {"CHAIN0023", "Delete of the client", delete_client},
    {"CHAIN0024", "Delete of the middle server", delete_middle},
    {"CHAIN0025", "Delete of the last server", delete_last},
    {"CHAIN0026", "Delete of the scheduling context, then one for each", delete_context},
};

const struct check_table chain_checks = MCS_TABLE(checks);
