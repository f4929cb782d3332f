/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of one thread to another in all combinations: by Send, NBSend, Call; who comes first;
 * with and without IPC buffers; with capabilities of each kind. Each result is
 * length/capabilities/unwrapped as received, what lies in the receive slot, and for a Call the
 * length of the answer.
 */
#include "check.h"

#define WORDS_SENT 6
#define SENDER     0
#define RECEIVER   1

static seL4_CPtr endpoint, badged, receive_at;
static const seL4_CPtr *caps;
static seL4_Word cap_count;
static void (*send_by)(void);

static seL4_MessageInfo_t received, answered;
static volatile bool has_received, has_sent;

static seL4_MessageInfo_t message(void)
{
    for (int i = 0; i < WORDS_SENT; i++)
        seL4_SetMR(i, 0x50 + (seL4_Word)i);
    for (seL4_Word i = 0; i < cap_count; i++)
        seL4_SetCap((int)i, caps[i]);
    return seL4_MessageInfo_new(3, 0, cap_count, WORDS_SENT);
}

static void by_send(void)
{
    seL4_Send(badged, message());
}

static void by_nb_send(void)
{
    seL4_NBSend(badged, message());
}

static void by_call(void)
{
    answered = seL4_Call(badged, message());
}

static void sender(void *argument)
{
    (void)argument;
    send_by();
    has_sent = true;
}

static void receiver(void *argument)
{
    (void)argument;
    seL4_SetCapReceivePath(ROOT, receive_at, DEPTH);
    received = seL4_Recv(endpoint, NULL);
    has_received = true;
    seL4_Reply(message());
}

static void start(unsigned n, bool with_buffer)
{
    worker_start(n, n == SENDER ? sender : receiver, NULL);
    if (!with_buffer)
        must(seL4_TCB_SetIPCBuffer(worker_thread(n)->tcb, 0, seL4_CapNull), "SetIPCBuffer");
}

static void say_result(void)
{
    if (!has_received) {
        say("lost");
        return;
    }
    say("%lu/%lu/%lu", seL4_MessageInfo_get_length(received),
        seL4_MessageInfo_get_extraCaps(received), seL4_MessageInfo_get_capsUnwrapped(received));
    if (seL4_DebugCapIdentify(receive_at) != 0)
        say_cap(receive_at);
    if (!has_sent)
        say("stuck");
    else if (send_by == by_call)
        say("answer %lu", seL4_MessageInfo_get_length(answered));
}

/* Bits of a combination. */
enum { SENDER_BUFFER = 1, RECEIVER_BUFFER = 2, SENDER_FIRST = 4, COMBINATIONS = 8 };

static void try_one(unsigned how)
{
    const unsigned first = how & SENDER_FIRST ? SENDER : RECEIVER;
    const bool buffers[] = {how & SENDER_BUFFER, how & RECEIVER_BUFFER};
    struct event event;

    has_received = has_sent = false;
    start(first, buffers[first]);
    settle();
    start(!first, buffers[!first]);
    settle();
    say_result();
    for (unsigned n = SENDER; n <= RECEIVER; n++)
        must(seL4_TCB_Suspend(worker_thread(n)->tcb), "Suspend");
    do
        event_poll(&event);
    while (event.badge != 0);
    must(delete_cap(receive_at), "Delete");
}

static void try_all(seL4_CapRights_t rights, seL4_Word count, const seL4_CPtr *sent)
{
    void (*const ways[])(void) = {by_send, by_nb_send, by_call};

    endpoint = object_new(seL4_EndpointObject, 0);
    badged = cap_mint(endpoint, rights, 0x42);
    if (receive_at == seL4_CapNull)
        receive_at = slot_new();
    caps = sent;
    cap_count = count;
    for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++) {
        send_by = ways[i];
        for (unsigned how = 0; how < COMBINATIONS; how++)
            try_one(how);
        say(";");
    }
}

static void no_caps(void)
{
    try_all(seL4_AllRights, 0, NULL);
}

static void one_cap(void)
{
    try_all(seL4_AllRights, 1, (const seL4_CPtr[]){seL4_CapInitThreadTCB});
}

static void no_grant(void)
{
    try_all(seL4_CanWrite, 1, (const seL4_CPtr[]){seL4_CapInitThreadTCB});
}

static void grant_reply(void)
{
    try_all(seL4_CapRights_new(1, 0, 0, 1), 1, (const seL4_CPtr[]){seL4_CapInitThreadTCB});
}

static void lost_cap(void)
{
    try_all(seL4_AllRights, 2, (const seL4_CPtr[]){seL4_CapInitThreadTCB, (seL4_CPtr)1 << 40});
}

static void two_caps(void)
{
    try_all(seL4_AllRights, 2, (const seL4_CPtr[]){seL4_CapInitThreadTCB, ROOT});
}

static const struct check checks[] = {
    {"IPC0001", "all ways, orders and buffers: no capability", no_caps},
    {"IPC0002", "all ways, orders and buffers: a capability", one_cap},
    {"IPC0003", "all ways, orders and buffers: a capability, no Grant, no GrantReply", no_grant},
    {"IPC0004", "all ways, orders and buffers: a capability, GrantReply", grant_reply},
    {"IPC0005", "all ways, orders and buffers: a capability and one that is not there", lost_cap},
    {"IPC0006", "all ways, orders and buffers: two capabilities", two_caps},
};

const struct check_table ipc_checks = CHECK_TABLE(checks);
