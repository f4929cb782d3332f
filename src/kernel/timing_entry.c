/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an entry into the kernel costs, without a gate: registers into the TCB, the entry, registers
 * of the thread that is to run out of its TCB. Nanoseconds an entry: median, least and third
 * quarter of the rounds. Time stands still in between: no ticks, no budgets.
 *
 *     build/timing/kernel/timing_entry [FILTER...]
 */
#include <test.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/testkit_thread.h>

#define ROUNDS    101
#define CYCLES    500 /* a round */
#define MAX_STEPS 4

/* A thread and its registers when it makes a call. */
struct step {
    struct tcb *tcb;
    word_t reg[USER_REGISTER_COUNT];
};

/* Calls that lead back to where they began. */
struct cycle {
    struct step steps[MAX_STEPS];
    unsigned count;
};

static void cycle_add(struct guest *g, struct cycle *cycle, struct guest_thread t,
                      struct guest_syscall call)
{
    struct step *step = &cycle->steps[cycle->count++];
    guest_set_arguments(g, t.tcb, &call);
    step->tcb = t.tcb;
    kernel_load_registers(t.tcb, step->reg);
    step->reg[UREG_RIP] = GUEST_IMAGE_START;
}

static void cycle_add_method(struct guest *g, struct cycle *cycle, enum invocation method,
                             struct guest_syscall call)
{
    call.syscall = SYSCALL_CALL;
    call.label = abi_invocation_label(&g->k->config, method);
    cycle_add(g, cycle, guest_root_thread(g), call);
}

/* How many entries went elsewhere than the cycle says. */
static unsigned cycle_run(struct guest *g, const struct cycle *cycle)
{
    word_t reg[USER_REGISTER_COUNT];
    unsigned strays = 0;
    for (unsigned i = 0; i < cycle->count; i++) {
        const struct step *step = &cycle->steps[i];
        kernel_save_registers(step->tcb, step->reg, true);
        struct outcome outcome = kernel_syscall(g->k, 0, g->now);
        struct tcb *next = cycle->steps[(i + 1) % cycle->count].tcb;
        strays += outcome.kind != OUTCOME_RUN || tcb_at(g->k, outcome.tcb) != next;
        kernel_load_registers(next, reg);
    }
    return strays;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void print_tenths(uint64_t tenths)
{
    printf(" %5lu.%lu", tenths / 10, tenths % 10);
}

static void measure(struct guest *g, const struct cycle *cycle, const char *name)
{
    uint64_t each[ROUNDS]; /* an entry, in tenths of a nanosecond */
    unsigned strays = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = now();
        for (unsigned i = 0; i < CYCLES; i++)
            strays += cycle_run(g, cycle);
        each[round] = (now() - start) * 10 / CYCLES / cycle->count;
    }
    CHECK_EQ(strays, 0);
    qsort(each, ROUNDS, sizeof(each[0]), compare);
    printf("%-44s", name);
    print_tenths(each[ROUNDS / 2]);
    print_tenths(each[0]);
    print_tenths(each[ROUNDS * 3 / 4]);
    printf("\n");
    guest_end(g);
}

static struct guest boot(bool mcs)
{
    struct guest g = mcs ? guest_boot_mcs() : guest_boot_default();
    guest_run(&g, guest_root_thread(&g));
    return g;
}

static void null_call(bool mcs, const char *name)
{
    struct guest g = boot(mcs);
    struct cycle cycle = {.count = 0};
    cycle_add(&g, &cycle, guest_root_thread(&g),
              (struct guest_syscall){.syscall = SYSCALL_DEBUG_CAP_IDENTIFY, .cap = 1});
    measure(&g, &cycle, name);
}

static void signal_nobody(bool mcs, const char *name)
{
    struct guest g = boot(mcs);
    struct cycle cycle = {.count = 0};
    cycle_add(&g, &cycle, guest_root_thread(&g),
              (struct guest_syscall){.syscall = SYSCALL_SEND,
                                     .cap = guest_make(&g, OBJECT_NOTIFICATION, 0)});
    measure(&g, &cycle, name);
}

/* The root thread calls one of higher priority. */
static void call_and_reply(bool mcs, unsigned length, const char *name)
{
    struct guest g = boot(mcs);
    struct guest_thread server = mcs ? guest_passive_thread(&g, 255) : guest_thread(&g, 255);
    struct guest_thread client = guest_root_thread(&g);
    struct cycle cycle = {.count = 0};
    cptr_t endpoint = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct guest_syscall receive = {
        .syscall = SYSCALL_REPLY_RECV, .cap = endpoint, .length = length, .reply = g.reply};
    struct guest_syscall first = {.syscall = SYSCALL_RECV, .cap = endpoint, .reply = g.reply};

    cptr_t budget = mcs ? guest_make_sched_context(&g, 5000, 5000) : 0;
    if (mcs)
        guest_bind(&g, server, budget);
    guest_resume(&g, server);
    guest_run(&g, server);
    guest_syscall(&g, first);
    if (mcs)
        guest_invoke(&g, (struct guest_call){.cap = budget, .method = INV_SCHED_CONTEXT_UNBIND});
    CHECK(guest_is_current(&g, client));
    cycle_add(&g, &cycle, client,
              (struct guest_syscall){.syscall = SYSCALL_CALL, .cap = endpoint, .length = length});
    cycle_add(&g, &cycle, server, receive);
    measure(&g, &cycle, name);
}

TEST(null)
{
    null_call(false, "DebugCapIdentify");
    null_call(true, "DebugCapIdentify, MCS");
}

TEST(signal)
{
    signal_nobody(false, "Signal, nobody waits");
    signal_nobody(true, "Signal, nobody waits, MCS");
}

TEST(call)
{
    call_and_reply(false, 0, "Call or ReplyRecv, 0 words");
    call_and_reply(false, 10, "Call or ReplyRecv, 10 words");
    call_and_reply(false, 120, "Call or ReplyRecv, 120 words");
    call_and_reply(true, 0, "Call or ReplyRecv, 0 words, passive, MCS");
}

TEST(copy_and_delete)
{
    struct guest g = boot(false);
    struct cycle cycle = {.count = 0};
    cptr_t endpoint = guest_make(&g, OBJECT_ENDPOINT, 0), empty = g.next_slot;
    cycle_add_method(&g, &cycle, INV_CNODE_COPY,
                     (struct guest_syscall){.cap = INITIAL_CAP_CNODE,
                                            WORDS(empty, 64, endpoint, 64, RIGHTS_ALL),
                                            EXTRA(INITIAL_CAP_CNODE)});
    cycle_add_method(&g, &cycle, INV_CNODE_DELETE,
                     (struct guest_syscall){.cap = INITIAL_CAP_CNODE, WORDS(empty, 64)});
    measure(&g, &cycle, "CNode_Copy or CNode_Delete");
}

TEST(retype_and_delete)
{
    struct guest g = boot(false);
    struct cycle cycle = {.count = 0};
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12), empty = g.next_slot;
    cycle_add_method(&g, &cycle, INV_UNTYPED_RETYPE,
                     (struct guest_syscall){
                         .cap = untyped, WORDS(2, 0, 0, 0, empty, 1), EXTRA(INITIAL_CAP_CNODE)});
    cycle_add_method(&g, &cycle, INV_CNODE_DELETE,
                     (struct guest_syscall){.cap = INITIAL_CAP_CNODE, WORDS(empty, 64)});
    measure(&g, &cycle, "Retype of an endpoint or CNode_Delete");
}

TEST(map_and_unmap)
{
    enum { PAGE = 0x34000000, TABLES = 3, DEFAULT_ATTRIBUTES = 0 };
    static const enum object_kind kinds[] = {OBJECT_PDPT, OBJECT_PAGE_DIRECTORY, OBJECT_PAGE_TABLE};
    static const enum invocation methods[] = {INV_X86_PDPT_MAP, INV_X86_PAGE_DIRECTORY_MAP,
                                              INV_X86_PAGE_TABLE_MAP};
    struct guest g = boot(false);
    struct cycle cycle = {.count = 0};
    cptr_t frame = guest_make(&g, OBJECT_4K_PAGE, 0);
    for (unsigned i = 0; i < TABLES; i++)
        guest_invoke(&g, (struct guest_call){.cap = guest_make(&g, kinds[i], 0),
                                             .method = methods[i],
                                             WORDS(PAGE, DEFAULT_ATTRIBUTES),
                                             EXTRA(INITIAL_CAP_VSPACE)});
    cycle_add_method(&g, &cycle, INV_X86_PAGE_MAP,
                     (struct guest_syscall){.cap = frame,
                                            WORDS(PAGE, RIGHT_READ | RIGHT_WRITE, 0),
                                            EXTRA(INITIAL_CAP_VSPACE)});
    cycle_add_method(&g, &cycle, INV_X86_PAGE_UNMAP, (struct guest_syscall){.cap = frame});
    measure(&g, &cycle, "Page_Map or Page_Unmap");
}
