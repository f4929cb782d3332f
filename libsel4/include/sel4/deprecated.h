/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of older releases that programs still use. */
#ifndef SEL4_DEPRECATED_H
#define SEL4_DEPRECATED_H

#include <sel4/bootinfo.h>
#include <sel4/faults.h>
#include <sel4/functions.h>
#include <sel4/types.h>

/* --- faults --------------------------------------------------------------------------------- */

#define seL4_NoFault        SEL4_DEPRECATE_MACRO(seL4_Fault_NullFault)
#define seL4_CapFault       SEL4_DEPRECATE_MACRO(seL4_Fault_CapFault)
#define seL4_UnknownSyscall SEL4_DEPRECATE_MACRO(seL4_Fault_UnknownSyscall)
#define seL4_UserException  SEL4_DEPRECATE_MACRO(seL4_Fault_UserException)
#define seL4_VMFault        SEL4_DEPRECATE_MACRO(seL4_Fault_VMFault)

#define SEL4_PFIPC_LABEL           SEL4_DEPRECATE_MACRO(seL4_Fault_VMFault)
#define SEL4_PFIPC_LENGTH          SEL4_DEPRECATE_MACRO(seL4_VMFault_Length)
#define SEL4_PFIPC_FAULT_IP        SEL4_DEPRECATE_MACRO(seL4_VMFault_IP)
#define SEL4_PFIPC_FAULT_ADDR      SEL4_DEPRECATE_MACRO(seL4_VMFault_Addr)
#define SEL4_PFIPC_PREFETCH_FAULT  SEL4_DEPRECATE_MACRO(seL4_VMFault_PrefetchFault)
#define SEL4_PFIPC_FSR             SEL4_DEPRECATE_MACRO(seL4_VMFault_FSR)
#define SEL4_EXCEPT_IPC_LABEL      SEL4_DEPRECATE_MACRO(seL4_Fault_UnknownSyscall)
#define SEL4_USER_EXCEPTION_LABEL  SEL4_DEPRECATE_MACRO(seL4_Fault_UserException)
#define SEL4_USER_EXCEPTION_LENGTH SEL4_DEPRECATE_MACRO(seL4_UserException_Length)

#ifdef CONFIG_VTX
#define SEL4_VMENTER_CALL_CONTROL_ENTRY_MR SEL4_DEPRECATE_MACRO(SEL4_VMENTER_CALL_INTERRUPT_INFO_MR)
#endif

typedef seL4_Fault_tag_t seL4_FaultType SEL4_DEPRECATED("it is seL4_Fault_tag_t");

/* The message registers of a VM fault. */
typedef union {
    struct {
        seL4_Word fault_ip;
        seL4_Word fault_addr;
        seL4_Word prefetch_fault;
        seL4_Word fsr;
    } regs;
    seL4_Word raw[4];
} seL4_PageFaultIpcRegisters SEL4_DEPRECATED("it is seL4_Fault_VMFault_new()");

static inline SEL4_DEPRECATED("it is seL4_GetMR(seL4_VMFault_IP)") seL4_Word seL4_PF_FIP(void)
{
    return seL4_GetMR(seL4_VMFault_IP);
}

static inline SEL4_DEPRECATED("it is seL4_GetMR(seL4_VMFault_Addr)") seL4_Word seL4_PF_Addr(void)
{
    return seL4_GetMR(seL4_VMFault_Addr);
}

static inline SEL4_DEPRECATED("it is seL4_isVMFault_tag()") seL4_Word seL4_isPageFault_MSG(void)
{
    return (seL4_Word)seL4_isVMFault_tag(seL4_GetIPCBuffer()->tag);
}

static inline SEL4_DEPRECATED("it is seL4_isVMFault_tag()") seL4_Word
    seL4_isPageFault_Tag(seL4_MessageInfo_t tag)
{
    return (seL4_Word)seL4_isVMFault_tag(tag);
}

static inline SEL4_DEPRECATED("it is seL4_isUnknownSyscall_tag()") seL4_Word
    seL4_isExceptIPC_Tag(seL4_MessageInfo_t tag)
{
    return (seL4_Word)seL4_isUnknownSyscall_tag(tag);
}

static inline SEL4_DEPRECATED("it is seL4_GetMR()") seL4_Word seL4_ExceptIPC_Get(seL4_Word mr)
{
    return seL4_GetMR((int)mr);
}

static inline SEL4_DEPRECATED("it is seL4_SetMR()") void seL4_ExceptIPC_Set(seL4_Word index,
                                                                            seL4_Word val)
{
    seL4_SetMR((int)index, val);
}

/* Both: whether the message has the length of an unknown system call's. */
static inline SEL4_DEPRECATED("it is seL4_isUnknownSyscall_tag()") seL4_Word
    seL4_IsArchSyscallFrom(seL4_MessageInfo_t tag)
{
    return seL4_MessageInfo_get_length(tag) == (seL4_Word)seL4_UnknownSyscall_Length;
}

static inline SEL4_DEPRECATED("it is seL4_isUserException_tag()") seL4_Word
    seL4_IsArchExceptionFrom(seL4_MessageInfo_t tag)
{
    return seL4_MessageInfo_get_length(tag) == (seL4_Word)seL4_UnknownSyscall_Length;
}

/* --- messages and capabilities -------------------------------------------------------------- */

static inline SEL4_DEPRECATED("the kernel does not use it") seL4_MessageInfo_t seL4_GetTag(void)
{
    return seL4_GetIPCBuffer()->tag;
}

static inline SEL4_DEPRECATED("the kernel does not use it") void seL4_SetTag(seL4_MessageInfo_t tag)
{
    seL4_GetIPCBuffer()->tag = tag;
}

typedef seL4_CapRights_t seL4_CapRights SEL4_DEPRECATED("it is seL4_CapRights_t");
typedef seL4_Word seL4_CapData_t SEL4_DEPRECATED("badges and guards are words");

static inline SEL4_DEPRECATED("a badge is a word") seL4_Word seL4_CapData_Badge_new(seL4_Word badge)
{
    return badge;
}

static inline SEL4_DEPRECATED("it is seL4_CNode_CapData_new().words[0]") seL4_Word
    seL4_CapData_Guard_new(seL4_Word guard, seL4_Word bits)
{
    return seL4_CNode_CapData_new(guard, bits).words[0];
}

#endif
