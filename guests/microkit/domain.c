/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The program of all protection domains: a loop that waits for calls, signals and faults of a
 * child, with a signal or an answer that goes out when it waits again; and what each of them does
 * in it. The monitor has a loop of its own.
 */
#include "system.h"

#include "console.h"
#include "tls.h"

#define PIT_COUNTER  0x40
#define PIT_COMMAND  0x43
#define PIT_ONE_SHOT 0x30
#define PIT_COUNT    6000 /* 5 ms */
#define HPET_PERIOD  1    /* the word of its registers that says how long a count is */
#define NO_CPTR      (UINT64_C(1) << 20) /* not what the guard says */
#define NOWHERE      UINT64_C(0x10000000)

__thread seL4_IPCBuffer *__sel4_ipc_buffer;

static enum role role;
static seL4_CPtr deferred; /* to be signalled or acknowledged at the next wait; 0: nothing */
static seL4_MessageInfo_t deferred_message;
static bool timer_is_wanted; /* else its interrupt is what the firmware has left */

static const char *const names[] = {
    [MONITOR] = "monitor", [PARENT] = "parent", [DRIVER] = "driver",
    [SERVER] = "server",   [CLIENT] = "client", [WITHOUT_FPU] = "without-fpu",
    [LOST] = "lost",       [CHILD] = "child",   [COUNTER] = "counter",
};

static void defer(seL4_CPtr to, seL4_Word label)
{
    deferred = to;
    deferred_message = seL4_MessageInfo_new(label, 0, 0, 0);
}

static void check(seL4_Word error, const char *what)
{
    if (error != seL4_NoError)
        print("%s: %s: error %lu\n", names[role], what, error);
}

/* --- the monitor ----------------------------------------------------------------------------- */

static void show_fault(seL4_Word label, seL4_Word number)
{
    static seL4_UserContext registers;
    const seL4_Word words[] = {seL4_GetMR(0), seL4_GetMR(1), seL4_GetMR(2), seL4_GetMR(3),
                               seL4_GetMR(4)};

    check(seL4_TCB_ReadRegisters(MONITOR_TCB + number, false, 0,
                                 sizeof(registers) / sizeof(seL4_Word), &registers),
          "ReadRegisters");
    print("monitor: fault %lu of %s, on its stack: %s\n", label, names[number],
          STACK_TOP - registers.rsp < 4096 ? "yes" : "no");
    if (label == seL4_Fault_CapFault)
        print("monitor: capability 0x%lx, receiving %lu, lookup failure %lu with %lu bits left\n",
              words[seL4_CapFault_Addr], words[seL4_CapFault_InRecvPhase],
              words[seL4_CapFault_LookupFailureType], words[seL4_CapFault_BitsLeft]);
    if (label == seL4_Fault_UserException)
        print("monitor: exception %lu, code %lu\n", words[seL4_UserException_Number],
              words[seL4_UserException_Code]);
}

_Noreturn static void monitor(void)
{
    for (unsigned i = PARENT; i < ROLES; i++)
        seL4_DebugNameThread(MONITOR_TCB + i, names[i]);
    print("monitor: started\n");
    for (;;) {
        seL4_Word badge;
        const seL4_MessageInfo_t tag = seL4_Recv(MONITOR_FAULT, &badge, MONITOR_REPLY);
        const seL4_Word label = seL4_MessageInfo_get_label(tag), number = badge - 1;

        if (label != seL4_Fault_NullFault) {
            show_fault(label, number);
            continue;
        }
        check(seL4_SchedContext_Bind(MONITOR_CONTEXT + number, MONITOR_SIGNAL + number), "Bind");
        print("monitor: %s is passive\n", names[number]);
    }
}

/* --- what each domain does -------------------------------------------------------------------- */

static void ask_server(seL4_Word word)
{
    seL4_SetMR(0, word);
    const seL4_MessageInfo_t answer =
        seL4_Call(SLOT_CALL + CHANNEL_SERVER, seL4_MessageInfo_new(7, 0, 0, 1));

    print("client: the answer to %lu is %lu, label %lu\n", word, seL4_GetMR(0),
          seL4_MessageInfo_get_label(answer));
}

/* One instruction of the vector unit (domain-start.S). */
void domain_use_fpu(void);

static void out8(seL4_Word port, seL4_Word byte)
{
    check((seL4_Word)seL4_X86_IOPort_Out8(SLOT_PORTS + PORTS_NUMBER, port, byte), "Out8");
}

static void driver_init(void)
{
    const volatile uint32_t *hpet = (const volatile uint32_t *)HPET_ADDRESS;

    print("driver: the HPET counts: %s\n", hpet[HPET_PERIOD] != 0 ? "yes" : "no");
    out8(PIT_COMMAND, PIT_ONE_SHOT); /* it waits for a count */
    check((seL4_Word)seL4_IRQHandler_Ack(SLOT_IRQ + CHANNEL_IRQ), "Ack");
}

static void init(void)
{
    switch (role) {
    case SERVER:
        print("server: init\n");
        defer(SLOT_MONITOR, seL4_Fault_NullFault);
        break;
    case CLIENT:
        print("client: init\n");
        ask_server(1);
        ask_server(2);
        break;
    case WITHOUT_FPU:
        domain_use_fpu();
        break;
    case LOST:
        seL4_Send(NO_CPTR, seL4_MessageInfo_new(0, 0, 0, 0));
        break;
    case CHILD:
        *(volatile seL4_Word *)NOWHERE;
        break;
    case DRIVER:
        driver_init();
        break;
    default:
        break;
    }
}

static void driver_notified(unsigned channel)
{
    if (channel == CHANNEL_DRIVER) {
        print("driver: the timer is wanted\n");
        timer_is_wanted = true;
        out8(PIT_COMMAND, PIT_ONE_SHOT);
        out8(PIT_COUNTER, PIT_COUNT & 0xff);
        out8(PIT_COUNTER, PIT_COUNT >> 8);
        return;
    }
    defer(SLOT_IRQ + CHANNEL_IRQ, IRQAckIRQ);
    if (!timer_is_wanted)
        return;
    timer_is_wanted = false;
    print("driver: interrupt\n");
    seL4_Signal(SLOT_SIGNAL + CHANNEL_SERVER);
    seL4_Signal(SLOT_SIGNAL + CHANNEL_DONE);
}

static void client_notified(unsigned channel)
{
    if (channel == CHANNEL_PARENT) {
        print("client: the child has ended\n");
        defer(SLOT_SIGNAL + CHANNEL_DRIVER, 0);
        return;
    }
    print("client: time is up\n");
    ask_server(3);
    defer(SLOT_SIGNAL + CHANNEL_COUNTER, 0);
}

static void notified(unsigned channel)
{
    if (role == DRIVER) {
        driver_notified(channel);
    } else if (role == CLIENT) {
        client_notified(channel);
    } else {
        print("%s: notified on channel %u\n", names[role], channel);
        if (role == COUNTER)
            seL4_DebugHalt();
    }
}

static seL4_MessageInfo_t protected(seL4_Word channel, seL4_MessageInfo_t message)
{
    const seL4_Word word = seL4_GetMR(0);

    print("server: %lu on channel %lu, label %lu\n", word, channel,
          seL4_MessageInfo_get_label(message));
    seL4_SetMR(0, 2 * word);
    return seL4_MessageInfo_new(8, 0, 0, 1);
}

/* The first fault starts the child again, at its begin; the second ends it. */
static void child_fault(seL4_Word child, seL4_MessageInfo_t message)
{
    static unsigned faults;
    static seL4_UserContext again;
    const seL4_Word label = seL4_MessageInfo_get_label(message);
    extern void _start(void);

    print("parent: fault %lu of child %lu at 0x%lx\n", label, child, seL4_GetMR(seL4_VMFault_Addr));
    if (++faults == 1) {
        check(seL4_TCB_ReadRegisters(SLOT_CHILD + child, false, 0,
                                     sizeof(again) / sizeof(seL4_Word), &again),
              "ReadRegisters");
        again.rip = (seL4_Word)_start;
        again.rsp = STACK_TOP;
        again.rdi = CHILD;
        check(seL4_TCB_WriteRegisters(SLOT_CHILD + child, true, 0,
                                      sizeof(again) / sizeof(seL4_Word), &again),
              "WriteRegisters");
        return;
    }
    check(seL4_TCB_Suspend(SLOT_CHILD + child), "Suspend");
    defer(SLOT_SIGNAL + CHANNEL_PARENT, 0);
}

/* --- the loop ----------------------------------------------------------------------------------
 */

/* Sends what was put off, answers if there is somebody to answer, and waits: in one call. */
static seL4_MessageInfo_t wait(bool has_answer, seL4_MessageInfo_t answer, seL4_Word *ret_badge)
{
    const seL4_CPtr to = deferred;

    deferred = 0;
    if (has_answer && to != 0)
        seL4_Send(to, deferred_message);
    if (has_answer)
        return seL4_ReplyRecv(SLOT_INPUT, answer, ret_badge, SLOT_REPLY);
    if (to != 0)
        return seL4_NBSendRecv(to, deferred_message, SLOT_INPUT, ret_badge, SLOT_REPLY);
    return seL4_Recv(SLOT_INPUT, ret_badge, SLOT_REPLY);
}

static void notified_by_all(seL4_Word badge)
{
    for (unsigned channel = 0; badge >> channel != 0; channel++)
        if (badge >> channel & 1)
            notified(channel);
}

_Noreturn static void serve(void)
{
    seL4_MessageInfo_t answer = seL4_MessageInfo_new(0, 0, 0, 0);
    bool has_answer = false;

    for (;;) {
        seL4_Word badge;
        const seL4_MessageInfo_t message = wait(has_answer, answer, &badge);

        has_answer = (badge & BADGE_CALL) != 0;
        if (badge & BADGE_FAULT)
            child_fault(badge & ~BADGE_FAULT, message);
        else if (has_answer)
            answer = protected(badge & ~BADGE_CALL, message);
        else
            notified_by_all(badge);
    }
}

_Noreturn void domain_main(enum role given);

_Noreturn void domain_main(enum role given)
{
    static _Alignas(16) char tls_area[TLS_AREA_SIZE];

    role = given;
    tls_use(tls_create(tls_area));
    seL4_SetIPCBuffer((seL4_IPCBuffer *)BUFFER_ADDRESS);
    if (role == MONITOR)
        monitor();
    init();
    serve();
}
