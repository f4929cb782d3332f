/* SPDX-License-Identifier: BSD-2-Clause */
/* VM faults, capability faults and unknown system calls: messages, and what replies do. */
#include "check.h"
#include "traps.h"

#define UNMAPPED UINT64_C(0x70000000)

static struct event event;

static void fault_in(void (*entry)(void *), seL4_Word argument, const void *place)
{
    worker_run(entry, (void *)argument, &event);
    say_event(&event, place);
}

/* Replies with the first words as they are in the message registers. */
static void reply(seL4_Word label, seL4_Word length)
{
    ipc_reply(seL4_MessageInfo_new(label, 0, 0, length));
}

/* What comes after the reply, of the same worker. */
static void say_next(const void *place)
{
    event_poll(&event);
    say("then");
    say_event(&event, place);
}

/* --- VM faults -------------------------------------------------------------------------------- */

static void read_unmapped(void)
{
    fault_in(trap_read, UNMAPPED + 0x123, trap_read_at);
}

static void write_unmapped(void)
{
    fault_in(trap_write, UNMAPPED + 0xff8, trap_write_at);
}

static void jump_unmapped(void)
{
    fault_in(trap_jump, UNMAPPED + 5, (void *)(UNMAPPED + 5));
}

static void read_null(void)
{
    fault_in(trap_read, 0, trap_read_at);
}

static void read_kernel(void)
{
    fault_in(trap_read, 0xffffffff80000000, trap_read_at);
}

static void read_user_top(void)
{
    fault_in(trap_read, seL4_UserTop, trap_read_at);
    fault_in(trap_read, seL4_UserTop - 4, trap_read_at);
}

static void write_read_only(void)
{
    vspace_map(&root_vspace, object_new(seL4_X86_4K, 0), 0x61000000, seL4_CanRead);
    fault_in(trap_write, 0x61000008, trap_write_at);
    fault_in(trap_read, 0x61000008, trap_read_at);
}

static void no_rights(void)
{
    vspace_map(&root_vspace, object_new(seL4_X86_4K, 0), 0x61001000, seL4_NoRights);
    fault_in(trap_read, 0x61001000, trap_read_at);
    fault_in(trap_write, 0x61001000, trap_write_at);
    vspace_map(&root_vspace, object_new(seL4_X86_4K, 0), 0x61002000, seL4_CanWrite);
    fault_in(trap_read, 0x61002000, trap_read_at);
}

static void across_pages(void)
{
    vspace_map(&root_vspace, object_new(seL4_X86_4K, 0), 0x61003000, seL4_ReadWrite);
    fault_in(trap_read, 0x61003ffc, trap_read_at);
    fault_in(trap_write, 0x61003ffe, trap_write_at);
}

static void reply_to_vm_fault(void)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    fault_in(trap_read, 0x61005010, trap_read_at);
    reply(0, 0);
    event_wait(&event);
    say("then");
    say_event(&event, trap_read_at);
    vspace_map(&root_vspace, frame, 0x61005000, seL4_CanRead);
    /* neither label nor words of the answer matter */
    seL4_SetMR(0, 0x1234);
    reply(5, 4);
    say_next(trap_read_at);
}

/* --- capability faults ------------------------------------------------------------------------ */

#define NOWHERE ((seL4_CPtr)1 << 40)

static void send_to(void *argument)
{
    seL4_Send((seL4_CPtr)argument, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void nb_send_to(void *argument)
{
    seL4_NBSend((seL4_CPtr)argument, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void call_to(void *argument)
{
    seL4_Call((seL4_CPtr)argument, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void recv_from(void *argument)
{
    ipc_recv((seL4_CPtr)argument, NULL);
}

static void nb_recv_from(void *argument)
{
    ipc_nb_recv((seL4_CPtr)argument, NULL);
}

static void reply_recv_from(void *argument)
{
    ipc_reply_recv((seL4_CPtr)argument, seL4_MessageInfo_new(0, 0, 0, 0), NULL);
}

static void nowhere(void)
{
    fault_in(send_to, NOWHERE, NULL);
    fault_in(nb_send_to, NOWHERE, NULL);
    fault_in(call_to, NOWHERE, NULL);
    fault_in(recv_from, NOWHERE, NULL);
    fault_in(nb_recv_from, NOWHERE, NULL);
    fault_in(reply_recv_from, NOWHERE, NULL);
}

static void empty_slot(void)
{
    fault_in(send_to, 0, NULL);
    fault_in(call_to, 0, NULL);
    fault_in(recv_from, 0, NULL);
    fault_in(nb_recv_from, 0, NULL);
}

static void receive_wrong_type(void)
{
    fault_in(recv_from, seL4_CapInitThreadTCB, NULL);
    fault_in(recv_from, seL4_CapInitThreadCNode, NULL);
}

/* Worker 0 with another CSpace: its fault endpoint must be found there too. */
static void fault_in_cspace(seL4_CPtr node, seL4_Word data, seL4_CPtr fault_ep, seL4_CPtr cap)
{
    const struct thread *worker = worker_thread(0);

    worker_start(0, send_to, (void *)cap);
    must(seL4_TCB_SetSpace(worker->tcb, fault_handler(fault_ep, worker_endpoint(0)), node, data,
                           seL4_CapInitThreadVSpace, 0),
         "SetSpace");
    event_poll(&event);
    say_event(&event, NULL);
}

/* A CNode of 16 slots with the fault endpoint in slot 1, and its root's view of it. */
static seL4_CPtr small_cspace(void)
{
    const seL4_CPtr node = object_new(seL4_CapTableObject, 4);

    must(seL4_CNode_Copy(node, 1, 4, ROOT, worker_endpoint(0), DEPTH, seL4_AllRights), "Copy");
    return node;
}

static void guard_mismatch(void)
{
    const seL4_Word data = seL4_CNode_CapData_new(5, 60).words[0];

    fault_in_cspace(small_cspace(), data, 0x51, 0x62);
}

/* 59 + 4 bits, so that one bit of each pointer is left over: it does not count. */
static void bits_left(void)
{
    const seL4_Word data = seL4_CNode_CapData_new(0, 59).words[0];

    fault_in_cspace(small_cspace(), data, 0x2, 0x3);
}

static void depth_mismatch(void)
{
    const seL4_CPtr upper = object_new(seL4_CapTableObject, 4);
    const seL4_CPtr lower = object_new(seL4_CapTableObject, 4);

    /* 56 + 4 bits above, 4 below; the fault endpoint at 0x11; at 0x2 a CNode with a guard of 3 */
    must(seL4_CNode_Copy(upper, 1, 4, ROOT, lower, DEPTH, seL4_AllRights), "Copy");
    must(seL4_CNode_Copy(lower, 1, 4, ROOT, worker_endpoint(0), DEPTH, seL4_AllRights), "Copy");
    must(seL4_CNode_Mint(upper, 2, 4, ROOT, lower, DEPTH, seL4_AllRights,
                         seL4_CNode_CapData_new(0, 3).words[0]),
         "Mint");
    fault_in_cspace(upper, seL4_CNode_CapData_new(0, 56).words[0], 0x11, 0x20);
}

/* The call is made again: it fails as before, or finds what has come to its slot meanwhile. */
static void reply_to_cap_fault(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    fault_in(send_to, NOWHERE, NULL);
    reply(0, 0);
    say_next(NULL);
    fault_in(recv_from, 0, NULL);
    must(copy_cap(0, endpoint, seL4_AllRights), "Copy");
    /* neither label nor words of the answer matter */
    seL4_SetMR(0, 0x1234);
    reply(5, 4);
    say_next(NULL);
    seL4_NBSend(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    say_next(NULL);
    must(delete_cap(0), "Delete");
}

/* --- no handler ------------------------------------------------------------------------------- */

static void without_handler(seL4_CPtr fault_ep)
{
    seL4_Error error;

    worker_start(0, trap_ud2, NULL);
    error =
        seL4_TCB_SetSpace(worker_thread(0)->tcb, fault_ep, ROOT, 0, seL4_CapInitThreadVSpace, 0);
    if (error != seL4_NoError) /* with MCS: without, nobody looks at it now */
        say_error(error);
    event_poll(&event);
    say_event(&event, trap_ud2_at);
    must(seL4_TCB_Resume(worker_thread(0)->tcb), "Resume");
    event_poll(&event);
    say_event(&event, trap_ud2_at);
}

static void no_handler(void)
{
    const seL4_CPtr writer = slot_new(), reader = slot_new();

    must(copy_cap(writer, worker_endpoint(0), seL4_CanWrite), "Copy");
    must(copy_cap(reader, worker_endpoint(0), seL4_CanRead), "Copy");
    without_handler(0);
    without_handler(writer);
    without_handler(reader);
    without_handler(seL4_CapInitThreadTCB);
}

static void handler_grant_reply(void)
{
    const seL4_CPtr handler = slot_new();

    must(copy_cap(handler, worker_endpoint(0), seL4_CapRights_new(1, 0, 0, 1)), "Copy");
    worker_start(0, trap_ud2, NULL);
    must(seL4_TCB_SetSpace(worker_thread(0)->tcb, handler, ROOT, 0, seL4_CapInitThreadVSpace, 0),
         "SetSpace");
    event_poll(&event);
    say_event(&event, trap_ud2_at);
}

/* --- unknown system calls --------------------------------------------------------------------- */

/* MCS kernels have more calls before the debug calls, so all numbers behind them are lower. */
static int64_t behind_api(int64_t number)
{
    return number + (int64_t)seL4_SysDebugNameThread - -14;
}

static void unknown_numbers(void)
{
    /* -15 and -16 are debug calls of kernels with several cores */
    static const int64_t numbers[] = {0,   1,   100, -15, -16,  -17,       -18,
                                      -22, -27, -29, -31, -100, INT64_MAX, INT64_MIN};

    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++) {
        const bool is_behind = numbers[i] < 0 && numbers[i] > -100;
        const seL4_Word number = (seL4_Word)(is_behind ? behind_api(numbers[i]) : numbers[i]);

#ifdef CONFIG_SET_TLS_BASE_SELF
        if (number == seL4_SysSetTLSBase) /* before release 16 one of them is */
            continue;
#endif
        fault_in(trap_syscall, number, trap_syscall_at);
    }
}

static void unknown_registers(void)
{
    worker_run(trap_syscall, (void *)0x4000, &event);
    say("rdx=%lx rsi=%lx rdi=%lx number=%lx, rbx the stack pointer: %s",
        event.mr[seL4_UnknownSyscall_RDX], event.mr[seL4_UnknownSyscall_RSI],
        event.mr[seL4_UnknownSyscall_RDI], event.mr[seL4_UnknownSyscall_Syscall],
        worker_thread(0)->stack_end - event.mr[seL4_UnknownSyscall_RBX] < PAGE_SIZE ? "yes" : "no");
}

static seL4_Word returned;

static void syscall_and_keep(void *argument)
{
    returned = trap_yield_rax(0x111, (seL4_Word)argument);
}

static void unknown_again(void)
{
    worker_run(trap_syscall, (void *)0x4000, &event);
    reply(0, 0);
    say_next(trap_syscall_at);
}

/* rax is the first word; FaultIP is the sixteenth: the handler has to step over the call. */
static void unknown_answered(void)
{
    worker_run(syscall_and_keep, (void *)0x4000, &event);
    for (int i = 0; i < seL4_UnknownSyscall_Length; i++)
        seL4_SetMR(i, event.mr[i]);
    seL4_SetMR(seL4_UnknownSyscall_RAX, 0x222);
    seL4_SetMR(seL4_UnknownSyscall_FaultIP, event.mr[seL4_UnknownSyscall_FaultIP] + 2);
    reply(0, seL4_UnknownSyscall_Length - 1);
    say_next(NULL);
    say("rax=%lx", returned);
}

static void unknown_stopped(void)
{
    worker_run(trap_syscall, (void *)0x4000, &event);
    reply(1, 0);
    say_next(trap_syscall_at);
    must(seL4_TCB_Resume(worker_thread(0)->tcb), "Resume");
    say_next(trap_syscall_at);
}

/* A fault that waits for its handler stays with the thread, and goes out with what it sends next.
 */
static void send_empty(void *argument)
{
    seL4_Send((seL4_CPtr)argument, seL4_MessageInfo_new(0x77, 0, 0, 0));
}

static void say_what_is_sent(seL4_CPtr endpoint)
{
    seL4_MessageInfo_t info;

    must(seL4_TCB_Suspend(worker_thread(0)->tcb), "Suspend");
    worker_start(0, send_empty, (void *)endpoint);
    info = ipc_recv(endpoint, NULL);
    say("label %lu length %lu;", seL4_MessageInfo_get_label(info),
        seL4_MessageInfo_get_length(info));
    event_poll(&event);
    say("label %lu length %lu;", event.label, event.length);
}

static void fault_left_over(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    worker_start(0, trap_ud2, NULL);
    settle();
    say_what_is_sent(endpoint);
    must(seL4_TCB_Suspend(worker_thread(0)->tcb), "Suspend");
    worker_run(trap_ud2, NULL, &event);
    say_what_is_sent(endpoint);
}

/* --- faults that nobody hears of ----------------------------------------------------------------
 */

static void stopped_by(void (*entry)(void *), seL4_Word argument)
{
    worker_start(0, entry, (void *)argument);
    must(seL4_TCB_SetSpace(worker_thread(0)->tcb, 0, ROOT, 0, seL4_CapInitThreadVSpace, 0),
         "SetSpace");
    event_poll(&event);
    say_event(&event, NULL);
}

static void each_without_handler(void)
{
    stopped_by(trap_read, 0x1000);
    stopped_by(trap_syscall, 100);
    stopped_by(recv_from, (seL4_Word)1 << 40);
}

static const struct check checks[] = {
    {"FAULT0001", "read of an unmapped page", read_unmapped},
    {"FAULT0002", "write to an unmapped page", write_unmapped},
    {"FAULT0003", "jump to an unmapped page", jump_unmapped},
    {"FAULT0004", "read of address 0", read_null},
    {"FAULT0005", "read of a kernel address", read_kernel},
    {"FAULT0006", "read at the top of user space, across it", read_user_top},
    {"FAULT0007", "write to and read of a read-only page", write_read_only},
    {"FAULT0008", "pages mapped without rights, with Write only", no_rights},
    {"FAULT0009", "read and write that cross into an unmapped page", across_pages},
    {"FAULT0010", "replies to a VM fault", reply_to_vm_fault},
    {"FAULT0011", "Send, NBSend, Call, Recv, NBRecv, ReplyRecv at a pointer to nowhere", nowhere},
    {"FAULT0012", "Send, Call, Recv, NBRecv at an empty slot", empty_slot},
    {"FAULT0013", "Recv from a TCB, from a CNode", receive_wrong_type},
    {"FAULT0014", "a pointer with the wrong guard", guard_mismatch},
    {"FAULT0015", "a pointer to an endpoint with a bit left over", bits_left},
    {"FAULT0016", "a pointer that ends inside a CNode", depth_mismatch},
    {"FAULT0017", "fault handlers: none, without Grant, without Write, a TCB", no_handler},
    {"FAULT0018", "a fault handler with GrantReply instead of Grant", handler_grant_reply},
    {"FAULT0019", "system calls with numbers that do not exist", unknown_numbers},
    {"FAULT0020", "registers in the message of an unknown system call", unknown_registers},
    {"FAULT0021", "an unknown system call is made again after an empty reply", unknown_again},
    {"FAULT0022", "an unknown system call is answered with registers", unknown_answered},
    {"FAULT0023", "a reply with a label stops the thread", unknown_stopped},
    {"FAULT0024", "no handler: a VM fault, an unknown system call, a capability fault",
     each_without_handler},
    {"FAULT0025", "a thread stopped before and after its fault is received, and what it sends then",
     fault_left_over},
    {"FAULT0026",
     "replies to a capability fault, of a Send, and of a Recv whose slot is filled by then",
     reply_to_cap_fault},
};

const struct check_table fault_checks = CHECK_TABLE(checks);
