/* SPDX-License-Identifier: BSD-2-Clause */
#include <abi/syscall.h>
#include <base/bits.h>
#include <test.h>

/* Everything a kernel may be built with, so that no call is missing for want of an option. */
static struct kernel_config full_config(unsigned release, bool mcs)
{
    struct kernel_config config = kernel_config_default();

    config.release = release;
    config.mcs = mcs;
    config.max_cores = 2;
    config.vtx = true;
    config.dangerous_code_injection = true;
    config.dangerous_msr = true;
    config.benchmarks = BENCHMARKS_TRACK_UTILISATION;
    return config;
}

/* Release 16.0; 0: not without, or not with MCS. */
static const struct {
    enum syscall syscall;
    const char *name;
    int number, number_mcs;
} table[] = {
    {SYSCALL_CALL, "Call", -1, -1},
    {SYSCALL_REPLY_RECV, "ReplyRecv", -2, -2},
    {SYSCALL_NB_SEND_RECV, "NBSendRecv", 0, -3},
    {SYSCALL_NB_SEND_WAIT, "NBSendWait", 0, -4},
    {SYSCALL_SEND, "Send", -3, -5},
    {SYSCALL_NB_SEND, "NBSend", -4, -6},
    {SYSCALL_RECV, "Recv", -5, -7},
    {SYSCALL_REPLY, "Reply", -6, 0},
    {SYSCALL_YIELD, "Yield", -7, -11},
    {SYSCALL_NB_RECV, "NBRecv", -8, -8},
    {SYSCALL_WAIT, "Wait", 0, -9},
    {SYSCALL_NB_WAIT, "NBWait", 0, -10},
    {SYSCALL_DEBUG_PUT_CHAR, "DebugPutChar", -9, -12},
    {SYSCALL_DEBUG_DUMP_SCHEDULER, "DebugDumpScheduler", -10, -13},
    {SYSCALL_DEBUG_HALT, "DebugHalt", -11, -14},
    {SYSCALL_DEBUG_CAP_IDENTIFY, "DebugCapIdentify", -12, -15},
    {SYSCALL_DEBUG_SNAPSHOT, "DebugSnapshot", -13, -16},
    {SYSCALL_DEBUG_NAME_THREAD, "DebugNameThread", -14, -17},
    {SYSCALL_DEBUG_SEND_IPI, "DebugSendIPI", -15, -18},
    {SYSCALL_DEBUG_GET_THREAD_AFFINITY, "DebugGetThreadAffinity", -16, -19},
    {SYSCALL_DEBUG_RUN, "DebugRun", -17, -20},
    {SYSCALL_BENCHMARK_FLUSH_CACHES, "BenchmarkFlushCaches", -18, -21},
    {SYSCALL_BENCHMARK_RESET_LOG, "BenchmarkResetLog", -19, -22},
    {SYSCALL_BENCHMARK_FINALIZE_LOG, "BenchmarkFinalizeLog", -20, -23},
    {SYSCALL_BENCHMARK_NULL_SYSCALL, "BenchmarkNullSyscall", -22, -25},
    {SYSCALL_BENCHMARK_GET_THREAD_UTILISATION, "BenchmarkGetThreadUtilisation", -23, -26},
    {SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION, "BenchmarkResetThreadUtilisation", -24, -27},
    {SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION, "BenchmarkDumpAllThreadsUtilisation", -25,
     -28},
    {SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION, "BenchmarkResetAllThreadsUtilisation", -26,
     -29},
    {SYSCALL_X86_DANGEROUS_WRMSR, "X86DangerousWRMSR", -27, -30},
    {SYSCALL_X86_DANGEROUS_RDMSR, "X86DangerousRDMSR", -28, -31},
    {SYSCALL_VM_ENTER, "VMEnter", -29, -32},
    {SYSCALL_SET_TLS_BASE, "SetTLSBase", -30, -33},
};

static void check_call(const struct kernel_config *config, enum syscall syscall, int64_t number)
{
    CHECK_EQ(abi_syscall_number(config, syscall), number);
    if (number != 0)
        CHECK_EQ(abi_syscall(config, number), syscall);
}

TEST(numbers_of_release_16)
{
    const struct kernel_config config = full_config(SEL4_RELEASE_16_0, false);
    const struct kernel_config mcs = full_config(SEL4_RELEASE_16_0, true);

    for (unsigned i = 0; i < ARRAY_LENGTH(table); i++) {
        CHECK_STR(abi_syscall_name(table[i].syscall), table[i].name);
        check_call(&config, table[i].syscall, table[i].number);
        check_call(&mcs, table[i].syscall, table[i].number_mcs);
    }
}

/* Before release 16.0 there was no DebugGetThreadAffinity: what follows it stood one higher. */
TEST(numbers_of_older_releases)
{
    static const unsigned releases[] = {SEL4_RELEASE_12_0, SEL4_RELEASE_12_1, SEL4_RELEASE_13_0,
                                        SEL4_RELEASE_14_0, SEL4_RELEASE_15_0};

    for (unsigned r = 0; r < ARRAY_LENGTH(releases); r++) {
        const struct kernel_config config = full_config(releases[r], false);
        const struct kernel_config mcs = full_config(releases[r], true);

        for (unsigned i = 0; i < ARRAY_LENGTH(table); i++) {
            const enum syscall syscall = table[i].syscall;
            const int shift = syscall > SYSCALL_DEBUG_GET_THREAD_AFFINITY;

            if (syscall == SYSCALL_DEBUG_GET_THREAD_AFFINITY) {
                check_call(&config, syscall, 0);
                check_call(&mcs, syscall, 0);
                continue;
            }
            check_call(&config, syscall, table[i].number ? table[i].number + shift : 0);
            check_call(&mcs, syscall, table[i].number_mcs ? table[i].number_mcs + shift : 0);
        }
    }
}

TEST(log_buffer_needs_a_log)
{
    static const struct {
        enum kernel_benchmarks benchmarks;
        bool flush, log, utilisation;
    } kinds[] = {
        {BENCHMARKS_NONE, false, false, false},
        {BENCHMARKS_GENERIC, true, false, false},
        {BENCHMARKS_TRACK_KERNEL_ENTRIES, true, true, false},
        {BENCHMARKS_TRACEPOINTS, true, true, false},
        {BENCHMARKS_TRACK_UTILISATION, true, false, true},
    };
    struct kernel_config config = full_config(SEL4_RELEASE_16_0, false);

    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++) {
        config.benchmarks = kinds[i].benchmarks;
        check_call(&config, SYSCALL_BENCHMARK_FLUSH_CACHES, kinds[i].flush ? -18 : 0);
        check_call(&config, SYSCALL_BENCHMARK_SET_LOG_BUFFER, kinds[i].log ? -21 : 0);
        check_call(&config, SYSCALL_BENCHMARK_GET_THREAD_UTILISATION,
                   kinds[i].utilisation ? -23 : 0);
    }
}

/* A call that the configuration lacks keeps its number, and that number is a fault. */
TEST(missing_options_shift_nothing)
{
    struct kernel_config config = kernel_config_default();

    config.debug_build = false;
    config.printing = false;
    for (int number = -9; number >= -29; number--)
        CHECK_EQ(abi_syscall(&config, number), SYSCALL_UNKNOWN);
    check_call(&config, SYSCALL_SET_TLS_BASE, -30);
    check_call(&config, SYSCALL_NB_RECV, -8);
    CHECK_EQ(abi_syscall_number(&config, SYSCALL_DEBUG_PUT_CHAR), 0);

    config.fsgsbase_inst = true;
    CHECK_EQ(abi_syscall(&config, -30), SYSCALL_UNKNOWN);
    check_call(&config, SYSCALL_SET_TLS_BASE, 0);

    config.printing = true;
    check_call(&config, SYSCALL_DEBUG_DUMP_SCHEDULER, -10);
    check_call(&config, SYSCALL_DEBUG_HALT, 0);

    config.debug_build = true;
    check_call(&config, SYSCALL_DEBUG_HALT, -11);
    check_call(&config, SYSCALL_DEBUG_SEND_IPI, 0);
}

TEST(numbers_that_name_no_call)
{
    static const int64_t numbers[] = {0, 1, 2, 8, -34, -35, -256, INT64_MIN, INT64_MAX, 0xffffffff};
    const struct kernel_config mcs = full_config(SEL4_RELEASE_16_0, true);

    CHECK_EQ(abi_syscall(&mcs, -33), SYSCALL_SET_TLS_BASE);
    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++)
        CHECK_EQ(abi_syscall(&mcs, numbers[i]), SYSCALL_UNKNOWN);

    CHECK_EQ(abi_syscall_number(&mcs, SYSCALL_UNKNOWN), 0);
    CHECK_EQ(abi_syscall_number(&mcs, SYSCALL_COUNT), 0);
    CHECK_STR(abi_syscall_name(SYSCALL_UNKNOWN), "Unknown");
    CHECK_STR(abi_syscall_name(SYSCALL_COUNT), "Unknown");
}

TEST(every_call_has_a_name)
{
    for (enum syscall syscall = SYSCALL_UNKNOWN; syscall < SYSCALL_COUNT; syscall++)
        CHECK(abi_syscall_name(syscall) != NULL);
    CHECK_STR(abi_syscall_name(SYSCALL_BENCHMARK_SET_LOG_BUFFER), "BenchmarkSetLogBuffer");
}
