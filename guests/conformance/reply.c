/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: to the last caller, to a saved one, to nobody. */
#include "check.h"

static seL4_CPtr endpoint;
static struct event event;

static struct {
    seL4_MessageInfo_t info;
    seL4_Word words[6];
} answer;

static void call(void *argument)
{
    for (int i = 0; i < 6; i++)
        seL4_SetMR(i, 0x30 + (seL4_Word)i);
    /* slot 0 has to stay empty: what means no capability names it */
    seL4_SetCapReceivePath(argument != NULL ? ROOT : seL4_CapNull, (seL4_CPtr)argument, DEPTH);
    answer.info = seL4_Call(endpoint, seL4_MessageInfo_new(2, 0, 0, 2));
    for (int i = 0; i < 6; i++)
        answer.words[i] = seL4_GetMR(i);
}

/* Worker 0 has called and been received. */
static void caller(seL4_CPtr receive_slot)
{
    seL4_Word badge;

    endpoint = object_new(seL4_EndpointObject, 0);
    worker_start(0, call, (void *)receive_slot);
    ipc_recv(endpoint, &badge);
}

static void say_answer(void)
{
    event_poll(&event);
    say_event(&event, NULL);
    if (event.label != EVENT_DONE || event.badge == 0)
        return;
    say("label %lu length %lu caps %lu words", seL4_MessageInfo_get_label(answer.info),
        seL4_MessageInfo_get_length(answer.info), seL4_MessageInfo_get_extraCaps(answer.info));
    for (int i = 0; i < 6; i++)
        say("%lx", answer.words[i]);
}

static void set_words(seL4_Word first)
{
    for (int i = 0; i < 6; i++)
        seL4_SetMR(i, first + (seL4_Word)i);
}

static void reply_nobody(void)
{
    set_words(0);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 3));
    say("returned");
}

static void reply_words(void)
{
    caller(0);
    set_words(0x40);
    ipc_reply(seL4_MessageInfo_new(7, 0, 0, 5));
    say_answer();
}

static void reply_short(void)
{
    caller(0);
    set_words(0x40);
    ipc_reply(seL4_MessageInfo_new(7, 0, 0, 1));
    say_answer();
}

static void reply_twice(void)
{
    caller(0);
    set_words(0x50);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 1));
    set_words(0x60);
    ipc_reply(seL4_MessageInfo_new(2, 0, 0, 1));
    say_answer();
}

static void reply_cap(void)
{
    const seL4_CPtr slot = slot_new();

    caller(slot);
    seL4_SetCap(0, object_new(seL4_NotificationObject, 0));
    ipc_reply(seL4_MessageInfo_new(1, 0, 1, 0));
    say_answer();
    say_cap(slot);
}

/* The receiver's capability to the endpoint had no Grant: its replies pass no capability. */
static void reply_cap_no_grant(void)
{
    const seL4_CPtr slot = slot_new();
    seL4_CPtr reader;
    seL4_Word badge;

    endpoint = object_new(seL4_EndpointObject, 0);
    reader = cap_mint(endpoint, seL4_CanRead, 0);
    worker_start(0, call, (void *)slot);
    ipc_recv(reader, &badge);
    seL4_SetCap(0, object_new(seL4_NotificationObject, 0));
    ipc_reply(seL4_MessageInfo_new(1, 0, 1, 0));
    say_answer();
    say_cap(slot);
}

/* The next caller; what it is answered is not looked at. */
static void call_too(void *argument)
{
    (void)argument;
    seL4_SetMR(1, 0x131);
    seL4_Call(endpoint, seL4_MessageInfo_new(2, 0, 0, 2));
}

static void reply_recv(void)
{
    seL4_Word badge;

    caller(0);
    worker_start(1, call_too, NULL);
    set_words(0x70);
    ipc_reply_recv(endpoint, seL4_MessageInfo_new(3, 0, 0, 2), &badge);
    say("the next one's word is %lx,", seL4_GetMR(1));
    ipc_reply(seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say_answer();
}

#ifdef Label_CNode_SaveCaller
static void save_caller(void)
{
    const seL4_CPtr slot = slot_new();

    caller(0);
    say_error(seL4_CNode_SaveCaller(ROOT, slot, DEPTH));
    say_cap(slot);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 0));
    event_poll(&event);
    say_event(&event, NULL);
    set_words(0x80);
    seL4_Send(slot, seL4_MessageInfo_new(9, 0, 0, 1));
    say_cap(slot);
    say_answer();
}

static void save_nobody(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(seL4_CNode_SaveCaller(ROOT, slot, DEPTH));
    say_cap(slot);
}

static void save_over_full(void)
{
    caller(0);
    say_error(seL4_CNode_SaveCaller(ROOT, endpoint, DEPTH));
    say_error(seL4_CNode_SaveCaller(ROOT, slot_new(), 0));
    ipc_reply(seL4_MessageInfo_new(4, 0, 0, 0));
    say_answer();
}

static void saved_copy_and_move(void)
{
    const seL4_CPtr slot = slot_new(), moved = slot_new();

    caller(0);
    must(seL4_CNode_SaveCaller(ROOT, slot, DEPTH), "SaveCaller");
    say_error(copy_cap(moved, slot, seL4_AllRights));
    say_error(mint_cap(moved, slot, 1));
    say_error(seL4_CNode_Move(ROOT, moved, DEPTH, ROOT, slot, DEPTH));
    seL4_NBSend(moved, seL4_MessageInfo_new(5, 0, 0, 0));
    say_answer();
}

static void call_saved(void)
{
    const seL4_CPtr slot = slot_new();

    caller(0);
    must(seL4_CNode_SaveCaller(ROOT, slot, DEPTH), "SaveCaller");
    set_words(0x90);
    say_error(invoke(slot, 6, NONE, WORDS(0x91)));
    say_answer();
    say_cap(slot);
}

/* A caller whose reply capability is deleted waits for ever; a Resume makes it call again. */
static void delete_saved(void)
{
    const seL4_CPtr slot = slot_new();
    seL4_Word badge;

    caller(0);
    must(seL4_CNode_SaveCaller(ROOT, slot, DEPTH), "SaveCaller");
    say_error(delete_cap(slot));
    say_answer();
    must(seL4_TCB_Resume(worker_thread(0)->tcb), "Resume");
    settle();
    ipc_nb_recv(endpoint, &badge);
    say("then %lx", seL4_GetMR(0));
    ipc_reply(seL4_MessageInfo_new(8, 0, 0, 0));
    say_answer();
}

/* Whoever is suspended is no caller any more. */
static void suspended_caller(void)
{
    const seL4_CPtr slot = slot_new();

    caller(0);
    must(seL4_CNode_SaveCaller(ROOT, slot, DEPTH), "SaveCaller");
    say_cap(slot);
    must(seL4_TCB_Suspend(worker_thread(0)->tcb), "Suspend");
    say_cap(slot);
}
#endif

/* To receive again gives up the caller that was not answered. */
static void forgotten_caller(void)
{
    seL4_Word badge;

    caller(0);
    worker_start(1, call_too, NULL);
    ipc_recv(endpoint, &badge);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 0));
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 0));
    event_poll(&event);
    say("worker %lu", event.badge - 1);
    say_event(&event, NULL);
    event_poll(&event);
    say_event(&event, NULL);
}

/* An NBRecv that finds nobody keeps the caller or gives it up? */
static void poll_between(void)
{
    caller(0);
    seL4_Poll(object_new(seL4_NotificationObject, 0), NULL);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 0));
    say_answer();
    caller(0);
    ipc_nb_recv(endpoint, NULL);
    ipc_reply(seL4_MessageInfo_new(1, 0, 0, 0));
    say_answer();
}

static const struct check checks[] = {
    {"REPLY0001", "Reply without a caller", reply_nobody},
    {"REPLY0002", "Reply with five words", reply_words},
    {"REPLY0003", "Reply with fewer words leaves the caller's registers", reply_short},
    {"REPLY0004", "Reply twice", reply_twice},
    {"REPLY0005", "Reply with a capability", reply_cap},
    {"REPLY0006", "Reply with a capability of one who received without Grant", reply_cap_no_grant},
    {"REPLY0007", "ReplyRecv answers, then takes the next", reply_recv},
#ifdef Label_CNode_SaveCaller
    {"REPLY0008", "SaveCaller: Reply finds nobody, Send to the slot answers", save_caller},
    {"REPLY0009", "SaveCaller without a caller", save_nobody},
    {"REPLY0010", "SaveCaller into a full slot, with depth 0", save_over_full},
    {"REPLY0011", "a saved reply capability: Copy, Mint, Move, NBSend", saved_copy_and_move},
    {"REPLY0012", "Call of a saved reply capability", call_saved},
    {"REPLY0013", "Delete of a saved reply capability, Resume of the caller", delete_saved},
    {"REPLY0014", "Suspend of a caller takes the saved reply capability away", suspended_caller},
#endif
    {"REPLY0015", "Recv gives up a caller that has had no answer", forgotten_caller},
    {"REPLY0016", "Poll, and NBRecv, between request and Reply", poll_between},
};

const struct check_table reply_checks = CHECK_TABLE(checks);
