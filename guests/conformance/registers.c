/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which registers a system call changes, and that it changes no other. rcx and r11 are lost to the
 * instruction itself; rsp comes back as 0.
 */
#include "check.h"
#include "traps.h"

static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
                                    "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

/* What calls of MCS kernels name besides in r12 and r13; none: the thread's reply object. */
static seL4_CPtr caps_in[2];

static void fill(seL4_Word number, seL4_CPtr cap, seL4_MessageInfo_t info)
{
    seL4_Word *word = (seL4_Word *)&registers_in;

    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
        word[i] = 0x1111111100000000 + i;
    registers_in.rdx = number;
    registers_in.rdi = cap;
    registers_in.rsi = info.words[0];
    if (own_reply != seL4_CapNull)
        registers_in.r12 = caps_in[0] != seL4_CapNull ? caps_in[0] : own_reply;
    if (caps_in[1] != seL4_CapNull)
        registers_in.r13 = caps_in[1];
}

/* Only what no one can foresee is not printed: rcx and r11 are compared instead. */
static void make(seL4_Word number, seL4_CPtr cap, seL4_MessageInfo_t info)
{
    const seL4_Word *in = (const seL4_Word *)&registers_in,
                    *out = (const seL4_Word *)&registers_out;

    fill(number, cap, info);
    registers_syscall();
    say("rcx %s r11 %s rsp %lx carry %lu;",
        registers_out.rcx == (seL4_Word)registers_syscall_next ? "next" : "odd",
        registers_out.r11 == registers_out.rflags ? "flags" : "odd", registers_out.rsp,
        registers_out.rflags & 1);
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        if (&out[i] == &registers_out.rcx || &out[i] == &registers_out.r11 || out[i] == in[i])
            continue;
        say("%s=%lx", names[i], out[i]);
    }
}

static seL4_MessageInfo_t info(seL4_Word label, seL4_Word length)
{
    return seL4_MessageInfo_new(label, 0, 0, length);
}

static void yield(void)
{
    make(seL4_SysYield, 5, info(0, 0));
}

static void signal(void)
{
    make(seL4_SysSend, object_new(seL4_NotificationObject, 0), info(0, 1));
}

static void nb_send(void)
{
    make(seL4_SysNBSend, object_new(seL4_EndpointObject, 0), info(3, 4));
}

static void poll(void)
{
    make(seL4_SysNBRecv, object_new(seL4_NotificationObject, 0), info(3, 4));
}

static void nb_recv(void)
{
    make(seL4_SysNBRecv, object_new(seL4_EndpointObject, 0), info(3, 4));
}

static void wait(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0xabc));
    make(seL4_SysRecv, ntfn, info(3, 4));
}

#ifndef CONFIG_KERNEL_MCS
static void reply(void)
{
    make(seL4_SysReply, 5, info(3, 4));
}
#endif

static seL4_CPtr endpoint;

static void send_two(void *argument)
{
    (void)argument;
    seL4_SetMR(0, 0xaaa);
    seL4_SetMR(1, 0xbbb);
    seL4_Send(endpoint, info(9, 2));
}

static void send_six(void *argument)
{
    (void)argument;
    for (int i = 0; i < 6; i++)
        seL4_SetMR(i, 0xc00 + (seL4_Word)i);
    seL4_Send(endpoint, info(9, 6));
}

static void receive_from(void (*entry)(void *), seL4_Word number)
{
    struct event event;

    endpoint = cap_mint(object_new(seL4_EndpointObject, 0), seL4_AllRights, 0x99);
    worker_start(0, entry, NULL);
    make(number, endpoint, info(0, 0));
    event_poll(&event);
}

static void receive_two(void)
{
    receive_from(send_two, seL4_SysRecv);
}

static void receive_six(void)
{
    receive_from(send_six, seL4_SysReplyRecv);
}

static void call_success(void)
{
    make(seL4_SysCall, object_new(seL4_TCBObject, 0), info(Label_TCB_Suspend, 0));
}

#ifdef Label_TCB_SetFlags
static void call_result(void)
{
    make(seL4_SysCall, object_new(seL4_TCBObject, 0), info(Label_TCB_SetFlags, 2));
}
#endif

static void call_error(void)
{
    make(seL4_SysCall, object_new(seL4_TCBObject, 0), info(Label_Untyped_Retype, 0));
    make(seL4_SysCall, seL4_CapIOPortControl, info(Label_X86_IOPortControl_Issue, 0));
}

static void call_range_error(void)
{
    seL4_SetCap(0, seL4_CapInitThreadTCB);
    make(seL4_SysCall, object_new(seL4_TCBObject, 0),
         seL4_MessageInfo_new(Label_TCB_SetPriority, 0, 1, 1));
}

static void cap_identify(void)
{
    make(seL4_SysDebugCapIdentify, seL4_CapInitThreadCNode, info(3, 4));
}

static void set_tls_base(void)
{
#ifdef CONFIG_SET_TLS_BASE_SELF
    seL4_Word base;

    __asm__("mov %%fs:0, %0" : "=r"(base));
    make(seL4_SysSetTLSBase, base, info(3, 4));
#else
    struct event event;

    worker_run(trap_syscall, (void *)-30, &event); /* its number elsewhere */
    say_event(&event, trap_syscall_at);
#endif
}

static void send_without_rights(void)
{
    make(seL4_SysSend, seL4_CapInitThreadTCB, info(Label_Untyped_Retype, 0));
}

/* Linux keeps these numbers for itself, where a call is to be made again: seL4 knows nothing of it.
 */
static void restart_numbers(void)
{
    for (seL4_Word number = 512; number <= 516; number++)
        say("%ld", (long)trap_yield_rax(-number, seL4_SysYield));
}

static volatile seL4_Word stop, turns, kept;

static void spin(void *argument)
{
    kept = trap_spin((seL4_Word)argument, &stop, &turns);
}

/* A slice is over in the middle of the spinning: the timer interrupts it, and it goes on later. */
static void restart_numbers_preempted(void)
{
    const seL4_CPtr self = seL4_CapInitThreadTCB;
    struct event event;

    for (seL4_Word number = 512; number <= 516; number++) {
        stop = turns = kept = 0;
        worker_start(0, spin, (void *)-number);
        /* among equals: each Yield lasts for a slice of the worker's */
        must(seL4_TCB_SetPriority(self, self, WORKER_PRIORITY), "SetPriority");
        for (unsigned i = 0; i < 3; i++)
            seL4_Yield();
        must(seL4_TCB_SetPriority(self, self, seL4_MaxPrio), "SetPriority");
        stop = 1;
        event_wait(&event);
        say("%ld%s", (long)kept, turns > 0 ? "" : " did not run");
    }
}

static volatile bool vectors_kept;

/* Fills a vector register, spins, and compares. */
static void spin_vectors(void *argument)
{
    const seL4_Word in = (seL4_Word)argument;
    seL4_Word out;

    __asm__ volatile("movq %[in], %%xmm7\n"
                     "1: incq %[turns]\n"
                     "cmpq $0, %[stop]\n"
                     "je 1b\n"
                     "movq %%xmm7, %[out]"
                     : [out] "=r"(out), [turns] "+m"(turns)
                     : [in] "r"(in), [stop] "m"(stop)
                     : "xmm7", "cc");
    if (out != in)
        vectors_kept = false;
}

static void vector_registers(void)
{
    const seL4_CPtr self = seL4_CapInitThreadTCB;
    struct event event;

    stop = turns = 0;
    vectors_kept = true;
    for (unsigned n = 0; n < WORKERS; n++)
        worker_start(n, spin_vectors, (void *)(UINT64_C(0x5555) << 8 * n));
    must(seL4_TCB_SetPriority(self, self, WORKER_PRIORITY), "SetPriority");
    for (unsigned i = 0; i < 3; i++)
        seL4_Yield();
    must(seL4_TCB_SetPriority(self, self, seL4_MaxPrio), "SetPriority");
    stop = 1;
    for (unsigned n = 0; n < WORKERS; n++)
        event_wait(&event);
    say("kept: %s", vectors_kept ? "yes" : "no");
}

/* --- with another thread ------------------------------------------------------------------------
 */

static seL4_Word reply_length;

static void receive(void *argument)
{
    (void)argument;
    ipc_recv(endpoint, NULL);
}

static void serve(void *argument)
{
    (void)argument;
    ipc_recv(endpoint, NULL);
    for (int i = 0; i < 6; i++)
        seL4_SetMR(i, 0xd00 + (seL4_Word)i);
    ipc_reply(info(7, reply_length));
}

static void send_none(void *argument)
{
    (void)argument;
    seL4_Send(endpoint, info(9, 0));
}

/* wait: the peer comes to its endpoint first. */
static void with_peer(void (*entry)(void *), bool wait_for_it, seL4_Word number,
                      seL4_MessageInfo_t message)
{
    struct event event;

    endpoint = cap_mint(object_new(seL4_EndpointObject, 0), seL4_AllRights, 0x99);
    worker_start(0, entry, NULL);
    if (wait_for_it)
        settle();
    make(number, endpoint, message);
    event_poll(&event);
}

static void send_to_receiver(void)
{
    with_peer(receive, true, seL4_SysSend, info(3, 4));
    with_peer(receive, true, seL4_SysNBSend, info(3, 4));
}

static void send_waits(void)
{
    with_peer(receive, false, seL4_SysSend, info(3, 4));
}

static void receive_none(void)
{
    with_peer(send_none, false, seL4_SysRecv, info(3, 4));
}

static void nb_recv_two(void)
{
    with_peer(send_two, true, seL4_SysNBRecv, info(3, 4));
}

static void call_answered(void)
{
    for (reply_length = 0; reply_length <= 6; reply_length += 2)
        with_peer(serve, reply_length & 2, seL4_SysCall, info(3, 4));
}

#ifndef CONFIG_KERNEL_MCS
static void call(void *argument)
{
    (void)argument;
    seL4_SetMR(0, 0xe00);
    seL4_Call(endpoint, info(5, 1));
}

static void reply_to_caller(void)
{
    struct event event;

    endpoint = object_new(seL4_EndpointObject, 0);
    worker_start(0, call, NULL);
    ipc_recv(endpoint, NULL);
    make(seL4_SysReply, 5, info(3, 4));
    event_poll(&event);
    say_event(&event, NULL);
}
#endif

static void call_notification(void)
{
    make(seL4_SysCall, object_new(seL4_NotificationObject, 0), info(3, 4));
}

#ifdef CONFIG_KERNEL_MCS
/* --- calls of MCS kernels: r12 and r13 name capabilities, too ----------------------------------
 */

static void make_with(seL4_Word number, seL4_CPtr cap, seL4_CPtr second, seL4_CPtr third)
{
    caps_in[0] = second;
    caps_in[1] = third;
    make(number, cap, info(3, 4));
    caps_in[0] = caps_in[1] = seL4_CapNull;
}

static void wait_signalled(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    seL4_Signal(cap_mint(ntfn, seL4_CanWrite, 0xabc));
    make(seL4_SysWait, ntfn, info(3, 4));
}

static void nb_wait_nothing(void)
{
    make(seL4_SysNBWait, object_new(seL4_NotificationObject, 0), info(3, 4));
    make(seL4_SysNBWait, object_new(seL4_EndpointObject, 0), info(3, 4));
}

static void wait_two(void)
{
    with_peer(send_two, true, seL4_SysWait, info(3, 4));
    with_peer(send_two, true, seL4_SysNBWait, info(3, 4));
}

static void send_recv(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr badged = cap_mint(ntfn, seL4_AllRights, 0xabc);

    make_with(seL4_SysNBSendRecv, ntfn, own_reply, badged);
    make_with(seL4_SysNBSendWait, ntfn, badged, seL4_CapNull);
}

static void send_recv_two(void)
{
    struct event event;

    endpoint = cap_mint(object_new(seL4_EndpointObject, 0), seL4_AllRights, 0x99);
    worker_start(0, send_two, NULL);
    settle();
    make_with(seL4_SysNBSendRecv, endpoint, own_reply, object_new(seL4_EndpointObject, 0));
    event_poll(&event);
}

static void send_to_reply(void)
{
    make_with(seL4_SysSend, own_reply, seL4_CapNull, seL4_CapNull);
    make_with(seL4_SysCall, own_reply, seL4_CapNull, seL4_CapNull);
}

static void consumed(void)
{
    const seL4_CPtr context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);

    make(seL4_SysCall, context, info(Label_SchedContext_Consumed, 0));
    make(seL4_SysCall, context, info(Label_SchedContext_Unbind, 0));
}
#endif

static const struct check checks[] = {
    {"REGS0001", "Yield", yield},
    {"REGS0002", "Send to a notification", signal},
    {"REGS0003", "NBSend to an endpoint without receiver", nb_send},
    {"REGS0004", "NBRecv from an empty notification", poll},
    {"REGS0005", "NBRecv from an endpoint without sender", nb_recv},
    {"REGS0006", "Recv from a signalled notification", wait},
#ifndef CONFIG_KERNEL_MCS
    {"REGS0007", "Reply to nobody", reply},
#endif
    {"REGS0008", "Recv of two words", receive_two},
    {"REGS0009", "ReplyRecv of six words", receive_six},
    {"REGS0010", "Call of a method without results", call_success},
#ifdef Label_TCB_SetFlags
    {"REGS0011", "Call of a method with a result", call_result},
#endif
    {"REGS0012", "Call that fails: no such method, message too short", call_error},
    {"REGS0013", "Call that fails with two words", call_range_error},
    {"REGS0014", "DebugCapIdentify", cap_identify},
    {"REGS0015", "SetTLSBase", set_tls_base},
    {"REGS0016", "Send that fails", send_without_rights},
    {"REGS0017", "rax of -512 to -516 across Yield", restart_numbers},
    {"REGS0018", "rax of -512 to -516 across preemption", restart_numbers_preempted},
    {"REGS0019", "vector registers across preemption", vector_registers},
    {"REGS0020", "Send and NBSend to a waiting receiver", send_to_receiver},
    {"REGS0021", "Send that waits for its receiver", send_waits},
    {"REGS0022", "Recv of no words", receive_none},
    {"REGS0023", "NBRecv of two words", nb_recv_two},
    {"REGS0024", "Call answered with 0, 2, 4, 6 words", call_answered},
#ifndef CONFIG_KERNEL_MCS
    {"REGS0025", "Reply to a caller", reply_to_caller},
#endif
    {"REGS0026", "Call of a notification", call_notification},
#ifdef CONFIG_KERNEL_MCS
    {"REGS0027", "Wait for a signalled notification", wait_signalled},
    {"REGS0028", "NBWait for nothing", nb_wait_nothing},
    {"REGS0029", "Wait for and NBWait for two words", wait_two},
    {"REGS0030", "NBSendRecv and NBSendWait of a signal", send_recv},
    {"REGS0031", "NBSendRecv of two words", send_recv_two},
    {"REGS0032", "Send and Call to a reply object without a caller", send_to_reply},
    {"REGS0033", "SchedContext_Consumed and SchedContext_Unbind", consumed},
#endif
};

const struct check_table register_checks = CHECK_TABLE(checks);
