/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply objects: where callers wait, one in each. */
#include "mcs.h"

static seL4_CPtr endpoint, reply, receive_slot;
static volatile seL4_Word answers[WORKERS];

static void fresh(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    reply = object_new(seL4_ReplyObject, 0);
    for (unsigned n = 0; n < WORKERS; n++)
        answers[n] = 0;
    marks_clear();
}

/* Worker n calls; its answer is a word. */
static void call(void *argument)
{
    const seL4_Word n = (seL4_Word)argument;

    answers[n] = 0;
    seL4_SetCapReceivePath(receive_slot != seL4_CapNull ? ROOT : seL4_CapNull, receive_slot, DEPTH);
    seL4_SetMR(0, 0x100 + n);
    seL4_Call(endpoint, seL4_MessageInfo_new(1, 0, 0, 1));
    answers[n] = seL4_GetMR(0);
}

static void start_caller(unsigned n)
{
    worker_start(n, call, (void *)(seL4_Word)n);
}

static void receive_with(seL4_CPtr cap)
{
    seL4_SetMR(0, 0);
    seL4_Recv(endpoint, NULL, cap);
    say("got %lx", seL4_GetMR(0));
}

static void answer_with(seL4_CPtr cap, seL4_Word word)
{
    seL4_SetMR(0, word);
    seL4_Send(cap, seL4_MessageInfo_new(0, 0, 0, 1));
}

static void say_answers(void)
{
    say_ends();
    say("answers %lx %lx %lx;", answers[0], answers[1], answers[2]);
}

/* --- what can be named ----------------------------------------------------------------------- */

static void recv_with(void *argument)
{
    seL4_Recv(endpoint, NULL, (seL4_CPtr)argument);
}

static void nb_recv_with(void *argument)
{
    seL4_NBRecv(endpoint, NULL, (seL4_CPtr)argument);
}

static void reply_recv_with(void *argument)
{
    seL4_ReplyRecv(endpoint, EMPTY, NULL, (seL4_CPtr)argument);
}

static void send_recv_with(void *argument)
{
    seL4_NBSendRecv(endpoint, EMPTY, endpoint, NULL, (seL4_CPtr)argument);
}

static void named(void (*entry)(void *))
{
    const seL4_CPtr caps[] = {seL4_CapNull, slot_new(), (seL4_CPtr)1 << 40, ROOT, endpoint, reply};
    struct event event;

    for (unsigned i = 0; i < ARRAY_LENGTH(caps); i++) {
        worker_start(0, entry, (void *)caps[i]);
        event_poll(&event);
        event.mr[seL4_CapFault_Addr] -= caps[i];
        say_event(&event, NULL);
        rest();
    }
    say(";");
}

static void bad_names(void)
{
    fresh();
    named(recv_with);
    named(nb_recv_with);
    named(reply_recv_with);
    named(send_recv_with);
}

/* From a notification nobody looks at the reply object. */
static void notification_without(void)
{
    seL4_Word badge;

    fresh();
    endpoint = object_new(seL4_NotificationObject, 0);
    seL4_Signal(endpoint);
    seL4_Recv(endpoint, &badge, ROOT);
    say("badge %lu", badge);
    seL4_NBRecv(endpoint, &badge, (seL4_CPtr)1 << 40);
    say("badge %lu", badge);
}

static void rights(void)
{
    seL4_CPtr copy;

    fresh();
    for (seL4_Word i = 0; i < 16; i++) {
        copy = slot_new();
        must(copy_cap(copy, reply, (seL4_CapRights_t){{i}}), "Copy");
        start_caller(0);
        receive_with(copy);
        answer_with(copy, 0x200 + i);
        say_answers();
    }
    rest();
}

static void capabilities(void)
{
    const seL4_CPtr minted = slot_new(), moved = slot_new(), mutated = slot_new();

    fresh();
    say_error(mint_cap(minted, reply, 5));
    say_error(seL4_CNode_Move(ROOT, moved, DEPTH, ROOT, minted, DEPTH));
    say_error(seL4_CNode_Mutate(ROOT, mutated, DEPTH, ROOT, moved, DEPTH, 6));
    say_cap(mutated);
    start_caller(0);
    receive_with(mutated);
    answer_with(reply, 0x201);
    say_answers();
    say_error(seL4_CNode_Revoke(ROOT, reply, DEPTH));
    say_cap(mutated);
    say_cap(reply);
    rest();
}

/* --- answers --------------------------------------------------------------------------------- */

static void nobody_waits(void)
{
    fresh();
    answer_with(reply, 1);
    seL4_NBSend(reply, EMPTY);
    say_error(invoke(reply, 7, NONE, WORDS(1, 2)));
    say_error(invoke(reply, 7, CAPS(ROOT), WORDS(1, 2)));
    start_caller(0);
    receive_with(reply);
    answer_with(reply, 0x202);
    answer_with(reply, 0x203);
    say_answers();
    rest();
}

static void by_call(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    say_error(invoke(reply, 7, NONE, WORDS(0x204)));
    say("%lx", seL4_GetMR(0));
    say_answers();
    rest();
}

static void by_nb_send(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    seL4_SetMR(0, 0x205);
    seL4_NBSend(reply, seL4_MessageInfo_new(0, 0, 0, 1));
    say_answers();
    rest();
}

static void by_reply_recv(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    start_caller(1);
    seL4_SetMR(0, 0x206);
    seL4_ReplyRecv(endpoint, seL4_MessageInfo_new(0, 0, 0, 1), NULL, reply);
    say("got %lx", seL4_GetMR(0));
    say_answers();
    answer_with(reply, 0x207);
    say_answers();
    rest();
}

static void by_send_recv(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    start_caller(1);
    seL4_SetMR(0, 0x208);
    seL4_NBSendRecv(reply, seL4_MessageInfo_new(0, 0, 0, 1), endpoint, NULL, reply);
    say("got %lx", seL4_GetMR(0));
    answer_with(reply, 0x209);
    say_answers();
    rest();
}

static void two_in_any_order(void)
{
    const seL4_CPtr second = object_new(seL4_ReplyObject, 0);

    fresh();
    start_caller(0);
    receive_with(reply);
    start_caller(1);
    receive_with(second);
    answer_with(reply, 0x20a);
    say_answers();
    answer_with(second, 0x20b);
    say_answers();
    rest();
    fresh();
    start_caller(0);
    receive_with(reply);
    start_caller(1);
    receive_with(second);
    answer_with(second, 0x20c);
    say_answers();
    answer_with(reply, 0x20d);
    say_answers();
    rest();
}

/* Who answers need not be who received. */
static void answer_once(void *argument)
{
    answer_with((seL4_CPtr)argument, 0x20e);
}

static void by_another(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    worker_start(1, answer_once, (void *)reply);
    say_answers();
    rest();
}

static void with_capability(void)
{
    const seL4_CPtr plain = slot_new();

    fresh();
    receive_slot = slot_new();
    must(copy_cap(plain, reply, seL4_NoRights), "Copy");
    for (unsigned i = 0; i < 2; i++) {
        start_caller(0);
        receive_with(reply);
        seL4_SetCap(0, seL4_CapInitThreadTCB);
        seL4_Send(i == 0 ? plain : reply, seL4_MessageInfo_new(0, 0, 1, 0));
        say_ends();
        say_cap(receive_slot);
    }
    receive_slot = seL4_CapNull;
    rest();
}

/* --- callers that are given up --------------------------------------------------------------- */

static void used_again(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    start_caller(1);
    receive_with(reply);
    answer_with(reply, 0x20f);
    say_answers();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    settle();
    receive_with(reply);
    answer_with(reply, 0x210);
    say_answers();
    rest();
}

/* It is given up even if nobody calls then. */
static void used_by_nb_recv(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    seL4_NBRecv(endpoint, NULL, reply);
    answer_with(reply, 0x211);
    say_answers();
    rest();
    fresh();
    start_caller(0);
    receive_with(reply);
    seL4_NBRecv(object_new(seL4_NotificationObject, 0), NULL, reply);
    answer_with(reply, 0x212);
    say_answers();
    rest();
}

/* Two receivers with one reply object: the first is stopped. */
static void receive_mark(void *argument)
{
    seL4_Recv(endpoint, NULL, reply);
    mark(argument);
}

static void shared_by_receivers(void)
{
    fresh();
    start_waiting(0, receive_mark, TEXT("a"));
    start_waiting(1, receive_mark, TEXT("b"));
    seL4_NBSend(endpoint, EMPTY);
    say_ends();
    seL4_NBSend(endpoint, EMPTY);
    say_ends();
    say_error(seL4_TCB_Resume(own_tcb(0)));
    settle();
    seL4_NBSend(endpoint, EMPTY);
    say_ends();
    rest();
}

static void answer_to_receiver(void)
{
    fresh();
    start_waiting(0, receive_mark, TEXT("a"));
    answer_with(reply, 0x213);
    say_error(invoke(reply, 7, NONE, NONE));
    say_ends();
    seL4_NBSend(endpoint, EMPTY);
    say_ends();
    rest();
}

static void suspended(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    must(seL4_TCB_Suspend(own_tcb(0)), "Suspend");
    answer_with(reply, 0x214);
    say_answers();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    settle();
    receive_with(reply);
    answer_with(reply, 0x215);
    say_answers();
    rest();
}

static void resumed(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    answer_with(reply, 0x216);
    say_answers();
    receive_with(reply);
    answer_with(reply, 0x217);
    say_answers();
    rest();
}

static void deleted(void)
{
    const seL4_CPtr copy = slot_new();

    fresh();
    must(copy_cap(copy, reply, seL4_AllRights), "Copy");
    start_caller(0);
    receive_with(reply);
    say_error(delete_cap(copy));
    say_answers();
    say_error(delete_cap(reply));
    say_cap(reply);
    say_answers();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    settle();
    reply = object_new(seL4_ReplyObject, 0);
    receive_with(reply);
    answer_with(reply, 0x218);
    say_answers();
    rest();
}

static void deleted_under_receiver(void)
{
    fresh();
    start_waiting(0, receive_mark, TEXT("a"));
    say_error(delete_cap(reply));
    seL4_NBSend(endpoint, EMPTY);
    say_ends();
    rest();
}

static void caller_deleted(void)
{
    struct thread thread;

    fresh();
    thread_create(&thread, &(struct thread_options){.name = "fleeting",
                                                    .priority = WORKER_PRIORITY,
                                                    .entry = call,
                                                    .argument = (void *)(seL4_Word)2});
    thread_resume(&thread);
    receive_with(reply);
    say_error(delete_cap(thread.tcb));
    answer_with(reply, 0x219);
    say_answers();
    start_caller(0);
    receive_with(reply);
    answer_with(reply, 0x21a);
    say_answers();
    rest();
}

static void endpoint_deleted(void)
{
    fresh();
    start_caller(0);
    receive_with(reply);
    say_error(delete_cap(endpoint));
    answer_with(reply, 0x21b);
    say_answers();
    rest();
}

/* Who calls and nothing names a reply object stops. */
static void without_one(void)
{
    fresh();
    start_caller(0);
    seL4_Wait(endpoint, NULL);
    say("got %lx", seL4_GetMR(0));
    answer_with(reply, 0x21c);
    say_answers();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    settle();
    seL4_NBWait(endpoint, NULL);
    say("got %lx", seL4_GetMR(0));
    say_answers();
    must(seL4_TCB_Resume(own_tcb(0)), "Resume");
    receive_with(reply);
    answer_with(reply, 0x21d);
    say_answers();
    rest();
}

/* Its own reply object: a caller names none. */
static void call_reply_object(void *argument)
{
    seL4_Call((seL4_CPtr)argument, EMPTY);
    mark("called");
}

static void called(void)
{
    struct event event;

    fresh();
    worker_start(0, call_reply_object, (void *)reply);
    say_ends();
    endpoint = reply;
    worker_run(recv_with, (void *)reply, &event);
    event.mr[seL4_CapFault_Addr] -= reply;
    say_event(&event, NULL);
    rest();
}

static const struct check checks[] = {
    {"REPLYOBJ0001",
     "Recv, NBRecv, ReplyRecv, NBSendRecv with: nothing, an empty slot, a pointer to "
     "nowhere, a CNode, an endpoint, a reply object",
     bad_names},
    {"REPLYOBJ0002", "Recv and NBRecv from a notification with what is no reply object",
     notification_without},
    {"REPLYOBJ0003", "a reply object by capabilities with each set of rights", rights},
    {"REPLYOBJ0004", "Mint, Move, Mutate, Revoke of a reply object", capabilities},
    {"REPLYOBJ0005", "Send, NBSend and Call when nobody waits, two answers to one caller",
     nobody_waits},
    {"REPLYOBJ0006", "an answer by Call", by_call},
    {"REPLYOBJ0007", "an answer by NBSend", by_nb_send},
    {"REPLYOBJ0008", "an answer by ReplyRecv, which takes the next caller", by_reply_recv},
    {"REPLYOBJ0009", "an answer by NBSendRecv, which takes the next caller", by_send_recv},
    {"REPLYOBJ0010", "two callers answered in either order", two_in_any_order},
    {"REPLYOBJ0011", "an answer from a thread that has not received", by_another},
    {"REPLYOBJ0012", "answers with a capability, without and with Grant", with_capability},
    {"REPLYOBJ0013", "Recv with a reply object at which a caller waits, Resume of that caller",
     used_again},
    {"REPLYOBJ0014", "NBRecv of nobody with such a one; of a notification", used_by_nb_recv},
    {"REPLYOBJ0015", "two receivers with one reply object, Resume of the first",
     shared_by_receivers},
    {"REPLYOBJ0016", "answers to a receiver that waits with it", answer_to_receiver},
    {"REPLYOBJ0017", "Suspend of a caller, Resume", suspended},
    {"REPLYOBJ0018", "Resume of a caller", resumed},
    {"REPLYOBJ0019", "Delete of a copy, and of all, while a caller waits", deleted},
    {"REPLYOBJ0020", "Delete while a receiver waits", deleted_under_receiver},
    {"REPLYOBJ0021", "Delete of a caller", caller_deleted},
    {"REPLYOBJ0022", "Delete of the endpoint that was called", endpoint_deleted},
    {"REPLYOBJ0023", "a caller received by Wait and by NBWait, Resume", without_one},
    {"REPLYOBJ0024", "Call of a reply object, Recv from one", called},
};

const struct check_table reply_object_checks = MCS_TABLE(checks);
