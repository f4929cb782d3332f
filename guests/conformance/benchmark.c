/* SPDX-License-Identifier: BSD-2-Clause */
/* Who used the processor, on kernels that count it. */
#include "check.h"

#ifdef CONFIG_BENCHMARK_TRACK_UTILISATION

static seL4_Word counter(enum benchmark_track_util_ipc_index index)
{
    return seL4_GetIPCBuffer()->msg[index];
}

static void say_counts(void)
{
    say("ran %lu entered %lu; idle %lu %lu; all %lu %lu;", counter(BENCHMARK_TCB_NUMBER_SCHEDULES),
        counter(BENCHMARK_TCB_NUMBER_KERNEL_ENTRIES), counter(BENCHMARK_IDLE_NUMBER_SCHEDULES),
        counter(BENCHMARK_IDLE_NUMBER_KERNEL_ENTRIES), counter(BENCHMARK_TOTAL_NUMBER_SCHEDULES),
        counter(BENCHMARK_TOTAL_NUMBER_KERNEL_ENTRIES));
}

/* What `work` costs the root task, and worker 0. */
static void measure(void (*work)(void))
{
    seL4_BenchmarkResetAllThreadsUtilisation();
    seL4_BenchmarkResetLog();
    work();
    seL4_BenchmarkFinalizeLog();
    seL4_BenchmarkGetThreadUtilisation(seL4_CapInitThreadTCB);
    say_counts();
    seL4_BenchmarkGetThreadUtilisation(worker_thread(0)->tcb);
    say_counts();
}

static void nothing(void)
{
}

static void null_calls(void)
{
    for (int i = 0; i < 3; i++)
        seL4_BenchmarkNullSyscall();
}

static void yields(void)
{
    for (int i = 0; i < 3; i++)
        seL4_Yield();
}

static void fail_call(void)
{
    invoke(ROOT, 0, NONE, NONE);
}

static void return_at_once(void *argument)
{
    (void)argument;
}

static void run_worker(void)
{
    struct event event;

    worker_run(return_at_once, NULL, &event);
}

static void count_nothing(void)
{
    measure(nothing);
}

static void count_null_calls(void)
{
    measure(null_calls);
}

static void count_yields(void)
{
    measure(yields);
}

static void count_invocation(void)
{
    measure(fail_call);
}

static void count_worker(void)
{
    measure(run_worker);
}

static void results(void)
{
    say("%d", seL4_BenchmarkResetLog());
    say("%ld %ld", seL4_trap_word(seL4_SysBenchmarkFinalizeLog, 5),
        seL4_trap_word(seL4_SysBenchmarkResetLog, 5));
    say("%ld %ld", seL4_trap_word(seL4_SysBenchmarkNullSyscall, 6),
        seL4_trap_word(seL4_SysBenchmarkFlushCaches, 7));
    say("%ld", seL4_trap_word(seL4_SysBenchmarkGetThreadUtilisation, seL4_CapInitThreadTCB));
    seL4_BenchmarkFinalizeLog();
}

static void no_thread(void)
{
    const seL4_CPtr wrong[] = {ROOT, slot_new(), ~(seL4_Word)0};

    for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++) {
        seL4_GetIPCBuffer()->msg[0] = 77 + i;
        seL4_BenchmarkGetThreadUtilisation(wrong[i]);
        seL4_BenchmarkResetThreadUtilisation(wrong[i]);
        say("%lu", counter(0));
    }
}

static const char *whether(bool holds)
{
    return holds ? "yes" : "no";
}

static void times(void)
{
    seL4_BenchmarkResetThreadUtilisation(seL4_CapInitThreadTCB);
    seL4_BenchmarkResetLog();
    null_calls();
    seL4_BenchmarkFinalizeLog();
    seL4_BenchmarkGetThreadUtilisation(seL4_CapInitThreadTCB);
    const seL4_Word total = counter(BENCHMARK_TOTAL_UTILISATION);
    say("all is mine: %s", whether(total == counter(BENCHMARK_TCB_UTILISATION)));
    say("some of it in the kernel: %s", whether(counter(BENCHMARK_TCB_KERNEL_UTILISATION) > 0 &&
                                                counter(BENCHMARK_TCB_KERNEL_UTILISATION) < total));
    say("idle: %lu %lu", counter(BENCHMARK_IDLE_LOCALCPU_UTILISATION),
        counter(BENCHMARK_IDLE_TCBCPU_UTILISATION));
    seL4_BenchmarkResetThreadUtilisation(seL4_CapInitThreadTCB);
    seL4_BenchmarkGetThreadUtilisation(seL4_CapInitThreadTCB);
    say("after reset: %lu %lu, all still there: %s", counter(BENCHMARK_TCB_UTILISATION),
        counter(BENCHMARK_TCB_NUMBER_KERNEL_ENTRIES),
        whether(total == counter(BENCHMARK_TOTAL_UTILISATION)));
}

static const struct check checks[] = {
    {"BENCH0001", "what ResetLog, FinalizeLog, NullSyscall, FlushCaches return", results},
    {"BENCH0002", "Get- and ResetThreadUtilisation of what is no TCB", no_thread},
    {"BENCH0003", "the times of three null calls", times},
    {"BENCH0004", "counts of nothing", count_nothing},
    {"BENCH0005", "counts of three null calls", count_null_calls},
    {"BENCH0006", "counts of three yields", count_yields},
    {"BENCH0007", "counts of an invocation that fails", count_invocation},
    {"BENCH0008", "counts of a worker that runs for us", count_worker},
};

const struct check_table benchmark_checks = CHECK_TABLE_OFTEN(checks);
#else
const struct check_table benchmark_checks = {.count = 0};
#endif
