/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole lines, as the sink gets them: when they are written, and what stands in them. */
#include <test.h>

#include <trace/testkit_trace.h>

#include <stdio.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <ipc/ipc.h>
#include <model/debug.h>
#include <model/testkit_thread.h>
#include <object/tcb.h>

/* Slots that the tests fill, so that no line depends on how many the boot takes. */
enum { EP = 200, BADGED, SEND_ONLY, NO_REPLY, NTFN, CLIENT, UNTYPED, RECEIVED, PAGE, EMPTY };

#define BADGE     42
#define NOT_FOUND (UINT64_C(1) << 20)

/* Between the time and the call. */
#define ROOT "rootserver   "

static void move_to(struct traced *t, cptr_t slot, cptr_t from)
{
    guest_invoke(&t->g, (struct guest_call){
                            .cap = INITIAL_CAP_CNODE,
                            .method = INV_CNODE_MOVE,
                            WORDS(slot, 64, from, 64),
                            EXTRA(INITIAL_CAP_CNODE),
                        });
}

static void mint(struct traced *t, cptr_t slot, cptr_t from, word_t rights, word_t badge)
{
    guest_invoke(&t->g, (struct guest_call){
                            .cap = INITIAL_CAP_CNODE,
                            .method = INV_CNODE_MINT,
                            WORDS(slot, 64, from, 64, rights, badge),
                            EXTRA(INITIAL_CAP_CNODE),
                        });
}

/* The root, and a client of equal priority that is still suspended; its faults go to EP. */
static struct traced *boot_with(struct kernel_config config)
{
    struct traced *t = traced_boot_with(config);
    move_to(t, EP, guest_make(&t->g, OBJECT_ENDPOINT, 0));
    move_to(t, NTFN, guest_make(&t->g, OBJECT_NOTIFICATION, 0));
    move_to(t, UNTYPED, guest_make(&t->g, OBJECT_UNTYPED, 12));
    move_to(t, PAGE, guest_make(&t->g, OBJECT_4K_PAGE, 0));
    mint(t, BADGED, EP, RIGHTS_ALL, BADGE);
    mint(t, SEND_ONLY, EP, RIGHT_WRITE | RIGHT_GRANT, 0);
    mint(t, NO_REPLY, EP, RIGHT_WRITE, 0);
    move_to(t, CLIENT, traced_thread(t, "client", 255, EP));
    return t;
}

static struct traced *boot(void)
{
    return boot_with(kernel_config_default());
}

static struct tcb *client(struct traced *t)
{
    return tcb_at(t->g.k, guest_cap(&t->g, CLIENT).tcb.object);
}

static void resume_client(struct traced *t)
{
    traced_syscall(t, (struct traced_call){.cap = CLIENT, CALL(TCB_RESUME)});
    traced_take(t);
}

static void run_client(struct traced *t)
{
    resume_client(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    traced_take(t);
}

/* The same, and the root waits on EP. */
static void serve(struct traced *t)
{
    resume_client(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = EP});
    traced_take(t);
}

/* What the only line says after the time. */
static const char *take_line(struct traced *t)
{
    enum { TIME_WIDTH = 12 };
    const char *text = traced_take(t);
    return strlen(text) > TIME_WIDTH ? text + TIME_WIDTH : text;
}

#define CHECK_CALL(t, expected, ...)                                                               \
    do {                                                                                           \
        traced_syscall((t), (struct traced_call){__VA_ARGS__});                                    \
        CHECK_STR(take_line(t), expected "\n");                                                    \
    } while (0)

TEST(a_line_has_time_thread_call_and_result)
{
    struct traced *t = boot();
    t->now = UINT64_C(61002003999);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    CHECK_STR(traced_take(t), "  61.002004 rootserver   Yield() = ok\n");
    traced_end(t);
}

/* --- invocations ---------------------------------------------------------------------------- */

TEST(invocations_are_decoded)
{
    struct traced *t = boot();
    CHECK_CALL(t,
               ROOT "Call(CNode_Mint on cap 2 \"cnode\": dest_index=300 dest_depth=64 "
                    "src_index=200 src_depth=64 rights=rwg badge=0x12345 src_root=2 \"cnode\") "
                    "= ok",
               .cap = INITIAL_CAP_CNODE, CALL(CNODE_MINT), WORDS(300, 64, EP, 64, 7, 0x12345),
               EXTRA(INITIAL_CAP_CNODE));
    CHECK_CALL(t,
               ROOT "Call(Untyped_Retype on cap 206 \"untyped\": type=Endpoint size_bits=0 "
                    "node_index=0 node_depth=0 node_offset=301 num_objects=2 root=2 \"cnode\") "
                    "= ok",
               .cap = UNTYPED, CALL(UNTYPED_RETYPE), WORDS(2, 0, 0, 0, 301, 2),
               EXTRA(INITIAL_CAP_CNODE));
    CHECK_CALL(t,
               ROOT "Call(TCB_WriteRegisters on cap 205 \"tcb\": resume_target=0 arch_flags=0 "
                    "count=3 regs={rip=0x401000 rflags=0x202}) = ok",
               .cap = CLIENT, CALL(TCB_WRITE_REGISTERS), WORDS(0, 3, 0x401000, 0, 0x202));
    CHECK_CALL(t,
               ROOT "Call(TCB_ReadRegisters on cap 205 \"tcb\": suspend_source=0 arch_flags=0 "
                    "count=2) = ok regs={rip=0x401000}",
               .cap = CLIENT, CALL(TCB_READ_REGISTERS), WORDS(0, 2));
    traced_end(t);
}

TEST(results_are_decoded)
{
    struct traced *t = boot();
    char expected[120];
    snprintf(expected, sizeof(expected),
             ROOT "Call(X86_Page_GetAddress on cap 208 \"page\") = ok paddr=0x%lx\n",
             frame_cap_paddr(guest_cap(&t->g, PAGE)));
    traced_syscall(t, (struct traced_call){.cap = PAGE, CALL(X86_PAGE_GET_ADDRESS)});
    CHECK_STR(take_line(t), expected);
    traced_end(t);
}

TEST(a_device_access_is_one_line)
{
    struct traced *t = boot();
    CHECK_CALL(t,
               ROOT "Call(X86_IOPortControl_Issue on cap 7 \"I/O port control\": "
                    "first_port=0x3f8 last_port=0x3ff index=300 depth=64 root=2 \"cnode\") = ok",
               .cap = INITIAL_CAP_IO_PORT_CONTROL, CALL(X86_IO_PORT_CONTROL_ISSUE),
               WORDS(0x3f8, 0x3ff, 300, 64), EXTRA(INITIAL_CAP_CNODE));
    t->device_value = 0x60;
    CHECK_CALL(t,
               ROOT "Call(X86_IOPort_In8 on cap 300 \"I/O port range\": port=0x3fd) = ok "
                    "result=96",
               .cap = 300, CALL(X86_IO_PORT_IN8), WORDS(0x3fd));
    traced_end(t);
}

TEST(sent_invocations_get_no_answer)
{
    struct traced *t = boot();
    CHECK_CALL(t, ROOT "Send(TCB_Suspend on cap 205 \"tcb\") = (no answer)", .cap = CLIENT,
               .syscall = SYSCALL_SEND, .method = INV_TCB_SUSPEND);
    CHECK_CALL(t,
               ROOT "NBSend(CNode_Delete on cap 2 \"cnode\": <index missing>) = (no answer: CNode "
                    "operation: Truncated message.)",
               .cap = INITIAL_CAP_CNODE, .syscall = SYSCALL_NB_SEND, .method = INV_CNODE_DELETE);
    CHECK_CALL(t,
               ROOT "NBSend(cap 0x100000 <not found>: label 0, length 0) = (no answer: Invocation "
                    "of invalid cap #1048576.)",
               .cap = NOT_FOUND, .syscall = SYSCALL_NB_SEND);
    traced_end(t);
}

TEST(labels_without_a_method_show_the_message)
{
    struct traced *t = boot();
    CHECK_CALL(t,
               ROOT "Call(cap 205 \"tcb\": label 999, length 2 [1, 0x10000]) = IllegalOperation "
                    "(TCB: Illegal operation.)",
               .cap = CLIENT, .syscall = SYSCALL_CALL, .label = 999, WORDS(1, 0x10000));
    CHECK_CALL(t,
               ROOT "Call(cap 209 \"null\": label 3, length 0 <TCB_WriteRegisters>) = "
                    "InvalidCapability (the invoked one; Attempted to invoke a null cap #209.)",
               .cap = EMPTY, CALL(TCB_WRITE_REGISTERS));
    traced_end(t);
}

TEST(a_long_operation_is_one_line_if_nothing_interrupts_it)
{
    struct traced *t = boot();
    for (cptr_t slot = 300; slot < 600; slot++)
        mint(t, slot, EP, RIGHTS_ALL, slot);
    t->is_interrupted = true;
    CHECK_CALL(t,
               ROOT "Call(CNode_Revoke on cap 2 \"cnode\": index=200 depth=64) = (interrupted: "
                    "made again)",
               .cap = INITIAL_CAP_CNODE, CALL(CNODE_REVOKE), WORDS(EP, 64));
    t->is_interrupted = false;
    CHECK_CALL(t, ROOT "Call(CNode_Revoke on cap 2 \"cnode\": index=200 depth=64) = ok",
               .cap = INITIAL_CAP_CNODE, CALL(CNODE_REVOKE), WORDS(EP, 64));
    traced_end(t);
}

TEST(a_thread_that_ends_itself_is_gone)
{
    struct traced *t = boot();
    run_client(t);
    CHECK_CALL(t,
               "client       Call(CNode_Delete on cap 2 \"cnode\": index=205 depth=64) = "
               "(the thread is gone)",
               .cap = INITIAL_CAP_CNODE, CALL(CNODE_DELETE), WORDS(CLIENT, 64));
    traced_end(t);
}

TEST(a_thread_that_suspends_itself_is_stopped)
{
    struct traced *t = boot();
    run_client(t);
    CHECK_CALL(t, "client       Call(TCB_Suspend on cap 205 \"tcb\") = (stopped)", .cap = CLIENT,
               CALL(TCB_SUSPEND));
    traced_end(t);
}

/* --- errors --------------------------------------------------------------------------------- */

/* What stands behind "= " in the line of a Call by the root. */
static const char *error_of(struct traced *t, struct traced_call call)
{
    traced_syscall(t, call);
    const char *result = strstr(traced_take(t), " = ");
    return result ? result + 3 : "no result";
}

#define CHECK_ERROR(t, expected, ...)                                                              \
    CHECK_STR(error_of((t), (struct traced_call){__VA_ARGS__}), expected "\n")

TEST(each_error_is_explained)
{
    struct traced *t = boot();
    CHECK_ERROR(t, "InvalidArgument (argument 0; Untyped Retype: Invalid object type.)",
                .cap = UNTYPED, CALL(UNTYPED_RETYPE), WORDS(77, 0, 0, 0, 300, 1),
                EXTRA(INITIAL_CAP_CNODE));
    CHECK_ERROR(t,
                "InvalidCapability (number 1, authority; Set priority: authority cap not a TCB.)",
                .cap = CLIENT, CALL(TCB_SET_PRIORITY), WORDS(1), EXTRA(EP));
    CHECK_ERROR(t, "IllegalOperation (TCB: Illegal operation.)", .cap = CLIENT, CALL(CNODE_COPY));
    CHECK_ERROR(t,
                "RangeError (not within 0..255; TCB SetPriority: Requested priority 256 too high "
                "(max 255).)",
                .cap = CLIENT, CALL(TCB_SET_PRIORITY), WORDS(256), EXTRA(INITIAL_CAP_TCB));
    CHECK_ERROR(t, "AlignmentError", .cap = PAGE, CALL(X86_PAGE_MAP),
                WORDS(0x10000001, RIGHTS_ALL, 0), EXTRA(INITIAL_CAP_VSPACE));
    CHECK_ERROR(
        t,
        "TruncatedMessage (1 words and 0 caps are too few; Untyped invocation: Truncated message.)",
        .cap = UNTYPED, CALL(UNTYPED_RETYPE), WORDS(1));
    CHECK_ERROR(t,
                "DeleteFirst (what is there already is in the way; CNode Copy/Mint/Move/Mutate: "
                "Destination not empty.)",
                .cap = INITIAL_CAP_CNODE, CALL(CNODE_COPY), WORDS(NTFN, 64, EP, 64, RIGHTS_ALL),
                EXTRA(INITIAL_CAP_CNODE));
    CHECK_ERROR(t,
                "NotEnoughMemory (4096 bytes left; Untyped Retype: Insufficient memory (1 * 8192 "
                "bytes needed, 4096 bytes available).)",
                .cap = UNTYPED, CALL(UNTYPED_RETYPE), WORDS(0, 13, 0, 0, 300, 1),
                EXTRA(INITIAL_CAP_CNODE));
    CHECK_ERROR(t, "ok", .cap = UNTYPED, CALL(UNTYPED_RETYPE), WORDS(2, 0, 0, 0, 300, 1),
                EXTRA(INITIAL_CAP_CNODE));
    CHECK_ERROR(t, "RevokeFirst (it has children; Error deriving cap for CNode Copy operation.)",
                .cap = INITIAL_CAP_CNODE, CALL(CNODE_COPY), WORDS(301, 64, UNTYPED, 64, RIGHTS_ALL),
                EXTRA(INITIAL_CAP_CNODE));
    traced_end(t);
}

TEST(each_failed_lookup_is_explained)
{
    struct traced *t = boot();
    CHECK_ERROR(t,
                "FailedLookup (source: the root is no cnode; CNode Copy/Mint/Move/Mutate: Invalid "
                "source slot.)",
                .cap = INITIAL_CAP_CNODE, CALL(CNODE_COPY), WORDS(300, 64, EP, 64, RIGHTS_ALL),
                EXTRA(EP));
    CHECK_ERROR(t,
                "FailedLookup (source: no fitting capability there, 64 bits left; CNode "
                "Copy/Mint/Move/Mutate: Source slot invalid or empty.)",
                .cap = INITIAL_CAP_CNODE, CALL(CNODE_COPY), WORDS(300, 64, EMPTY, 64, RIGHTS_ALL),
                EXTRA(INITIAL_CAP_CNODE));
    CHECK_ERROR(t,
                "FailedLookup (destination: guard mismatch with 60 bits left: the guard is 0x0 of "
                "52 bits; CNode operation: Target slot invalid.)",
                .cap = INITIAL_CAP_CNODE, CALL(CNODE_COPY), WORDS(300, 60, EP, 64, RIGHTS_ALL),
                EXTRA(INITIAL_CAP_CNODE));
    CHECK_ERROR(t,
                "FailedLookup (destination: depth mismatch: 53 bits left where the cnode takes 64; "
                "CNode operation: Target slot invalid.)",
                .cap = INITIAL_CAP_CNODE, CALL(CNODE_DELETE), WORDS(0, 53));
    traced_end(t);
}

/* --- messages ------------------------------------------------------------------------------- */

TEST(a_call_and_its_reply_are_four_lines)
{
    struct traced *t = boot();
    serve(t);
    traced_syscall(t, (struct traced_call){
                          .syscall = SYSCALL_CALL, .cap = BADGED, .label = 7, WORDS(1, 0x20000)});
    traced_syscall(t, (struct traced_call){
                          .syscall = SYSCALL_REPLY_RECV, .cap = EP, .label = 1, WORDS(3, 4, 5)});
    CHECK_STR(traced_take(t),
              "   0.000003 client       Call(cap 201 \"endpoint\" badge 42: label 7, length 2 [1, "
              "0x20000]) ...\n"
              "   0.000003 rootserver   ... Recv = badge 42, label 7, length 2 [1, 0x20000], from "
              "client\n"
              "   0.000004 rootserver   ReplyRecv(to client: label 1, length 3 [3, 4, 5]; from cap "
              "200 \"endpoint\") ...\n"
              "   0.000004 client       ... Call = label 1, length 3 [3, 4, 5]\n");
    traced_end(t);
}

/* MCS: the reply object is in a register of its own. */
TEST(a_reply_object_leads_to_whom_it_answers)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = true;
    struct traced *t = traced_boot_with(config);
    t->g.next_slot = 200;
    cptr_t ep = guest_make(&t->g, OBJECT_ENDPOINT, 0), reply = guest_make(&t->g, OBJECT_REPLY, 0);
    cptr_t signal = guest_make(&t->g, OBJECT_NOTIFICATION, 0);
    cptr_t other = guest_make(&t->g, OBJECT_NOTIFICATION, 0);
    struct guest_thread client = guest_thread(&t->g, 255);
    tcb_set_name(client.tcb, "client");
    guest_resume(&t->g, client);
    guest_root(&t->g)->context.reg[UREG_REPLY] = reply;
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = ep});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL, .cap = ep, .label = 7});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_REPLY_RECV, .cap = ep, .label = 1});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_NB_WAIT, .cap = signal});
    client.tcb->context.reg[UREG_REPLY] = signal;
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_NB_SEND_WAIT, .cap = other});
    const char *lines = traced_take(t);
    CHECK(strstr(lines, "rootserver   ... Recv = badge 0, label 7, length 0, from client\n"));
    CHECK(strstr(lines, "rootserver   ReplyRecv(cap 201 \"reply\" to client: label 1, length 0; "
                        "from cap 200 \"endpoint\") ...\n"));
    CHECK(strstr(lines, "client       ... Call = label 1, length 0\n"));
    CHECK(strstr(lines, "client       NBWait(cap 202 \"notification\") = nothing\n"));
    CHECK(strstr(lines, "client       NBSendWait(cap 202 \"notification\"; from cap 203 "
                        "\"notification\") ...\n"));
    traced_end(t);
}

/* MCS: of a call that signals before it waits. */
TEST(the_signal_of_a_call_s_first_phase_reaches_its_second)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = true;
    struct traced *t = traced_boot_with(config);
    t->g.next_slot = 200;
    cptr_t ep = guest_make(&t->g, OBJECT_ENDPOINT, 0);
    cptr_t signal = guest_make(&t->g, OBJECT_NOTIFICATION, 0);
    cptr_t badged = guest_mint(&t->g, signal, RIGHTS_ALL, 5);
    cptr_t no_write = guest_mint(&t->g, signal, RIGHT_READ, 5);
    struct tcb *root = guest_root(&t->g);
    root->context.reg[UREG_REPLY] = badged;
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_NB_SEND_WAIT, .cap = signal});
    notification_bind(t->g.k, root, guest_cap(&t->g, signal).notification.object);
    root->context.reg[UREG_NB_SEND_RECV_DEST] = badged;
    root->context.reg[UREG_REPLY] = guest_make(&t->g, OBJECT_REPLY, 0);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_NB_SEND_RECV, .cap = ep});
    root->context.reg[UREG_REPLY] = no_write;
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_NB_SEND_WAIT, .cap = signal});
    const char *lines = traced_take(t);
    CHECK(strstr(lines, "NBSendWait(cap 202 \"notification\" badge 5; from cap 201 "
                        "\"notification\") = badge 5\n"));
    CHECK(strstr(lines, "NBSendRecv(cap 202 \"notification\" badge 5; from cap 200 "
                        "\"endpoint\") = badge 5\n"));
    CHECK(strstr(lines, "NBSendWait(cap 203 \"notification\" badge 5; from cap 201 "
                        "\"notification\") ...\n"));
    traced_end(t);
}

TEST(a_waiting_sender_is_received_at_once)
{
    struct traced *t = boot();
    run_client(t);
    CHECK_CALL(t, "client       Send(cap 200 \"endpoint\": label 1, length 0) ...",
               .syscall = SYSCALL_SEND, .cap = EP, .label = 1);
    CHECK_CALL(t, ROOT "Recv(cap 200 \"endpoint\") = badge 0, label 1, length 0",
               .syscall = SYSCALL_RECV, .cap = EP);
    CHECK_CALL(t, ROOT "Yield() = ok\n   0.000005 client       ... Send = ok",
               .syscall = SYSCALL_YIELD);
    traced_end(t);
}

TEST(long_messages_and_capabilities_are_summed_up)
{
    struct traced *t = boot();
    CHECK_CALL(t,
               ROOT "NBSend(cap 200 \"endpoint\": label 0, length 6 [1, 2, 3, 4] and 2 more, caps "
                    "[208 \"page\", 2 \"cnode\"]) = (dropped: nobody receives)",
               .syscall = SYSCALL_NB_SEND, .cap = EP, WORDS(1, 2, 3, 4, 5, 6),
               EXTRA(PAGE, INITIAL_CAP_CNODE));
    traced_end(t);
}

TEST(received_capabilities_are_told_apart)
{
    struct traced *t = boot();
    word_t *buffer = traced_buffer(t);
    buffer[IPC_BUFFER_RECEIVE_CNODE] = INITIAL_CAP_CNODE;
    buffer[IPC_BUFFER_RECEIVE_INDEX] = RECEIVED;
    buffer[IPC_BUFFER_RECEIVE_DEPTH] = 64;
    struct slot *client_buffer = &client(t)->slots[TCB_SLOT_BUFFER];
    client_buffer->cap = guest_cap(&t->g, PAGE);
    serve(t);
    traced_syscall(
        t, (struct traced_call){.syscall = SYSCALL_SEND, .cap = SEND_ONLY, EXTRA(BADGED, NTFN)});
    client_buffer->cap = cap_null();
    CHECK_STR(take_line(t),
              "client       Send(cap 202 \"endpoint\": label 0, length 0, caps [201 \"endpoint\", "
              "204 \"notification\"]) = ok\n");
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = NTFN});
    CHECK_STR(take_line(t),
              "client       Recv(cap 204 \"notification\") ...\n"
              "   0.000004 rootserver   ... Recv = badge 0, label 0, length 0, caps [badge 42, "
              "received]\n");
    traced_end(t);
}

TEST(a_call_that_nobody_can_answer_stops_the_thread)
{
    struct traced *t = boot();
    serve(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL, .cap = NO_REPLY});
    CHECK_STR(take_line(t),
              "client       Call(cap 203 \"endpoint\": label 0, length 0) = (stopped for good: the "
              "capability lets nobody reply)\n"
              "   0.000003 rootserver   ... Recv = badge 0, label 0, length 0\n");
    traced_end(t);
}

TEST(signals_have_a_badge_and_nothing_else)
{
    struct traced *t = boot();
    CHECK_CALL(t, ROOT "NBRecv(cap 204 \"notification\") = nothing", .syscall = SYSCALL_NB_RECV,
               .cap = NTFN);
    CHECK_CALL(t, ROOT "Send(cap 204 \"notification\") = ok", .syscall = SYSCALL_SEND, .cap = NTFN);
    CHECK_CALL(t, ROOT "Recv(cap 204 \"notification\") = badge 0", .syscall = SYSCALL_RECV,
               .cap = NTFN);
    traced_end(t);
}

TEST(a_bound_notification_is_told_from_a_message)
{
    struct traced *t = boot();
    mint(t, 300, NTFN, RIGHTS_ALL, 8);
    traced_syscall(
        t, (struct traced_call){.cap = INITIAL_CAP_TCB, CALL(TCB_BIND_NOTIFICATION), EXTRA(NTFN)});
    serve(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_SEND, .cap = 300});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = BADGED});
    CHECK_STR(take_line(t), "client       Send(cap 300 \"notification\" badge 8) = ok\n"
                            "   0.000005 client       Recv(cap 201 \"endpoint\" badge 42) ...\n"
                            "   0.000005 rootserver   ... Recv = badge 8\n");
    CHECK_CALL(t, ROOT "NBRecv(cap 200 \"endpoint\") = nothing", .syscall = SYSCALL_NB_RECV,
               .cap = EP);
    CHECK_CALL(t, ROOT "Send(cap 300 \"notification\" badge 8) = ok", .syscall = SYSCALL_SEND,
               .cap = 300);
    CHECK_CALL(t, ROOT "NBRecv(cap 200 \"endpoint\") = badge 8", .syscall = SYSCALL_NB_RECV,
               .cap = EP);
    traced_end(t);
}

TEST(a_cancelled_call_is_said_to_be_made_again)
{
    struct traced *t = boot();
    run_client(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = EP});
    traced_take(t);
    CHECK_CALL(t, ROOT "Call(TCB_Suspend on cap 205 \"tcb\") = ok", .cap = CLIENT,
               CALL(TCB_SUSPEND));
    CHECK_CALL(t, ROOT "Call(TCB_Resume on cap 205 \"tcb\") = ok", .cap = CLIENT, CALL(TCB_RESUME));
    CHECK_CALL(t,
               ROOT "Yield() = ok\n"
                    "   0.000006 client       ... Recv = (cancelled: made again)",
               .syscall = SYSCALL_YIELD);
    traced_end(t);
}

TEST(replaced_registers_hold_no_result)
{
    struct traced *t = boot();
    run_client(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = EP});
    traced_take(t);
    traced_syscall(
        t, (struct traced_call){.cap = CLIENT, CALL(TCB_WRITE_REGISTERS), WORDS(1, 1, 0x401000)});
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    CHECK(strstr(traced_take(t), "client       ... Recv = (its registers were replaced)\n"));
    traced_end(t);
}

/* --- faults --------------------------------------------------------------------------------- */

static void take_fault(struct traced *t, const struct trap *trap)
{
    traced_trap(t, trap);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_REPLY_RECV, .cap = EP});
}

TEST(a_fault_and_its_handling_are_four_lines)
{
    struct traced *t = boot();
    serve(t);
    take_fault(t, &(struct trap){.kind = TRAP_PAGE_FAULT, .address = 0x10, .write = true});
    CHECK_STR(traced_take(t),
              "   0.000003 client       VMFault(write to 0x10: not mapped, ip 0x4000f0) ...\n"
              "   0.000003 rootserver   ... Recv = badge 0, VMFault(write to 0x10: not mapped, ip "
              "0x4000f0), from client\n"
              "   0.000004 rootserver   ReplyRecv(to client's VMFault: label 0, length 0; from cap "
              "200 \"endpoint\") ...\n"
              "   0.000004 client       ... VMFault = handled\n");
    traced_end(t);
}

static const char *first_line_of_fault(struct traced *t, const struct trap *trap)
{
    static char line[200];
    traced_take(t);
    take_fault(t, trap);
    const char *text = take_line(t);
    size_t length = strcspn(text, "\n");
    memcpy(line, text, length);
    line[length] = '\0';
    return line;
}

TEST(each_fault_has_its_line)
{
    struct traced *t = boot();
    serve(t);
    CHECK_STR(first_line_of_fault(
                  t, &(struct trap){.kind = TRAP_PAGE_FAULT, .address = GUEST_IMAGE_START}),
              "client       VMFault(read from 0x400000: mapped, ip 0x4000f0) ...");
    CHECK_STR(first_line_of_fault(t, &(struct trap){.kind = TRAP_PAGE_FAULT, .fetch = true}),
              "client       VMFault(fetch from 0x0: not mapped, ip 0x4000f0) ...");
    CHECK_STR(first_line_of_fault(t, &(struct trap){.kind = TRAP_EXCEPTION, .vector = 6}),
              "client       UserException(6 invalid opcode, code 0x0, ip 0x4000f0) ...");
    CHECK_STR(first_line_of_fault(t, &(struct trap){.kind = TRAP_INT, .vector = 0x9f}),
              "client       UnknownSyscall(int 0x9f, rax 0x0, ip 0x4000f0) ...");
    client(t)->context.reg[UREG_SYSCALL] = (word_t)-200;
    CHECK_STR(first_line_of_fault(t, &(struct trap){.kind = TRAP_SYSCALL}),
              "client       UnknownSyscall(number -200, ip 0x4000f0) ...");
    traced_end(t);
}

TEST(debug_exceptions_have_a_line_if_they_are_faults)
{
    struct kernel_config config = kernel_config_default();
    config.hardware_debug_api = true;
    struct traced *t = boot_with(config);
    serve(t);
    debug_set_breakpoint(client(t), 1, &(struct breakpoint){.address = 0x1230});
    CHECK_STR(
        first_line_of_fault(
            t, &(struct trap){.kind = TRAP_EXCEPTION, .vector = 1, .debug.breakpoints = 1 << 1}),
        "client       DebugException(data breakpoint 1 at 0x1230, ip 0x4000f0) ...");
    CHECK_STR(first_line_of_fault(t, &(struct trap){.kind = TRAP_EXCEPTION, .vector = 3}),
              "client       DebugException(software break, ip 0x4000f0) ...");
    debug_configure_stepping(client(t), 2);
    traced_take(t);
    traced_trap(t, &(struct trap){.kind = TRAP_EXCEPTION, .vector = 1, .debug.stepped = true});
    CHECK_STR(traced_take(t), "");
    CHECK_STR(first_line_of_fault(
                  t, &(struct trap){.kind = TRAP_EXCEPTION, .vector = 1, .debug.stepped = true}),
              "client       DebugException(single step, ip 0x4000f0) ...");
    traced_end(t);
}

TEST(a_call_that_faults_says_why)
{
    struct traced *t = boot();
    serve(t);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_CALL, .cap = NOT_FOUND});
    CHECK_STR(take_line(t),
              "client       Call(cap 0x100000 <not found>: label 0, length 0) = CapFault(send "
              "phase, cap 0x100000: guard mismatch with 64 bits left: the guard is 0x0 of 52 bits, "
              "ip 0x4000f0) ...\n"
              "   0.000003 rootserver   ... Recv = badge 0, CapFault(send phase, cap 0x100000: "
              "guard mismatch with 64 bits left: the guard is 0x0 of 52 bits, ip 0x4000f0), from "
              "client\n");
    traced_end(t);
}

TEST(a_fault_without_a_handler_stops_the_thread)
{
    struct traced *t = boot();
    run_client(t);
    client(t)->fault_handler = 0;
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_RECV, .cap = SEND_ONLY});
    CHECK_STR(strtok((char *)take_line(t), "\n"),
              "client       Recv(cap 202 \"endpoint\") = CapFault(receive phase, cap 202: no "
              "fitting capability there, 0 bits left, ip 0x4000f0), no handler: stopped");
    traced_end(t);

    t = boot();
    run_client(t);
    client(t)->fault_handler = 0;
    traced_trap(t, &(struct trap){.kind = TRAP_EXCEPTION, .vector = 13, .error_code = 8});
    CHECK_STR(strtok((char *)take_line(t), "\n"),
              "client       UserException(13 general protection, code 0x8, ip 0x4000f0), no "
              "handler: stopped");
    traced_end(t);
}

/* --- other calls ---------------------------------------------------------------------------- */

static void put(struct traced *t, const char *text)
{
    for (; *text; text++)
        traced_syscall(
            t, (struct traced_call){.syscall = SYSCALL_DEBUG_PUT_CHAR, .cap = (uint8_t)*text});
}

TEST(characters_are_gathered_into_lines)
{
    struct traced *t = boot();
    put(t, "a \"line\"\n");
    CHECK_STR(traced_take(t), "   0.000008 rootserver   DebugPutChar(\"a \\\"line\\\"\\n\")\n");
    put(t, "part");
    CHECK_STR(traced_take(t), "");
    CHECK_CALL(t, ROOT "DebugPutChar(\"part\")\n   0.000014 rootserver   Yield() = ok",
               .syscall = SYSCALL_YIELD);
    traced_end(t);
}

TEST(what_is_gathered_is_written_at_the_end)
{
    struct traced *t = boot();
    put(t, "bye");
    trace_close(t->trace);
    t->trace = NULL;
    CHECK_STR(take_line(t), ROOT "DebugPutChar(\"bye\")\n");
    traced_end(t);
}

TEST(debug_calls_have_their_arguments)
{
    struct traced *t = boot();
    CHECK_CALL(t, ROOT "DebugCapIdentify(cap 200 \"endpoint\") = 4",
               .syscall = SYSCALL_DEBUG_CAP_IDENTIFY, .cap = EP);
    strcpy((char *)&traced_buffer(t)[IPC_BUFFER_MSG], "worker");
    CHECK_CALL(t, ROOT "DebugNameThread(cap 205 \"tcb\", \"worker\") = ok",
               .syscall = SYSCALL_DEBUG_NAME_THREAD, .cap = CLIENT);
    CHECK_CALL(t, ROOT "DebugDumpScheduler() = ok", .syscall = SYSCALL_DEBUG_DUMP_SCHEDULER);
    CHECK_CALL(t, ROOT "DebugHalt() = (halted)", .syscall = SYSCALL_DEBUG_HALT);
    traced_end(t);
}

TEST(calls_for_measuring)
{
    struct kernel_config config = kernel_config_default();
    config.benchmarks = BENCHMARKS_TRACK_UTILISATION;
    config.dangerous_msr = true;
    struct traced *t = traced_boot_with(config);
    CHECK_CALL(t, ROOT "BenchmarkResetLog() = ok", .syscall = SYSCALL_BENCHMARK_RESET_LOG);
    CHECK_CALL(t, ROOT "BenchmarkGetThreadUtilisation(cap 1 \"tcb\") = ok",
               .syscall = SYSCALL_BENCHMARK_GET_THREAD_UTILISATION, .cap = 1);
    CHECK_CALL(t, ROOT "X86DangerousRDMSR(register 0xc0000100) = ok",
               .syscall = SYSCALL_X86_DANGEROUS_RDMSR, .cap = 0xc0000100);
    CHECK_CALL(t, ROOT "X86DangerousWRMSR(register 0xc0000100, 0x1234) = ok",
               .syscall = SYSCALL_X86_DANGEROUS_WRMSR, .cap = 0xc0000100, WORDS(0x1234));
    traced_end(t);
}

TEST(unnamed_threads_have_a_number)
{
    struct traced *t = boot();
    strcpy(client(t)->name, "child of: 'rootserver'");
    run_client(t);
    char expected[40];
    snprintf(expected, sizeof(expected), "tcb#%-8lu Yield() = ok\n", client(t)->serial);
    traced_syscall(t, (struct traced_call){.syscall = SYSCALL_YIELD});
    CHECK_STR(take_line(t), expected);
    traced_end(t);
}
