/* SPDX-License-Identifier: BSD-2-Clause */
/* The benchmark system calls: what is counted, to whom, and what is printed of it. */
#include <test.h>

#include <stdlib.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/testkit_thread.h>
#include <object/tcb.h>

#define MHZ         3000
#define MICROSECOND UINT64_C(1000)
#define TICK        UINT64_C(2000000)
#define CYCLES(ns)  ((ns)*MHZ / 1000)

/* In the order in which GetThreadUtilisation gives them. */
enum counter {
    THREAD_TIME,
    THREAD_SCHEDULES,
    THREAD_KERNEL_TIME,
    THREAD_ENTRIES,
    IDLE_TIME,
    IDLE_TIME_OF_THREADS_CORE,
    IDLE_SCHEDULES,
    IDLE_KERNEL_TIME,
    IDLE_ENTRIES,
    TOTAL_TIME,
    TOTAL_SCHEDULES,
    TOTAL_KERNEL_TIME,
    TOTAL_ENTRIES,
    COUNTERS,
};

static struct guest boot_with(enum kernel_benchmarks benchmarks)
{
    struct kernel_config config = kernel_config_default();
    config.benchmarks = benchmarks;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.tsc.mhz = MHZ;
    struct guest g = guest_boot_with(&boot, GUEST_MEMORY_END);
    kernel_start(g.k, 0, 0);
    return g;
}

static struct guest boot(void)
{
    return boot_with(BENCHMARKS_TRACK_UTILISATION);
}

/* An entry that takes `cost`, and the time until the next one. */
static struct outcome call(struct guest *g, enum syscall syscall, cptr_t cap, nanoseconds_t cost,
                           nanoseconds_t until_next)
{
    struct outcome outcome =
        guest_syscall_once(g, (struct guest_syscall){.syscall = syscall, .cap = cap});
    guest_advance(g, cost);
    if (kernel_measures_entries(g->k, 0))
        kernel_leave(g->k, 0, g->now);
    guest_advance(g, until_next);
    return outcome;
}

static void check_counters(struct guest *g, cptr_t tcb, const word_t expected[COUNTERS])
{
    call(g, SYSCALL_BENCHMARK_GET_THREAD_UTILISATION, tcb, 0, 0);
    struct guest_thread root = guest_root_thread(g);
    for (unsigned i = 0; i < COUNTERS; i++)
        CHECK_EQ(root.buffer[IPC_BUFFER_MSG + i], expected[i]);
}

TEST(calls_are_counted_from_reset_to_finalize)
{
    struct guest g = boot();
    struct tcb *root = guest_root(&g);
    call(&g, SYSCALL_BENCHMARK_NULL_SYSCALL, 0, MICROSECOND, 20 * MICROSECOND);
    call(&g, SYSCALL_BENCHMARK_RESET_LOG, 5, 2 * MICROSECOND, 10 * MICROSECOND);
    CHECK_EQ(root->context.reg[UREG_CAP], 0);
    call(&g, SYSCALL_BENCHMARK_NULL_SYSCALL, 7, 3 * MICROSECOND, 10 * MICROSECOND);
    CHECK_EQ(root->context.reg[UREG_CAP], 7);
    call(&g, SYSCALL_BENCHMARK_FLUSH_CACHES, 7, 4 * MICROSECOND, 10 * MICROSECOND);
    call(&g, SYSCALL_BENCHMARK_FINALIZE_LOG, 6, 5 * MICROSECOND, 10 * MICROSECOND);
    CHECK_EQ(root->context.reg[UREG_CAP], 6);
    check_counters(&g, INITIAL_CAP_TCB,
                   (word_t[COUNTERS]){
                       [THREAD_TIME] = CYCLES(39 * MICROSECOND),
                       [THREAD_SCHEDULES] = 1,
                       [THREAD_KERNEL_TIME] = CYCLES(9 * MICROSECOND),
                       [THREAD_ENTRIES] = 3,
                       [IDLE_SCHEDULES] = 1,
                       [TOTAL_TIME] = CYCLES(39 * MICROSECOND),
                       [TOTAL_SCHEDULES] = 2,
                       [TOTAL_KERNEL_TIME] = CYCLES(9 * MICROSECOND),
                       [TOTAL_ENTRIES] = 3,
                   });
    guest_end(&g);
}

TEST(nothing_is_counted_before_reset_and_after_finalize)
{
    struct guest g = boot();
    guest_advance(&g, 7 * MICROSECOND);
    call(&g, SYSCALL_YIELD, 0, MICROSECOND, MICROSECOND);
    call(&g, SYSCALL_BENCHMARK_FINALIZE_LOG, 0, MICROSECOND, 5 * TICK);
    call(&g, SYSCALL_YIELD, 0, MICROSECOND, MICROSECOND);
    check_counters(&g, INITIAL_CAP_TCB, (word_t[COUNTERS]){[TOTAL_TIME] = CYCLES(9 * MICROSECOND)});
    guest_end(&g);
}

/* The entry that chooses a thread is charged to it, and its time begins with that entry. */
TEST(a_switch_divides_time_and_entries)
{
    struct guest g = boot();
    struct guest_thread t = guest_thread(&g, 255);
    guest_resume(&g, t);
    call(&g, SYSCALL_BENCHMARK_RESET_LOG, 0, MICROSECOND, 10 * MICROSECOND);
    call(&g, SYSCALL_YIELD, 0, 2 * MICROSECOND, 20 * MICROSECOND);
    CHECK(guest_is_current(&g, t));
    call(&g, SYSCALL_YIELD, 0, 3 * MICROSECOND, 30 * MICROSECOND);
    call(&g, SYSCALL_BENCHMARK_FINALIZE_LOG, 0, 0, 0);
    const struct utilisation_log *log = &g.k->cores[0].utilisation;
    const struct utilisation *u = &t.tcb->utilisation, *root = &guest_root(&g)->utilisation;
    CHECK_EQ(u->time, 22 * MICROSECOND);
    CHECK_EQ(u->kernel_time, 2 * MICROSECOND);
    CHECK_EQ(u->schedules, 1);
    CHECK_EQ(u->entries, 1);
    CHECK_EQ(root->time, 44 * MICROSECOND);
    CHECK_EQ(root->kernel_time, 4 * MICROSECOND);
    CHECK_EQ(root->schedules, 2);
    CHECK_EQ(root->entries, 2);
    CHECK_EQ(log->schedules, 4);
    CHECK_EQ(log->entries, 3);
    guest_end(&g);
}

TEST(the_idle_thread_has_the_time_that_nobody_wants)
{
    enum { VECTOR = 9 };
    struct guest g = boot();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0), handler = g.next_slot++;
    guest_call_method(&g, (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                                              .method = INV_IRQ_CONTROL_GET_MSI,
                                              WORDS(handler, 64, 0, 0, 0, 0, VECTOR),
                                              EXTRA(INITIAL_CAP_CNODE)});
    guest_call_method(&g, (struct guest_call){.cap = handler,
                                              .method = INV_IRQ_HANDLER_SET_NOTIFICATION,
                                              EXTRA(signal)});
    call(&g, SYSCALL_BENCHMARK_RESET_LOG, 0, 0, 10 * MICROSECOND);
    CHECK_EQ(call(&g, SYSCALL_RECV, signal, MICROSECOND, 3 * TICK).kind, OUTCOME_IDLE);
    kernel_timer(g.k, 0, g.now);
    CHECK_EQ(kernel_interrupt(g.k, 0, VECTOR, g.now).kind, OUTCOME_RUN);
    kernel_leave(g.k, 0, g.now);
    call(&g, SYSCALL_BENCHMARK_FINALIZE_LOG, 0, 0, 0);
    const struct utilisation_log *log = &g.k->cores[0].utilisation;
    CHECK_EQ(log->idle.time, 3 * TICK + MICROSECOND);
    CHECK_EQ(log->idle.entries, 4); /* the Recv, and three ticks */
    CHECK_EQ(log->idle.kernel_time, MICROSECOND);
    CHECK_EQ(log->idle.schedules, 2);                 /* Finalize counts as a switch to it */
    CHECK_EQ(guest_root(&g)->utilisation.entries, 2); /* Reset, the interrupt */
    guest_end(&g);
}

/* A tick is an entry; the end of a slice is a choice, also if there is no choice. */
TEST(ticks_count_though_nobody_sees_them)
{
    struct guest g = boot();
    call(&g, SYSCALL_BENCHMARK_RESET_LOG, 0, 0, 12 * TICK + 5);
    call(&g, SYSCALL_BENCHMARK_NULL_SYSCALL, 0, 0, 0);
    call(&g, SYSCALL_BENCHMARK_FINALIZE_LOG, 0, 0, 0);
    const struct utilisation *u = &guest_root(&g)->utilisation;
    CHECK_EQ(u->entries, 14);  /* Reset, 12 ticks, Null */
    CHECK_EQ(u->schedules, 3); /* Reset, two ends of slices */
    CHECK_EQ(u->time, 12 * TICK + 5);
    guest_end(&g);
}

TEST(an_operation_that_waits_for_the_seat_is_one_entry)
{
    enum { CHILDREN = 250 };
    struct guest g = boot();
    cptr_t endpoint = guest_make(&g, OBJECT_ENDPOINT, 0);
    for (unsigned i = 0; i < CHILDREN; i++)
        guest_mint(&g, endpoint, RIGHTS_ALL, i + 1);
    call(&g, SYSCALL_BENCHMARK_RESET_LOG, 0, 0, 0);
    struct guest_call revoke = {
        .cap = INITIAL_CAP_CNODE, .method = INV_CNODE_REVOKE, WORDS(endpoint, 64)};
    struct guest_syscall syscall = {
        .syscall = SYSCALL_CALL,
        .cap = revoke.cap,
        .label = abi_invocation_label(&g.k->config, revoke.method),
        .length = 2,
        .words = {endpoint, 64},
    };
    struct outcome outcome = guest_syscall_once(&g, syscall);
    unsigned preempted = 0;
    for (; outcome.kind == OUTCOME_PREEMPTED; preempted++) {
        guest_advance(&g, MICROSECOND);
        outcome = kernel_continue(g.k, 0, g.now);
    }
    CHECK(preempted >= 2);
    kernel_leave(g.k, 0, g.now);
    CHECK_EQ(guest_root(&g)->utilisation.entries, 2);
    CHECK_EQ(guest_root(&g)->utilisation.kernel_time, preempted * MICROSECOND);
    guest_end(&g);
}

TEST(a_thread_that_is_none)
{
    struct guest g = boot();
    struct guest_thread root = guest_root_thread(&g);
    const cptr_t wrong[] = {INITIAL_CAP_CNODE, 0, UINT64_MAX};
    for (unsigned i = 0; i < ARRAY_LENGTH(wrong); i++) {
        root.buffer[IPC_BUFFER_MSG] = 77;
        call(&g, SYSCALL_BENCHMARK_GET_THREAD_UTILISATION, wrong[i], 0, 0);
        CHECK_EQ(root.buffer[IPC_BUFFER_MSG], 77);
        CHECK(strstr(guest_console(&g), "[benchmark_track_utilisation_dump T0x"));
        call(&g, SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION, wrong[i], 0, 0);
        CHECK(strstr(guest_console(&g),
                     "SysBenchmarkResetThreadUtilisation: cap is not a TCB, halting>>"));
    }
    CHECK(!g.k->halted);
    guest_end(&g);
}

TEST(without_an_IPC_buffer_the_kernel_dies)
{
    struct guest g = boot();
    guest_root(&g)->slots[TCB_SLOT_BUFFER].cap = cap_null();
    CHECK_EQ(call(&g, SYSCALL_BENCHMARK_GET_THREAD_UTILISATION, INITIAL_CAP_TCB, 0, 0).kind,
             OUTCOME_HALT);
    const char *text = guest_console(&g);
    CHECK(strstr(text, "\n========== KERNEL EXCEPTION ==========\nVector:  0xe\nErrCode: 0x2\n"));
    CHECK(strstr(text, "CR2:     0x8 (page-fault address)\n"));
    CHECK(strstr(text, "halting...\nKernel entry via Unknown syscall, word: 88"));
    guest_end(&g);
}

TEST(resets_of_one_thread_and_of_all)
{
    struct guest g = boot();
    struct guest_thread t = guest_thread(&g, 1);
    struct utilisation *root = &guest_root(&g)->utilisation, *u = &t.tcb->utilisation,
                       *idle = &g.k->cores[0].utilisation.idle;
    root->entries = u->entries = idle->entries = 9;
    call(&g, SYSCALL_BENCHMARK_RESET_THREAD_UTILISATION, t.cptr, 0, 0);
    CHECK_EQ(u->entries, 0);
    CHECK_EQ(root->entries, 9);
    u->schedules = 9;
    call(&g, SYSCALL_BENCHMARK_RESET_ALL_THREADS_UTILISATION, 0, 0, 0);
    CHECK_EQ(u->schedules + root->entries + idle->entries, 0);
    guest_end(&g);
}

TEST(dump_prints_all_threads)
{
    struct guest g = boot();
    struct guest_thread t = guest_thread(&g, 1);
    tcb_set_name(t.tcb, "kid");
    t.tcb->utilisation =
        (struct utilisation){.time = 1000, .kernel_time = 2000, .schedules = 3, .entries = 4};
    guest_root(&g)->utilisation.entries = 5;
    g.k->cores[0].utilisation.entries = 6;
    g.k->cores[0].utilisation.end = 3000;
    call(&g, SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION, 0, 0, 0);
    CHECK_STR(guest_console(&g), "{\n"
                                 "  \"BENCHMARK_TOTAL_UTILISATION\":9000,\n"
                                 "  \"BENCHMARK_TOTAL_KERNEL_UTILISATION\":0,\n"
                                 "  \"BENCHMARK_TOTAL_NUMBER_KERNEL_ENTRIES\":6,\n"
                                 "  \"BENCHMARK_TOTAL_NUMBER_SCHEDULES\":0,\n"
                                 "  \"BENCHMARK_TCB_\": [\n"
                                 "    {\n"
                                 "      \"NAME\":\"kid\",\n"
                                 "      \"UTILISATION\":3000,\n"
                                 "      \"NUMBER_SCHEDULES\":3,\n"
                                 "      \"KERNEL_UTILISATION\":6000,\n"
                                 "      \"NUMBER_KERNEL_ENTRIES\":4\n"
                                 "    },\n"
                                 "    {\n"
                                 "      \"NAME\":\"idle_thread\",\n"
                                 "      \"UTILISATION\":0,\n"
                                 "      \"NUMBER_SCHEDULES\":0,\n"
                                 "      \"KERNEL_UTILISATION\":0,\n"
                                 "      \"NUMBER_KERNEL_ENTRIES\":0\n"
                                 "    },\n"
                                 "    {\n"
                                 "      \"NAME\":\"rootserver\",\n"
                                 "      \"UTILISATION\":0,\n"
                                 "      \"NUMBER_SCHEDULES\":0,\n"
                                 "      \"KERNEL_UTILISATION\":0,\n"
                                 "      \"NUMBER_KERNEL_ENTRIES\":5\n"
                                 "    }\n"
                                 "  ]\n"
                                 "}\n");
    guest_end(&g);
}

TEST(a_long_dump_goes_on_in_another_entry)
{
    enum { THREADS = 100 };
    struct guest g = boot();
    for (unsigned i = 0; i < THREADS; i++)
        guest_make(&g, OBJECT_TCB, 0);
    unsigned names = 0, heads = 0, ends = 0, entries = 1;
    struct outcome outcome = call(&g, SYSCALL_BENCHMARK_DUMP_ALL_THREADS_UTILISATION, 0, 0, 0);
    for (;; entries++) {
        const char *text = guest_console(&g);
        for (const char *at = text; (at = strstr(at, "\"NAME\"")); at++)
            names++;
        heads += strstr(text, "BENCHMARK_TCB_") != NULL;
        ends += strstr(text, "\n  ]\n}\n") != NULL;
        if (outcome.kind != OUTCOME_CONSOLE)
            break;
        outcome = kernel_continue(g.k, 0, 0);
    }
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK(entries > 2);
    CHECK_EQ(names, THREADS + 2);
    CHECK_EQ(heads, 1);
    CHECK_EQ(ends, 1);
    guest_end(&g);
}

TEST(generic_benchmarks_measure_nothing)
{
    struct guest g = boot_with(BENCHMARKS_GENERIC);
    call(&g, SYSCALL_BENCHMARK_RESET_LOG, 5, 0, 0);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_CAP], 0);
    CHECK(!kernel_measures_entries(g.k, 0));
    call(&g, SYSCALL_BENCHMARK_FINALIZE_LOG, 5, 0, 0);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_CAP], 5);
    call(&g, SYSCALL_BENCHMARK_NULL_SYSCALL, 5, 0, 0);
    CHECK_EQ(g.k->unhandled_faults, 0);
    call(&g, SYSCALL_BENCHMARK_GET_THREAD_UTILISATION, INITIAL_CAP_TCB, 0, 0);
    CHECK_EQ(g.k->unhandled_faults, 1); /* number 0: no such call */
    guest_end(&g);
}

TEST(what_happens_before_the_log_is_on_is_not_counted)
{
    struct guest g = boot();
    struct guest_thread other = guest_thread(&g, 255);
    guest_resume(&g, other);
    for (unsigned i = 0; i < 3; i++)
        call(&g, SYSCALL_DEBUG_PUT_CHAR, 'a', MICROSECOND, 0);
    guest_advance(&g, 40 * TICK);
    kernel_timer(g.k, 0, g.now);
    kernel_leave(g.k, 0, g.now);
    const struct tcb *threads[] = {guest_root(&g), other.tcb};
    for (unsigned i = 0; i < ARRAY_LENGTH(threads); i++) {
        CHECK_EQ(threads[i]->utilisation.entries, 0);
        CHECK_EQ(threads[i]->utilisation.schedules, 0);
        CHECK_EQ(threads[i]->utilisation.kernel_time, 0);
    }
    guest_end(&g);
}
