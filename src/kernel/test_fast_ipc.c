/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls and replies that end in a switch leave what the way of all calls leaves: some threads that
 * call and serve each other live the same life twice, with the short way and without, and leave
 * every byte of the kernel's state and of guest memory the same. Random guests, whose threads
 * seldom understand each other, do so in test_fastpath.c. The linker has what the entry tries come
 * through __wrap_fast_ipc() (CMakeLists.txt). For longer runs:
 *   SEL4EMU_RANDOM_ENTRIES, SEL4EMU_RANDOM_SEED
 */
#include <test.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <kernel/syscall.h>
#include <model/console.h>
#include <model/testkit_thread.h>
#include <sched/sched.h>

#define THREADS    6
#define SERVERS    2
#define ENDS       6 /* capabilities of the two endpoints */
#define REPLIES    3
#define STEPS      10000
#define MEMORY_END UINT64_C(0x2000000)
#define US         1000

/* Its steps cost a tenth of other tests' random entries. */
#define ENTRIES_PER_LIFE 1000

/* How often each of these was carried out by the short way. */
static struct {
    uint64_t calls, replies, lent, returned, on_own, long_messages;
} fast;

struct life {
    struct guest g;
    uint64_t random, outcomes; /* a hash of them */
    struct guest_thread threads[THREADS];
    cptr_t ends[ENDS], notification;
    cptr_t replies[REPLIES], contexts[THREADS]; /* MCS */
};

static unsigned take(struct life *l, unsigned limit)
{
    l->random = l->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(l->random >> 33) % limit;
}

static bool rarely(struct life *l, unsigned times)
{
    return take(l, times) == 0;
}

static bool is_mcs(const struct life *l)
{
    return l->g.k->config.mcs;
}

static void note(struct life *l, struct outcome outcome)
{
    const uint64_t words[] = {outcome.kind, outcome.tcb, outcome.deadline, outcome.interrupt_cores};

    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        l->outcomes = (l->outcomes ^ words[i]) * UINT64_C(0x100000001b3);
}

bool __real_fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now);
bool __wrap_fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now);
bool __wrap_fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now)
{
    const struct tcb *tcb = tcb_at(k, k->cores[core].current);
    paddr_t before = tcb->sched_context;

    if (!__real_fast_ipc(k, core, now))
        return false;
    bool is_call =
        abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL]) == SYSCALL_CALL;
    bool has_moved = before && !tcb->sched_context;
    fast.calls += is_call;
    fast.replies += !is_call;
    fast.lent += is_call && has_moved;
    fast.returned += !is_call && has_moved;
    fast.on_own += before && !has_moved;
    fast.long_messages += !message_info_is_short(tcb->context.reg[UREG_MESSAGE_INFO]);
    return true;
}

/* --- the threads --------------------------------------------------------------------------- */

/* A thread's faults are a call of the first endpoint. */
static void set_fault_handler(struct guest *g, cptr_t tcb, cptr_t endpoint)
{
    struct guest_call call = {.cap = tcb,
                              .method = INV_TCB_SET_SPACE,
                              WORDS(endpoint, 0, 0),
                              EXTRA(INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE)};
    if (g->k->config.mcs)
        call = (struct guest_call){.cap = tcb,
                                   .method = INV_TCB_SET_SPACE,
                                   WORDS(0, 0),
                                   EXTRA(endpoint, INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE)};
    CHECK_ANSWER(guest_invoke(g, call), answer_ok());
}

static void make_ends(struct life *l)
{
    static const word_t rights[ENDS] = {
        RIGHTS_ALL,  RIGHTS_ALL, RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT_REPLY,
        RIGHT_WRITE, RIGHT_READ, RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT};

    for (unsigned i = 0; i < ENDS; i++)
        l->ends[i] = i < 2 ? guest_make(&l->g, OBJECT_ENDPOINT, 0)
                           : guest_mint(&l->g, l->ends[take(l, 2)], rights[i], 100 + i);
    l->notification = guest_make(&l->g, OBJECT_NOTIFICATION, 0);
}

static void make_context(struct life *l, unsigned i)
{
    static const word_t budgets[] = {50, 1000, 5000}, periods[] = {5000, 5000, 20000};

    l->contexts[i] = guest_make_sched_context(&l->g, budgets[take(l, 3)], periods[take(l, 3)]);
    if (i > 0)
        guest_bind(&l->g, l->threads[i], l->contexts[i]);
}

static void make_threads(struct life *l)
{
    l->threads[0] = guest_root_thread(&l->g);
    for (unsigned i = 1; i < THREADS; i++) {
        l->threads[i] = guest_passive_thread(&l->g, 250 + take(l, 6));
        if (take(l, 2))
            set_fault_handler(&l->g, l->threads[i].cptr, l->ends[0]);
        if (is_mcs(l))
            make_context(l, i);
        guest_resume(&l->g, l->threads[i]);
    }
    /* the last one has no IPC buffer */
    guest_invoke(&l->g, (struct guest_call){.cap = l->threads[THREADS - 1].cptr,
                                            .method = INV_TCB_SET_IPC_BUFFER,
                                            WORDS(0),
                                            EXTRA(0)});
    if (take(l, 2))
        guest_invoke(&l->g, (struct guest_call){.cap = l->threads[1].cptr,
                                                .method = INV_TCB_BIND_NOTIFICATION,
                                                EXTRA(l->notification)});
}

static struct life begin(uint64_t seed, bool mcs, bool has_short_cuts)
{
    struct kernel_config config = kernel_config_default();
    config.mcs = mcs;
    struct life l = {.g = guest_boot(config, MEMORY_END), .random = seed};

    for (unsigned i = 0; mcs && i < REPLIES; i++)
        l.replies[i] = guest_make(&l.g, OBJECT_REPLY, 0);
    make_ends(&l);
    make_threads(&l);
    l.g.k->has_no_short_cuts = !has_short_cuts;
    note(&l, kernel_timer(l.g.k, 0, l.g.now));
    return l;
}

/* --- what happens -------------------------------------------------------------------------- */

/* MCS: the reply object that somebody waits on, if there is one, or any. */
static cptr_t choose_reply(struct life *l)
{
    unsigned start = take(l, REPLIES);

    for (unsigned i = 0; is_mcs(l) && i < REPLIES && take(l, 8); i++) {
        cptr_t cptr = l->replies[(start + i) % REPLIES];
        const struct reply *reply = reply_at(l->g.k, guest_cap(&l->g, cptr).reply_object.object);
        if (reply->tcb && tcb_at(l->g.k, reply->tcb)->state == THREAD_BLOCKED_ON_REPLY)
            return cptr;
    }
    return l->replies[start];
}

/* The first threads serve, the others call, most of the time. */
static enum syscall choose_syscall(struct life *l)
{
    static const enum syscall calls[] = {SYSCALL_CALL, SYSCALL_REPLY_RECV, SYSCALL_RECV,
                                         SYSCALL_SEND, SYSCALL_NB_SEND,    SYSCALL_YIELD};
    paddr_t current = l->g.k->cores[0].current;
    bool serves = false;

    if (rarely(l, 4))
        return calls[take(l, ARRAY_LENGTH(calls))];
    for (unsigned i = 1; i <= SERVERS; i++)
        serves |= kernel_paddr(l->g.k, l->threads[i].tcb) == current;
    return serves ? SYSCALL_REPLY_RECV : SYSCALL_CALL;
}

static void make_call(struct life *l)
{
    static const unsigned lengths[] = {0, 1, 4, 5, 24, 0, 3, 4};
    struct guest_syscall call = {
        .syscall = choose_syscall(l),
        .cap = l->ends[rarely(l, 4) ? take(l, ENDS) : 0],
        .label = take(l, 5),
        .length = lengths[take(l, ARRAY_LENGTH(lengths))],
        .caps = rarely(l, 16),
        .extra = {l->ends[take(l, ENDS)]},
        .words = {take(l, 1000), take(l, 1000), 2, 3, 4, 5},
        .reply = choose_reply(l),
    };

    if (rarely(l, 16))
        call.cap = l->notification;
    if (rarely(l, 64))
        call.cap = call.reply = 0;
    note(l, guest_syscall_once(&l->g, call));
}

/* Threads that wait for messages lose their context; others get one, and so may the notification.
 */
static void move_context(struct life *l, struct guest_thread t)
{
    cptr_t sc = l->contexts[1 + take(l, THREADS - 1)];

    if (t.tcb->state == THREAD_BLOCKED_ON_RECEIVE && t.tcb->sched_context)
        sched_context_unbind(l->g.k, 0, sched_context_at(l->g.k, t.tcb->sched_context));
    else if (t.tcb->state != THREAD_BLOCKED_ON_RECEIVE || rarely(l, 8))
        guest_invoke(&l->g, (struct guest_call){.cap = sc,
                                                .method = INV_SCHED_CONTEXT_BIND,
                                                EXTRA(rarely(l, 8) ? l->notification : t.cptr)});
}

static void change(struct life *l)
{
    struct guest_thread t = l->threads[1 + take(l, THREADS - 1)];

    switch (take(l, 4)) {
    case 0:
        guest_invoke(&l->g, (struct guest_call){.cap = t.cptr,
                                                .method = INV_TCB_SET_PRIORITY,
                                                WORDS(250 + take(l, 6)),
                                                EXTRA(INITIAL_CAP_TCB)});
        break;
    case 1:
        note(l, (take(l, 2) ? kernel_hold : kernel_unhold)(l->g.k, 0, t.tcb, l->g.now));
        break;
    default:
        if (is_mcs(l))
            move_context(l, t);
    }
    note(l, kernel_timer(l->g.k, 0, l->g.now));
}

/* Nobody runs: later, or a thread begins anew. */
static void wake(struct life *l)
{
    guest_advance(&l->g, take(l, 20000) * US);
    if (take(l, 4))
        guest_resume(&l->g, l->threads[take(l, THREADS)]);
    sched_reschedule(l->g.k, 0);
    note(l, kernel_timer(l->g.k, 0, l->g.now));
    for (unsigned i = 0; i < THREADS && rarely(l, 4); i++)
        note(l, kernel_unhold(l->g.k, 0, l->threads[i].tcb, l->g.now));
}

static void go_on(struct life *l)
{
    const struct tcb *current = tcb_at(l->g.k, l->g.k->cores[0].current);

    if (take(l, 4))
        guest_advance(&l->g, rarely(l, 16) ? take(l, 3000) * US : take(l, 3000));
    if (!current)
        wake(l);
    else if (rarely(l, 16))
        note(l, kernel_timer(l->g.k, 0, l->g.now));
    else if (rarely(l, 16))
        change(l);
    else if (rarely(l, 32) && current != l->threads[0].tcb)
        note(l, kernel_vm_fault(l->g.k, 0, 0x1000, 4, l->g.now));
    else
        make_call(l);
    const char *text;
    console_take(l->g.k, &text);
}

static struct life live(uint64_t seed, bool mcs, bool has_short_cuts)
{
    struct life l = begin(seed, mcs, has_short_cuts);

    for (unsigned i = 0; i < STEPS; i++)
        go_on(&l);
    l.g.k->has_no_short_cuts = false;
    return l;
}

static void check_same_life(uint64_t seed, bool mcs)
{
    struct life a = live(seed, mcs, false), b = live(seed, mcs, true);

    CHECK_EQ(b.outcomes, a.outcomes);
    if (!CHECK(b.g.size == a.g.size && memcmp(b.g.k, a.g.k, a.g.size) == 0))
        printf("seed %#llx\n", (unsigned long long)seed);
    guest_end(&a.g);
    guest_end(&b.g);
}

static uint64_t setting(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : usual;
}

static void check_lives(bool mcs)
{
    uint64_t seed = setting("SEL4EMU_RANDOM_SEED", 1);
    uint64_t lives = setting("SEL4EMU_RANDOM_ENTRIES", 20000) / ENTRIES_PER_LIFE;

    memset(&fast, 0, sizeof(fast));
    for (uint64_t i = 0; i < lives; i++)
        check_same_life(seed + i, mcs);
}

TEST(threads_that_serve_each_other_live_the_same_life)
{
    check_lives(false);
    CHECK(fast.calls > 100);
    CHECK(fast.replies > 100);
    CHECK(fast.long_messages > 100);
}

TEST(so_do_those_of_an_mcs_kernel)
{
    check_lives(true);
    CHECK(fast.calls > 100);
    CHECK(fast.replies > 100);
    CHECK(fast.lent > 50);
    CHECK(fast.returned > 50);
    CHECK(fast.on_own > 50);
    CHECK(fast.long_messages > 50);
}
