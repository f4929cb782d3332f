/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/registers.h>
#include <base/bits.h>
#include <test.h>

/* The order of seL4_UserContext. */
TEST(user_context)
{
    static const char *const names[] = {
        "rip", "rsp", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi",     "rbp",
        "r8",  "r9",  "r10",    "r11", "r12", "r13", "r14", "r15", "fs_base", "gs_base",
    };

    CHECK_EQ(ARRAY_LENGTH(names), USER_REGISTER_COUNT);
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
        CHECK_STR(abi_register_name(i), names[i]);
    CHECK_STR(abi_register_name(USER_REGISTER_COUNT), "unknown register");
    CHECK_EQ(FRAME_REGISTER_COUNT, 18);
}

TEST(roles_in_a_system_call)
{
    CHECK_STR(abi_register_name(UREG_SYSCALL), "rdx");
    CHECK_STR(abi_register_name(UREG_CAP), "rdi");
    CHECK_STR(abi_register_name(UREG_BADGE), "rdi");
    CHECK_STR(abi_register_name(UREG_MESSAGE_INFO), "rsi");
    CHECK_STR(abi_register_name(UREG_REPLY), "r12");
    CHECK_STR(abi_register_name(UREG_NB_SEND_RECV_DEST), "r13");
    CHECK_STR(abi_register_name(UREG_MR0), "r10");
    CHECK_STR(abi_register_name(UREG_MR1), "r8");
    CHECK_STR(abi_register_name(UREG_MR2), "r9");
    CHECK_STR(abi_register_name(UREG_MR3), "r15");
}
