/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a guest does on kernels with MCS and on those without, under one name. Without, the kernel
 * keeps the caller that is to be answered, and each thread has its time slices. With MCS the caller
 * waits at a reply object, of which each thread here has one, and a thread runs on the time of a
 * scheduling context.
 */
#ifndef GUEST_EITHER_H
#define GUEST_EITHER_H

#include "guest.h"

/* The reply object of the thread; none, and 0, without MCS. */
extern __thread seL4_CPtr own_reply;

/*
 * ipc_*()               as seL4_*(), with the thread's reply object
 * tcb_*()               as seL4_TCB_*(), with the arguments of both kernels
 * fault_handler()       of two names of an endpoint the one that a TCB takes: with MCS the caller's
 *                       capability, else a pointer that the thread's own CSpace resolves
 * reply_new()           a reply object; 0 without MCS
 * sched_context_new()   a scheduling context, bound to a thread; 0 without MCS
 * sched_context_set_slice()  another time slice, all of it there; nothing without MCS
 */

/*
 * To wait for a signal and to ask for one without a look at the IPC buffer, for threads that have
 * none: the same system calls bring messages, too. The badge; 0 if there was nothing.
 */
#ifdef CONFIG_KERNEL_MCS
#define SYSCALL_WAIT seL4_SysWait
#define SYSCALL_POLL seL4_SysNBWait
#else
#define SYSCALL_WAIT seL4_SysRecv
#define SYSCALL_POLL seL4_SysNBRecv
#endif

static inline seL4_Word signal_wait(seL4_CPtr src)
{
    return seL4_trap_word(SYSCALL_WAIT, src);
}

static inline seL4_Word signal_poll(seL4_CPtr src)
{
    return seL4_trap_word(SYSCALL_POLL, src);
}

/* Round robin, with the time slice of the kernels without MCS. */
#define SLICE_US 10000

#ifdef CONFIG_KERNEL_MCS

static inline seL4_MessageInfo_t ipc_recv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_Recv(src, sender, own_reply);
}

static inline seL4_MessageInfo_t ipc_nb_recv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBRecv(src, sender, own_reply);
}

static inline void ipc_reply(seL4_MessageInfo_t info)
{
    seL4_Send(own_reply, info);
}

static inline seL4_MessageInfo_t ipc_reply_recv(seL4_CPtr src, seL4_MessageInfo_t info,
                                                seL4_Word *sender)
{
    return seL4_ReplyRecv(src, info, sender, own_reply);
}

static inline seL4_Error tcb_configure(seL4_CPtr tcb, seL4_CPtr fault_ep, seL4_CPtr cspace,
                                       seL4_Word cspace_data, seL4_CPtr vspace, seL4_Word buffer,
                                       seL4_CPtr buffer_frame)
{
    const seL4_Error error =
        seL4_TCB_Configure(tcb, cspace, cspace_data, vspace, 0, buffer, buffer_frame);

    if (error != seL4_NoError || fault_ep == seL4_CapNull)
        return error;
    return seL4_TCB_SetSpace(tcb, fault_ep, cspace, cspace_data, vspace, 0);
}

static inline seL4_Error tcb_set_sched_params(seL4_CPtr tcb, seL4_CPtr authority, seL4_Word mcp,
                                              seL4_Word priority, seL4_CPtr sched_context,
                                              seL4_CPtr fault_ep)
{
    return seL4_TCB_SetSchedParams(tcb, authority, mcp, priority, sched_context, fault_ep);
}

static inline seL4_CPtr fault_handler(seL4_CPtr of_thread, seL4_CPtr of_caller)
{
    (void)of_thread;
    return of_caller;
}

static inline seL4_CPtr reply_new(void)
{
    return object_new(seL4_ReplyObject, 0);
}

static inline void sched_context_set_slice(seL4_CPtr sched_context, seL4_Time us)
{
    must(seL4_SchedControl_ConfigureFlags(guest_boot_info->schedcontrol.start, sched_context, us,
                                          us, 0, 0, seL4_SchedContext_NoFlag),
         "SchedControl_ConfigureFlags");
}

static inline seL4_CPtr sched_context_new(seL4_CPtr tcb)
{
    const seL4_CPtr sched_context = object_new(seL4_SchedContextObject, seL4_MinSchedContextBits);

    sched_context_set_slice(sched_context, SLICE_US);
    must(seL4_SchedContext_Bind(sched_context, tcb), "SchedContext_Bind");
    return sched_context;
}

#else

static inline seL4_MessageInfo_t ipc_recv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_Recv(src, sender);
}

static inline seL4_MessageInfo_t ipc_nb_recv(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBRecv(src, sender);
}

static inline void ipc_reply(seL4_MessageInfo_t info)
{
    seL4_Reply(info);
}

static inline seL4_MessageInfo_t ipc_reply_recv(seL4_CPtr src, seL4_MessageInfo_t info,
                                                seL4_Word *sender)
{
    return seL4_ReplyRecv(src, info, sender);
}

static inline seL4_Error tcb_configure(seL4_CPtr tcb, seL4_CPtr fault_ep, seL4_CPtr cspace,
                                       seL4_Word cspace_data, seL4_CPtr vspace, seL4_Word buffer,
                                       seL4_CPtr buffer_frame)
{
    return seL4_TCB_Configure(tcb, fault_ep, cspace, cspace_data, vspace, 0, buffer, buffer_frame);
}

static inline seL4_Error tcb_set_sched_params(seL4_CPtr tcb, seL4_CPtr authority, seL4_Word mcp,
                                              seL4_Word priority, seL4_CPtr sched_context,
                                              seL4_CPtr fault_ep)
{
    (void)sched_context;
    (void)fault_ep;
    return seL4_TCB_SetSchedParams(tcb, authority, mcp, priority);
}

static inline seL4_CPtr fault_handler(seL4_CPtr of_thread, seL4_CPtr of_caller)
{
    (void)of_caller;
    return of_thread;
}

static inline seL4_CPtr reply_new(void)
{
    return seL4_CapNull;
}

static inline void sched_context_set_slice(seL4_CPtr sched_context, seL4_Word us)
{
    (void)sched_context;
    (void)us;
}

static inline seL4_CPtr sched_context_new(seL4_CPtr tcb)
{
    (void)tcb;
    return seL4_CapNull;
}

#endif

#endif
