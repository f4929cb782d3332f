/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls. Manual, "System Calls". A call that the configuration lacks has no number in
 * <sel4/syscall.h> and no function here. With MCS who receives names the reply object that the
 * caller will wait at; without, the kernel keeps the caller itself.
 *
 * Each call exists twice: with the message in the IPC buffer's message registers, and ("WithMRs")
 * with the first four in variables, whose copies in the IPC buffer stay as they are.
 */
#ifndef SEL4_SYSCALLS_H
#define SEL4_SYSCALLS_H

#include <sel4/functions.h>
#ifdef CONFIG_VTX
#include <sel4/arch/vmenter.h>
#endif
#include <sel4/trap.h>
#include <sel4/types.h>

/* --- where the first message registers are ---------------------------------------------------- */

LIBSEL4_WITHIN void seL4_trap_load_mrs(struct seL4_Trap *trap)
{
    for (int i = 0; i < seL4_FastMessageRegisters; i++) {
        trap->mr[i] = seL4_GetMR(i);
    }
}

LIBSEL4_WITHIN void seL4_trap_store_mrs(const struct seL4_Trap *trap)
{
    for (int i = 0; i < seL4_FastMessageRegisters; i++) {
        seL4_SetMR(i, trap->mr[i]);
    }
}

/* From variables; a pointer may be NULL, and beyond the message's length none is read. */
LIBSEL4_WITHIN void seL4_trap_load_words(struct seL4_Trap *trap, const seL4_Word *mr0,
                                         const seL4_Word *mr1, const seL4_Word *mr2,
                                         const seL4_Word *mr3)
{
    const seL4_MessageInfo_t info = {{trap->info}};
    const seL4_Word length = seL4_MessageInfo_get_length(info);

    trap->mr[0] = mr0 != seL4_Null && length > 0 ? *mr0 : 0;
    trap->mr[1] = mr1 != seL4_Null && length > 1 ? *mr1 : 0;
    trap->mr[2] = mr2 != seL4_Null && length > 2 ? *mr2 : 0;
    trap->mr[3] = mr3 != seL4_Null && length > 3 ? *mr3 : 0;
}

LIBSEL4_WITHIN void seL4_trap_store_words(const struct seL4_Trap *trap, seL4_Word *mr0,
                                          seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    if (mr0 != seL4_Null) {
        *mr0 = trap->mr[0];
    }
    if (mr1 != seL4_Null) {
        *mr1 = trap->mr[1];
    }
    if (mr2 != seL4_Null) {
        *mr2 = trap->mr[2];
    }
    if (mr3 != seL4_Null) {
        *mr3 = trap->mr[3];
    }
}

LIBSEL4_WITHIN seL4_MessageInfo_t seL4_trap_received(const struct seL4_Trap *trap,
                                                     seL4_Word *sender)
{
    const seL4_MessageInfo_t info = {{trap->info}};

    if (sender != seL4_Null) {
        *sender = trap->cap;
    }
    return info;
}

/* --- sending ---------------------------------------------------------------------------------- */

LIBSEL4_WITHIN void seL4_trap_send(seL4_Syscall_ID number, seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct seL4_Trap trap = {dest, info.words[0], {0, 0, 0, 0}};

    seL4_trap_load_mrs(&trap);
    seL4_trap((seL4_Word)number, &trap);
}

LIBSEL4_WITHIN void seL4_trap_send_words(seL4_Syscall_ID number, seL4_CPtr dest,
                                         seL4_MessageInfo_t info, seL4_Word *mr0, seL4_Word *mr1,
                                         seL4_Word *mr2, seL4_Word *mr3)
{
    struct seL4_Trap trap = {dest, info.words[0], {0, 0, 0, 0}};

    seL4_trap_load_words(&trap, mr0, mr1, mr2, mr3);
    seL4_trap((seL4_Word)number, &trap);
}

LIBSEL4_INLINE_FUNC void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t msgInfo)
{
    seL4_trap_send(seL4_SysSend, dest, msgInfo);
}

LIBSEL4_INLINE_FUNC void seL4_SendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo,
                                          seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                          seL4_Word *mr3)
{
    seL4_trap_send_words(seL4_SysSend, dest, msgInfo, mr0, mr1, mr2, mr3);
}

LIBSEL4_INLINE_FUNC void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t msgInfo)
{
    seL4_trap_send(seL4_SysNBSend, dest, msgInfo);
}

LIBSEL4_INLINE_FUNC void seL4_NBSendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo,
                                            seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                            seL4_Word *mr3)
{
    seL4_trap_send_words(seL4_SysNBSend, dest, msgInfo, mr0, mr1, mr2, mr3);
}

#ifndef CONFIG_KERNEL_MCS
/* To the thread whose Call was received last. */
LIBSEL4_INLINE_FUNC void seL4_Reply(seL4_MessageInfo_t msgInfo)
{
    seL4_trap_send(seL4_SysReply, 0, msgInfo);
}

LIBSEL4_INLINE_FUNC void seL4_ReplyWithMRs(seL4_MessageInfo_t msgInfo, seL4_Word *mr0,
                                           seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    seL4_trap_send_words(seL4_SysReply, 0, msgInfo, mr0, mr1, mr2, mr3);
}
#endif

/* --- calling and receiving -------------------------------------------------------------------- */

LIBSEL4_WITHIN seL4_MessageInfo_t seL4_trap_receive(seL4_Syscall_ID number, seL4_CPtr cap,
                                                    seL4_MessageInfo_t info, seL4_Word *sender)
{
    struct seL4_Trap trap = {cap, info.words[0], {0, 0, 0, 0}};

    seL4_trap_load_mrs(&trap);
    seL4_trap((seL4_Word)number, &trap);
    seL4_trap_store_mrs(&trap);
    return seL4_trap_received(&trap, sender);
}

LIBSEL4_WITHIN seL4_MessageInfo_t seL4_trap_receive_words(seL4_Syscall_ID number, seL4_CPtr cap,
                                                          seL4_MessageInfo_t info,
                                                          seL4_Word *sender, seL4_Word *mr0,
                                                          seL4_Word *mr1, seL4_Word *mr2,
                                                          seL4_Word *mr3)
{
    struct seL4_Trap trap = {cap, info.words[0], {0, 0, 0, 0}};

    seL4_trap_load_words(&trap, mr0, mr1, mr2, mr3);
    seL4_trap((seL4_Word)number, &trap);
    seL4_trap_store_words(&trap, mr0, mr1, mr2, mr3);
    return seL4_trap_received(&trap, sender);
}

/* Of a call that sends nothing. */
LIBSEL4_WITHIN seL4_MessageInfo_t seL4_trap_no_message(void)
{
    return seL4_MessageInfo_new(0, 0, 0, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t msgInfo)
{
    return seL4_trap_receive(seL4_SysCall, dest, msgInfo, (seL4_Word *)seL4_Null);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t msgInfo,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    return seL4_trap_receive_words(seL4_SysCall, dest, msgInfo, (seL4_Word *)seL4_Null, mr0, mr1,
                                   mr2, mr3);
}

#ifdef CONFIG_KERNEL_MCS
/* The same with the two capabilities more that some calls name. */
LIBSEL4_WITHIN seL4_MessageInfo_t seL4_trap_receive_caps(seL4_Syscall_ID number, seL4_CPtr src,
                                                         seL4_MessageInfo_t info, seL4_Word *sender,
                                                         seL4_CPtr second, seL4_CPtr third)
{
    struct seL4_Trap trap = {src, info.words[0], {0, 0, 0, 0}};

    seL4_trap_load_mrs(&trap);
    seL4_trap_caps((seL4_Word)number, &trap, second, third);
    seL4_trap_store_mrs(&trap);
    return seL4_trap_received(&trap, sender);
}

LIBSEL4_WITHIN seL4_MessageInfo_t
seL4_trap_receive_caps_words(seL4_Syscall_ID number, seL4_CPtr src, seL4_MessageInfo_t info,
                             seL4_Word *sender, seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                             seL4_Word *mr3, seL4_CPtr second, seL4_CPtr third)
{
    struct seL4_Trap trap = {src, info.words[0], {0, 0, 0, 0}};

    seL4_trap_load_words(&trap, mr0, mr1, mr2, mr3);
    seL4_trap_caps((seL4_Word)number, &trap, second, third);
    seL4_trap_store_words(&trap, mr0, mr1, mr2, mr3);
    return seL4_trap_received(&trap, sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysRecv, src, seL4_trap_no_message(), sender, reply, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3,
                                                        seL4_CPtr reply)
{
    return seL4_trap_receive_caps_words(seL4_SysRecv, src, seL4_trap_no_message(), sender, mr0, mr1,
                                        mr2, mr3, reply, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender,
                                                   seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysNBRecv, src, seL4_trap_no_message(), sender, reply, 0);
}

/* To whoever waits at `reply`; the next caller will wait there, too. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t msgInfo,
                                                      seL4_Word *sender, seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysReplyRecv, src, msgInfo, sender, reply, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src,
                                                             seL4_MessageInfo_t msgInfo,
                                                             seL4_Word *sender, seL4_Word *mr0,
                                                             seL4_Word *mr1, seL4_Word *mr2,
                                                             seL4_Word *mr3, seL4_CPtr reply)
{
    return seL4_trap_receive_caps_words(seL4_SysReplyRecv, src, msgInfo, sender, mr0, mr1, mr2, mr3,
                                        reply, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr dest, seL4_MessageInfo_t msgInfo,
                                                       seL4_CPtr src, seL4_Word *sender,
                                                       seL4_CPtr reply)
{
    return seL4_trap_receive_caps(seL4_SysNBSendRecv, src, msgInfo, sender, reply, dest);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendRecvWithMRs(
    seL4_CPtr dest, seL4_MessageInfo_t msgInfo, seL4_CPtr src, seL4_Word *sender, seL4_Word *mr0,
    seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3, seL4_CPtr reply)
{
    return seL4_trap_receive_caps_words(seL4_SysNBSendRecv, src, msgInfo, sender, mr0, mr1, mr2,
                                        mr3, reply, dest);
}

/* `dest` is sent to as a reply is: it is named where the calls above name the reply object. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendWait(seL4_CPtr dest, seL4_MessageInfo_t msgInfo,
                                                       seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive_caps(seL4_SysNBSendWait, src, msgInfo, sender, dest, 0);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBSendWaitWithMRs(seL4_CPtr dest,
                                                              seL4_MessageInfo_t msgInfo,
                                                              seL4_CPtr src, seL4_Word *sender,
                                                              seL4_Word *mr0, seL4_Word *mr1,
                                                              seL4_Word *mr2, seL4_Word *mr3)
{
    return seL4_trap_receive_caps_words(seL4_SysNBSendWait, src, msgInfo, sender, mr0, mr1, mr2,
                                        mr3, dest, 0);
}

/* From an endpoint, too; whoever calls there has no reply object to wait at, and stops. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysWait, src, seL4_trap_no_message(), sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_WaitWithMRs(seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    return seL4_trap_receive_words(seL4_SysWait, src, seL4_trap_no_message(), sender, mr0, mr1, mr2,
                                   mr3);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBWait(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysNBWait, src, seL4_trap_no_message(), sender);
}

/* The badge is 0 if nothing was signalled. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBWait(src, sender);
}
#else
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysRecv, src, seL4_trap_no_message(), sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    return seL4_trap_receive_words(seL4_SysRecv, src, seL4_trap_no_message(), sender, mr0, mr1, mr2,
                                   mr3);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysNBRecv, src, seL4_trap_no_message(), sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t msgInfo,
                                                      seL4_Word *sender)
{
    return seL4_trap_receive(seL4_SysReplyRecv, src, msgInfo, sender);
}

LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src,
                                                             seL4_MessageInfo_t msgInfo,
                                                             seL4_Word *sender, seL4_Word *mr0,
                                                             seL4_Word *mr1, seL4_Word *mr2,
                                                             seL4_Word *mr3)
{
    return seL4_trap_receive_words(seL4_SysReplyRecv, src, msgInfo, sender, mr0, mr1, mr2, mr3);
}

LIBSEL4_INLINE_FUNC void seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    seL4_Recv(src, sender);
}

/* The badge is 0 if nothing was signalled. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBRecv(src, sender);
}
#endif

/* --- calls that are a word, and answer a word ---------------------------------------------------
 */

LIBSEL4_WITHIN seL4_Word seL4_trap_word(seL4_Syscall_ID number, seL4_Word word)
{
    struct seL4_Trap trap = {word, 0, {0, 0, 0, 0}};

    seL4_trap((seL4_Word)number, &trap);
    return trap.cap;
}

LIBSEL4_INLINE_FUNC void seL4_Signal(seL4_CPtr dest)
{
    seL4_trap_word(seL4_SysSend, dest);
}

LIBSEL4_INLINE_FUNC void seL4_Yield(void)
{
    seL4_trap_word(seL4_SysYield, 0);
}

#ifdef CONFIG_SET_TLS_BASE_SELF
LIBSEL4_INLINE_FUNC void seL4_SetTLSBase(seL4_Word tls_base)
{
    seL4_trap_word(seL4_SysSetTLSBase, tls_base);
}
#endif

#ifdef CONFIG_PRINTING
LIBSEL4_INLINE_FUNC void seL4_DebugPutChar(char c)
{
    seL4_trap_word(seL4_SysDebugPutChar, (seL4_Uint8)c);
}

LIBSEL4_INLINE_FUNC void seL4_DebugPutString(char *str)
{
    while (*str != '\0') {
        seL4_DebugPutChar(*str++);
    }
}

LIBSEL4_INLINE_FUNC void seL4_DebugDumpScheduler(void)
{
    seL4_trap_word(seL4_SysDebugDumpScheduler, 0);
}
#endif

#ifdef CONFIG_DEBUG_BUILD
LIBSEL4_INLINE_FUNC void seL4_DebugHalt(void)
{
    seL4_trap_word(seL4_SysDebugHalt, 0);
}

LIBSEL4_INLINE_FUNC void seL4_DebugSnapshot(void)
{
    seL4_trap_word(seL4_SysDebugSnapshot, 0);
}

/* The kernel's own number for the type of the capability; 0: none. */
LIBSEL4_INLINE_FUNC seL4_Uint32 seL4_DebugCapIdentify(seL4_CPtr cap)
{
    return (seL4_Uint32)seL4_trap_word(seL4_SysDebugCapIdentify, cap);
}

/* The name travels in the IPC buffer, as a string over the message registers. */
LIBSEL4_INLINE_FUNC void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
    char *text = (char *)seL4_GetIPCBuffer()->msg;

    for (int i = 0; i < seL4_MsgMaxLength * (int)sizeof(seL4_Word); i++) {
        text[i] = name[i];
        if (name[i] == '\0') {
            break;
        }
    }
    seL4_trap_word(seL4_SysDebugNameThread, tcb);
}

#if defined(CONFIG_ENABLE_SMP_SUPPORT) && LIBSEL4_RELEASE >= 1600
LIBSEL4_INLINE_FUNC seL4_Word seL4_DebugGetThreadAffinity(seL4_CPtr tcb)
{
    return seL4_trap_word(seL4_SysDebugGetThreadAffinity, tcb);
}
#endif
#endif

#ifdef CONFIG_DANGEROUS_CODE_INJECTION
/* userfn(userarg), in the kernel. */
LIBSEL4_INLINE_FUNC void seL4_DebugRun(void (*userfn)(void *), void *userarg)
{
    struct seL4_Trap trap = {(seL4_Word)userfn, (seL4_Word)userarg, {0, 0, 0, 0}};

    seL4_trap((seL4_Word)seL4_SysDebugRun, &trap);
}
#endif

/* --- benchmarks ------------------------------------------------------------------------------- */

#ifdef CONFIG_ENABLE_BENCHMARKS
LIBSEL4_INLINE_FUNC void seL4_BenchmarkFlushCaches(void)
{
    seL4_trap_word(seL4_SysBenchmarkFlushCaches, 0);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkNullSyscall(void)
{
    seL4_trap_word(seL4_SysBenchmarkNullSyscall, 0);
}

/* Begins to measure. */
LIBSEL4_INLINE_FUNC seL4_Error seL4_BenchmarkResetLog(void)
{
    return (seL4_Error)seL4_trap_word(seL4_SysBenchmarkResetLog, 0);
}

/* Ends it; the number of entries in the log. */
LIBSEL4_INLINE_FUNC seL4_Word seL4_BenchmarkFinalizeLog(void)
{
    return seL4_trap_word(seL4_SysBenchmarkFinalizeLog, 0);
}

/* The large page that the log goes to; kernels without a log have no such call. */
LIBSEL4_INLINE_FUNC seL4_Error seL4_BenchmarkSetLogBuffer(seL4_Word frame_cptr)
{
    return (seL4_Error)seL4_trap_word(seL4_SysBenchmarkSetLogBuffer, frame_cptr);
}

#ifdef CONFIG_BENCHMARK_TRACK_UTILISATION
#include <sel4/benchmark_utilisation_types.h>

/* The answer is in the message registers: enum benchmark_track_util_ipc_index. */
LIBSEL4_INLINE_FUNC void seL4_BenchmarkGetThreadUtilisation(seL4_Word tcb_cptr)
{
    seL4_trap_word(seL4_SysBenchmarkGetThreadUtilisation, tcb_cptr);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkResetThreadUtilisation(seL4_Word tcb_cptr)
{
    seL4_trap_word(seL4_SysBenchmarkResetThreadUtilisation, tcb_cptr);
}

#ifdef CONFIG_DEBUG_BUILD
LIBSEL4_INLINE_FUNC void seL4_BenchmarkDumpAllThreadsUtilisation(void)
{
    seL4_trap_word(seL4_SysBenchmarkDumpAllThreadsUtilisation, 0);
}

LIBSEL4_INLINE_FUNC void seL4_BenchmarkResetAllThreadsUtilisation(void)
{
    seL4_trap_word(seL4_SysBenchmarkResetAllThreadsUtilisation, 0);
}
#endif
#endif
#endif

/* --- x86 -------------------------------------------------------------------------------------- */

#ifdef CONFIG_KERNEL_X86_DANGEROUS_MSR
LIBSEL4_INLINE_FUNC seL4_Uint64 seL4_X86DangerousRDMSR(seL4_Uint32 msr)
{
    struct seL4_Trap trap = {msr, 0, {0, 0, 0, 0}};

    seL4_trap((seL4_Word)seL4_SysX86DangerousRDMSR, &trap);
    return trap.mr[0];
}

LIBSEL4_INLINE_FUNC void seL4_X86DangerousWRMSR(seL4_Uint32 msr, seL4_Uint64 value)
{
    struct seL4_Trap trap = {msr, 0, {value, 0, 0, 0}};

    seL4_trap((seL4_Word)seL4_SysX86DangerousWRMSR, &trap);
}
#endif

#ifdef CONFIG_VTX
/*
 * Runs the virtual CPU of this thread until it faults (SEL4_VMENTER_RESULT_FAULT) or a notification
 * comes (SEL4_VMENTER_RESULT_NOTIF, its badge in `sender`).
 */
LIBSEL4_INLINE_FUNC seL4_Word seL4_VMEnter(seL4_Word *sender)
{
    struct seL4_Trap trap = {0, 0, {0, 0, 0, 0}};

    seL4_trap_load_mrs(&trap);
    seL4_trap((seL4_Word)seL4_SysVMEnter, &trap);
    seL4_trap_store_mrs(&trap);
    if (trap.info == SEL4_VMENTER_RESULT_NOTIF && sender != seL4_Null) {
        *sender = trap.cap;
    }
    return trap.info;
}
#endif

#endif
