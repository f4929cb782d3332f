/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/condition.h>
#include <abi/syscall.h>
#include <base/bits.h>

/*
 * Numbers count down from -1: first the calls of the API, in an order that MCS changes, then all
 * others. Of these each takes its number whether or not the configuration has it; only one that
 * the release does not know takes none.
 */
static const uint8_t api_calls[] = {
    SYSCALL_CALL, SYSCALL_REPLY_RECV, SYSCALL_SEND,  SYSCALL_NB_SEND,
    SYSCALL_RECV, SYSCALL_REPLY,      SYSCALL_YIELD, SYSCALL_NB_RECV,
};

static const uint8_t api_calls_mcs[] = {
    SYSCALL_CALL, SYSCALL_REPLY_RECV, SYSCALL_NB_SEND_RECV, SYSCALL_NB_SEND_WAIT,
    SYSCALL_SEND, SYSCALL_NB_SEND,    SYSCALL_RECV,         SYSCALL_NB_RECV,
    SYSCALL_WAIT, SYSCALL_NB_WAIT,    SYSCALL_YIELD,
};

struct other_call {
    uint8_t syscall;
    uint8_t condition;
    uint16_t since;
};

#define OTHER(syscall, condition, since)                                                           \
    {                                                                                              \
        SYSCALL_##syscall, CONDITION_##condition, SEL4_RELEASE_##since                             \
    }

static const struct other_call other_calls[] = {
    OTHER(DEBUG_PUT_CHAR, PRINTING, 12_0),
    OTHER(DEBUG_DUMP_SCHEDULER, PRINTING, 12_0),
    OTHER(DEBUG_HALT, DEBUG_BUILD, 12_0),
    OTHER(DEBUG_CAP_IDENTIFY, DEBUG_BUILD, 12_0),
    OTHER(DEBUG_SNAPSHOT, DEBUG_BUILD, 12_0),
    OTHER(DEBUG_NAME_THREAD, DEBUG_BUILD, 12_0),
    OTHER(DEBUG_SEND_IPI, DEBUG_SMP, 12_0),
    OTHER(DEBUG_GET_THREAD_AFFINITY, DEBUG_SMP, 16_0),
    OTHER(DEBUG_RUN, DANGEROUS_CODE_INJECTION, 12_0),
    OTHER(BENCHMARK_FLUSH_CACHES, BENCHMARKS, 12_0),
    OTHER(BENCHMARK_RESET_LOG, BENCHMARKS, 12_0),
    OTHER(BENCHMARK_FINALIZE_LOG, BENCHMARKS, 12_0),
    OTHER(BENCHMARK_SET_LOG_BUFFER, LOG_BUFFER, 12_0),
    OTHER(BENCHMARK_NULL_SYSCALL, BENCHMARKS, 12_0),
    OTHER(BENCHMARK_GET_THREAD_UTILISATION, TRACK_UTILISATION, 12_0),
    OTHER(BENCHMARK_RESET_THREAD_UTILISATION, TRACK_UTILISATION, 12_0),
    OTHER(BENCHMARK_DUMP_ALL_THREADS_UTILISATION, DEBUG_TRACK_UTILISATION, 12_0),
    OTHER(BENCHMARK_RESET_ALL_THREADS_UTILISATION, DEBUG_TRACK_UTILISATION, 12_0),
    OTHER(X86_DANGEROUS_WRMSR, DANGEROUS_MSR, 12_0),
    OTHER(X86_DANGEROUS_RDMSR, DANGEROUS_MSR, 12_0),
    OTHER(VM_ENTER, VTX, 12_0),
    OTHER(SET_TLS_BASE, SET_TLS_BASE_SELF, 12_0),
};

static const char *const names[SYSCALL_COUNT] = {
    [SYSCALL_UNKNOWN] = "Unknown",
    [SYSCALL_CALL] = "Call",
    [SYSCALL_REPLY_RECV] = "ReplyRecv",
    [SYSCALL_NB_SEND_RECV] = "NBSendRecv",
    [SYSCALL_NB_SEND_WAIT] = "NBSendWait",
    [SYSCALL_SEND] = "Send",
    [SYSCALL_NB_SEND] = "NBSend",
    [SYSCALL_RECV] = "Recv",
    [SYSCALL_REPLY] = "Reply",
    [SYSCALL_YIELD] = "Yield",
    [SYSCALL_NB_RECV] = "NBRecv",
    [SYSCALL_WAIT] = "Wait",
    [SYSCALL_NB_WAIT] = "NBWait",
    [SYSCALL_DEBUG_PUT_CHAR] = "DebugPutChar",
    [SYSCALL_DEBUG_DUMP_SCHEDULER] = "DebugDumpScheduler",
    [SYSCALL_DEBUG_HALT] = "DebugHalt",
    [SYSCALL_DEBUG_CAP_IDENTIFY] = "DebugCapIdentify",
    [SYSCALL_DEBUG_SNAPSHOT] = "DebugSnapshot",
    [SYSCALL_DEBUG_NAME_THREAD] = "DebugNameThread",
    [SYSCALL_DEBUG_SEND_IPI] = "DebugSendIPI",
    [SYSCALL_DEBUG_GET_THREAD_AFFINITY] = "DebugGetThreadAffinity",
    [SYSCALL_DEBUG_RUN] = "DebugRun",
    [SYSCALL_BENCHMARK_FLUSH_CACHES] = "BenchmarkFlushCaches",
    [SYSCALL_BENCHMARK_RESET_LOG] = "BenchmarkResetLog",
    [SYSCALL_BENCHMARK_FINALIZE_LOG] = "BenchmarkFinalizeLog",
    [SYSCALL_BENCHMARK_SET_LOG_BUFFER] = "BenchmarkSetLogBuffer",
    [SYSCALL_BENCHMARK_NULL_SYSCALL] = "BenchmarkNullSyscall",
    [SYSCALL_BENCHMARK_GET_THREAD_UTILISATION] = "BenchmarkGetThreadUtilisation",
    [SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION] = "BenchmarkResetThreadUtilisation",
    [SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION] = "BenchmarkDumpAllThreadsUtilisation",
    [SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION] = "BenchmarkResetAllThreadsUtilisation",
    [SYSCALL_X86_DANGEROUS_WRMSR] = "X86DangerousWRMSR",
    [SYSCALL_X86_DANGEROUS_RDMSR] = "X86DangerousRDMSR",
    [SYSCALL_VM_ENTER] = "VMEnter",
    [SYSCALL_SET_TLS_BASE] = "SetTLSBase",
};

struct call_list {
    const uint8_t *calls;
    unsigned count;
};

static struct call_list api_list(const struct kernel_config *config)
{
    return config->mcs ? (struct call_list){api_calls_mcs, ARRAY_LENGTH(api_calls_mcs)}
                       : (struct call_list){api_calls, ARRAY_LENGTH(api_calls)};
}

enum syscall abi_syscall(const struct kernel_config *config, int64_t number)
{
    const struct call_list api = api_list(config);
    uint64_t index = ~(uint64_t)number; /* -1 is 0, -2 is 1; what is not negative is huge */

    if (index < api.count)
        return api.calls[index];
    index -= api.count;

    for (unsigned i = 0; i < ARRAY_LENGTH(other_calls); i++) {
        const struct other_call *call = &other_calls[i];

        if (config->release >= call->since && index-- == 0)
            return condition_holds(abi_conditions(config), call->condition) ? call->syscall
                                                                            : SYSCALL_UNKNOWN;
    }
    return SYSCALL_UNKNOWN;
}

int64_t abi_syscall_number(const struct kernel_config *config, enum syscall syscall)
{
    const struct call_list api = api_list(config);
    int64_t number = -1;

    for (unsigned i = 0; i < api.count; i++, number--)
        if (api.calls[i] == syscall)
            return number;

    for (unsigned i = 0; i < ARRAY_LENGTH(other_calls); i++) {
        const struct other_call *call = &other_calls[i];

        if (config->release < call->since)
            continue;
        if (call->syscall == syscall)
            return condition_holds(abi_conditions(config), call->condition) ? number : 0;
        number--;
    }
    return 0;
}

const char *abi_syscall_name(enum syscall syscall)
{
    return names[syscall < SYSCALL_COUNT ? syscall : SYSCALL_UNKNOWN];
}
