/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/condition.h>
#include <abi/fault.h>
#include <abi/registers.h>

static const struct {
    const char *name;
    uint8_t condition;
    uint8_t label, label_mcs;
} faults[FAULT_TYPE_COUNT] = {
    [FAULT_NONE] = {"NullFault", CONDITION_ALWAYS, 0, 0},
    [FAULT_CAP] = {"CapFault", CONDITION_ALWAYS, 1, 1},
    [FAULT_UNKNOWN_SYSCALL] = {"UnknownSyscall", CONDITION_ALWAYS, 2, 2},
    [FAULT_USER_EXCEPTION] = {"UserException", CONDITION_ALWAYS, 3, 3},
    [FAULT_DEBUG_EXCEPTION] = {"DebugException", CONDITION_HARDWARE_DEBUG_API, 4, 4},
    [FAULT_TIMEOUT] = {"Timeout", CONDITION_MCS, 0, 5},
    [FAULT_VM] = {"VMFault", CONDITION_ALWAYS, 5, 6},
};

const uint8_t abi_unknown_syscall_registers[UNKNOWN_SYSCALL_REGISTERS] = {
    UREG_RAX, UREG_RBX, UREG_RCX, UREG_RDX, UREG_RSI, UREG_RDI, UREG_RBP, UREG_R8,  UREG_R9,
    UREG_R10, UREG_R11, UREG_R12, UREG_R13, UREG_R14, UREG_R15, UREG_RIP, UREG_RSP, UREG_RFLAGS,
};

const uint8_t abi_user_exception_registers[USER_EXCEPTION_REGISTERS] = {
    UREG_RIP,
    UREG_RSP,
    UREG_RFLAGS,
};

const uint8_t abi_timeout_registers[TIMEOUT_REGISTERS] = {
    UREG_RIP, UREG_RSP, UREG_RFLAGS, UREG_RAX, UREG_RBX,     UREG_RCX, UREG_RDX,
    UREG_RSI, UREG_RDI, UREG_RBP,    UREG_R8,  UREG_R9,      UREG_R10, UREG_R11,
    UREG_R12, UREG_R13, UREG_R14,    UREG_R15, UREG_FS_BASE,
};

uint64_t abi_fault_label(const struct kernel_config *config, enum fault_type fault)
{
    if (!condition_holds(abi_conditions(config), faults[fault].condition))
        return faults[FAULT_NONE].label;
    return config->mcs ? faults[fault].label_mcs : faults[fault].label;
}

enum fault_type abi_fault_from_label(const struct kernel_config *config, uint64_t label)
{
    for (enum fault_type fault = FAULT_NONE; fault < FAULT_TYPE_COUNT; fault++)
        if (abi_fault_label(config, fault) == label)
            return fault;
    return FAULT_NONE;
}

const char *abi_fault_name(enum fault_type fault)
{
    return fault < FAULT_TYPE_COUNT ? faults[fault].name : "unknown fault";
}
