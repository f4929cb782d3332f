/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sporadic servers under overload: threads that would take all the time there is get what their
 * budgets say in each period, and one without a limit gets the rest. The root task looks ten times
 * a second, in its own short budget, for ten seconds of the time-stamp counter; what each has
 * consumed since the last look the kernel says. tests/rates makes a table and a plot of it.
 */
#include "thread.h"

#define LOOKS       100
#define ROOT_BUDGET 5000 /* us, for a look */
#define ROOT_PERIOD 100000
#define SLICE       10000
#define REST        3 /* the thread that takes what the others leave */
#define ROOT        4
#define CONTEXTS    5
#define PER_MILLE   1000

static struct context {
    const char *name;
    seL4_Word budget, period; /* us */
    seL4_Word priority;
    seL4_CPtr cap;
    seL4_Word total;
} contexts[CONTEXTS] = {
    {"a", 1000, 10000, 103, 0, 0},  {"b", 4000, 20000, 102, 0, 0},
    {"c", 15000, 50000, 101, 0, 0}, {"rest", SLICE, SLICE, 100, 0, 0},
    {"root", 0, 0, 0, 0, 0},
};

static struct look {
    seL4_Word time; /* us since the begin */
    seL4_Word consumed[CONTEXTS];
} looks[LOOKS];

static seL4_Word mhz;

static seL4_Word now(void)
{
    return __builtin_ia32_rdtsc() / mhz;
}

static void spin(void *argument)
{
    (void)argument;
    for (;;)
        ;
}

static void configure(seL4_CPtr cap, seL4_Word budget, seL4_Word period)
{
    must(seL4_SchedControl_ConfigureFlags(guest_boot_info->schedcontrol.start, cap, budget, period,
                                          0, 0, seL4_SchedContext_Sporadic),
         "ConfigureFlags");
}

static void start(struct context *context)
{
    static struct thread threads[CONTEXTS];
    struct thread *thread = &threads[context - contexts];

    thread_create(thread, &(struct thread_options){.name = context->name,
                                                   .priority = (unsigned)context->priority,
                                                   .entry = spin});
    context->cap = thread->sched_context;
    configure(context->cap, context->budget, context->period);
    thread_resume(thread);
}

static seL4_Word take_consumed(const struct context *context)
{
    const seL4_SchedContext_Consumed_t answer = seL4_SchedContext_Consumed(context->cap);

    must((seL4_Error)answer.error, "Consumed");
    return answer.consumed;
}

/* The counter is read before the contexts are: they are a moment newer. */
static void look(struct look *ret_look, seL4_Word begin)
{
    ret_look->time = now() - begin;
    for (unsigned i = 0; i < CONTEXTS; i++) {
        ret_look->consumed[i] = take_consumed(&contexts[i]);
        contexts[i].total += ret_look->consumed[i];
    }
}

static void show_looks(void)
{
    for (unsigned n = 0; n < LOOKS; n++) {
        print("look %lu:", looks[n].time);
        for (unsigned i = 0; i < CONTEXTS; i++)
            print(" %lu", looks[n].consumed[i]);
        print("\n");
    }
}

/* Shares are of the time that somebody was charged for; the rest of the counter's was nobody's. */
static void show_shares(void)
{
    const seL4_Word time = looks[LOOKS - 1].time;
    seL4_Word charged = 0;

    for (unsigned i = 0; i < CONTEXTS; i++)
        charged += contexts[i].total;
    for (unsigned i = 0; i < REST; i++)
        print("share %s: budget %lu us in %lu us, %lu per mille asked, %lu per mille got\n",
              contexts[i].name, contexts[i].budget, contexts[i].period,
              contexts[i].budget * PER_MILLE / contexts[i].period,
              (contexts[i].total * PER_MILLE + charged / 2) / charged);
    print("charged: %lu us of %lu us\n", charged, time);
}

void guest_main(void)
{
    const seL4_BootInfoHeader *chunk =
        boot_info_chunk(guest_boot_info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ);

    mhz = *(const seL4_Uint32 *)(chunk + 1);
    contexts[ROOT].cap = seL4_CapInitThreadSC;
    for (unsigned i = 0; i < ROOT; i++)
        start(&contexts[i]);
    configure(seL4_CapInitThreadSC, ROOT_BUDGET, ROOT_PERIOD);
    seL4_Yield();

    const seL4_Word begin = now();
    for (unsigned i = 0; i < CONTEXTS; i++)
        take_consumed(&contexts[i]);
    for (unsigned n = 0; n < LOOKS; n++) {
        seL4_Yield();
        look(&looks[n], begin);
    }
    show_looks();
    show_shares();
    guest_end();
}
