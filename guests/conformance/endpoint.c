/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between threads: lengths, badges, queues, capabilities, rights. */
#include "check.h"

static seL4_CPtr endpoint, sender;
static struct event event;

/* What worker 0 sends, and what it got back. */
static struct {
    seL4_CPtr cap;
    seL4_MessageInfo_t info;
    seL4_CPtr caps[seL4_MsgMaxExtraCaps];
    seL4_MessageInfo_t reply;
    seL4_Word words[6];
} job;

static void fresh(seL4_Word badge)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    sender = cap_mint(endpoint, seL4_AllRights, badge);
    job.cap = sender;
    for (int i = 0; i < seL4_MsgMaxExtraCaps; i++)
        job.caps[i] = 0;
}

static void prepare(void)
{
    for (int i = 0; i < seL4_MsgMaxLength; i++)
        seL4_SetMR(i, 0x100 + (seL4_Word)i);
    for (int i = 0; i < seL4_MsgMaxExtraCaps; i++)
        seL4_SetCap(i, job.caps[i]);
}

static void send(void *argument)
{
    (void)argument;
    prepare();
    seL4_Send(job.cap, job.info);
}

static void nb_send(void *argument)
{
    (void)argument;
    prepare();
    seL4_NBSend(job.cap, job.info);
}

static void call(void *argument)
{
    (void)argument;
    prepare();
    job.reply = seL4_Call(job.cap, job.info);
    for (int i = 0; i < 6; i++)
        job.words[i] = seL4_GetMR(i);
}

/* The message that worker 0 sends, with the root task's message registers marked before. */
static seL4_MessageInfo_t receive_from(void (*entry)(void *), seL4_Word *ret_badge)
{
    worker_start(0, entry, NULL);
    for (int i = 0; i < seL4_MsgMaxLength; i++)
        seL4_SetMR(i, 0xee);
    return ipc_recv(endpoint, ret_badge);
}

static void say_info(seL4_MessageInfo_t info)
{
    say("label %lu length %lu caps %lu unwrapped %lu", seL4_MessageInfo_get_label(info),
        seL4_MessageInfo_get_length(info), seL4_MessageInfo_get_extraCaps(info),
        seL4_MessageInfo_get_capsUnwrapped(info));
}

static void say_words(int from, int to)
{
    for (int i = from; i <= to; i++)
        say("%lx", seL4_GetMR(i));
}

/* --- messages -------------------------------------------------------------------------------- */

static void lengths(void)
{
    static const seL4_Word wanted[] = {0, 3, 4, 5, 120, 127};
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh(0x77);
    for (unsigned i = 0; i < ARRAY_LENGTH(wanted); i++) {
        job.info = seL4_MessageInfo_new(i, 0, 0, wanted[i]);
        info = receive_from(send, &badge);
        say("badge 0x%lx", badge);
        say_info(info);
        say_words(0, 5);
        say("... %lx;", seL4_GetMR(119));
        event_poll(&event);
    }
}

static void label_width(void)
{
    seL4_Word badge;

    fresh(1);
    job.info.words[0] = ~(seL4_Word)0 << 12;
    say("0x%lx", receive_from(send, &badge).words[0]);
    event_poll(&event);
    job.info.words[0] = ~(seL4_Word)0x1ff;
    say("0x%lx", receive_from(send, &badge).words[0]);
    event_poll(&event);
}

static void unbadged(void)
{
    seL4_Word badge;

    fresh(5);
    job.cap = endpoint;
    job.info = seL4_MessageInfo_new(1, 0, 0, 0);
    receive_from(send, &badge);
    say("badge %lu", badge);
    event_poll(&event);
}

static void without_buffer(void)
{
    const struct thread *worker = worker_thread(0);
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh(1);
    job.info = seL4_MessageInfo_new(1, 0, 1, 6);
    job.caps[0] = endpoint;
    worker_start(0, send, NULL);
    must(seL4_TCB_SetIPCBuffer(worker->tcb, 0, worker->buffer_frame), "SetIPCBuffer");
    for (int i = 0; i < 8; i++)
        seL4_SetMR(i, 0xee);
    info = ipc_recv(endpoint, &badge);
    say_info(info);
    say_words(0, 5);
    event_poll(&event);
}

/* --- who meets whom --------------------------------------------------------------------------- */

static void nb_send_nobody(void)
{
    seL4_Word badge;

    fresh(1);
    job.info = seL4_MessageInfo_new(1, 0, 0, 0);
    worker_run(nb_send, NULL, &event);
    say_event(&event, NULL);
    ipc_nb_recv(endpoint, &badge);
    say("badge %lu", badge);
}

static void nb_recv_nobody(void)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    fresh(1);
    for (int i = 0; i < 4; i++)
        seL4_SetMR(i, 0xa0 + (seL4_Word)i);
    info = ipc_nb_recv(endpoint, &badge);
    say("badge %lu info 0x%lx", badge, info.words[0]);
    say_words(0, 3);
}

static volatile seL4_Word order;
static seL4_CPtr own_badged[WORKERS];

static void send_own(void *argument)
{
    seL4_Send(own_badged[(seL4_Word)argument], seL4_MessageInfo_new(0, 0, 0, 0));
}

static void senders_in_order(void)
{
    seL4_Word badge;

    fresh(1);
    for (unsigned n = 0; n < WORKERS; n++) {
        own_badged[n] = cap_mint(endpoint, seL4_AllRights, n + 10);
        worker_start(n, send_own, (void *)(seL4_Word)n);
        if (n == 1)
            must(seL4_TCB_SetPriority(worker_thread(n)->tcb, seL4_CapInitThreadTCB, 120),
                 "SetPriority");
        settle();
    }
    for (unsigned n = 0; n < WORKERS; n++) {
        ipc_recv(endpoint, &badge);
        say("%lu", badge);
    }
    for (unsigned n = 0; n < WORKERS; n++)
        event_poll(&event);
}

static void receive(void *argument)
{
    seL4_Word badge;

    ipc_recv(endpoint, &badge);
    order = order * 10 + (seL4_Word)argument;
}

static void receivers_in_order(void)
{
    fresh(1);
    order = 0;
    for (unsigned n = 0; n < WORKERS; n++) {
        worker_start(n, receive, (void *)(seL4_Word)(n + 1));
        settle();
    }
    for (unsigned n = 0; n < WORKERS; n++) {
        seL4_NBSend(sender, seL4_MessageInfo_new(0, 0, 0, 0));
        event_poll(&event);
        say("%lu", order);
    }
}

/* --- rights ----------------------------------------------------------------------------------- */

static void send_without_write(void)
{
    seL4_Word badge;

    fresh(1);
    job.cap = cap_mint(endpoint, seL4_CanRead, 0);
    job.info = seL4_MessageInfo_new(1, 0, 0, 0);
    worker_run(send, NULL, &event);
    say_event(&event, NULL);
    worker_run(call, NULL, &event);
    say_event(&event, NULL);
    say("reply label %lu word %lu;", seL4_MessageInfo_get_label(job.reply), job.words[0]);
    worker_run(nb_send, NULL, &event);
    say_event(&event, NULL);
    ipc_nb_recv(endpoint, &badge);
    say("badge %lu", badge);
}

static void receive_at(void *argument)
{
    ipc_recv((seL4_CPtr)argument, NULL);
}

static void receive_without_read(void)
{
    seL4_CPtr writer;

    fresh(1);
    writer = cap_mint(endpoint, seL4_CanWrite, 0);
    worker_run(receive_at, (void *)writer, &event);
    event.mr[seL4_CapFault_Addr] -= writer;
    say_event(&event, NULL);
}

/* Nobody could ever answer: the caller is stopped for good. */
static void call_without_grant(void)
{
    seL4_Word badge;

    fresh(1);
    job.cap = cap_mint(endpoint, seL4_CapRights_new(0, 0, 0, 1), 3);
    job.info = seL4_MessageInfo_new(1, 0, 0, 0);
    receive_from(call, &badge);
    say("badge %lu", badge);
    ipc_reply(seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say_event(&event, NULL);
}

static void call_with_grant_reply(void)
{
    seL4_Word badge;

    fresh(1);
    job.cap = cap_mint(endpoint, seL4_CapRights_new(1, 0, 0, 1), 3);
    job.info = seL4_MessageInfo_new(1, 0, 0, 0);
    receive_from(call, &badge);
    ipc_reply(seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say_event(&event, NULL);
}

/* --- capabilities in messages ----------------------------------------------------------------- */

static seL4_CPtr set_receive_slot(void)
{
    const seL4_CPtr slot = slot_new();

    seL4_SetCapReceivePath(ROOT, slot, DEPTH);
    return slot;
}

static void receive_caps(seL4_Word count, seL4_CPtr slot)
{
    seL4_MessageInfo_t info;
    seL4_Word badge;

    job.info = seL4_MessageInfo_new(1, 0, count, 1);
    info = receive_from(send, &badge);
    say_info(info);
    for (int i = 0; i < seL4_MsgMaxExtraCaps; i++)
        if (seL4_MessageInfo_get_capsUnwrapped(info) >> i & 1)
            say("badge %d: %lx", i, seL4_GetBadge(i));
    say_cap(slot);
    event_poll(&event);
}

static void cap_transfer(void)
{
    fresh(1);
    job.caps[0] = object_new(seL4_NotificationObject, 0);
    receive_caps(1, set_receive_slot());
}

static void cap_transfer_two(void)
{
    fresh(1);
    job.caps[0] = object_new(seL4_NotificationObject, 0);
    job.caps[1] = object_new(seL4_X86_4K, 0);
    receive_caps(2, set_receive_slot());
}

static void cap_transfer_full(void)
{
    fresh(1);
    job.caps[0] = object_new(seL4_NotificationObject, 0);
    seL4_SetCapReceivePath(ROOT, endpoint, DEPTH);
    receive_caps(1, endpoint);
}

static void cap_transfer_no_slot(void)
{
    fresh(1);
    job.caps[0] = object_new(seL4_NotificationObject, 0);
    seL4_SetCapReceivePath(0, 0, 0);
    receive_caps(1, slot_new());
    seL4_SetCapReceivePath(ROOT, slot_new(), 63);
    receive_caps(1, slot_new());
    seL4_SetCapReceivePath(endpoint, 0, DEPTH);
    receive_caps(1, slot_new());
}

static void cap_transfer_no_grant(void)
{
    fresh(1);
    job.cap = cap_mint(endpoint, seL4_CapRights_new(1, 0, 0, 1), 3);
    job.caps[0] = object_new(seL4_NotificationObject, 0);
    receive_caps(1, set_receive_slot());
}

static void cap_unwrapped(void)
{
    const seL4_CPtr slot = set_receive_slot();

    fresh(1);
    job.caps[0] = cap_mint(endpoint, seL4_AllRights, 0xb1);
    job.caps[1] = object_new(seL4_NotificationObject, 0);
    job.caps[2] = cap_mint(endpoint, seL4_CanWrite, 0xb2);
    receive_caps(3, slot);
}

static void cap_lookup_fails(void)
{
    seL4_Word badge;

    fresh(1);
    job.info = seL4_MessageInfo_new(1, 0, 1, 1);
    job.caps[0] = (seL4_CPtr)1 << 50;
    worker_run(send, NULL, &event);
    say_event(&event, NULL);
    worker_run(nb_send, NULL, &event);
    say_event(&event, NULL);
    ipc_nb_recv(endpoint, &badge);
    say("badge %lu", badge);
}

static void cap_empty_slot(void)
{
    fresh(1);
    job.caps[0] = slot_new();
    receive_caps(1, set_receive_slot());
}

/* A frame arrives unmapped; what cannot be derived does not arrive. */
static void cap_derivation(void)
{
    seL4_CPtr frame, slot;

    fresh(1);
    frame = object_new(seL4_X86_4K, 0);
    vspace_map(&root_vspace, frame, 0x60000000, seL4_ReadWrite);
    job.caps[0] = frame;
    slot = set_receive_slot();
    receive_caps(1, slot);
    say_error(seL4_X86_Page_Map(slot, seL4_CapInitThreadVSpace, 0x60001000, seL4_ReadWrite,
                                seL4_X86_Default_VMAttributes));
    job.caps[0] = seL4_CapIRQControl;
    receive_caps(1, set_receive_slot());
    job.caps[0] = object_new(seL4_X86_PageTableObject, 0);
    receive_caps(1, set_receive_slot());
}

/* --- deletion --------------------------------------------------------------------------------- */

static void delete_with_sender(void)
{
    fresh(1);
    job.cap = endpoint;
    job.info = seL4_MessageInfo_new(1, 0, 0, 0);
    worker_start(0, call, NULL);
    settle();
    must(seL4_CNode_Revoke(ROOT, endpoint, DEPTH), "Revoke");
    event_poll(&event);
    say_event(&event, NULL);
    must(delete_cap(endpoint), "Delete");
    event_poll(&event);
    say_event(&event, NULL);
    say("reply label %lu word %lu", seL4_MessageInfo_get_label(job.reply), job.words[0]);
}

static void delete_with_receiver(void)
{
    fresh(1);
    must(seL4_CNode_Revoke(ROOT, endpoint, DEPTH), "Revoke");
    worker_start(0, receive_at, (void *)endpoint);
    settle();
    must(delete_cap(endpoint), "Delete");
    event_poll(&event);
    event.mr[seL4_CapFault_Addr] -= endpoint;
    say_event(&event, NULL);
}

/* Two senders wait; those of one badge are restarted, and send again. */
static void cancel_badged_sends(void)
{
    seL4_Word badge;

    fresh(1);
    for (unsigned n = 0; n < 3; n++) {
        own_badged[n] = cap_mint(endpoint, seL4_AllRights, n == 1 ? 31 : 30);
        worker_start(n, send_own, (void *)(seL4_Word)n);
        settle();
    }
    say_error(seL4_CNode_CancelBadgedSends(ROOT, own_badged[0], DEPTH));
    ipc_nb_recv(endpoint, &badge);
    say("%lu", badge);
    ipc_nb_recv(endpoint, &badge);
    say("%lu", badge);
    settle();
    ipc_nb_recv(endpoint, &badge);
    say("%lu", badge);
    ipc_nb_recv(endpoint, &badge);
    say("%lu", badge);
    for (unsigned n = 0; n < 3; n++)
        event_poll(&event);
}

#ifdef CONFIG_KERNEL_MCS
#define ORDER "by priority, then in order"
#else
#define ORDER "in order, not by priority"
#endif

static const struct check checks[] = {
    {"EP0001", "messages of 0, 3, 4, 5, 120, 127 words", lengths},
    {"EP0002", "all bits of label and unwrapped set", label_width},
    {"EP0003", "a sender without badge", unbadged},
    {"EP0004", "a sender without IPC buffer: 6 words and a capability", without_buffer},
    {"EP0005", "NBSend that nobody waits for is lost", nb_send_nobody},
    {"EP0006", "NBRecv when nobody sends", nb_recv_nobody},
    {"EP0007", "senders are served " ORDER, senders_in_order},
    {"EP0008", "receivers are served in order", receivers_in_order},
    {"EP0009", "Send, Call, NBSend without the Write right", send_without_write},
    {"EP0010", "Recv without the Read right", receive_without_read},
    {"EP0011", "Call without Grant and GrantReply gets no reply", call_without_grant},
    {"EP0012", "Call with GrantReply gets its reply", call_with_grant_reply},
    {"EP0013", "a capability in a message", cap_transfer},
    {"EP0014", "two capabilities in a message: the second has no place", cap_transfer_two},
    {"EP0015", "a capability for a full slot", cap_transfer_full},
    {"EP0016", "a capability for no slot: none given, bad depth, bad root", cap_transfer_no_slot},
    {"EP0017", "a capability through an endpoint without Grant", cap_transfer_no_grant},
    {"EP0018", "capabilities to the endpoint itself come as badges", cap_unwrapped},
    {"EP0019", "a capability pointer that does not resolve, in Send and NBSend", cap_lookup_fails},
    {"EP0020", "a capability from an empty slot", cap_empty_slot},
    {"EP0021", "a mapped frame, IRQControl, an unmapped page table in messages", cap_derivation},
    {"EP0022", "a caller when its endpoint is deleted", delete_with_sender},
    {"EP0023", "a receiver when its endpoint is deleted", delete_with_receiver},
    {"EP0024", "CancelBadgedSends restarts the senders of one badge", cancel_badged_sends},
};

const struct check_table endpoint_checks = CHECK_TABLE(checks);
