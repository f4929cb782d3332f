/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hardware debug API: breakpoints, single stepping and the faults they make. There are no
 * checks for a kernel without it.
 *
 * Where a processor and QEMU 7.2 without KVM differ, nothing is checked: a step that ends at an
 * instruction breakpoint (QEMU reports the breakpoint, a processor the step); a step that hits a
 * data breakpoint (under QEMU the kernel has the exception, too, and dies of it); one instruction
 * that hits two data breakpoints with accesses of different kinds.
 */
#include "check.h"
#include "debug_code.h"
#include "traps.h"

const seL4_Word debug_yield_number = seL4_SysYield;
#ifdef CONFIG_KERNEL_MCS
const seL4_Word debug_recv_number = seL4_SysWait; /* it names no reply object */
#else
const seL4_Word debug_recv_number = seL4_SysRecv;
#endif

#ifdef CONFIG_HARDWARE_DEBUG_API

#define FLAG_TRAP   0x100
#define FLAG_RESUME 0x10000

static struct event event;
static volatile seL4_Word watched[2] __attribute__((aligned(16)));

static seL4_CPtr worker(void)
{
    return worker_thread(0)->tcb;
}

/* --- words ----------------------------------------------------------------------------------- */

static void say_debug_event(const void *place)
{
    static const char *const reasons[] = {
        [seL4_DataBreakpoint] = "data",
        [seL4_InstructionBreakpoint] = "instruction",
        [seL4_SingleStep] = "step",
        [seL4_SoftwareBreakRequest] = "software",
    };
    const seL4_Word *mr = event.mr;

    if (event.badge == 0 || event.label != seL4_Fault_DebugException) {
        say_event(&event, place);
        return;
    }
    say("%s ip+%ld", reasons[mr[seL4_DebugException_ExceptionReason] & 3],
        mr[seL4_DebugException_FaultIP] - (seL4_Word)place);
    if (event.length > 2)
        say("address+%ld number=%lu",
            mr[seL4_DebugException_TriggerAddress] -
                (mr[seL4_DebugException_ExceptionReason] == seL4_DataBreakpoint ? (seL4_Word)watched
                                                                                : (seL4_Word)place),
            mr[seL4_DebugException_BreakpointNumber]);
}

static void say_breakpoint(seL4_CPtr tcb, seL4_Word number)
{
    const seL4_TCB_GetBreakpoint_t b = seL4_TCB_GetBreakpoint(tcb, (seL4_Uint16)number);

    say("%lu: 0x%lx type=%lu size=%lu rw=%lu enabled=%lu;", number, b.vaddr, b.type, b.size, b.rw,
        (seL4_Word)b.is_enabled);
}

static void say_flags(void)
{
    seL4_UserContext registers;

    must(seL4_TCB_ReadRegisters(worker(), 0, 0, 20, &registers), "ReadRegisters");
    say("trap=%lu resume=%lu", (registers.rflags & FLAG_TRAP) / FLAG_TRAP,
        (registers.rflags & FLAG_RESUME) / FLAG_RESUME);
}

/* --- short forms ----------------------------------------------------------------------------- */

static seL4_Error set_code(seL4_Word number, const void *place)
{
    return seL4_TCB_SetBreakpoint(worker(), (seL4_Uint16)number, (seL4_Word)place,
                                  seL4_InstructionBreakpoint, 0, seL4_BreakOnRead);
}

static seL4_Error set_data(seL4_Word number, seL4_Word offset, seL4_Word size, seL4_Word access)
{
    return seL4_TCB_SetBreakpoint(worker(), (seL4_Uint16)number, (seL4_Word)watched + offset,
                                  seL4_DataBreakpoint, size, access);
}

static void configure(seL4_Word number, seL4_Word count)
{
    const seL4_TCB_ConfigureSingleStepping_t result =
        seL4_TCB_ConfigureSingleStepping(worker(), (seL4_Uint16)number, count);

    must((seL4_Error)result.error, "ConfigureSingleStepping");
}

/* The worker, suspended, has no debug state. */
static void clear(void)
{
    must(seL4_TCB_Suspend(worker()), "Suspend");
    sched_context_set_slice(worker_thread(0)->sched_context, SLICE_US);
    for (seL4_Word i = 0; i < seL4_NumHWBreakpoints; i++)
        must(seL4_TCB_UnsetBreakpoint(worker(), (seL4_Uint16)i), "UnsetBreakpoint");
    for (seL4_Word i = 0; i < 64; i++)
        configure(i, 0);
}

/*
 * A debug exception is a trap: an MCS kernel that finds the time slice used up when it comes makes
 * nothing of it, and the thread goes on behind the instruction. So there has to be time enough.
 */
static void run(void (*entry)(void *), void *argument)
{
    enum { LONG_US = 60 * 1000 * 1000 };

    sched_context_set_slice(worker_thread(0)->sched_context, LONG_US);
    worker_start(0, entry, argument);
    event_poll(&event);
}

static void answer(seL4_Word label, seL4_Word length, seL4_Word word)
{
    seL4_SetMR(0, word);
    ipc_reply(seL4_MessageInfo_new(label, 0, 0, length));
    event_poll(&event);
}

static void go_on(void)
{
    answer(0, 0, 0);
}

/* The worker stands at `place` of `entry`, in a fault that waits for a reply, without breakpoints.
 */
static void stand_at(void (*entry)(void *), void *argument, const void *place)
{
    clear();
    must(set_code(0, place), "SetBreakpoint");
    run(entry, argument);
    must(seL4_TCB_UnsetBreakpoint(worker(), 0), "UnsetBreakpoint");
}

/* --- the methods ----------------------------------------------------------------------------- */

static void set_errors(void)
{
    static const struct {
        seL4_Word number, address, type, size, access;
    } tries[] = {
        /* each is wrong in one way less than the one before */
        {4, 0x800000000000, 2, 3, 3},
        {4, 0x7fffffffffff, 2, 3, 3}, /* the kernel's own end of user addresses */
        {4, 0x7ffffffffffe, 2, 3, 3},
        {4, seL4_UserTop - 1, seL4_InstructionBreakpoint, 3, 3},
        {4, seL4_UserTop - 1, seL4_InstructionBreakpoint, 0, 3},
        {4, seL4_UserTop - 1, seL4_InstructionBreakpoint, 0, 0},
        {4, seL4_UserTop - 1, seL4_DataBreakpoint, 0, 3},
        {4, seL4_UserTop - 1, seL4_DataBreakpoint, 3, 3},
        {4, seL4_UserTop - 1, seL4_DataBreakpoint, 3, 2},
        {4, seL4_UserTop - 1, seL4_DataBreakpoint, 8, 2},
        {4, seL4_UserTop - 8, seL4_DataBreakpoint, 8, 2},
        {3, seL4_UserTop - 8, seL4_DataBreakpoint, 8, 2},
        {3, seL4_UserTop - 8, seL4_DataBreakpoint, 4, 2},
    };

    clear();
    for (unsigned i = 0; i < ARRAY_LENGTH(tries); i++)
        say_error(seL4_TCB_SetBreakpoint(worker(), (seL4_Uint16)tries[i].number, tries[i].address,
                                         tries[i].type, tries[i].size, tries[i].access));
}

static void set_values(void)
{
    clear();
    for (seL4_Word type = 2; type < 5; type++)
        say_error(seL4_TCB_SetBreakpoint(worker(), 0, 0x1000, type, 0, seL4_BreakOnRead));
    say_error(seL4_TCB_SetBreakpoint(worker(), 0, 0x1000, ~(seL4_Word)0, 0, seL4_BreakOnRead));
    for (seL4_Word size = 5; size < 18; size++)
        say_error(seL4_TCB_SetBreakpoint(worker(), 0, 0x1000, seL4_DataBreakpoint, size, 1));
    for (seL4_Word address = 0x1001; address < 0x1004; address++)
        for (seL4_Word size = 1; size < 5; size *= 2)
            say_error(seL4_TCB_SetBreakpoint(worker(), 0, address, seL4_DataBreakpoint, size, 1));
    say_error(seL4_TCB_SetBreakpoint(worker(), 0, ~(seL4_Word)0, seL4_DataBreakpoint, 1, 1));
    say_error(seL4_TCB_SetBreakpoint(worker(), 0, 0, seL4_InstructionBreakpoint, 0, 0));
}

/* The number is 16 bits wide. */
static void numbers(void)
{
    clear();
    say_error(seL4_TCB_GetBreakpoint(worker(), 4).error);
    say_error(seL4_TCB_UnsetBreakpoint(worker(), 4));
    say_error(seL4_TCB_GetBreakpoint(worker(), 0xffff).error);
    say_error(seL4_TCB_UnsetBreakpoint(worker(), 0xffff));
    say_error(invoke(worker(), Label_TCB_SetBreakpoint, NONE, WORDS(0x10001, 0x1000, 1, 0, 0)));
    say_breakpoint(worker(), 1);
    say_error(invoke(worker(), Label_TCB_GetBreakpoint, NONE, WORDS(0x10001)));
    say("0x%lx", seL4_GetMR(0));
    say_error(invoke(worker(), Label_TCB_UnsetBreakpoint, NONE, WORDS(0xff0001)));
    say_breakpoint(worker(), 1);
    say_error(invoke(worker(), Label_TCB_ConfigureSingleStepping, NONE, WORDS(0xffff, 1)));
    say_error(invoke(worker(), Label_TCB_ConfigureSingleStepping, NONE, WORDS(0xffff, 0)));
}

/* A call of no length, with words in the registers that libsel4 would not fill then. */
static seL4_MessageInfo_t call_without_length(seL4_Word label, struct seL4_Trap *trap)
{
    trap->cap = worker();
    trap->info = seL4_MessageInfo_new(label, 0, 0, 0).words[0];
    seL4_trap((seL4_Word)seL4_SysCall, trap);
    return (seL4_MessageInfo_t){{trap->info}};
}

/* No method asks for the length of the message. */
static void short_messages(void)
{
    struct seL4_Trap trap = {.mr = {0, 0x2000, seL4_DataBreakpoint, 4}};
    seL4_MessageInfo_t info;

    clear();
    seL4_SetMR(4, seL4_BreakOnReadWrite);
    info = call_without_length(Label_TCB_SetBreakpoint, &trap);
    say_error((seL4_Error)seL4_MessageInfo_get_label(info));
    say("length=%lu", seL4_MessageInfo_get_length(info));
    say_breakpoint(worker(), 0);
    trap.mr[0] = 0;
    info = call_without_length(Label_TCB_GetBreakpoint, &trap);
    say("length=%lu 0x%lx", seL4_MessageInfo_get_length(info), trap.mr[0]);
    trap.mr[0] = 0;
    trap.mr[1] = 1;
    info = call_without_length(Label_TCB_ConfigureSingleStepping, &trap);
    say("length=%lu %lu", seL4_MessageInfo_get_length(info), trap.mr[0]);
}

static void set_and_get(void)
{
    clear();
    say_error(set_data(0, 0, 1, seL4_BreakOnRead));
    say_error(set_data(1, 2, 2, seL4_BreakOnWrite));
    say_error(set_data(2, 4, 4, seL4_BreakOnReadWrite));
    say_error(set_code(3, (const void *)0x123457));
    for (seL4_Word i = 0; i < 4; i++) {
        const seL4_TCB_GetBreakpoint_t b = seL4_TCB_GetBreakpoint(worker(), (seL4_Uint16)i);

        say("type=%lu size=%lu rw=%lu enabled=%lu;", b.type, b.size, b.rw, (seL4_Word)b.is_enabled);
    }
    say_error(seL4_TCB_SetBreakpoint(worker(), 3, 0x4000, seL4_DataBreakpoint, 2, 1));
    say_breakpoint(worker(), 3);
    say_error(seL4_TCB_UnsetBreakpoint(worker(), 3));
    say_breakpoint(worker(), 3);
    say_error(seL4_TCB_UnsetBreakpoint(worker(), 3));
}

/* The words of the answer are a Call's: the fifth would be in the buffer. */
static void get_by_send(void)
{
    clear();
    say_error(set_data(0, 0, 1, seL4_BreakOnWrite));
    seL4_SetMR(0, 0);
    seL4_SetMR(4, 0x77);
    seL4_Send(worker(), seL4_MessageInfo_new(Label_TCB_GetBreakpoint, 0, 0, 1));
    say("%lx", seL4_GetMR(4));
}

/* A new thread takes over what its creator's registers hold, but nothing is enabled. */
static void new_thread(void)
{
    seL4_CPtr tcb = object_new(seL4_TCBObject, 0);

    for (seL4_Word i = 0; i < 4; i++)
        say_breakpoint(tcb, i);
    must(seL4_TCB_SetBreakpoint(seL4_CapInitThreadTCB, 1, 0x10, seL4_DataBreakpoint, 2, 1), "Set");
    tcb = object_new(seL4_TCBObject, 0);
    say_breakpoint(tcb, 0);
    say_breakpoint(tcb, 1);
    must(seL4_TCB_UnsetBreakpoint(seL4_CapInitThreadTCB, 1), "Unset");
    tcb = object_new(seL4_TCBObject, 0);
    say_breakpoint(tcb, 1);
}

/* --- breakpoints on code --------------------------------------------------------------------- */

static void code(void)
{
    for (seL4_Word i = 0; i < seL4_NumHWBreakpoints; i++) {
        clear();
        must(set_code(i, (const char *)debug_nops + 2), "Set");
        run(debug_nops, NULL);
        say_debug_event(debug_nops);
    }
    say("length=%lu", event.length);
}

/* It is still there: the kernel does nothing to get past it. */
static void code_again(void)
{
    clear();
    must(set_code(1, debug_nops), "Set");
    run(debug_nops, NULL);
    go_on();
    say_debug_event(debug_nops);
    answer(0, 1, 5);
    say_debug_event(debug_nops);
    say_flags();
    must(seL4_TCB_UnsetBreakpoint(worker(), 1), "Unset");
    go_on();
    say_debug_event(debug_nops);
}

static void code_stop(void)
{
    clear();
    must(set_code(1, debug_nops), "Set");
    run(debug_nops, NULL);
    must(seL4_TCB_UnsetBreakpoint(worker(), 1), "Unset");
    answer(1, 0, 0);
    say_debug_event(debug_nops);
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
}

/* Without a reply: Resume and Suspend of the thread in its fault. */
static void code_resume(void)
{
    clear();
    must(set_code(2, debug_nops), "Set");
    run(debug_nops, NULL);
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
    must(seL4_TCB_Suspend(worker()), "Suspend");
    must(seL4_TCB_UnsetBreakpoint(worker(), 2), "Unset");
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
}

/* Others run the same code. */
static void code_per_thread(void)
{
    clear();
    must(set_code(0, (const char *)debug_nops + 1), "Set");
    worker_start(1, debug_nops, NULL);
    event_poll(&event);
    say_debug_event(debug_nops);
    run(debug_nops, NULL);
    say_debug_event(debug_nops);
    must(seL4_TCB_UnsetBreakpoint(worker(), 0), "Unset");
    go_on();
    say_debug_event(debug_nops);
}

/* The one that is on in the middle of an instruction, and on the second of two. */
static void code_places(void)
{
    clear();
    must(set_code(0, debug_yield_call + 1), "Set");
    must(set_code(2, debug_yield_call + 2), "Set");
    must(set_code(3, debug_yield_call), "Set");
    run(debug_yield, NULL);
    say_debug_event(debug_yield_call);
    must(seL4_TCB_UnsetBreakpoint(worker(), 3), "Unset");
    go_on();
    say_debug_event(debug_yield_call);
    must(seL4_TCB_UnsetBreakpoint(worker(), 2), "Unset");
    go_on();
    say_debug_event(debug_yield_call);
}

/* --- breakpoints on data --------------------------------------------------------------------- */

static void data_write(void)
{
    for (seL4_Word i = 0; i < seL4_NumHWBreakpoints; i++) {
        clear();
        must(set_data(i, 0, 8 >> (i ? i : 1), seL4_BreakOnWrite), "Set");
        run(trap_write, (void *)watched);
        say_debug_event(trap_write_at);
        go_on();
        say_debug_event(trap_write_at);
    }
    say("length=%lu", event.length);
}

static void data_accesses(void)
{
    for (seL4_Word access = seL4_BreakOnRead; access <= seL4_BreakOnReadWrite; access++) {
        clear();
        must(set_data(0, 0, 4, access), "Set");
        run(trap_read, (void *)watched);
        say_debug_event(trap_read_at);
        clear();
        must(set_data(0, 0, 4, access), "Set");
        run(trap_write, (void *)watched);
        say_debug_event(trap_write_at);
    }
}

/* Which of eight bytes, written one by one, trap. */
static void data_bytes(void)
{
    for (seL4_Word size = 1; size < 5; size *= 2) {
        clear();
        must(set_data(3, 4, size, seL4_BreakOnWrite), "Set");
        run(debug_write_bytes, (void *)watched);
        while (event.badge != 0 && event.label == seL4_Fault_DebugException) {
            say_debug_event(debug_write_bytes_at);
            go_on();
        }
        say_debug_event(debug_write_bytes_at);
    }
}

/* Both are hit by one instruction: the lower one is told, the other is forgotten. */
static void data_two(void)
{
    clear();
    must(set_data(3, 0, 4, seL4_BreakOnReadWrite), "Set");
    must(set_data(1, 0, 2, seL4_BreakOnWrite), "Set");
    run(trap_write, (void *)watched);
    say_debug_event(trap_write_at);
    go_on();
    say_debug_event(trap_write_at);
}

/* --- what counts as in use ------------------------------------------------------------------- */

/* Stepping with the number of a breakpoint changes whether any breakpoint counts. */
static void in_use(void)
{
    static const seL4_Word others[] = {1, 31, 32, 63, 64, 65, 0xffff};

    clear();
    must(set_code(0, debug_nops), "Set");
    configure(0, 0);
    say_breakpoint(worker(), 3);
    say("enabled=%lu", (seL4_Word)seL4_TCB_GetBreakpoint(worker(), 0).is_enabled);
    run(debug_nops, NULL);
    say_debug_event(debug_nops);
    for (unsigned i = 0; i < ARRAY_LENGTH(others); i++) {
        clear();
        must(set_code(0, debug_nops), "Set");
        configure(others[i], 1);
        configure(0, 0);
        run(debug_nops, NULL);
        say_debug_event(debug_nops);
    }
    clear();
    must(set_code(0, debug_nops), "Set");
    must(set_code(1, (const char *)debug_nops + 1), "Set");
    configure(0, 0);
    run(debug_nops, NULL);
    say_debug_event(debug_nops);
}

/* --- stepping -------------------------------------------------------------------------------- */

static void step_by_one(void)
{
    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 1);
    go_on();
    for (unsigned i = 0; i < 3; i++) {
        say_debug_event(debug_nops);
        say("length=%lu", event.length);
        go_on();
    }
    say_debug_event(debug_nops);
    answer(0, 1, 0);
    say_debug_event(debug_nops);
}

static void step_by_some(void)
{
    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 3);
    go_on();
    say_debug_event(debug_nops);
    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 1);
    go_on();
    answer(0, 1, 2);
    say_debug_event(debug_nops);
    answer(0, 4, 1);
    say_debug_event(debug_nops);
    answer(0, 0, 7); /* not sent: one */
    say("ip changed: %s", event.mr[0] == (seL4_Word)debug_nops + 4 ? "no" : "yes");
}

static void step_stop(void)
{
    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 1);
    go_on();
    answer(5, 1, 2);
    say_debug_event(debug_nops);
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
    must(seL4_TCB_Suspend(worker()), "Suspend");
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
}

/* After the last step of a count every instruction is reported until somebody says otherwise. */
static void step_resume(void)
{
    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 2);
    go_on();
    say_debug_event(debug_nops);
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
    configure(0, 0);
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_nops);
}

static void step_flags(void)
{
    stand_at(debug_nops, NULL, debug_nops);
    say_flags();
    configure(0, 1);
    say_flags();
    go_on();
    say_flags();
    configure(0, 0);
    say_flags();
    configure(0, 1);
    say_flags();
    go_on();
    say_flags();
    answer(3, 1, 0);
    say_flags();
}

static void step_system_call(void)
{
    stand_at(debug_yield, NULL, debug_yield_call);
    configure(0, 1);
    go_on();
    say_debug_event(debug_yield_call);
    go_on();
    say_debug_event(debug_yield_call);
    answer(0, 1, 0);
    say_debug_event(debug_yield_call);
    stand_at(debug_yield, NULL, debug_yield_call);
    configure(0, 2);
    go_on();
    say_debug_event(debug_yield_call);
}

/* A thread that waits in the kernel when it is told to step. */
static void step_waiting(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    clear();
    run(debug_recv, (void *)endpoint);
    say_debug_event(debug_recv_call);
    configure(0, 1);
    seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say_debug_event(debug_recv_call);
    go_on();
    say_debug_event(debug_recv_call);
    answer(0, 1, 0);
    say_debug_event(debug_recv_call);
}

/* The same, but it is made to repeat the call: it goes back to it with the flag on. */
static void step_restart(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);

    clear();
    run(debug_recv, (void *)endpoint);
    must(seL4_TCB_Suspend(worker()), "Suspend");
    configure(0, 1);
    thread_resume(worker_thread(0));
    event_poll(&event);
    say_debug_event(debug_recv_call);
    go_on();
    say_debug_event(debug_recv_call);
    seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    event_poll(&event);
    say_debug_event(debug_recv_call);
}

static void step_fault(void)
{
    stand_at(trap_ud2, NULL, trap_ud2_at);
    configure(0, 1);
    go_on();
    say_debug_event(trap_ud2_at);
    stand_at(trap_read, (void *)0x10, trap_read_at);
    configure(0, 1);
    go_on();
    say_debug_event(trap_read_at);
    say_flags();
    stand_at(trap_int3, NULL, trap_int3_at);
    configure(0, 1);
    go_on();
    say_debug_event(trap_int3_at);
    say_flags();
}

static void step_self_entry(void *argument)
{
    (void)argument;
    seL4_TCB_ConfigureSingleStepping(worker(), 0, 1);
}

static void step_self(void)
{
    clear();
    run(step_self_entry, NULL);
    say("%s", event.label == seL4_Fault_DebugException ? "faults" : "goes on");
    say("reason=%lu length=%lu", event.mr[seL4_DebugException_ExceptionReason], event.length);
}

static void step_registers(void)
{
    seL4_UserContext registers;

    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 1);
    go_on();
    must(seL4_TCB_ReadRegisters(worker(), 0, 0, 20, &registers), "ReadRegisters");
    registers.rip = (seL4_Word)debug_nops;
    must(seL4_TCB_WriteRegisters(worker(), 0, 0, 20, &registers), "WriteRegisters");
    say_flags();
    go_on();
    say_debug_event(debug_nops);
}

/* --- instructions ---------------------------------------------------------------------------- */

static void software_break(void)
{
    clear();
    run(trap_int3, NULL);
    say_debug_event(trap_int3_at);
    say("length=%lu", event.length);
    say_flags();
    answer(0, 1, 9);
    say_debug_event(trap_int3_at);
    run(trap_int3, NULL);
    answer(1, 0, 0);
    say_debug_event(trap_int3_at);
}

static void software_break_unhandled(void)
{
    clear();
    worker_start(0, trap_int3, NULL);
    must(seL4_TCB_SetSpace(worker(), 0, ROOT, 0, seL4_CapInitThreadVSpace, 0), "SetSpace");
    event_poll(&event);
    say_debug_event(trap_int3_at);
}

/* The flag by popf: a step that nobody asked for; an empty reply asks for the next one. */
static void own_flag(void)
{
    clear();
    run(debug_trap_flag, NULL);
    say_debug_event(debug_trap_flag_at);
    say_flags();
    go_on();
    say_debug_event(debug_trap_flag_at);
    answer(0, 1, 0);
    say_debug_event(debug_trap_flag_at);
}

static void own_flag_call(void)
{
    clear();
    run(debug_trap_flag_call, NULL);
    say_debug_event(debug_trap_flag_call_at);
    answer(0, 1, 0);
    say_debug_event(debug_trap_flag_call_at);
}

/* --- a thread without FPU -------------------------------------------------------------------- */

static void without_fpu(void)
{
    clear();
    must((seL4_Error)seL4_TCB_SetFlags(worker(), 0, 1).error, "SetFlags");
    must(set_code(0, (const char *)debug_sse + 1), "Set");
    run(debug_sse, NULL);
    say_debug_event(debug_sse);
    must(seL4_TCB_UnsetBreakpoint(worker(), 0), "Unset");
    go_on();
    say_debug_event(debug_sse);

    clear();
    must(set_data(1, 2, 2, seL4_BreakOnWrite), "Set");
    run(debug_write_bytes, (void *)watched);
    say_debug_event(debug_write_bytes_at);
    go_on();
    say_debug_event(debug_write_bytes_at);
    go_on();
    say_debug_event(debug_write_bytes_at);

    stand_at(debug_nops, NULL, debug_nops);
    configure(0, 3);
    go_on();
    say_debug_event(debug_nops);
    go_on();
    say_debug_event(debug_nops);
    answer(0, 1, 0);
    say_debug_event(debug_nops);

    clear();
    run(debug_trap_flag, NULL);
    say_debug_event(debug_trap_flag_at);
    clear();
    run(trap_int3, NULL);
    say_debug_event(trap_int3_at);
    clear();
    must((seL4_Error)seL4_TCB_SetFlags(worker(), 1, 0).error, "SetFlags");
}

static const struct check checks[] = {
    {"DEBUG0001", "SetBreakpoint's checks in their order", set_errors},
    {"DEBUG0002", "types, sizes and alignments", set_values},
    {"DEBUG0003", "numbers of breakpoints", numbers},
    {"DEBUG0004", "messages without a length", short_messages},
    {"DEBUG0005", "set, get, set again, unset", set_and_get},
    {"DEBUG0006", "breakpoints of a new thread", new_thread},
    {"DEBUG0007", "GetBreakpoint by Send", get_by_send},
    {"DEBUG0101", "an instruction breakpoint, by each number", code},
    {"DEBUG0102", "a reply that leaves it there, one that takes it away", code_again},
    {"DEBUG0103", "a reply with a label, and Resume", code_stop},
    {"DEBUG0104", "Resume and Suspend without a reply", code_resume},
    {"DEBUG0105", "in code that another thread runs, too", code_per_thread},
    {"DEBUG0106", "inside an instruction, and behind it", code_places},
    {"DEBUG0201", "a word written, by each number", data_write},
    {"DEBUG0202", "reads and writes by kind of access", data_accesses},
    {"DEBUG0203", "bytes next to it", data_bytes},
    {"DEBUG0204", "two at once", data_two},
    {"DEBUG0301", "which breakpoints are in use", in_use},
    {"DEBUG0401", "step by step", step_by_one},
    {"DEBUG0402", "several steps at once", step_by_some},
    {"DEBUG0403", "a reply with a label, Resume, Suspend", step_stop},
    {"DEBUG0404", "Resume after a step", step_resume},
    {"DEBUG0405", "the flags of the thread", step_flags},
    {"DEBUG0406", "over a system call", step_system_call},
    {"DEBUG0407", "out of a Recv", step_waiting},
    {"DEBUG0408", "back into a Recv", step_restart},
    {"DEBUG0409", "an instruction that faults", step_fault},
    {"DEBUG0410", "a thread that asks for it itself", step_self},
    {"DEBUG0411", "WriteRegisters between steps", step_registers},
    {"DEBUG0501", "int3", software_break},
    {"DEBUG0504", "int3, and no fault handler", software_break_unhandled},
    {"DEBUG0502", "the trap flag by popf", own_flag},
    {"DEBUG0503", "the same, then a system call", own_flag_call},
    {"DEBUG0601", "all of it in a thread without FPU", without_fpu},
};

const struct check_table debug_checks = CHECK_TABLE(checks);

#else

const struct check_table debug_checks = {.count = 0};

#endif
