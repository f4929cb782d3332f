/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled for a configuration far from the default one: numbers that the manual's tables give. */
#include <sel4/arch/bootinfo_types.h>
#include <sel4/arch/mapping.h>
#include <sel4/benchmark_tracepoints_types.h>
#include <sel4/benchmark_track_types.h>
#include <sel4/sel4.h>
#include <sel4emu/labels.h>

/* release 13.0, non-MCS, several cores, IOMMU, VT-x, hardware debug API, no huge pages */
_Static_assert(seL4_SysCall == -1, "API calls have the same numbers everywhere");
_Static_assert(sizeof(seL4_Syscall_ID) == sizeof(seL4_Word), "a number is a word");
_Static_assert(TCBSuspend == 11, "nothing before it varies");
_Static_assert(TCBSetAffinity == 15, "exists with several cores");
_Static_assert(TCBSetTLSBase == 20, "after one for cores and four for debugging");
_Static_assert(CNodeRevoke == 21, "no SetFlags before release 14.0");
_Static_assert(Label_CNode_Revoke == CNodeRevoke, "two names of one number");
_Static_assert((int)X86PDPTMap == (int)nInvocationLabels, "one enumeration after the other");
_Static_assert(seL4_X86_4K == 7, "without huge pages one less");
_Static_assert(seL4_X64_HugePageObject == 0xfffffffe, "a name without a number");
_Static_assert(sizeof(seL4_UserContext) == 20 * sizeof(seL4_Word), "registers");
_Static_assert(sizeof(seL4_VCPUContext) == 15 * sizeof(seL4_Word), "registers of 64-bit guests");
_Static_assert(sizeof(seL4_X86_BootInfo_mmap_t) == 16 + 4 + 50 * 24, "packed");

seL4_Error check_signatures(seL4_CPtr cap);

/* The shapes of libsel4's own prototypes. */
seL4_Error check_signatures(seL4_CPtr cap)
{
    seL4_UserContext context;
    seL4_X86_IOPort_In8_t byte = seL4_X86_IOPort_In8(cap, 0x40);
    seL4_X86_Page_GetAddress_t address = seL4_X86_Page_GetAddress(cap);
    seL4_Error error = seL4_TCB_ReadRegisters(cap, 0, 0, 20, &context);

    error |= seL4_CNode_Mint(cap, 1, 64, cap, 2, 64, seL4_AllRights, 3);
    error |= seL4_Untyped_Retype(cap, seL4_TCBObject, 0, cap, 0, 0, 1, 1);
    error |= seL4_X86_Page_Map(cap, cap, 0, seL4_CanRead, seL4_X86_Default_VMAttributes);
    error |= seL4_TCB_Configure(cap, 0, cap, 0, cap, 0, 0, cap);
    return byte.error || address.error ? seL4_InvalidArgument : error;
}
