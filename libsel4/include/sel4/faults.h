/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages, as a fault handler gets them. Manual, "Faults". */
#ifndef SEL4_FAULTS_H
#define SEL4_FAULTS_H

#include <sel4/functions.h>
#include <sel4/types.h>

/* Which fault the message with this tag is of. */
#define LIBSEL4_IS_FAULT(fault)                                                                    \
    LIBSEL4_INLINE_FUNC seL4_Bool seL4_is##fault##_tag(seL4_MessageInfo_t tag)                     \
    {                                                                                              \
        return seL4_MessageInfo_get_label(tag) == (seL4_Word)seL4_Fault_##fault;                   \
    }

LIBSEL4_IS_FAULT(NullFault)
LIBSEL4_IS_FAULT(CapFault)
LIBSEL4_IS_FAULT(UnknownSyscall)
LIBSEL4_IS_FAULT(UserException)
LIBSEL4_IS_FAULT(VMFault)
#ifdef CONFIG_HARDWARE_DEBUG_API
LIBSEL4_IS_FAULT(DebugException)
#endif

#ifdef CONFIG_KERNEL_MCS
LIBSEL4_INLINE_FUNC seL4_Bool seL4_isTimeoutFault_tag(seL4_MessageInfo_t tag)
{
    return seL4_MessageInfo_get_label(tag) == (seL4_Word)seL4_Fault_Timeout;
}

/* The answer to a Timeout fault: with the thread's first `length` registers, if it is to go on. */
LIBSEL4_INLINE_FUNC seL4_MessageInfo_t seL4_TimeoutReply_new(seL4_Bool resume,
                                                             seL4_UserContext regs,
                                                             seL4_Word length)
{
    const seL4_Word *words = (const seL4_Word *)&regs;

    for (seL4_Word i = 0; i < length; i++) {
        seL4_SetMR((int)i, words[i]);
    }
    return seL4_MessageInfo_new(!resume, 0, 0, length);
}
#endif

/* The faults of x86 in the message registers; a null fault if the tag is of none of them. */
LIBSEL4_INLINE_FUNC seL4_Fault_t seL4_getArchFault(seL4_MessageInfo_t tag)
{
    if (seL4_isUnknownSyscall_tag(tag)) {
        return seL4_Fault_UnknownSyscall_new(
            seL4_GetMR(seL4_UnknownSyscall_RAX), seL4_GetMR(seL4_UnknownSyscall_RBX),
            seL4_GetMR(seL4_UnknownSyscall_RCX), seL4_GetMR(seL4_UnknownSyscall_RDX),
            seL4_GetMR(seL4_UnknownSyscall_RSI), seL4_GetMR(seL4_UnknownSyscall_RDI),
            seL4_GetMR(seL4_UnknownSyscall_RBP), seL4_GetMR(seL4_UnknownSyscall_R8),
            seL4_GetMR(seL4_UnknownSyscall_R9), seL4_GetMR(seL4_UnknownSyscall_R10),
            seL4_GetMR(seL4_UnknownSyscall_R11), seL4_GetMR(seL4_UnknownSyscall_R12),
            seL4_GetMR(seL4_UnknownSyscall_R13), seL4_GetMR(seL4_UnknownSyscall_R14),
            seL4_GetMR(seL4_UnknownSyscall_R15), seL4_GetMR(seL4_UnknownSyscall_FaultIP),
            seL4_GetMR(seL4_UnknownSyscall_SP), seL4_GetMR(seL4_UnknownSyscall_FLAGS),
            seL4_GetMR(seL4_UnknownSyscall_Syscall));
    }
    if (seL4_isUserException_tag(tag)) {
        return seL4_Fault_UserException_new(
            seL4_GetMR(seL4_UserException_FaultIP), seL4_GetMR(seL4_UserException_SP),
            seL4_GetMR(seL4_UserException_FLAGS), seL4_GetMR(seL4_UserException_Number),
            seL4_GetMR(seL4_UserException_Code));
    }
    if (seL4_isVMFault_tag(tag)) {
        return seL4_Fault_VMFault_new(seL4_GetMR(seL4_VMFault_IP), seL4_GetMR(seL4_VMFault_Addr),
                                      seL4_GetMR(seL4_VMFault_PrefetchFault),
                                      seL4_GetMR(seL4_VMFault_FSR));
    }
#ifdef CONFIG_KERNEL_MCS
    if (seL4_isTimeoutFault_tag(tag)) {
        return seL4_Fault_Timeout_new(seL4_GetMR(seL4_Timeout_Data),
                                      seL4_GetMR(seL4_Timeout_Consumed));
    }
#endif
    return seL4_Fault_NullFault_new();
}

/* The fault in the message registers; a null fault if the tag is of none. */
LIBSEL4_INLINE_FUNC seL4_Fault_t seL4_getFault(seL4_MessageInfo_t tag)
{
    if (seL4_isCapFault_tag(tag)) {
        return seL4_Fault_CapFault_new(
            seL4_GetMR(seL4_CapFault_IP), seL4_GetMR(seL4_CapFault_Addr),
            seL4_GetMR(seL4_CapFault_InRecvPhase), seL4_GetMR(seL4_CapFault_LookupFailureType),
            seL4_GetMR(seL4_CapFault_BitsLeft), seL4_GetMR(seL4_CapFault_GuardMismatch_GuardFound),
            seL4_GetMR(seL4_CapFault_GuardMismatch_BitsFound));
    }
#ifdef CONFIG_HARDWARE_DEBUG_API
    if (seL4_isDebugException_tag(tag)) {
        return seL4_Fault_DebugException_new(seL4_GetMR(seL4_DebugException_FaultIP),
                                             seL4_GetMR(seL4_DebugException_ExceptionReason),
                                             seL4_GetMR(seL4_DebugException_TriggerAddress),
                                             seL4_GetMR(seL4_DebugException_BreakpointNumber));
    }
#endif
    return seL4_getArchFault(tag);
}

#endif
