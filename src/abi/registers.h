/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user registers of x86_64 in the order of seL4_UserContext (TCB_ReadRegisters), and the roles
 * that the `syscall` convention gives them. Manual, "Calling Conventions".
 */
#ifndef ABI_REGISTERS_H
#define ABI_REGISTERS_H

#include <base/types.h>

enum user_register {
    UREG_RIP,
    UREG_RSP,
    UREG_RFLAGS,
    UREG_RAX,
    UREG_RBX,
    UREG_RCX,
    UREG_RDX,
    UREG_RSI,
    UREG_RDI,
    UREG_RBP,
    UREG_R8,
    UREG_R9,
    UREG_R10,
    UREG_R11,
    UREG_R12,
    UREG_R13,
    UREG_R14,
    UREG_R15,
    UREG_FS_BASE,
    UREG_GS_BASE,
    USER_REGISTER_COUNT,

    /* frame registers (CopyRegisters' transfer_frame) come first, integer registers after them */
    FRAME_REGISTER_COUNT = UREG_FS_BASE,

    UREG_CAP = UREG_RDI, /* capability in, badge out */
    UREG_BADGE = UREG_RDI,
    UREG_MESSAGE_INFO = UREG_RSI,
    UREG_SYSCALL = UREG_RDX,
    UREG_REPLY = UREG_R12,             /* MCS: reply capability */
    UREG_NB_SEND_RECV_DEST = UREG_R13, /* MCS */
};

/* Bits of rflags */
#define RFLAGS_TRAP      (UINT64_C(1) << 8) /* the next instruction ends in a debug exception */
#define RFLAGS_DIRECTION (UINT64_C(1) << 10)
#define RFLAGS_NESTED    (UINT64_C(1) << 14)
#define RFLAGS_RESUME    (UINT64_C(1) << 16) /* the next instruction ignores breakpoints on it */
#define RFLAGS_ALIGNMENT (UINT64_C(1) << 18)
#define RFLAGS_ID        (UINT64_C(1) << 21)

#define MESSAGE_REGISTER_COUNT 4
#define UREG_MR0               UREG_R10
#define UREG_MR1               UREG_R8
#define UREG_MR2               UREG_R9
#define UREG_MR3               UREG_R15

/* "rip", "rsp", ... */
const char *abi_register_name(unsigned reg);

#endif
