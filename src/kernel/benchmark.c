/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The benchmark system calls, of KernelBenchmarks=generic and track_utilisation. Their times are
 * cycles of the time stamp counter.
 */
#include <kernel/syscall.h>

#include <abi/error.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <model/console.h>
#include <model/user_error.h>
#include <sched/utilisation.h>

static uint64_t cycles(const struct kernel *k, nanoseconds_t time)
{
    return tsc_cycles(&k->tsc, time);
}

static bool tracks_utilisation(const struct kernel *k)
{
    return k->config.benchmarks == BENCHMARKS_TRACK_UTILISATION;
}

enum entry_result benchmark_do_nothing(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)k;
    (void)core;
    (void)tcb;
    return ENTRY_DONE;
}

enum entry_result benchmark_reset_log(struct kernel *k, unsigned core, struct tcb *tcb)
{
    if (tracks_utilisation(k))
        utilisation_start(k, core);
    tcb->context.reg[UREG_CAP] = SEL4_NO_ERROR;
    return ENTRY_DONE;
}

/* No result: there is no log with a length. */
enum entry_result benchmark_finalize_log(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)tcb;
    if (tracks_utilisation(k))
        utilisation_finish(k, core);
    return ENTRY_DONE;
}

/* The TCB that the caller names, or NULL after saying that it is none. */
static struct tcb *argument(struct kernel *k, struct tcb *tcb, const char *function,
                            const char *call)
{
    struct resolution found = lookup_slot(k, tcb, tcb->context.reg[UREG_CAP]);
    if (found.slot && cap_type(found.slot->cap) == CAP_TCB)
        return tcb_at(k, found.slot->cap.tcb.object);
    /* It says so, but does not halt. */
    user_error(k, function, "%s: cap is not a TCB, halting", call);
    return NULL;
}

enum entry_result benchmark_get_thread(struct kernel *k, unsigned core, struct tcb *tcb)
{
    struct tcb *thread =
        argument(k, tcb, "benchmark_track_utilisation_dump", "SysBenchmarkFinalizeLog");
    if (!thread)
        return ENTRY_DONE;
    word_t *buffer = ipc_buffer(k, tcb, true);
    if (!buffer)
        return debug_kernel_fault(k, tcb, IPC_BUFFER_MSG * sizeof(word_t), true);

    const struct utilisation_log *log = &k->cores[core].utilisation;
    const struct utilisation *u = &thread->utilisation, *idle = &log->idle;
    const word_t words[] = {
        cycles(k, u->time),
        u->schedules,
        cycles(k, u->kernel_time),
        u->entries,
        cycles(k, idle->time),
        cycles(k, k->cores[thread->core].utilisation.idle.time),
        idle->schedules,
        cycles(k, idle->kernel_time),
        idle->entries,
        cycles(k, log->end - log->start),
        log->schedules,
        cycles(k, log->kernel_time),
        log->entries,
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        buffer[IPC_BUFFER_MSG + i] = words[i];
    return ENTRY_DONE;
}

enum entry_result benchmark_reset_thread(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)core;
    struct tcb *thread = argument(k, tcb, "handle_SysBenchmarkResetThreadUtilisation",
                                  "SysBenchmarkResetThreadUtilisation");
    if (thread)
        utilisation_reset(&thread->utilisation);
    return ENTRY_DONE;
}

static void dump_thread(struct kernel *k, const struct tcb *tcb, bool is_last)
{
    const struct utilisation *u =
        tcb ? &tcb->utilisation : &k->cores[k->running_core].utilisation.idle;
    console_print(k,
                  "    {\n"
                  "      \"NAME\":\"%s\",\n"
                  "      \"UTILISATION\":%lu,\n"
                  "      \"NUMBER_SCHEDULES\":%lu,\n"
                  "      \"KERNEL_UTILISATION\":%lu,\n"
                  "      \"NUMBER_KERNEL_ENTRIES\":%lu\n"
                  "    }%s\n",
                  tcb ? tcb->name : "idle_thread", cycles(k, u->time), u->schedules,
                  cycles(k, u->kernel_time), u->entries, is_last ? "" : ",");
}

enum entry_result benchmark_dump_all(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)tcb;
    const struct utilisation_log *log = &k->cores[core].utilisation;
    if (!k->dump_cursor)
        console_print(k,
                      "{\n"
                      "  \"BENCHMARK_TOTAL_UTILISATION\":%lu,\n"
                      "  \"BENCHMARK_TOTAL_KERNEL_UTILISATION\":%lu,\n"
                      "  \"BENCHMARK_TOTAL_NUMBER_KERNEL_ENTRIES\":%lu,\n"
                      "  \"BENCHMARK_TOTAL_NUMBER_SCHEDULES\":%lu,\n"
                      "  \"BENCHMARK_TCB_\": [\n",
                      cycles(k, log->end - log->start), cycles(k, log->kernel_time), log->entries,
                      log->schedules);
    enum entry_result result = debug_each_thread(k, dump_thread);
    if (result == ENTRY_DONE)
        console_print(k, "  ]\n}\n");
    return result;
}

enum entry_result benchmark_reset_all(struct kernel *k, unsigned core, struct tcb *tcb)
{
    (void)tcb;
    for (paddr_t at = k->all_tcbs; at; at = tcb_at(k, at)->all_link.next)
        utilisation_reset(&tcb_at(k, at)->utilisation);
    utilisation_reset(&k->cores[core].utilisation.idle);
    return ENTRY_DONE;
}
