/* SPDX-License-Identifier: BSD-2-Clause */
/* TCB methods. */
#include "check.h"

#define REGISTERS (sizeof(seL4_UserContext) / sizeof(seL4_Word))

static seL4_CPtr tcb;

static void fresh(void)
{
    tcb = object_new(seL4_TCBObject, 0);
}

static seL4_Error configure(seL4_CPtr cspace, seL4_Word cspace_data, seL4_CPtr vspace,
                            seL4_Word buffer, seL4_CPtr frame)
{
    return tcb_configure(tcb, 0, cspace, cspace_data, vspace, buffer, frame);
}

/* --- messages -------------------------------------------------------------------------------- */

static void truncated(void)
{
    fresh();
    say_error(invoke(tcb, Label_TCB_ReadRegisters, NONE, WORDS(0)));
    say_error(invoke(tcb, Label_TCB_WriteRegisters, NONE, WORDS(0)));
    say_error(invoke(tcb, Label_TCB_WriteRegisters, NONE, WORDS(0, 2, 0)));
    say_error(invoke(tcb, Label_TCB_CopyRegisters, NONE, WORDS(0)));
    say_error(invoke(tcb, Label_TCB_Configure, CAPS(1, 2, 3), WORDS(0, 0, 0)));
    say_error(invoke(tcb, Label_TCB_Configure, CAPS(1, 2), WORDS(0, 0, 0, 0)));
    say_error(invoke(tcb, Label_TCB_SetPriority, NONE, WORDS(1)));
    say_error(invoke(tcb, Label_TCB_SetPriority, CAPS(1), NONE));
    say_error(invoke(tcb, Label_TCB_SetMCPriority, NONE, WORDS(1)));
    say_error(invoke(tcb, Label_TCB_SetSchedParams, CAPS(1), WORDS(1)));
    say_error(invoke(tcb, Label_TCB_SetIPCBuffer, NONE, WORDS(0)));
    say_error(invoke(tcb, Label_TCB_SetSpace, CAPS(1, 2), WORDS(0, 0)));
    say_error(invoke(tcb, Label_TCB_BindNotification, NONE, NONE));
    say_error(invoke(tcb, Label_TCB_SetTLSBase, NONE, NONE));
}

static void unknown_label(void)
{
    fresh();
    say_error(invoke(tcb, Label_Untyped_Retype, NONE, NONE));
    say_error(invoke(tcb, Label_CNode_Copy, NONE, NONE));
}

/* --- registers ------------------------------------------------------------------------------- */

static void read_errors(void)
{
    fresh();
    say_error(invoke(tcb, Label_TCB_ReadRegisters, NONE, WORDS(0, 0)));
    say_error(invoke(tcb, Label_TCB_ReadRegisters, NONE, WORDS(0, REGISTERS + 1)));
    say_error(invoke(seL4_CapInitThreadTCB, Label_TCB_ReadRegisters, NONE, WORDS(0, 1)));
    say_error(invoke(seL4_CapInitThreadTCB, Label_TCB_WriteRegisters, NONE, WORDS(0, 0)));
    say_error(invoke(seL4_CapInitThreadTCB, Label_TCB_ReadRegisters, NONE, WORDS(0, 0)));
}

static void registers_of_new(void)
{
    seL4_UserContext registers;

    fresh();
    say_error(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &registers));
    say("rip=0x%lx rsp=0x%lx rflags=0x%lx rax=0x%lx fs_base=0x%lx", registers.rip, registers.rsp,
        registers.rflags, registers.rax, registers.fs_base);
}

static void write_and_read(void)
{
    seL4_UserContext in, out;
    seL4_Word *word = (seL4_Word *)&in;

    fresh();
    for (seL4_Word i = 0; i < REGISTERS; i++)
        word[i] = 0x1000 + i;
    say_error(seL4_TCB_WriteRegisters(tcb, 0, 0, REGISTERS, &in));
    say_error(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &out));
    for (seL4_Word i = 0; i < REGISTERS; i++)
        say("%lx", ((seL4_Word *)&out)[i]);
}

static void say_sanitised(seL4_Word rflags, seL4_Word base)
{
    seL4_UserContext in = {
        .rflags = rflags, .rip = base, .rsp = base, .fs_base = base, .gs_base = base};
    seL4_UserContext out;

    say_error(seL4_TCB_WriteRegisters(tcb, 0, 0, REGISTERS, &in));
    say_error(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &out));
    say("rflags=0x%lx rip=0x%lx rsp=0x%lx fs_base=0x%lx gs_base=0x%lx;", out.rflags, out.rip,
        out.rsp, out.fs_base, out.gs_base);
}

static void write_sanitised(void)
{
    fresh();
    say_sanitised(0, 0);
    say_sanitised(~(seL4_Word)0, 0x7fffffffffff);
    say_sanitised(0x100, 0x800000000000);
    say_sanitised(0x4000, 0xffff800000000000);
}

static void write_part(void)
{
    seL4_UserContext in = {.rip = 1, .rsp = 2, .rflags = 3, .rax = 4, .rbx = 5}, out;

    fresh();
    must(seL4_TCB_WriteRegisters(tcb, 0, 0, REGISTERS, &in), "WriteRegisters");
    say_error(invoke(tcb, Label_TCB_WriteRegisters, NONE, WORDS(0, 2, 11, 12, 13, 14, 15)));
    must(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &out), "ReadRegisters");
    say("%lu %lu %lu %lu", out.rip, out.rsp, out.rax, out.rbx);
}

static void copy_registers(void)
{
    seL4_UserContext in, out;
    seL4_CPtr source;

    fresh();
    source = object_new(seL4_TCBObject, 0);
    for (seL4_Word i = 0; i < REGISTERS; i++)
        ((seL4_Word *)&in)[i] = 0x500 + i;
    must(seL4_TCB_WriteRegisters(source, 0, 0, REGISTERS, &in), "WriteRegisters");
    say_error(seL4_TCB_CopyRegisters(tcb, seL4_CapInitThreadCNode, 0, 0, 1, 1, 0));
    say_error(seL4_TCB_CopyRegisters(tcb, source, 0, 0, 1, 0, 0));
    must(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &out), "ReadRegisters");
    say("rip=0x%lx r15=0x%lx fs_base=0x%lx", out.rip, out.r15, out.fs_base);
    say_error(seL4_TCB_CopyRegisters(tcb, source, 0, 0, 0, 1, 0));
    must(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &out), "ReadRegisters");
    say("fs_base=0x%lx gs_base=0x%lx", out.fs_base, out.gs_base);
}

static void set_tls_base(void)
{
    seL4_UserContext out;

    fresh();
    say_error(seL4_TCB_SetTLSBase(tcb, 0x123456));
    must(seL4_TCB_ReadRegisters(tcb, 0, 0, REGISTERS, &out), "ReadRegisters");
    say("fs_base=0x%lx", out.fs_base);
}

#ifdef Label_TCB_SetFlags
static void set_flags(void)
{
    seL4_TCB_SetFlags_t flags;

    fresh();
    flags = seL4_TCB_SetFlags(tcb, 0, ~(seL4_Word)0);
    say_error((seL4_Error)flags.error);
    say("0x%lx", flags.flags);
    flags = seL4_TCB_SetFlags(tcb, 1, 1);
    say("0x%lx", flags.flags);
    flags = seL4_TCB_SetFlags(tcb, 1, 0);
    say("0x%lx", flags.flags);
    say_error(invoke(tcb, Label_TCB_SetFlags, NONE, WORDS(0)));
}
#endif

/* --- priorities ------------------------------------------------------------------------------ */

static void priority_errors(void)
{
    const seL4_CPtr authority = object_new(seL4_TCBObject, 0);

    fresh();
    say_error(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 256));
    say_error(seL4_TCB_SetPriority(tcb, seL4_CapInitThreadCNode, 1));
    say_error(seL4_TCB_SetPriority(tcb, slot_new(), 1));
    say_error(seL4_TCB_SetPriority(tcb, authority, 1));
    say_error(seL4_TCB_SetPriority(tcb, authority, 0));
    must(seL4_TCB_SetMCPriority(authority, seL4_CapInitThreadTCB, 10), "SetMCPriority");
    say_error(seL4_TCB_SetPriority(tcb, authority, 10));
    say_error(seL4_TCB_SetPriority(tcb, authority, 11));
    say_error(seL4_TCB_SetMCPriority(tcb, authority, 11));
    say_error(tcb_set_sched_params(tcb, authority, 11, 12, 0, 0));
    say_error(tcb_set_sched_params(tcb, authority, 10, 12, 0, 0));
    say_error(tcb_set_sched_params(tcb, authority, 3, 10, 0, 0));
}

/* --- CSpace, VSpace, IPC buffer -------------------------------------------------------------- */

static void configure_errors(void)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    const seL4_CPtr pml4 = object_new(seL4_X64_PML4Object, 0);
    const seL4_Word long_guard = seL4_CNode_CapData_new(0, 61).words[0];

    fresh();
    say_error(configure(tcb, 0, seL4_CapInitThreadVSpace, 0, 0));
    say_error(configure(ROOT, 0, ROOT, 0, 0));
    say_error(configure(ROOT, 0, pml4, 0, 0));
    say_error(configure(ROOT, long_guard, seL4_CapInitThreadVSpace, 0, 0));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 512, frame));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 1024, ROOT));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 1024, slot_new()));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 0, slot_new()));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 1024, frame));
}

static void configure_order(void)
{
    fresh();
    say_error(configure(tcb, 0, tcb, 1, tcb));
    say_error(configure(tcb, 0, tcb, 1, object_new(seL4_X86_4K, 0)));
    say_error(configure(tcb, 0, tcb, 0, tcb));
}

/* The last capability to the CNode is the TCB's own: it would be deleted on the way. */
static void configure_final_cspace(void)
{
    const seL4_CPtr node = object_new(seL4_CapTableObject, 4);

    fresh();
    say_error(configure(node, 0, seL4_CapInitThreadVSpace, 0, 0));
    must(delete_cap(node), "Delete");
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 0, 0));
    say_error(seL4_TCB_SetSpace(tcb, 0, ROOT, 0, seL4_CapInitThreadVSpace, 0));
}

static void set_ipc_buffer(void)
{
    fresh();
    say_error(seL4_TCB_SetIPCBuffer(tcb, 512, object_new(seL4_X86_4K, 0)));
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0x400, object_new(seL4_X86_PageTableObject, 0)));
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0, slot_new()));
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0x7ffffffff000, object_new(seL4_X86_4K, 0)));
}

static void set_space(void)
{
    fresh();
    say_error(seL4_TCB_SetSpace(tcb, fault_handler(99999, seL4_CapNull), ROOT, 0,
                                seL4_CapInitThreadVSpace, 0));
    say_error(seL4_TCB_SetSpace(tcb, 0, tcb, 0, seL4_CapInitThreadVSpace, 0));
    say_error(seL4_TCB_SetSpace(tcb, 0, ROOT, 0, tcb, 0));
}

/* --- running --------------------------------------------------------------------------------- */

static volatile seL4_Word runs;

static void count_run(void *argument)
{
    (void)argument;
    runs++;
}

static void count_twice(void *argument)
{
    runs++;
    seL4_Wait((seL4_CPtr)argument, NULL);
    runs++;
}

static void suspend_ready(void)
{
    struct event event;

    runs = 0;
    worker_start(0, count_run, NULL);
    say_error(seL4_TCB_Suspend(worker_thread(0)->tcb));
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
    say_error(seL4_TCB_Resume(worker_thread(0)->tcb));
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
}

/* A waiting thread that is suspended and resumed makes its system call again. */
static void suspend_waiting(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    struct event event;

    runs = 0;
    worker_start(0, count_twice, (void *)ntfn);
    settle();
    say_error(seL4_TCB_Suspend(worker_thread(0)->tcb));
    seL4_Signal(ntfn);
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
    say_error(seL4_TCB_Resume(worker_thread(0)->tcb));
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
}

/* Resume of a waiting thread restarts the call it waits in: it waits again. */
static void resume_waiting(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    struct event event;

    runs = 0;
    worker_start(0, count_twice, (void *)ntfn);
    settle();
    say_error(seL4_TCB_Resume(worker_thread(0)->tcb));
    event_poll(&event);
    say_event(&event, NULL);
    seL4_Signal(ntfn);
    event_poll(&event);
    say_event(&event, NULL);
}

static void suspend_twice(void)
{
    fresh();
    say_error(seL4_TCB_Suspend(tcb));
    say_error(seL4_TCB_Suspend(tcb));
}

static void suspend_itself(void *argument)
{
    seL4_TCB_Suspend((seL4_CPtr)argument);
    runs++;
}

static void self_suspend(void)
{
    struct event event;

    runs = 0;
    worker_start(0, suspend_itself, (void *)worker_thread(0)->tcb);
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
    must(seL4_TCB_Resume(worker_thread(0)->tcb), "Resume");
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
}

/* A thread deletes the last capability to itself: nothing is left to come back from the call. */
static void delete_itself(void *argument)
{
    seL4_CNode_Delete(ROOT, (seL4_CPtr)argument, DEPTH);
    runs++;
}

static void delete_running(void)
{
    struct event event;
    struct thread thread;

    runs = 0;
    thread_create(&thread, &(struct thread_options){.name = "fleeting",
                                                    .priority = WORKER_PRIORITY,
                                                    .entry = delete_itself});
    thread_rewind(&thread, delete_itself, (void *)thread.tcb);
    thread_resume(&thread);
    event_poll(&event);
    say_event(&event, NULL);
    say("runs %lu", runs);
    say_cap(thread.tcb);
}

/* --- bound notification ---------------------------------------------------------------------- */

static void bind(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr writer = cap_mint(ntfn, seL4_CanWrite, 0);
    const seL4_CPtr other = object_new(seL4_TCBObject, 0);

    fresh();
    say_error(seL4_TCB_BindNotification(tcb, tcb));
    say_error(seL4_TCB_BindNotification(tcb, slot_new()));
    say_error(seL4_TCB_BindNotification(tcb, writer));
    say_error(seL4_TCB_UnbindNotification(tcb));
    say_error(seL4_TCB_BindNotification(tcb, ntfn));
    say_error(seL4_TCB_BindNotification(tcb, object_new(seL4_NotificationObject, 0)));
    say_error(seL4_TCB_BindNotification(other, ntfn));
    say_error(seL4_TCB_UnbindNotification(tcb));
    say_error(seL4_TCB_BindNotification(other, ntfn));
}

static void bind_with_waiter(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    fresh();
    worker_start(0, count_twice, (void *)ntfn);
    settle();
    say_error(seL4_TCB_BindNotification(tcb, ntfn));
    must(seL4_TCB_Suspend(worker_thread(0)->tcb), "Suspend");
    say_error(seL4_TCB_BindNotification(tcb, ntfn));
}

/* --- more that is refused ----------------------------------------------------------------------
 */

static void authorities(void)
{
    const seL4_CPtr authorities[] = {ROOT, seL4_CapNull};

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(authorities); i++) {
        say_error(seL4_TCB_SetPriority(tcb, authorities[i], 256));
        say_error(seL4_TCB_SetMCPriority(tcb, authorities[i], 256));
        say_error(tcb_set_sched_params(tcb, authorities[i], 256, 256, 0, 0));
    }
    say_error(seL4_TCB_SetMCPriority(tcb, seL4_CapInitThreadTCB, 256));
    say_error(seL4_TCB_SetMCPriority(tcb, seL4_CapInitThreadTCB, ~(seL4_Word)0));
    say_error(tcb_set_sched_params(tcb, seL4_CapInitThreadTCB, 0, ~(seL4_Word)0, 0, 0));
}

static seL4_CPtr device_frame(void)
{
    const seL4_SlotRegion untyped = guest_boot_info->untyped;
    const seL4_CPtr slot = slot_new();

    for (seL4_CPtr cap = untyped.start; cap < untyped.end; cap++)
        if (guest_boot_info->untypedList[cap - untyped.start].isDevice &&
            seL4_Untyped_Retype(cap, seL4_X86_4K, 0, ROOT, 0, 0, slot, 1) == seL4_NoError)
            return slot;
    return seL4_CapNull;
}

static void buffers(void)
{
    const seL4_CPtr device = device_frame();
    const seL4_CPtr large = object_new(seL4_X86_LargePageObject, 0);

    fresh();
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0x400, device));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 0x400, device));
    say_error(configure(ROOT, 0, seL4_CapInitThreadVSpace, 0x401, device));
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0x400, tcb));
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0x401, large));
    say_error(seL4_TCB_SetIPCBuffer(tcb, 0x1ff400, large));
    must(delete_cap(device), "Delete");
}

static void registers_of_itself(void *argument)
{
    const seL4_CPtr self = (seL4_CPtr)argument;
    seL4_UserContext registers = {0};

    say_error(seL4_TCB_ReadRegisters(self, 0, 0, 1, &registers));
    say_error(seL4_TCB_WriteRegisters(self, 0, 0, 1, &registers));
    say_error(seL4_TCB_CopyRegisters(self, self, 0, 0, 0, 1, 0));
}

static void own_registers(void)
{
    struct event event;

    worker_run(registers_of_itself, (void *)worker_thread(0)->tcb, &event);
    say_event(&event, NULL);
}

static const struct check checks[] = {
    {"TCB0001", "messages too short, method by method", truncated},
    {"TCB0002", "labels that a TCB does not have", unknown_label},
    {"TCB0003", "ReadRegisters of 0, of 21, of the own thread; WriteRegisters of the own",
     read_errors},
    {"TCB0004", "registers of a new TCB", registers_of_new},
    {"TCB0005", "WriteRegisters and ReadRegisters", write_and_read},
    {"TCB0006", "WriteRegisters corrects flags and addresses", write_sanitised},
    {"TCB0007", "WriteRegisters of two registers leaves the others", write_part},
    {"TCB0008", "CopyRegisters: frame and integer registers", copy_registers},
    {"TCB0009", "SetTLSBase", set_tls_base},
#ifdef Label_TCB_SetFlags
    {"TCB0010", "SetFlags returns the flags that exist; too short", set_flags},
#endif
    {"TCB0011", "priorities over the authority's, authority that is no TCB", priority_errors},
    {"TCB0012", "Configure: bad CSpace, VSpace, guard, IPC buffer", configure_errors},
    {"TCB0013", "Configure: which of several errors comes first", configure_order},
    {"TCB0014", "Configure over the last capability to the CSpace", configure_final_cspace},
    {"TCB0015", "SetIPCBuffer: unaligned, no frame, none, outside user space", set_ipc_buffer},
    {"TCB0016", "SetSpace: any fault endpoint; bad CSpace, bad VSpace", set_space},
    {"TCB0017", "Suspend and Resume of a ready thread", suspend_ready},
    {"TCB0018", "Suspend and Resume of a waiting thread", suspend_waiting},
    {"TCB0019", "Resume of a waiting thread", resume_waiting},
    {"TCB0020", "Suspend of a suspended thread", suspend_twice},
    {"TCB0021", "a thread suspends itself", self_suspend},
    {"TCB0022", "a thread deletes itself", delete_running},
    {"TCB0023", "BindNotification: wrong type, empty, no Read, again, of another thread", bind},
    {"TCB0024", "BindNotification of one that a thread waits for", bind_with_waiter},
    {"TCB0025", "SetMCPriority, SetSchedParams: authority that is no TCB, values too high",
     authorities},
    {"TCB0026", "an IPC buffer in a device frame, in a TCB, in a large page", buffers},
    {"TCB0027", "a thread reads, writes and copies its own registers", own_registers},
};

const struct check_table tcb_checks = CHECK_TABLE_OFTEN(checks);
