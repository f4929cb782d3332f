/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/fault.h>
#include <abi/registers.h>
#include <base/bits.h>
#include <test.h>

static struct kernel_config fault_config(bool mcs, bool hardware_debug_api)
{
    struct kernel_config config = kernel_config_default();

    config.mcs = mcs;
    config.hardware_debug_api = hardware_debug_api;
    return config;
}

TEST(labels)
{
    static const struct {
        enum fault_type fault;
        const char *name;
        uint64_t label, label_mcs;
    } table[] = {
        {FAULT_NONE, "NullFault", 0, 0},
        {FAULT_CAP, "CapFault", 1, 1},
        {FAULT_UNKNOWN_SYSCALL, "UnknownSyscall", 2, 2},
        {FAULT_USER_EXCEPTION, "UserException", 3, 3},
        {FAULT_DEBUG_EXCEPTION, "DebugException", 4, 4},
        {FAULT_VM, "VMFault", 5, 6},
    };
    const struct kernel_config config = fault_config(false, true);
    const struct kernel_config mcs = fault_config(true, true);

    for (unsigned i = 0; i < ARRAY_LENGTH(table); i++) {
        CHECK_STR(abi_fault_name(table[i].fault), table[i].name);
        CHECK_EQ(abi_fault_label(&config, table[i].fault), table[i].label);
        CHECK_EQ(abi_fault_from_label(&config, table[i].label), table[i].fault);
        CHECK_EQ(abi_fault_label(&mcs, table[i].fault), table[i].label_mcs);
        CHECK_EQ(abi_fault_from_label(&mcs, table[i].label_mcs), table[i].fault);
    }
    CHECK_STR(abi_fault_name(FAULT_TIMEOUT), "Timeout");
    CHECK_EQ(abi_fault_label(&mcs, FAULT_TIMEOUT), 5);
    CHECK_EQ(abi_fault_from_label(&mcs, 5), FAULT_TIMEOUT);
}

TEST(faults_that_a_configuration_lacks)
{
    const struct kernel_config config = fault_config(false, false);
    const struct kernel_config mcs = fault_config(true, false);

    CHECK_EQ(abi_fault_label(&config, FAULT_DEBUG_EXCEPTION), 0);
    CHECK_EQ(abi_fault_from_label(&config, 4), FAULT_NONE);
    CHECK_EQ(abi_fault_label(&config, FAULT_TIMEOUT), 0);
    CHECK_EQ(abi_fault_from_label(&config, 5), FAULT_VM);
    CHECK_EQ(abi_fault_from_label(&config, 6), FAULT_NONE);
    CHECK_EQ(abi_fault_from_label(&mcs, 7), FAULT_NONE);
    CHECK_EQ(abi_fault_from_label(&mcs, UINT64_MAX), FAULT_NONE);
    CHECK_STR(abi_fault_name(FAULT_TYPE_COUNT), "unknown fault");
}

static void check_registers(const uint8_t *registers, unsigned count, const char *const *names)
{
    for (unsigned i = 0; i < count; i++)
        CHECK_STR(abi_register_name(registers[i]), names[i]);
}

TEST(unknown_syscall_message)
{
    static const char *const names[UNKNOWN_SYSCALL_REGISTERS] = {
        "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",  "r9",
        "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rsp", "rflags"};

    check_registers(abi_unknown_syscall_registers, UNKNOWN_SYSCALL_REGISTERS, names);
}

TEST(user_exception_message)
{
    static const char *const names[USER_EXCEPTION_REGISTERS] = {"rip", "rsp", "rflags"};

    check_registers(abi_user_exception_registers, USER_EXCEPTION_REGISTERS, names);
}

TEST(timeout_message)
{
    static const char *const names[TIMEOUT_REGISTERS] = {
        "rip", "rsp", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi",    "rbp",
        "r8",  "r9",  "r10",    "r11", "r12", "r13", "r14", "r15", "fs_base"};

    check_registers(abi_timeout_registers, TIMEOUT_REGISTERS, names);
}
