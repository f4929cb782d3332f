/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls. Manual, "System Calls". A call that the configuration lacks has no number in
 * <sel4/abi.h> and no function here. With MCS who receives names the reply object that the caller
 * will wait at; without, the kernel keeps the caller itself.
 */
#ifndef SEL4_SYSCALLS_H
#define SEL4_SYSCALLS_H

#include <sel4/abi.h>
#include <sel4/ipc_buffer.h>
#include <sel4/trap.h>

/* --- messages ------------------------------------------------------------------------------- */

static inline void seL4_trap_load_mrs(struct seL4_Trap *trap)
{
    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        trap->mr[i] = seL4_GetMR(i);
}

static inline void seL4_trap_store_mrs(const struct seL4_Trap *trap)
{
    for (int i = 0; i < seL4_FastMessageRegisters; i++)
        seL4_SetMR(i, trap->mr[i]);
}

static inline void seL4_trap_send(seL4_Word number, seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct seL4_Trap trap = {.cap = dest, .info = info.words[0]};

    seL4_trap_load_mrs(&trap);
    seL4_trap(number, &trap);
}

/* Any call that ends in receiving. `sender` may be NULL. */
static inline seL4_MessageInfo_t seL4_trap_receive(seL4_Word number, seL4_CPtr cap,
                                                   seL4_MessageInfo_t info, seL4_Word *sender)
{
    struct seL4_Trap trap = {.cap = cap, .info = info.words[0]};

    seL4_trap_load_mrs(&trap);
    seL4_trap(number, &trap);
    seL4_trap_store_mrs(&trap);
    if (sender != NULL)
        *sender = trap.cap;
    return (seL4_MessageInfo_t){{trap.info}};
}

static inline void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    seL4_trap_send(seL4_SysSend, dest, info);
}

static inline void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    seL4_trap_send(seL4_SysNBSend, dest, info);
}

static inline seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    return seL4_trap_receive(seL4_SysCall, dest, info, NULL);
}

#ifdef CONFIG_KERNEL_MCS
/* The same with the two capabilities more that some calls name. */
static inline seL4_MessageInfo_t seL4_trap_receive_caps(seL4_Word number, seL4_CPtr src,
                                                        seL4_MessageInfo_t info, seL4_Word *sender,
                                                        seL4_CPtr second, seL4_CPtr third)
{
    struct seL4_Trap trap = {.cap = src, .info = info.words[0]};

    seL4_trap_load_mrs(&trap);
    seL4_trap_caps(number, &trap, second, third);
    seL4_trap_store_mrs(&trap);
    if (sender != NULL)
        *sender = trap.cap;
    return (seL4_MessageInfo_t){{trap.info}};
}

static inline seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysRecv, src, seL4_MessageInfo_new(0, 0, 0, 0), sender,
                                  reply, 0);
}

static inline seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysNBRecv, src, seL4_MessageInfo_new(0, 0, 0, 0), sender,
                                  reply, 0);
}

/* To whoever waits at `reply`; the next caller will wait there, too. */
static inline seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t info,
                                                seL4_Word *sender, seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysReplyRecv, src, info, sender, reply, 0);
}

static inline seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                 seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysNBSendRecv, src, info, sender, reply, dest);
}

static inline seL4_MessageInfo_t seL4_NBSendWait(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                 seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive_caps(seL4_SysNBSendWait, src, info, sender, dest, 0);
}
#else
/* To the thread whose Call was received last. */
static inline void seL4_Reply(seL4_MessageInfo_t info)
{
    seL4_trap_send(seL4_SysReply, 0, info);
}

static inline seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysRecv, src, seL4_MessageInfo_new(0, 0, 0, 0), sender);
}

static inline seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysNBRecv, src, seL4_MessageInfo_new(0, 0, 0, 0), sender);
}

static inline seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t info,
                                                seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysReplyRecv, src, info, sender);
}
#endif

/* Call with the first four message registers as arguments, both ways; the IPC buffer's copies of
 * them stay as they are. What the invocations are made of. */
static inline seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                  seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                                  seL4_Word *mr3)
{
    struct seL4_Trap trap = {dest, info.words[0], {*mr0, *mr1, *mr2, *mr3}};

    seL4_trap(seL4_SysCall, &trap);
    *mr0 = trap.mr[0];
    *mr1 = trap.mr[1];
    *mr2 = trap.mr[2];
    *mr3 = trap.mr[3];
    return (seL4_MessageInfo_t){{trap.info}};
}

/* --- notifications: send and receive without a message -------------------------------------- */

static inline void seL4_Signal(seL4_CPtr dest)
{
    struct seL4_Trap trap = {.cap = dest};

    seL4_trap(seL4_SysSend, &trap);
}

#ifdef CONFIG_KERNEL_MCS
/* From an endpoint, too; whoever calls there has no reply object to wait at, and stops. */
static inline seL4_MessageInfo_t seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysWait, src, seL4_MessageInfo_new(0, 0, 0, 0), sender);
}

static inline seL4_MessageInfo_t seL4_NBWait(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysNBWait, src, seL4_MessageInfo_new(0, 0, 0, 0), sender);
}

/* The badge is 0 if nothing was signalled. */
static inline seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBWait(src, sender);
}
#else
static inline void seL4_trap_wait(seL4_Word number, seL4_CPtr src, seL4_Word *sender)
{
    struct seL4_Trap trap = {.cap = src};

    seL4_trap(number, &trap);
    if (sender != NULL)
        *sender = trap.cap;
}

static inline void seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    seL4_trap_wait(seL4_SysRecv, src, sender);
}

/* The badge is 0 if nothing was signalled. */
static inline void seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    seL4_trap_wait(seL4_SysNBRecv, src, sender);
}
#endif

/* --- the rest ------------------------------------------------------------------------------- */

static inline seL4_Word seL4_trap_word(seL4_Word number, seL4_Word word)
{
    struct seL4_Trap trap = {.cap = word};

    seL4_trap(number, &trap);
    return trap.cap;
}

static inline void seL4_Yield(void)
{
    seL4_trap_word(seL4_SysYield, 0);
}

#ifdef seL4_SysSetTLSBase
static inline void seL4_SetTLSBase(seL4_Word base)
{
    seL4_trap_word(seL4_SysSetTLSBase, base);
}
#else
/* User level may write the register itself (KernelFSGSBase=inst). */
static inline void seL4_SetTLSBase(seL4_Word base)
{
    __asm__ volatile("wrfsbase %0" : : "r"(base));
}
#endif

#ifdef seL4_SysDebugPutChar
static inline void seL4_DebugPutChar(char c)
{
    seL4_trap_word(seL4_SysDebugPutChar, (seL4_Uint8)c);
}
#endif

#ifdef seL4_SysDebugDumpScheduler
static inline void seL4_DebugDumpScheduler(void)
{
    seL4_trap_word(seL4_SysDebugDumpScheduler, 0);
}
#endif

#ifdef seL4_SysDebugHalt
static inline void seL4_DebugHalt(void)
{
    seL4_trap_word(seL4_SysDebugHalt, 0);
}
#endif

#ifdef seL4_SysDebugCapIdentify
/* The kernel's own number for the type of the capability; 0: none. */
static inline seL4_Word seL4_DebugCapIdentify(seL4_CPtr cap)
{
    return seL4_trap_word(seL4_SysDebugCapIdentify, cap);
}
#endif

#ifdef seL4_SysDebugNameThread
/* The name travels in the IPC buffer, as a string over the message registers. */
static inline void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
    char *text = (char *)seL4_GetIPCBuffer()->msg;

    for (int i = 0; i < seL4_MsgMaxLength * (int)sizeof(seL4_Word); i++) {
        text[i] = name[i];
        if (name[i] == '\0')
            break;
    }
    seL4_trap_word(seL4_SysDebugNameThread, tcb);
}
#endif

#ifdef seL4_SysDebugSnapshot
static inline void seL4_DebugSnapshot(void)
{
    seL4_trap_word(seL4_SysDebugSnapshot, 0);
}
#endif

/* --- benchmarks ----------------------------------------------------------------------------- */

#ifdef CONFIG_ENABLE_BENCHMARKS
static inline void seL4_BenchmarkFlushCaches(void)
{
    seL4_trap_word(seL4_SysBenchmarkFlushCaches, 0);
}

static inline void seL4_BenchmarkNullSyscall(void)
{
    seL4_trap_word(seL4_SysBenchmarkNullSyscall, 0);
}

/* Begins to measure. */
static inline seL4_Error seL4_BenchmarkResetLog(void)
{
    return (seL4_Error)seL4_trap_word(seL4_SysBenchmarkResetLog, 0);
}

/* Ends it; 0, for there is no log of single events. */
static inline seL4_Word seL4_BenchmarkFinalizeLog(void)
{
    return seL4_trap_word(seL4_SysBenchmarkFinalizeLog, 0);
}
#endif

#ifdef CONFIG_BENCHMARK_TRACK_UTILISATION
/* Where GetThreadUtilisation puts what into the message registers; times are TSC cycles. */
enum benchmark_track_util_ipc_index {
    BENCHMARK_TCB_UTILISATION,
    BENCHMARK_TCB_NUMBER_SCHEDULES,
    BENCHMARK_TCB_KERNEL_UTILISATION,
    BENCHMARK_TCB_NUMBER_KERNEL_ENTRIES,
    BENCHMARK_IDLE_LOCALCPU_UTILISATION,
    BENCHMARK_IDLE_TCBCPU_UTILISATION,
    BENCHMARK_IDLE_NUMBER_SCHEDULES,
    BENCHMARK_IDLE_KERNEL_UTILISATION,
    BENCHMARK_IDLE_NUMBER_KERNEL_ENTRIES,
    BENCHMARK_TOTAL_UTILISATION,
    BENCHMARK_TOTAL_NUMBER_SCHEDULES,
    BENCHMARK_TOTAL_KERNEL_UTILISATION,
    BENCHMARK_TOTAL_NUMBER_KERNEL_ENTRIES,
};

static inline void seL4_BenchmarkGetThreadUtilisation(seL4_CPtr tcb)
{
    seL4_trap_word(seL4_SysBenchmarkGetThreadUtilisation, tcb);
}

static inline void seL4_BenchmarkResetThreadUtilisation(seL4_CPtr tcb)
{
    seL4_trap_word(seL4_SysBenchmarkResetThreadUtilisation, tcb);
}
#endif

#ifdef seL4_SysBenchmarkDumpAllThreadsUtilisation
static inline void seL4_BenchmarkDumpAllThreadsUtilisation(void)
{
    seL4_trap_word(seL4_SysBenchmarkDumpAllThreadsUtilisation, 0);
}

static inline void seL4_BenchmarkResetAllThreadsUtilisation(void)
{
    seL4_trap_word(seL4_SysBenchmarkResetAllThreadsUtilisation, 0);
}
#endif

/* --- model-specific registers --------------------------------------------------------------- */

#ifdef CONFIG_KERNEL_X86_DANGEROUS_MSR
static inline seL4_Uint64 seL4_X86DangerousRDMSR(seL4_Uint32 msr)
{
    struct seL4_Trap trap = {.cap = msr};

    seL4_trap(seL4_SysX86DangerousRDMSR, &trap);
    return trap.mr[0];
}

static inline void seL4_X86DangerousWRMSR(seL4_Uint32 msr, seL4_Uint64 value)
{
    struct seL4_Trap trap = {.cap = msr, .mr = {value}};

    seL4_trap(seL4_SysX86DangerousWRMSR, &trap);
}
#endif

#endif
