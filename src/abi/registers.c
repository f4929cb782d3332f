/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/registers.h>

static const char *const names[USER_REGISTER_COUNT] = {
    [UREG_RIP] = "rip", [UREG_RSP] = "rsp", [UREG_RFLAGS] = "rflags",   [UREG_RAX] = "rax",
    [UREG_RBX] = "rbx", [UREG_RCX] = "rcx", [UREG_RDX] = "rdx",         [UREG_RSI] = "rsi",
    [UREG_RDI] = "rdi", [UREG_RBP] = "rbp", [UREG_R8] = "r8",           [UREG_R9] = "r9",
    [UREG_R10] = "r10", [UREG_R11] = "r11", [UREG_R12] = "r12",         [UREG_R13] = "r13",
    [UREG_R14] = "r14", [UREG_R15] = "r15", [UREG_FS_BASE] = "fs_base", [UREG_GS_BASE] = "gs_base",
};

const char *abi_register_name(unsigned reg)
{
    return reg < USER_REGISTER_COUNT ? names[reg] : "unknown register";
}
