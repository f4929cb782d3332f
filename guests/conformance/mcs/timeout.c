/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets that are used up: timeout faults, answers to them, threads that wait for the next budget.
 */
#include "../traps.h"
#include "mcs.h"

#define BADGE   0xb00
#define MANAGER 2 /* the worker whose endpoint gets timeout faults */

static seL4_CPtr context, endpoint, reply;
static struct event event;
static volatile seL4_Word stop, turns;
static volatile bool ended;

static void spin(void *argument)
{
    (void)argument;
    mark("(");
    trap_spin(0, &stop, &turns);
    mark(")");
    ended = true;
}

static void fresh(void)
{
    context = context_new_short(BADGE);
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    stop = turns = 0;
    ended = false;
    marks_clear();
}

/* A worker on the short budget instead of its own slices. */
static void start_short(unsigned n, void (*entry)(void *))
{
    worker_start(n, entry, NULL);
    must(seL4_SchedContext_Unbind(own_context(n)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(n)), "Bind");
}

static void set_timeout_handler(unsigned n, seL4_CPtr handler)
{
    must(seL4_TCB_SetTimeoutEndpoint(own_tcb(n), handler), "SetTimeoutEndpoint");
}

static void end(void)
{
    stop = 1;
    for (unsigned n = 0; n < WORKERS; n++)
        set_timeout_handler(n, seL4_CapNull);
    must(delete_cap(context), "Delete");
    rest();
}

/* A whole new budget, for a thread that waits; one that is ready keeps its rate instead. */
static void refill(void)
{
    must(seL4_SchedControl_ConfigureFlags(sched_control(), context, SHORT, FOREVER, 0, BADGE, 0),
         "ConfigureFlags");
}

static void reply_with(seL4_Word label, seL4_Word length)
{
    ipc_reply(seL4_MessageInfo_new(label, 0, 0, length));
}

/*
 * The worker's time is up, and its manager says so. On a slow machine that may be before it spins:
 * then it gets more.
 */
static void run_out(unsigned n)
{
    start_short(n, spin);
    set_timeout_handler(n, worker_endpoint(MANAGER));
    event_poll(&event);
    while (turns == 0) {
        refill();
        reply_with(0, 0);
        event_poll(&event);
    }
}

static void refill_ready(unsigned n)
{
    must(seL4_TCB_Suspend(own_tcb(n)), "Suspend");
    refill();
    must(seL4_TCB_Resume(own_tcb(n)), "Resume");
}

static void say_next(void)
{
    event_poll(&event);
    say_event(&event, NULL);
}

/* --- faults ---------------------------------------------------------------------------------- */

static void message(void)
{
    fresh();
    run_out(0);
    say("to %lu", event.badge - 1);
    say_event(&event, NULL);
    say("%s", turns > 0 ? "has run" : "has not run");
    end();
}

/* The answer gives no budget: it runs when it gets some, until that is used up. */
static void goes_on(void)
{
    fresh();
    run_out(0);
    reply_with(0, 0);
    say_next();
    refill_ready(0);
    say_next();
    stop = 1;
    refill();
    reply_with(0, 0);
    say_ends();
    end();
}

static void goes_on_with_budget(void)
{
    fresh();
    run_out(0);
    refill();
    stop = 1;
    reply_with(0, 0);
    say_ends();
    end();
}

static void stopped(void)
{
    fresh();
    run_out(0);
    refill();
    stop = 1;
    reply_with(1, 0);
    say_ends();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    say_ends();
    end();
}

/* The answer's words are registers: here rsi, where the spinning looks whether to stop. */
static void registers(void)
{
    static const seL4_Word one = 1;
    seL4_UserContext context_now;
    const seL4_Word *words = (const seL4_Word *)&context_now;

    fresh();
    run_out(0);
    must(seL4_TCB_ReadRegisters(own_tcb(0), 0, 0, sizeof(context_now) / sizeof(seL4_Word),
                                &context_now),
         "ReadRegisters");
    refill();
    context_now.rsi = (seL4_Word)&one;
    for (int i = 0; i < seL4_TimeoutReply_Length; i++)
        seL4_SetMR(i, words[i]);
    reply_with(0, seL4_TimeoutReply_Length);
    say_ends();
    say("ended: %s", ended ? "yes" : "no");
    end();
}

static void registers_in_part(void)
{
    static const seL4_Word words[] = {seL4_TimeoutReply_Length, 120, 3, 1};
    seL4_UserContext before, after;

    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++) {
        fresh();
        run_out(0);
        must(seL4_TCB_ReadRegisters(own_tcb(0), 0, 0, sizeof(before) / sizeof(seL4_Word), &before),
             "ReadRegisters");
        for (int j = 0; j < seL4_MsgMaxLength; j++)
            seL4_SetMR(j, 0x300 + (seL4_Word)j);
        reply_with(1, words[i]);
        must(seL4_TCB_ReadRegisters(own_tcb(0), 0, 0, sizeof(after) / sizeof(seL4_Word), &after),
             "ReadRegisters");
        before.rflags = 0; /* some of them change while it spins */
        if (words[i] <= seL4_TimeoutReply_FLAGS)
            after.rflags = 0;
        for (unsigned j = 0; j < sizeof(after) / sizeof(seL4_Word); j++)
            if (((seL4_Word *)&before)[j] != ((seL4_Word *)&after)[j])
                say("%u=%lx", j, ((seL4_Word *)&after)[j]);
        say(";");
        end();
    }
}

static void suspended_and_resumed(void)
{
    fresh();
    run_out(0);
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
    stop = 1;
    reply_with(0, 0);
    say_ends();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    say_ends();
    refill_ready(0);
    say_ends();
    end();
}

/* --- no fault -------------------------------------------------------------------------------- */

static void no_handler(void)
{
    fresh();
    start_short(0, spin);
    say_ends();
    worker_start(1, mark_once, TEXT("x"));
    set_priority(1, LOWER);
    say_ends();
    stop = 1;
    refill();
    say_ends();
    refill_ready(0);
    say_ends();
    end();
}

static void handler_taken_away(void)
{
    fresh();
    start_short(0, spin);
    set_timeout_handler(0, worker_endpoint(MANAGER));
    set_timeout_handler(0, seL4_CapNull);
    say_ends();
    end();
}

static void handler_revoked(void)
{
    const seL4_CPtr manager = object_new(seL4_EndpointObject, 0);

    fresh();
    start_short(0, spin);
    set_timeout_handler(0, cap_mint(manager, seL4_AllRights, 5));
    must(seL4_CNode_Revoke(ROOT, manager, DEPTH), "Revoke");
    say_ends();
    end();
}

/* Who has his time in slices never runs out. */
static void mark_and_stop(void *argument)
{
    mark(argument);
    stop = 1;
}

static void round_robin(void)
{
    fresh();
    worker_start(1, mark_and_stop, TEXT("x"));
    worker_start(0, spin, NULL);
    set_timeout_handler(0, worker_endpoint(MANAGER));
    say_ends();
    end();
}

/* The message of the timeout carries no scheduling context. */
static void manage(void *argument)
{
    (void)argument;
    seL4_Recv(endpoint, NULL, reply);
    mark("m");
}

static void passive_manager(void)
{
    fresh();
    start_passive(1, manage, NULL);
    start_short(0, spin);
    set_timeout_handler(0, endpoint);
    say_ends();
    say("then");
    must(seL4_SchedContext_Bind(own_context(1), own_tcb(1)), "Bind");
    say_ends();
    end();
}

/* --- servers --------------------------------------------------------------------------------- */

static void serve(void *argument)
{
    seL4_Recv(endpoint, NULL, reply);
    for (;;) {
        mark("[");
        trap_spin(0, &stop, &turns);
        mark("]");
        seL4_ReplyRecv(endpoint, EMPTY, NULL, reply);
    }
    (void)argument;
}

static void call(void *argument)
{
    (void)argument;
    mark("(");
    seL4_Call(endpoint, EMPTY);
    mark(")");
}

static void begin_service(void)
{
    fresh();
    start_passive(1, serve, NULL);
    start_short(0, call);
}

static void server_runs_out(void)
{
    begin_service();
    set_timeout_handler(1, worker_endpoint(MANAGER));
    event_poll(&event);
    say("to %lu", event.badge - 1);
    say_event(&event, NULL);
    refill();
    stop = 1;
    reply_with(0, 0);
    say_ends();
    say_holder(context);
    end();
}

/* Only the handler of the thread that runs counts. */
static void client_has_handler(void)
{
    begin_service();
    set_timeout_handler(0, worker_endpoint(MANAGER));
    say_ends();
    stop = 1;
    refill_ready(1);
    say_ends();
    end();
}

/* Another answers: the scheduling context comes back empty, and the client's handler hears of it.
 */
static void comes_back_empty(bool with_handler)
{
    begin_service();
    if (with_handler)
        set_timeout_handler(0, worker_endpoint(MANAGER));
    say_ends();
    seL4_Send(reply, EMPTY);
    say_next();
    if (with_handler) {
        refill();
        reply_with(0, 0);
    } else
        refill_ready(0);
    say_ends();
    say_holder(context);
    end();
}

static void comes_back_empty_to_handler(void)
{
    comes_back_empty(true);
}

static void comes_back_empty_to_none(void)
{
    comes_back_empty(false);
}

/* The handler takes the server's work away: it starts anew, and the client's call is lost. */
static void server_is_reset(void)
{
    begin_service();
    set_timeout_handler(1, worker_endpoint(MANAGER));
    say_next();
    say_error(seL4_TCB_Suspend(own_tcb(1)));
    say_error(seL4_SchedContext_UnbindObject(context, own_tcb(1)));
    say_ends();
    stop = 1;
    start_passive(1, serve, NULL);
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    refill();
    say_error(seL4_SchedContext_Bind(context, own_tcb(0)));
    say_ends();
    end();
}

static const struct check checks[] = {
    {"TIMEOUT0001", "the message of a timeout fault", message},
    {"TIMEOUT0002", "an answer without budget, then a budget, twice", goes_on},
    {"TIMEOUT0003", "a budget, then an answer", goes_on_with_budget},
    {"TIMEOUT0004", "an answer with a label, then Resume", stopped},
    {"TIMEOUT0005", "an answer with all registers", registers},
    {"TIMEOUT0006", "answers of 19, 120, 3 words and 1: registers that change", registers_in_part},
    {"TIMEOUT0007", "Suspend, an answer, Resume, a budget", suspended_and_resumed},
    {"TIMEOUT0008", "no handler: a lower thread runs; a budget while ready, another while not",
     no_handler},
    {"TIMEOUT0009", "a handler that is taken away", handler_taken_away},
    {"TIMEOUT0010", "a handler whose endpoint is revoked", handler_revoked},
    {"TIMEOUT0011", "round robin with a handler", round_robin},
    {"TIMEOUT0012", "a handler that is passive", passive_manager},
    {"TIMEOUT0013", "a passive server on its client's budget, with a handler", server_runs_out},
    {"TIMEOUT0014", "the same where the client has a handler", client_has_handler},
    {"TIMEOUT0015", "an answer brings back an empty scheduling context to one with a handler",
     comes_back_empty_to_handler},
    {"TIMEOUT0016", "the same to one without", comes_back_empty_to_none},
    {"TIMEOUT0017", "Suspend of the server, another try of the client", server_is_reset},
};

const struct check_table timeout_checks = MCS_TABLE(checks);
