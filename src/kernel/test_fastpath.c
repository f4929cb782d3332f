/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that are carried out without an entry leave what an entry leaves, and so do messages that
 * take a short cut in it: random guests live the same life twice, once with every call an entry
 * that goes all the way, once with each tried first and all short cuts, and leave every byte of the
 * kernel's state and of guest memory the same. The linker has the test kit's calls come through
 * __wrap_kernel_syscall(), and what the entry tries through __wrap_fast_ipc() (CMakeLists.txt). For
 * longer runs, as test_random.c:
 *   SEL4EMU_RANDOM_ENTRIES, SEL4EMU_RANDOM_SEED
 */
#include <test.h>

#include <stdlib.h>
#include <string.h>

#include <base/bits.h>
#include <kernel/syscall.h>
#include <kernel/testkit_choice.h>
#include <sched/sched.h>

#define STEPS          1000
#define BYTES_PER_STEP 96

/* Of the guest that lives; the wrapper has no other way to know. */
static struct {
    bool tries;
    bool is_wrong;              /* what a mistake would look like */
    uint64_t entries, outcomes; /* a hash of them all */
    uint64_t tried[SYSCALL_COUNT], handed_over[SYSCALL_COUNT], fast[SYSCALL_COUNT];
} life;

static struct outcome note(struct outcome outcome)
{
    const uint64_t words[] = {outcome.kind, outcome.tcb, outcome.deadline, outcome.interrupt_cores};

    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        life.outcomes = (life.outcomes ^ words[i]) * UINT64_C(0x100000001b3);
    life.entries++;
    return outcome;
}

/* What the way back sets is not for the kernel to say; the test kit keeps registers in TCBs. */
static void keep_registers(struct tcb *tcb, const word_t reg[USER_REGISTER_COUNT])
{
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++) {
        if (i != UREG_RIP && i != UREG_RSP && i != UREG_RCX && i != UREG_R11)
            tcb->context.reg[i] = reg[i];
    }
}

/* A seat without MCS tries until the next tick: what has passed is charged by the entry after. */
static bool has_ticked(const struct kernel *k, nanoseconds_t now)
{
    return !k->config.mcs && now >= k->cores[0].next_tick;
}

static bool try(struct kernel *k, nanoseconds_t now)
{
    word_t reg[USER_REGISTER_COUNT];
    struct tcb *tcb = tcb_at(k, k->cores[0].current);
    nanoseconds_t deadline = sched_deadline(k, 0);

    if (!life.tries || has_ticked(k, now) || !kernel_may_try(k))
        return false;
    memcpy(reg, tcb->context.reg, sizeof(reg));
    enum syscall syscall = abi_numbers_syscall(&k->numbers, (int64_t)reg[UREG_SYSCALL]);
    if (!kernel_try_syscall(k, now, reg))
        return false;
    keep_registers(tcb, reg);
    life.tried[syscall]++;
    if (!k->config.mcs)
        k->cores[0].now = now;
    if (life.is_wrong)
        tcb->utilisation.schedules++;
    CHECK(sched_deadline(k, 0) >= deadline); /* or the seat would not be back in time */
    return true;
}

bool __real_fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now);
bool __wrap_fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now);
bool __wrap_fast_ipc(struct kernel *k, unsigned core, nanoseconds_t now)
{
    const struct tcb *tcb = tcb_at(k, k->cores[core].current);
    bool is_done = __real_fast_ipc(k, core, now);

    if (is_done)
        life.fast[abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL])]++;
    return is_done;
}

struct outcome __real_kernel_syscall(struct kernel *k, unsigned core, nanoseconds_t now);
static struct outcome enter(struct kernel *k, unsigned core, nanoseconds_t now)
{
    const struct tcb *tcb = tcb_at(k, k->cores[core].current);
    enum syscall syscall =
        abi_numbers_syscall(&k->numbers, (int64_t)tcb->context.reg[UREG_SYSCALL]);
    struct outcome outcome = __real_kernel_syscall(k, core, now);

    if (outcome.kind == OUTCOME_RUN && tcb_at(k, outcome.tcb) != tcb)
        life.handed_over[syscall]++;
    return outcome;
}

struct outcome __wrap_kernel_syscall(struct kernel *k, unsigned core, nanoseconds_t now);
struct outcome __wrap_kernel_syscall(struct kernel *k, unsigned core, nanoseconds_t now)
{
    if (!try(k, now))
        return note(enter(k, core, now));
    return note((struct outcome){
        .kind = OUTCOME_RUN, .tcb = k->cores[0].current, .deadline = sched_deadline(k, 0)});
}

/* --- lives --------------------------------------------------------------------------------- */

static struct byte_source random_bytes(uint64_t *state, uint8_t bytes[BYTES_PER_STEP])
{
    for (unsigned i = 0; i < BYTES_PER_STEP; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(*state >> 56);
    }
    return (struct byte_source){.at = bytes, .end = bytes + BYTES_PER_STEP};
}

/* Half of the calls are such that might be tried: random ones seldom are. */
static void make_likely(const struct replay *r, struct step *step, struct byte_source *bytes)
{
    static const enum syscall likely[] = {
        SYSCALL_SEND,         SYSCALL_NB_SEND,    SYSCALL_NB_RECV,    SYSCALL_RECV,
        SYSCALL_YIELD,        SYSCALL_NB_WAIT,    SYSCALL_WAIT,       SYSCALL_CALL,
        SYSCALL_CALL,         SYSCALL_REPLY_RECV, SYSCALL_REPLY_RECV, SYSCALL_NB_SEND_RECV,
        SYSCALL_NB_SEND_WAIT,
    };

    if (step->kind != STEP_CALL || rarely(bytes, 2))
        return;
    step->call.syscall = likely[take(bytes, ARRAY_LENGTH(likely))];
    step->call.caps = rarely(bytes, 8);
    step->call.length = take(bytes, 6);
    step->call.cap = choose_type(r, bytes, rarely(bytes, 2) ? CAP_ENDPOINT : CAP_NOTIFICATION);
}

static struct replay live(uint64_t seed, bool mcs, bool tries)
{
    uint8_t bytes[BYTES_PER_STEP];
    struct byte_source source = random_bytes(&seed, bytes);
    struct replay_setup setup = random_setup(&source);

    if (mcs)
        random_setup_mcs(&setup);
    struct replay r = replay_boot(&setup, 64);
    life.tries = tries;
    r.g.k->has_no_short_cuts = !tries;
    life.entries = life.outcomes = 0;
    bool goes_on = true;
    for (unsigned i = 0; i < STEPS && goes_on; i++) {
        source = random_bytes(&seed, bytes);
        struct step step = random_step(&r, &source);
        source = random_bytes(&seed, bytes);
        make_likely(&r, &step, &source);
        goes_on = replay_step(&r, &step);
    }
    CHECK_STR(r.problem, NULL);
    r.g.k->has_no_short_cuts = false;
    return r;
}

static bool is_same(const struct guest *a, const struct guest *b)
{
    return a->size == b->size && memcmp(a->k, b->k, a->size) == 0;
}

/* Returns how many calls the two made, each. */
static uint64_t check_same_life(uint64_t seed, bool mcs)
{
    struct replay entered = live(seed, mcs, false);
    uint64_t entries = life.entries, outcomes = life.outcomes;
    struct replay tried = live(seed, mcs, true);

    CHECK_EQ(life.entries, entries);
    CHECK_EQ(life.outcomes, outcomes);
    CHECK_EQ(tried.g.now, entered.g.now);
    if (!CHECK(is_same(&tried.g, &entered.g)))
        printf("seed %#llx\n", (unsigned long long)seed);
    replay_end(&tried);
    replay_end(&entered);
    return entries;
}

static uint64_t setting(const char *name, uint64_t usual)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : usual;
}

static void check_counts(const uint64_t *counts, const enum syscall *syscalls, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!CHECK(counts[syscalls[i]] > 10))
            printf("%s: %lu\n", abi_syscall_name(syscalls[i]), counts[syscalls[i]]);
    }
}

static void check_lives(bool mcs)
{
    uint64_t seed = setting("SEL4EMU_RANDOM_SEED", 1);
    uint64_t entries = setting("SEL4EMU_RANDOM_ENTRIES", 20000);

    memset(&life, 0, sizeof(life));
    for (uint64_t done = 0; done < entries; seed++)
        done += check_same_life(seed, mcs);
}

TEST(a_guest_lives_the_same_life_if_calls_are_tried_first)
{
    static const enum syscall tried[] = {SYSCALL_SEND, SYSCALL_NB_SEND, SYSCALL_RECV,
                                         SYSCALL_NB_RECV, SYSCALL_YIELD};
    static const enum syscall handed_over[] = {SYSCALL_CALL, SYSCALL_SEND, SYSCALL_REPLY_RECV};
    static const enum syscall fast[] = {SYSCALL_CALL, SYSCALL_REPLY_RECV};

    check_lives(false);
    check_counts(life.tried, tried, ARRAY_LENGTH(tried));
    check_counts(life.handed_over, handed_over, ARRAY_LENGTH(handed_over));
    check_counts(life.fast, fast, ARRAY_LENGTH(fast));
}

TEST(a_guest_lives_the_same_life_on_an_mcs_kernel)
{
    static const enum syscall tried[] = {SYSCALL_SEND, SYSCALL_NB_SEND, SYSCALL_NB_RECV,
                                         SYSCALL_WAIT, SYSCALL_NB_WAIT, SYSCALL_YIELD};
    static const enum syscall handed_over[] = {SYSCALL_CALL, SYSCALL_SEND, SYSCALL_REPLY_RECV,
                                               SYSCALL_NB_SEND_RECV};

    check_lives(true); /* fast IPC, of which there is little here, has a test of its own */
    check_counts(life.tried, tried, ARRAY_LENGTH(tried));
    check_counts(life.handed_over, handed_over, ARRAY_LENGTH(handed_over));
}

TEST(one_bit_that_differs_is_found)
{
    bool is_found = false;

    for (uint64_t seed = 1; seed <= 8 && !is_found; seed++) {
        struct replay entered = live(seed, false, false);
        life.is_wrong = true;
        struct replay tried = live(seed, false, true);
        is_found = !is_same(&tried.g, &entered.g);
        life.is_wrong = false;
        replay_end(&tried);
        replay_end(&entered);
    }
    CHECK(is_found);
}
