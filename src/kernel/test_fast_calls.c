/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which calls are carried out without an entry, and which are left to one (test_fastpath.c checks
 * that both come to the same): each condition by itself.
 */
#include <test.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <kernel/kernel_api.h>
#include <model/testkit_thread.h>
#include <sched/refill.h>
#include <sched/release.h>
#include <sched/sched.h>

#define US UINT64_C(1000)
#define MS (1000 * US)

struct fixture {
    struct guest g;
    word_t reg[USER_REGISTER_COUNT]; /* of the last call */
    cptr_t signal, ep;
};

static struct fixture begin(struct guest g)
{
    struct fixture f = {.g = g};
    f.signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    return f;
}

/* As at the end of an entry. */
static struct fixture begin_mcs(void)
{
    struct fixture f = begin(guest_boot_mcs());
    f.g.k->cores[0].reprogram = false;
    return f;
}

static struct notification *notification_of(const struct fixture *f, cptr_t cptr)
{
    return notification_at(f->g.k, guest_cap(&f->g, cptr).notification.object);
}

/* A message of that many words; at that time. */
static bool tries_at(struct fixture *f, enum syscall syscall, cptr_t cap, unsigned length,
                     nanoseconds_t now)
{
    struct tcb *tcb = tcb_at(f->g.k, f->g.k->cores[0].current);
    const struct guest_syscall call = {.syscall = syscall, .cap = cap, .length = length};
    guest_set_arguments(&f->g, tcb, &call);
    memcpy(f->reg, tcb->context.reg, sizeof(f->reg));
    return kernel_may_try(f->g.k) && kernel_try_syscall(f->g.k, now, f->reg);
}

static bool tries(struct fixture *f, enum syscall syscall, cptr_t cap)
{
    return tries_at(f, syscall, cap, 0, f->g.now);
}

/* --- sending ------------------------------------------------------------------------------- */

TEST(a_signal_that_nobody_waits_for_needs_no_entry)
{
    static const enum syscall sends[] = {SYSCALL_SEND, SYSCALL_NB_SEND};
    for (unsigned i = 0; i < ARRAY_LENGTH(sends); i++) {
        struct fixture f = begin(guest_boot_default());
        struct notification *n = notification_of(&f, f.signal);
        CHECK(tries(&f, sends[i], guest_mint(&f.g, f.signal, RIGHT_WRITE, 5)));
        CHECK_EQ(n->state, NOTIFICATION_ACTIVE);
        CHECK_EQ(n->badge, 5);
        CHECK(tries(&f, sends[i], guest_mint(&f.g, f.signal, RIGHT_WRITE, 10)));
        CHECK_EQ(n->badge, 15);
        guest_end(&f.g);
    }
}

TEST(a_signal_to_a_thread_that_waits_is_an_entrys)
{
    struct fixture f = begin(guest_boot_default());
    struct guest_thread t = guest_thread(&f.g, 50);
    struct notification *n = notification_of(&f, f.signal);
    guest_run(&f.g, t);
    guest_recv(&f.g, f.signal);
    CHECK_EQ(n->state, NOTIFICATION_WAITING);
    CHECK(!tries(&f, SYSCALL_SEND, f.signal));
    CHECK_EQ(n->state, NOTIFICATION_WAITING);
    guest_end(&f.g);
}

TEST(a_signal_to_a_bound_thread_is_tried_unless_that_receives)
{
    struct fixture f = begin(guest_boot_default());
    struct guest_thread t = guest_thread(&f.g, 50);
    struct notification *n = notification_of(&f, f.signal);
    n->bound_tcb = kernel_paddr(f.g.k, t.tcb);
    t.tcb->bound_notification = kernel_paddr(f.g.k, n);
    guest_run(&f.g, t);
    guest_recv(&f.g, f.ep);
    CHECK_EQ(t.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK(!tries(&f, SYSCALL_SEND, f.signal));
    CHECK_EQ(n->state, NOTIFICATION_IDLE);
    t.tcb->state = THREAD_INACTIVE;
    CHECK(tries(&f, SYSCALL_SEND, f.signal));
    CHECK_EQ(n->state, NOTIFICATION_ACTIVE);
    guest_end(&f.g);
}

TEST(what_may_not_be_sent_to_is_an_entrys)
{
    struct fixture f = begin(guest_boot_default());
    struct notification *n = notification_of(&f, f.signal);
    CHECK(!tries(&f, SYSCALL_SEND, guest_mint(&f.g, f.signal, RIGHT_READ, 0)));
    CHECK(!tries(&f, SYSCALL_NB_SEND, guest_mint(&f.g, f.signal, RIGHT_READ, 0)));
    CHECK(!tries(&f, SYSCALL_NB_SEND, guest_mint(&f.g, f.ep, RIGHT_READ, 0)));
    CHECK(!tries(&f, SYSCALL_SEND, f.ep));
    CHECK(!tries(&f, SYSCALL_SEND, f.g.next_slot)); /* an empty slot */
    CHECK(!tries(&f, SYSCALL_NB_SEND, f.g.next_slot));
    CHECK(!tries(&f, SYSCALL_SEND, UINT64_C(1) << 40)); /* no slot */
    CHECK(!tries(&f, SYSCALL_NB_SEND, UINT64_C(1) << 40));
    CHECK(!tries(&f, SYSCALL_SEND, INITIAL_CAP_TCB)); /* a method */
    CHECK(!tries_at(&f, SYSCALL_SEND, f.signal, MESSAGE_REGISTER_COUNT + 1, 0));
    CHECK(!tries_at(&f, SYSCALL_NB_SEND, f.ep, MESSAGE_REGISTER_COUNT + 1, 0));
    CHECK_EQ(n->state, NOTIFICATION_IDLE);
    CHECK(tries_at(&f, SYSCALL_SEND, f.signal, MESSAGE_REGISTER_COUNT, 0));
    guest_end(&f.g);
}

TEST(a_message_that_nobody_waits_for_is_lost_without_an_entry)
{
    struct fixture f = begin(guest_boot_default());
    struct guest_thread t = guest_thread(&f.g, 50);
    cptr_t writes = guest_mint(&f.g, f.ep, RIGHT_WRITE, 0);
    CHECK(tries(&f, SYSCALL_NB_SEND, writes));
    CHECK(!tries(&f, SYSCALL_SEND, writes));
    guest_run(&f.g, t);
    guest_recv(&f.g, f.ep);
    CHECK(!tries(&f, SYSCALL_NB_SEND, writes));
    guest_end(&f.g);
}

/* --- receiving ----------------------------------------------------------------------------- */

TEST(a_signal_that_is_there_is_taken_without_an_entry)
{
    static const enum syscall receives[] = {SYSCALL_RECV, SYSCALL_NB_RECV};
    struct fixture f = begin(guest_boot_default());
    struct notification *n = notification_of(&f, f.signal);
    for (unsigned i = 0; i < ARRAY_LENGTH(receives); i++) {
        n->state = NOTIFICATION_ACTIVE;
        n->badge = 7;
        CHECK(!tries(&f, receives[i], guest_mint(&f.g, f.signal, RIGHT_WRITE, 0)));
        CHECK(!tries(&f, receives[i], f.ep));
        CHECK(!tries(&f, receives[i], f.g.next_slot));
        CHECK(!tries(&f, receives[i], UINT64_C(1) << 40));
        CHECK_EQ(n->state, NOTIFICATION_ACTIVE);
        CHECK(tries(&f, receives[i], guest_mint(&f.g, f.signal, RIGHT_READ, 0)));
        CHECK_EQ(f.reg[UREG_BADGE], 7);
        CHECK_EQ(n->state, NOTIFICATION_IDLE);
    }
    guest_end(&f.g);
}

TEST(without_a_signal_only_who_asks_for_one_needs_no_entry)
{
    struct fixture f = begin(guest_boot_default());
    CHECK(!tries(&f, SYSCALL_RECV, f.signal));
    f.reg[UREG_BADGE] = 7;
    CHECK(tries(&f, SYSCALL_NB_RECV, f.signal));
    CHECK_EQ(f.reg[UREG_BADGE], 0);
    CHECK(!tries(&f, SYSCALL_NB_RECV, guest_mint(&f.g, f.signal, RIGHT_WRITE, 0)));
    guest_end(&f.g);
}

TEST(a_notification_that_is_bound_gives_signals_to_its_thread_alone)
{
    struct fixture f = begin(guest_boot_default());
    struct guest_thread other = guest_thread(&f.g, 50);
    struct notification *n = notification_of(&f, f.signal);
    n->state = NOTIFICATION_ACTIVE;
    n->bound_tcb = kernel_paddr(f.g.k, other.tcb);
    CHECK(!tries(&f, SYSCALL_RECV, f.signal));
    CHECK(!tries(&f, SYSCALL_NB_RECV, f.signal));
    n->bound_tcb = f.g.root;
    CHECK(tries(&f, SYSCALL_RECV, f.signal));
    guest_end(&f.g);
}

/* Its scheduling context is behind what a notification has without MCS: there, the next object. */
TEST(a_notification_that_may_lend_its_context_is_an_entrys)
{
    struct fixture f = begin(guest_boot_default());
    struct notification *n = notification_of(&f, f.signal);
    paddr_t object = guest_cap(&f.g, f.signal).notification.object;
    n->state = NOTIFICATION_ACTIVE;
    *notification_sched_context(f.g.k, object) = 0x1234;
    CHECK(tries(&f, SYSCALL_RECV, f.signal));
    guest_end(&f.g);

    f = begin_mcs();
    n = notification_of(&f, f.signal);
    object = guest_cap(&f.g, f.signal).notification.object;
    n->state = NOTIFICATION_ACTIVE;
    *notification_sched_context(f.g.k, object) = 0x1234;
    CHECK(!tries(&f, SYSCALL_WAIT, f.signal));
    CHECK(!tries(&f, SYSCALL_NB_WAIT, f.signal));
    *notification_sched_context(f.g.k, object) = 0;
    CHECK(tries(&f, SYSCALL_WAIT, f.signal));
    CHECK(tries(&f, SYSCALL_NB_WAIT, f.signal));
    guest_end(&f.g);
}

/* --- others -------------------------------------------------------------------------------- */

TEST(a_yield_to_nobody_needs_no_entry)
{
    struct fixture f = begin(guest_boot_default());
    struct guest_thread below = guest_thread(&f.g, guest_root(&f.g)->priority - 1);
    struct guest_thread beside = guest_thread(&f.g, guest_root(&f.g)->priority);
    CHECK(tries(&f, SYSCALL_YIELD, 0));
    guest_resume(&f.g, below);
    f.g.k->cores[0].switch_candidate = 0;
    CHECK(tries(&f, SYSCALL_YIELD, 0));
    f.g.k->domain_time = 0;
    CHECK(!tries(&f, SYSCALL_YIELD, 0));
    f.g.k->domain_time = 1;
    CHECK(tries(&f, SYSCALL_YIELD, 0));
    guest_resume(&f.g, beside);
    f.g.k->cores[0].switch_candidate = 0;
    CHECK(!tries(&f, SYSCALL_YIELD, 0));
    guest_end(&f.g);
}

/* Its turn ends, and the next one begins at once with the whole slice. */
TEST(with_mcs_only_a_round_robin_slice_that_is_due_is_given_up_without_an_entry)
{
    struct fixture f = begin_mcs();
    struct core *c = &f.g.k->cores[0];
    struct sched_context *sc = sched_context_at(f.g.k, c->sched_context);
    f.g.k->domain_time = 1;
    nanoseconds_t slice = refill_head(sc)->amount, consumed = sc->consumed;
    refill_head(sc)->amount -= 50 * US;
    refill_tail(sc)->amount = 50 * US;
    CHECK(tries_at(&f, SYSCALL_YIELD, 0, 0, c->now + 30 * US));
    CHECK_EQ(refill_head(sc)->amount, slice);
    CHECK_EQ(refill_tail(sc)->amount, 0);
    CHECK_EQ(sc->consumed, consumed + 30 * US);
    CHECK_EQ(c->consumed, 0);
    refill_head(sc)->time = c->now + 1;
    CHECK(!tries_at(&f, SYSCALL_YIELD, 0, 0, c->now));
    refill_head(sc)->time = c->now;
    CHECK(tries_at(&f, SYSCALL_YIELD, 0, 0, c->now));
    sc->period = 10 * MS;
    CHECK(!tries_at(&f, SYSCALL_YIELD, 0, 0, c->now));
    guest_end(&f.g);
}

TEST(calls_that_measure_calls_do_nothing)
{
    struct kernel_config config = kernel_config_default();
    config.benchmarks = BENCHMARKS_GENERIC;
    struct fixture f = begin(guest_boot(config, GUEST_MEMORY_END));
    CHECK(tries(&f, SYSCALL_BENCHMARK_NULL_SYSCALL, 0));
    CHECK(tries(&f, SYSCALL_BENCHMARK_FLUSH_CACHES, 0));
    CHECK(!tries(&f, SYSCALL_DEBUG_CAP_IDENTIFY, f.ep));
    guest_end(&f.g);
}

/* --- time ---------------------------------------------------------------------------------- */

TEST(with_mcs_the_time_since_the_last_entry_is_charged)
{
    struct fixture f = begin_mcs();
    struct core *c = &f.g.k->cores[0];
    nanoseconds_t now = c->now, consumed = c->consumed;
    CHECK(tries_at(&f, SYSCALL_NB_SEND, f.ep, 0, now + 30 * US));
    CHECK_EQ(c->now, now + 30 * US);
    CHECK_EQ(c->consumed, consumed + 30 * US);
    CHECK(tries_at(&f, SYSCALL_NB_SEND, f.ep, 0, now)); /* a clock that is behind */
    CHECK_EQ(c->now, now + 30 * US);
    CHECK(!tries_at(&f, SYSCALL_SEND, f.ep, 0, now + 60 * US)); /* which the entry goes on from */
    CHECK_EQ(c->now, now + 60 * US);
    CHECK_EQ(c->consumed, consumed + 60 * US);
    guest_end(&f.g);
}

TEST(with_mcs_a_call_needs_the_least_budget)
{
    struct fixture f = begin_mcs();
    struct core *c = &f.g.k->cores[0];
    struct sched_context *sc = sched_context_at(f.g.k, c->sched_context);
    nanoseconds_t enough =
        c->now + refill_head(sc)->amount - c->consumed - refill_min_budget(f.g.k);
    CHECK(tries_at(&f, SYSCALL_NB_SEND, f.ep, 0, enough));
    CHECK(!tries_at(&f, SYSCALL_NB_SEND, f.ep, 0, enough + 1)); /* what was used before counts */
    guest_end(&f.g);
}

TEST(with_mcs_whose_refill_comes_may_run_first)
{
    struct fixture f = begin_mcs();
    struct guest_thread t = guest_passive_thread(&f.g, 50);
    nanoseconds_t now = f.g.k->cores[0].now;
    guest_bind(&f.g, t, guest_make_sched_context(&f.g, 1000, 10000));
    refill_head(sched_context_at(f.g.k, t.tcb->sched_context))->time = now + 40 * US;
    release_postpone(f.g.k, t.tcb);
    f.g.k->cores[0].reprogram = false;
    CHECK(tries_at(&f, SYSCALL_NB_SEND, f.ep, 0, now + 40 * US - 1));
    CHECK(!tries_at(&f, SYSCALL_NB_SEND, f.ep, 0, now + 40 * US));
    guest_end(&f.g);
}

/* --- when none is tried -------------------------------------------------------------------- */

TEST(nothing_is_tried_amid_anything_else)
{
    struct fixture f = begin(guest_boot_default());
    struct kernel *k = f.g.k;
    struct core *c = &k->cores[0];
    struct tcb *tcb = guest_root(&f.g);
#define REFUSED_WITH(place, value)                                                                 \
    do {                                                                                           \
        typeof(place) kept_ = (place);                                                             \
        CHECK(kernel_may_try(k));                                                                  \
        (place) = (value);                                                                         \
        CHECK(!kernel_may_try(k));                                                                 \
        (place) = kept_;                                                                           \
    } while (0)
    REFUSED_WITH(k->num_cores, 2);
    REFUSED_WITH(k->halted, true);
    REFUSED_WITH(c->current, 0);
    REFUSED_WITH(tcb->state, THREAD_RESTART);
    REFUSED_WITH(tcb->debug.is_stepping, true);
    REFUSED_WITH(tcb->yield_to, 0x1000);
    REFUSED_WITH(k->config.benchmarks, BENCHMARKS_TRACK_UTILISATION);
    REFUSED_WITH(c->reschedule, true);
    REFUSED_WITH(c->switch_candidate, 0x1000);
    REFUSED_WITH(c->slice_over, true);
    REFUSED_WITH(c->stall, 1);
    REFUSED_WITH(c->clear.base, 0x1000);
    REFUSED_WITH(c->clear.end, 0x1000);
    c->reprogram = true; /* of MCS */
    k->config.num_domains = 2;
    CHECK(kernel_may_try(k));
    guest_end(&f.g);

    f = begin_mcs();
    k = f.g.k;
    c = &k->cores[0];
    REFUSED_WITH(c->reprogram, true);
    REFUSED_WITH(k->config.num_domains, 2);
    guest_end(&f.g);
}
