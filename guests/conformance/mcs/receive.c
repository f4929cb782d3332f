/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that only MCS has: NBSendRecv, NBSendWait, Wait and NBWait. */
#include "mcs.h"

static seL4_CPtr endpoint, other, ntfn;
static struct event event;

static void fresh(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    other = object_new(seL4_EndpointObject, 0);
    ntfn = object_new(seL4_NotificationObject, 0);
    marks_clear();
}

static void say_message(seL4_MessageInfo_t info, seL4_Word badge)
{
    say("badge %lx label %lu length %lu words %lx %lx %lx %lx %lx", badge,
        seL4_MessageInfo_get_label(info), seL4_MessageInfo_get_length(info), seL4_GetMR(0),
        seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3), seL4_GetMR(4));
}

static void set_words(seL4_Word first)
{
    for (int i = 0; i < 6; i++)
        seL4_SetMR(i, first + (seL4_Word)i);
}

static void send_six(void *argument)
{
    set_words(0x10);
    seL4_Send((seL4_CPtr)argument, seL4_MessageInfo_new(7, 0, 0, 6));
}

/* --- Wait and NBWait ------------------------------------------------------------------------- */

static void wait_message(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh();
    worker_start(0, send_six, (void *)cap_mint(endpoint, seL4_AllRights, 0x77));
    set_words(0xe0);
    info = seL4_Wait(endpoint, &badge);
    say_message(info, badge);
    rest();
}

static void nb_wait_message(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh();
    set_words(0xe0);
    info = seL4_NBWait(endpoint, &badge);
    say_message(info, badge);
    start_waiting(0, send_six, (void *)cap_mint(endpoint, seL4_AllRights, 0x77));
    info = seL4_NBWait(endpoint, &badge);
    say_message(info, badge);
    rest();
}

static void signals(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh();
    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0x5));
    set_words(0xe0);
    info = seL4_Wait(ntfn, &badge);
    say_message(info, badge);
    info = seL4_NBWait(ntfn, &badge);
    say_message(info, badge);
}

static void wait_at(void *argument)
{
    seL4_Wait((seL4_CPtr)argument, NULL);
}

static void nb_wait_at(void *argument)
{
    seL4_NBWait((seL4_CPtr)argument, NULL);
}

static void bad_sources(void)
{
    void (*const ways[])(void *) = {wait_at, nb_wait_at};
    seL4_CPtr writer;

    fresh();
    writer = cap_mint(endpoint, seL4_CanWrite, 0);
    for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++) {
        const seL4_CPtr caps[] = {seL4_CapNull, ROOT, writer, (seL4_CPtr)1 << 40,
                                  worker_thread(0)->reply};

        for (unsigned j = 0; j < ARRAY_LENGTH(caps); j++) {
            worker_run(ways[i], (void *)caps[j], &event);
            event.mr[seL4_CapFault_Addr] -= caps[j];
            say_event(&event, NULL);
        }
        say(";");
    }
    rest();
}

/* --- NBSendRecv and NBSendWait --------------------------------------------------------------- */

static volatile seL4_Word received;

static void receive(void *argument)
{
    seL4_Word badge;
    const seL4_MessageInfo_t info = ipc_recv((seL4_CPtr)argument, &badge);

    received = badge << 16 | seL4_MessageInfo_get_label(info) << 8 | seL4_GetMR(0);
    mark("r");
}

static void send_recv_both(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh();
    start_waiting(0, receive, (void *)other);
    worker_start(1, send_six, (void *)cap_mint(endpoint, seL4_AllRights, 0x77));
    set_words(0x20);
    received = 0;
    info = seL4_NBSendRecv(cap_mint(other, seL4_AllRights, 0x55), seL4_MessageInfo_new(3, 0, 0, 1),
                           endpoint, &badge, own_reply);
    say_message(info, badge);
    say_ends();
    say("received %lx", received);
    rest();
}

static void send_wait_both(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh();
    start_waiting(0, receive, (void *)other);
    worker_start(1, send_six, (void *)cap_mint(endpoint, seL4_AllRights, 0x77));
    set_words(0x20);
    received = 0;
    info = seL4_NBSendWait(cap_mint(other, seL4_AllRights, 0x55), seL4_MessageInfo_new(3, 0, 0, 1),
                           endpoint, &badge);
    say_message(info, badge);
    say_ends();
    say("received %lx", received);
    rest();
}

/* Nobody receives: what is sent is lost. */
static void nobody_receives(void)
{
    seL4_Word badge;
    seL4_CPtr sender;

    fresh();
    sender = cap_mint(other, seL4_AllRights, 0x55);
    worker_start(1, send_six, (void *)endpoint);
    seL4_NBSendRecv(sender, EMPTY, endpoint, NULL, own_reply);
    seL4_NBWait(other, &badge);
    say("badge %lu", badge);
    say_ends();
    worker_start(1, send_six, (void *)endpoint);
    seL4_NBSendWait(sender, EMPTY, endpoint, NULL);
    seL4_NBWait(other, &badge);
    say("badge %lu", badge);
    say_ends();
    rest();
}

static void signal_and_wait(void)
{
    seL4_Word badge;

    fresh();
    seL4_NBSendWait(cap_mint(ntfn, seL4_AllRights, 0x41), EMPTY, ntfn, &badge);
    say("badge %lx", badge);
    seL4_NBSendRecv(cap_mint(ntfn, seL4_AllRights, 0x42), EMPTY, ntfn, &badge, own_reply);
    say("badge %lx", badge);
}

/* What may not be sent: nowhere, nothing, without Write, to what has methods. */
static seL4_CPtr dest;

static void send_recv_to(void *argument)
{
    (void)argument;
    seL4_NBSendRecv(dest, seL4_MessageInfo_new(Label_TCB_Suspend, 0, 0, 0), ntfn, NULL, own_reply);
    mark("!");
}

static void send_wait_to(void *argument)
{
    (void)argument;
    seL4_NBSendWait(dest, seL4_MessageInfo_new(Label_TCB_Suspend, 0, 0, 0), ntfn, NULL);
    mark("!");
}

static void bad_destinations(void)
{
    void (*const ways[])(void *) = {send_recv_to, send_wait_to};
    seL4_CPtr reader;

    fresh();
    reader = cap_mint(endpoint, seL4_CanRead, 0);
    for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++) {
        const seL4_CPtr caps[] = {seL4_CapNull, (seL4_CPtr)1 << 40, ROOT, reader, own_tcb(1)};

        for (unsigned j = 0; j < ARRAY_LENGTH(caps); j++) {
            dest = caps[j];
            seL4_Signal(ntfn);
            worker_start(0, ways[i], NULL);
            say_ends();
        }
        say(";");
    }
    rest();
}

/* The methods of these are not for it, those of others are. */
static void send_recv_method(seL4_CPtr cap, seL4_Word label, seL4_CPtr extra, seL4_Word length)
{
    seL4_SetCap(0, extra);
    seL4_Signal(ntfn);
    seL4_NBSendRecv(cap, seL4_MessageInfo_new(label, 0, extra != seL4_CapNull, length), ntfn, NULL,
                    own_reply);
}

static void methods_of_thread(void)
{
    fresh();
    worker_start(0, mark_once, TEXT("a"));
    send_recv_method(own_tcb(0), Label_TCB_Suspend, seL4_CapNull, 0);
    say_ends();
    rest();
}

static void methods_of_context(void)
{
    fresh();
    worker_start(0, mark_once, TEXT("a"));
    send_recv_method(own_context(0), Label_SchedContext_Unbind, seL4_CapNull, 0);
    say_ends();
    rest();
}

static void methods_of_cnode(void)
{
    const seL4_CPtr slot = object_new(seL4_EndpointObject, 0);

    fresh();
    seL4_SetMR(0, slot);
    seL4_SetMR(1, DEPTH);
    send_recv_method(ROOT, Label_CNode_Delete, seL4_CapNull, 2);
    say_cap(slot);
}

static void methods_of_control(void)
{
    const seL4_Word words[] = {SLICE_US, SLICE_US, 0, 0, 0};
    seL4_CPtr context;

    fresh();
    context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);
    worker_start(0, mark_once, TEXT("a"));
    must(seL4_SchedContext_Unbind(own_context(0)), "Unbind");
    must(seL4_SchedContext_Bind(context, own_tcb(0)), "Bind");
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        seL4_SetMR((int)i, words[i]);
    send_recv_method(sched_control(), Label_SchedControl_ConfigureFlags, context, 5);
    say_ends();
    must(delete_cap(context), "Delete");
    rest();
}

static void methods_of_domain(void)
{
    fresh();
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, CAPS(own_tcb(0)), WORDS(0)));
    seL4_SetMR(0, 0);
    send_recv_method(seL4_CapDomain, Label_DomainSet_Set, own_tcb(0), 1);
    say("returned");
}

static void methods_of_untyped(void)
{
    const seL4_CPtr slot = slot_new();
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);
    const seL4_Word words[] = {seL4_EndpointObject, 0, 0, 0, slot, 1};

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        seL4_SetMR((int)i, words[i]);
    send_recv_method(untyped, Label_Untyped_Retype, ROOT, ARRAY_LENGTH(words));
    say_cap(slot);
}

static void methods_of_frame(void)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    fresh();
    vspace_map(&root_vspace, frame, 0x62000000, seL4_CanRead);
    send_recv_method(frame, Label_X86_Page_Unmap, seL4_CapNull, 0);
    say_error(seL4_X86_Page_Map(frame, seL4_CapInitThreadVSpace, 0x62001000, seL4_CanRead, 0));
}

/* The source is looked at when the message has gone. */
static void recv_nowhere(void *argument)
{
    seL4_NBSendRecv(ntfn, EMPTY, (seL4_CPtr)argument, NULL, own_reply);
}

static void sent_before_fault(void)
{
    seL4_Word badge;

    fresh();
    ntfn = cap_mint(ntfn, seL4_AllRights, 3);
    worker_run(recv_nowhere, (void *)((seL4_CPtr)1 << 40), &event);
    event.mr[seL4_CapFault_Addr] = 0;
    say_event(&event, NULL);
    seL4_Poll(ntfn, &badge);
    say("badge %lu", badge);
    worker_run(recv_nowhere, NULL, &event);
    say_event(&event, NULL);
    seL4_Poll(ntfn, &badge);
    say("badge %lu", badge);
    rest();
}

static void with_capability(void)
{
    const seL4_CPtr slot = slot_new();

    fresh();
    start_waiting(0, receive, (void *)other);
    seL4_SetCapReceivePath(ROOT, slot, DEPTH);
    worker_start(1, send_six, (void *)endpoint);
    seL4_SetCap(0, seL4_CapInitThreadTCB);
    seL4_NBSendRecv(other, seL4_MessageInfo_new(0, 0, 1, 0), endpoint, NULL, own_reply);
    say_cap(slot);
    say_ends();
    rest();
}

static const struct check checks[] = {
    {"RECV0001", "Wait for a message of six words", wait_message},
    {"RECV0002", "NBWait for no message, for one of six words", nb_wait_message},
    {"RECV0003", "Wait and NBWait for signals", signals},
    {"RECV0004", "Wait and NBWait at: nothing, a CNode, without Read, nowhere, a reply object",
     bad_sources},
    {"RECV0005", "NBSendRecv: both happen", send_recv_both},
    {"RECV0006", "NBSendWait: both happen", send_wait_both},
    {"RECV0007", "NBSendRecv and NBSendWait to nobody", nobody_receives},
    {"RECV0008", "NBSendWait and NBSendRecv of a signal that they wait for", signal_and_wait},
    {"RECV0009", "NBSendRecv and NBSendWait to: nothing, nowhere, a CNode, without Write, a TCB",
     bad_destinations},
    {"RECV0010", "a TCB's method by NBSendRecv", methods_of_thread},
    {"RECV0011", "a scheduling context's method by NBSendRecv", methods_of_context},
    {"RECV0012", "a CNode's method by NBSendRecv", methods_of_cnode},
    {"RECV0013", "SchedControl's method by NBSendRecv", methods_of_control},
    {"RECV0014", "the domain capability's method by NBSendRecv", methods_of_domain},
    {"RECV0015", "an untyped's method by NBSendRecv", methods_of_untyped},
    {"RECV0016", "a frame's method by NBSendRecv", methods_of_frame},
    {"RECV0017", "NBSendRecv of a signal, then of what cannot be received from", sent_before_fault},
    {"RECV0018", "NBSendRecv with a capability", with_capability},
};

const struct check_table receive_checks = MCS_TABLE(checks);
