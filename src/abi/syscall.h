/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls by number. Manual, chapter "System Calls"; numbers depend on MCS and the release. */
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

#include <abi/kernel_config.h>

enum syscall {
    SYSCALL_UNKNOWN, /* no such number in this configuration: an UnknownSyscall fault */
    SYSCALL_CALL,
    SYSCALL_REPLY_RECV,
    SYSCALL_NB_SEND_RECV,
    SYSCALL_NB_SEND_WAIT,
    SYSCALL_SEND,
    SYSCALL_NB_SEND,
    SYSCALL_RECV,
    SYSCALL_REPLY,
    SYSCALL_YIELD,
    SYSCALL_NB_RECV,
    SYSCALL_WAIT,
    SYSCALL_NB_WAIT,
    SYSCALL_DEBUG_PUT_CHAR,
    SYSCALL_DEBUG_DUMP_SCHEDULER,
    SYSCALL_DEBUG_HALT,
    SYSCALL_DEBUG_CAP_IDENTIFY,
    SYSCALL_DEBUG_SNAPSHOT,
    SYSCALL_DEBUG_NAME_THREAD,
    SYSCALL_DEBUG_SEND_IPI,
    SYSCALL_DEBUG_GET_THREAD_AFFINITY,
    SYSCALL_DEBUG_RUN,
    SYSCALL_BENCHMARK_FLUSH_CACHES,
    SYSCALL_BENCHMARK_RESET_LOG,
    SYSCALL_BENCHMARK_FINALIZE_LOG,
    SYSCALL_BENCHMARK_SET_LOG_BUFFER,
    SYSCALL_BENCHMARK_NULL_SYSCALL,
    SYSCALL_BENCHMARK_GET_THREAD_UTILISATION,
    SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION,
    SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION,
    SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION,
    SYSCALL_X86_DANGEROUS_WRMSR,
    SYSCALL_X86_DANGEROUS_RDMSR,
    SYSCALL_VM_ENTER,
    SYSCALL_SET_TLS_BASE,
    SYSCALL_COUNT,
};

/* The call that `number` (the whole of rdx, signed) makes under `config`, or SYSCALL_UNKNOWN. */
enum syscall abi_syscall(const struct kernel_config *config, int64_t number);

/* The number of `syscall` under `config`; 0 if the configuration lacks it. */
int64_t abi_syscall_number(const struct kernel_config *config, enum syscall syscall);

/* libsel4's name without "seL4_": "Call", "DebugPutChar". */
const char *abi_syscall_name(enum syscall syscall);

#endif
