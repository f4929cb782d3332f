/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages: label and the order of their message registers. Manual, "Faults". */
#ifndef ABI_FAULT_H
#define ABI_FAULT_H

#include <abi/kernel_config.h>

enum fault_type {
    FAULT_NONE,
    FAULT_CAP,
    FAULT_UNKNOWN_SYSCALL,
    FAULT_USER_EXCEPTION,
    FAULT_DEBUG_EXCEPTION,
    FAULT_TIMEOUT,
    FAULT_VM,
    FAULT_TYPE_COUNT,
};

/* The message label of `fault` under `config`; 0 if that configuration cannot raise it. */
uint64_t abi_fault_label(const struct kernel_config *config, enum fault_type fault);

/* The fault that a message label names under `config`, or FAULT_NONE. */
enum fault_type abi_fault_from_label(const struct kernel_config *config, uint64_t label);

const char *abi_fault_name(enum fault_type fault);

/*
 * Registers (enum user_register) that an UnknownSyscall, UserException or Timeout message carries
 * in MR0, MR1, ...; what follows them (call number, vector, error code) is not listed.
 */
#define UNKNOWN_SYSCALL_REGISTERS 18
#define USER_EXCEPTION_REGISTERS  3
#define TIMEOUT_REGISTERS         19
extern const uint8_t abi_unknown_syscall_registers[UNKNOWN_SYSCALL_REGISTERS];
extern const uint8_t abi_user_exception_registers[USER_EXCEPTION_REGISTERS];
extern const uint8_t abi_timeout_registers[TIMEOUT_REGISTERS];

#endif
