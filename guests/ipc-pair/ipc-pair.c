/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client and a server, each in a VSpace and a CSpace of its own, talk over one endpoint. Shows
 * Call and ReplyRecv, messages longer than the message registers, badges, and what becomes of
 * capabilities in messages: a frame moves over and is mapped on the other side; an endpoint that
 * comes back to its own server is unwrapped to its badge; without the Grant right nothing passes.
 */
#include "thread.h"

/* The server above its client: what it does for one is done before anyone else goes on. */
enum priority {
    CLIENT = 100,
    SERVER = 110,
};

enum server_slot {
    SERVER_ENDPOINT = PROCESS_FIRST_FREE,
    SERVER_NOTIFICATION,
    SERVER_RECEIVED, /* where a capability in a message goes */
};

enum client_slot {
    CLIENT_ENDPOINT = PROCESS_FIRST_FREE, /* badge ALICE, all rights */
    CLIENT_ENDPOINT_BOB,                  /* the same endpoint, badge BOB */
    CLIENT_ENDPOINT_NO_GRANT,             /* and one that may not pass capabilities on */
    CLIENT_PAGE,                          /* the frame that the client lends */
    CLIENT_RECEIVED,
    CLIENT_DONE,
};

enum badge {
    BADGE_ALICE = 0xa11ce,
    BADGE_BOB = 0xb0b,
    BADGE_TICKET = 0x71c,
};

/* Labels of requests. The label of a reply is 0, or an error of ours. */
enum request {
    REQUEST_SUM = 1,
    REQUEST_READ_PAGE,
    REQUEST_WHO,
    REQUEST_TICKET,
};

#define CLIENT_PAGE_VADDR UINT64_C(0x30000000)
#define SERVER_PAGE_VADDR UINT64_C(0x50000000)

static void describe(const char *who, const char *what, seL4_MessageInfo_t info)
{
    print("%s: %s: label %lu, %lu words, %lu caps, unwrapped %lu\n", who, what,
          seL4_MessageInfo_get_label(info), seL4_MessageInfo_get_length(info),
          seL4_MessageInfo_get_extraCaps(info), seL4_MessageInfo_get_capsUnwrapped(info));
}

/* --- the server ------------------------------------------------------------------------------ */

static seL4_MessageInfo_t serve_sum(seL4_MessageInfo_t request)
{
    seL4_Word sum = 0;

    for (int i = 0; i < (int)seL4_MessageInfo_get_length(request); i++)
        sum += seL4_GetMR(i);
    seL4_SetMR(0, sum);
    return seL4_MessageInfo_new(0, 0, 0, 1);
}

/* The received frame is mapped, read, written, and given up. */
static seL4_MessageInfo_t serve_read_page(seL4_MessageInfo_t request)
{
    char *text = (char *)SERVER_PAGE_VADDR;

    if (seL4_MessageInfo_get_extraCaps(request) == 0) {
        print("server: no frame came with it\n");
        return seL4_MessageInfo_new(seL4_InvalidCapability, 0, 0, 0);
    }
    must(seL4_X86_Page_Map(SERVER_RECEIVED, PROCESS_VSPACE, SERVER_PAGE_VADDR, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "mapping the received frame");
    print("server: the page says \"%s\"\n", text);
    text[0] = 'J';
    must(seL4_CNode_Delete(PROCESS_CNODE, SERVER_RECEIVED, PROCESS_CNODE_BITS),
         "deleting the received capability");
    return seL4_MessageInfo_new(0, 0, 0, 0);
}

/* A capability to the endpoint it came through says whose it is, by its badge. */
static seL4_MessageInfo_t serve_who(seL4_MessageInfo_t request)
{
    if (seL4_MessageInfo_get_capsUnwrapped(request) & 1)
        print("server: that is my own endpoint, badge 0x%lx\n", seL4_GetBadge(0));
    seL4_SetMR(0, seL4_GetBadge(0));
    return seL4_MessageInfo_new(0, 0, 0, 1);
}

/* Replies carry capabilities too. */
static seL4_MessageInfo_t serve_ticket(seL4_MessageInfo_t request)
{
    (void)request;
    seL4_SetCap(0, SERVER_NOTIFICATION);
    return seL4_MessageInfo_new(0, 0, 1, 0);
}

static const struct {
    const char *name;
    seL4_MessageInfo_t (*serve)(seL4_MessageInfo_t request);
} services[] = {
    [REQUEST_SUM] = {"sum", serve_sum},
    [REQUEST_READ_PAGE] = {"read page", serve_read_page},
    [REQUEST_WHO] = {"who", serve_who},
    [REQUEST_TICKET] = {"ticket", serve_ticket},
};

static void server_main(void *argument)
{
    seL4_MessageInfo_t message;
    seL4_Word label, badge;

    (void)argument;
    seL4_SetCapReceivePath(PROCESS_CNODE, SERVER_RECEIVED, PROCESS_CNODE_BITS);
    print("server: ready\n");
    message = seL4_Recv(SERVER_ENDPOINT, &badge);
    for (;;) {
        label = seL4_MessageInfo_get_label(message);
        if (label == 0 || label >= ARRAY_LENGTH(services))
            must(seL4_InvalidArgument, "a request that is not known");
        print("server: %s, from badge 0x%lx\n", services[label].name, badge);
        describe("server", "request", message);
        message = seL4_ReplyRecv(SERVER_ENDPOINT, services[label].serve(message), &badge);
    }
}

/* --- the client ------------------------------------------------------------------------------ */

static void ask_sum(void)
{
    seL4_MessageInfo_t reply;

    /* four words travel in registers, the others in the IPC buffer */
    for (int i = 0; i < 10; i++)
        seL4_SetMR(i, (seL4_Word)(i + 1));
    reply = seL4_Call(CLIENT_ENDPOINT, seL4_MessageInfo_new(REQUEST_SUM, 0, 0, 10));
    describe("client", "reply", reply);
    print("client: 1 + 2 + ... + 10 = %lu\n", seL4_GetMR(0));
}

static void lend_page(seL4_CPtr endpoint)
{
    seL4_MessageInfo_t reply;

    seL4_SetCap(0, CLIENT_PAGE);
    reply = seL4_Call(endpoint, seL4_MessageInfo_new(REQUEST_READ_PAGE, 0, 1, 0));
    describe("client", "reply", reply);
    print("client: the page now says \"%s\"\n", (const char *)CLIENT_PAGE_VADDR);
}

static void ask_who(void)
{
    seL4_MessageInfo_t reply;

    seL4_SetCap(0, CLIENT_ENDPOINT_BOB);
    reply = seL4_Call(CLIENT_ENDPOINT, seL4_MessageInfo_new(REQUEST_WHO, 0, 1, 0));
    describe("client", "reply", reply);
    print("client: the server says 0x%lx\n", seL4_GetMR(0));
}

/* The notification received in a reply works at once. */
static void ask_ticket(void)
{
    seL4_MessageInfo_t reply;
    seL4_Word badge;

    seL4_SetCapReceivePath(PROCESS_CNODE, CLIENT_RECEIVED, PROCESS_CNODE_BITS);
    reply = seL4_Call(CLIENT_ENDPOINT_BOB, seL4_MessageInfo_new(REQUEST_TICKET, 0, 0, 0));
    describe("client", "reply", reply);
    seL4_Signal(CLIENT_RECEIVED);
    seL4_Poll(CLIENT_RECEIVED, &badge);
    print("client: signalled the ticket and got badge 0x%lx back\n", badge);
}

static void client_main(void *argument)
{
    const char *text = "Jello";
    char *page = (char *)CLIENT_PAGE_VADDR;

    (void)argument;
    print("client: ready\n");
    ask_sum();
    for (int i = 0; text[i] != '\0'; i++)
        page[i] = i == 0 ? 'H' : text[i];
    lend_page(CLIENT_ENDPOINT);
    lend_page(CLIENT_ENDPOINT_NO_GRANT);
    ask_who();
    ask_ticket();
    seL4_Signal(CLIENT_DONE);
}

/* --- the root task --------------------------------------------------------------------------- */

void guest_main(void)
{
    static struct process client, server;
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    const seL4_CPtr ticket = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr done = object_new(seL4_NotificationObject, 0);
    const seL4_CapRights_t no_grant = seL4_CapRights_new(1, 0, 0, 1);
    seL4_CPtr page;

    process_create(&server, &(struct thread_options){
                                .name = "server", .priority = SERVER, .entry = server_main});
    process_grant(&server, SERVER_ENDPOINT, endpoint, seL4_AllRights, 0);
    process_grant(&server, SERVER_NOTIFICATION, ticket, seL4_ReadWrite, BADGE_TICKET);
    vspace_make_tables(&server.vspace, SERVER_PAGE_VADDR);

    process_create(&client, &(struct thread_options){
                                .name = "client", .priority = CLIENT, .entry = client_main});
    process_grant(&client, CLIENT_ENDPOINT, endpoint, seL4_AllRights, BADGE_ALICE);
    process_grant(&client, CLIENT_ENDPOINT_BOB, endpoint, seL4_AllRights, BADGE_BOB);
    process_grant(&client, CLIENT_ENDPOINT_NO_GRANT, endpoint, no_grant, BADGE_ALICE);
    process_grant(&client, CLIENT_DONE, done, seL4_CanWrite, 0);
    page = vspace_new_page(&client.vspace, CLIENT_PAGE_VADDR);
    process_grant(&client, CLIENT_PAGE, page, seL4_ReadWrite, 0);

    print("root: two processes over one endpoint\n");
    thread_resume(&server.thread);
    thread_resume(&client.thread);
    seL4_Wait(done, NULL);
    print("root: done\n");
}
