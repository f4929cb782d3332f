/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of one thread to another in all combinations: by Send, NBSend, Call; received by Recv,
 * NBRecv, ReplyRecv; who comes first; with and without IPC buffers; with capabilities of each kind.
 * Each result is length/capabilities/unwrapped as received, the badge if it is not BADGE, what lies
 * in the receive slot, and for a Call the length of the answer.
 */
#include "check.h"

#define BADGE    0x42
#define SENDER   0
#define RECEIVER 1
#define CLIENT   2 /* of a receiver that replies before it receives */

/* A capability to the endpoint that the message goes through, with a badge of its own. */
#define ITSELF    ((seL4_CPtr)-1)
#define OWN_BADGE 0x99
#define NOT_THERE ((seL4_CPtr)1 << 40)

/* What is sent. */
struct crossing {
    seL4_Word badge, rights; /* of the sender's capability */
    seL4_Word words, cap_count;
    seL4_CPtr caps[2];
};

static const struct crossing *crossing;
static seL4_CPtr endpoint, badged, itself, receive_at;
static void (*send_by)(void);
static void (*receive_by)(void);

static seL4_MessageInfo_t received, answered, client_answered;
static seL4_Word received_badge, unwrapped_badge;
static volatile bool has_received, has_sent;

static seL4_MessageInfo_t message(void)
{
    for (seL4_Word i = 0; i < crossing->words; i++)
        seL4_SetMR((int)i, 0x50 + i);
    for (seL4_Word i = 0; i < crossing->cap_count; i++)
        seL4_SetCap((int)i, crossing->caps[i] == ITSELF ? itself : crossing->caps[i]);
    return seL4_MessageInfo_new(3, 0, crossing->cap_count, crossing->words);
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

static void take(seL4_MessageInfo_t info, seL4_Word badge)
{
    received = info;
    received_badge = badge;
    unwrapped_badge = seL4_GetBadge(0);
    has_received = info.words[0] != 0 || badge != 0;
}

static void by_recv(void)
{
    seL4_Word badge;
    const seL4_MessageInfo_t info = ipc_recv(endpoint, &badge);

    take(info, badge);
    ipc_reply(message());
}

static void by_nb_recv(void)
{
    seL4_Word badge;
    const seL4_MessageInfo_t info = ipc_nb_recv(endpoint, &badge);

    take(info, badge);
    ipc_reply(message());
}

static void by_reply_recv(void)
{
    seL4_Word badge;
    const seL4_MessageInfo_t info = ipc_reply_recv(endpoint, message(), &badge);

    take(info, badge);
    ipc_reply_recv(endpoint, message(), NULL);
}

/* The same with a client that waits for the reply. */
static void by_reply_recv_to_client(void)
{
    ipc_recv(endpoint, NULL);
    by_reply_recv();
}

static void client(void *argument)
{
    (void)argument;
    client_answered = seL4_Call(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void receiver(void *argument)
{
    (void)argument;
    seL4_SetCapReceivePath(ROOT, receive_at, DEPTH);
    receive_by();
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
    if (received_badge != BADGE)
        say("badge %lu", received_badge);
    if (seL4_MessageInfo_get_capsUnwrapped(received))
        say("unwrapped %lx", unwrapped_badge);
    if (seL4_DebugCapIdentify(receive_at) != 0)
        say_cap(receive_at);
    if (!has_sent)
        say("stuck");
    else if (send_by == by_call)
        say("answer %lu", seL4_MessageInfo_get_length(answered));
    if (receive_by == by_reply_recv_to_client)
        say("client %lu", seL4_MessageInfo_get_length(client_answered));
}

/* Bits of a combination. */
enum { SENDER_BUFFER = 1, RECEIVER_BUFFER = 2, SENDER_FIRST = 4, COMBINATIONS = 8 };

static void end_workers(void)
{
    struct event event;

    do
        event_poll(&event); /* a fault that nobody has received would be sent by the next run */
    while (event.badge != 0);
    for (unsigned n = 0; n < WORKERS; n++)
        must(seL4_TCB_Suspend(worker_thread(n)->tcb), "Suspend");
    must(delete_cap(receive_at), "Delete");
}

static void try_one(unsigned how)
{
    const unsigned first = how & SENDER_FIRST ? SENDER : RECEIVER;
    const bool buffers[] = {how & SENDER_BUFFER, how & RECEIVER_BUFFER};

    has_received = has_sent = false;
    if (receive_by == by_reply_recv_to_client) {
        worker_start(CLIENT, client, NULL);
        settle();
    }
    start(first, buffers[first]);
    settle();
    start(!first, buffers[!first]);
    settle();
    say_result();
    end_workers();
}

static void cross(void (*by)(void), const struct crossing *sent)
{
    void (*const ways[])(void) = {by_send, by_nb_send, by_call};

    crossing = sent;
    receive_by = by;
    endpoint = object_new(seL4_EndpointObject, 0);
    badged = cap_mint(endpoint, (seL4_CapRights_t){{sent->rights}}, sent->badge);
    itself = cap_mint(endpoint, seL4_AllRights, OWN_BADGE);
    if (receive_at == seL4_CapNull)
        receive_at = slot_new();
    for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++) {
        send_by = ways[i];
        for (unsigned how = 0; how < COMBINATIONS; how++)
            try_one(how);
        say(";");
    }
}

/* A check for each way to receive: what(), what_nb(), what_reply(), what_client(). */
#define CROSSINGS(what, ...)                                                                       \
    static const struct crossing what##_sent = {__VA_ARGS__};                                      \
    static void what(void)                                                                         \
    {                                                                                              \
        cross(by_recv, &what##_sent);                                                              \
    }                                                                                              \
    static void what##_nb(void)                                                                    \
    {                                                                                              \
        cross(by_nb_recv, &what##_sent);                                                           \
    }                                                                                              \
    static void what##_reply(void)                                                                 \
    {                                                                                              \
        cross(by_reply_recv, &what##_sent);                                                        \
    }                                                                                              \
    static void what##_client(void)                                                                \
    {                                                                                              \
        cross(by_reply_recv_to_client, &what##_sent);                                              \
    }

enum { WRITE = 1, GRANT_REPLY = 8, ALL = 15 };

/* clang-format off */
CROSSINGS(no_caps, BADGE, ALL, 6, 0, {0})
CROSSINGS(one_cap, BADGE, ALL, 6, 1, {seL4_CapInitThreadTCB})
CROSSINGS(no_grant, BADGE, WRITE, 6, 1, {seL4_CapInitThreadTCB})
CROSSINGS(grant_reply, BADGE, WRITE | GRANT_REPLY, 6, 1, {seL4_CapInitThreadTCB})
CROSSINGS(lost_cap, BADGE, ALL, 6, 2, {seL4_CapInitThreadTCB, NOT_THERE})
CROSSINGS(two_caps, BADGE, ALL, 6, 2, {seL4_CapInitThreadTCB, ROOT})
CROSSINGS(unwrapped, BADGE, ALL, 1, 2, {ITSELF, seL4_CapInitThreadTCB})
CROSSINGS(longest, 0, ALL, seL4_MsgMaxLength, 0, {0})
/* clang-format on */

/* The checks of one message, numbered by way. */
#define FOUR(what, recv, nb, reply, client, sentence)                                              \
    {"IPC00" #recv, "all ways, orders and buffers: " sentence, what},                              \
        {"IPC00" #nb, "all ways, orders and buffers, received by NBRecv: " sentence, what##_nb},   \
        {"IPC00" #reply, "all ways, orders and buffers, received by ReplyRecv: " sentence,         \
         what##_reply},                                                                            \
        {"IPC00" #client,                                                                          \
         "all ways, orders and buffers, received by ReplyRecv to a client: " sentence,             \
         what##_client},

static const struct check checks[] = {
    /* clang-format off */
    FOUR(no_caps, 01, 07, 08, 09, "no capability")
    FOUR(one_cap, 02, 10, 11, 12, "a capability")
    FOUR(no_grant, 03, 13, 14, 15, "a capability, no Grant, no GrantReply")
    FOUR(grant_reply, 04, 16, 17, 18, "a capability, GrantReply")
    FOUR(lost_cap, 05, 19, 20, 21, "a capability and one that is not there")
    FOUR(two_caps, 06, 22, 23, 24, "two capabilities")
    FOUR(unwrapped, 25, 26, 27, 28, "a capability to the endpoint and another")
    FOUR(longest, 29, 30, 31, 32, "the longest message, no badge")
    /* clang-format on */
};

const struct check_table ipc_checks = CHECK_TABLE(checks);
