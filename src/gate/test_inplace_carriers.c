/* SPDX-License-Identifier: BSD-2-Clause */
/* Carriers as the machine finds them: here the test's own process plays the guest's. */
#include <gate/testkit_inplace.h>

#include <errno.h>
#include <string.h>
#include <test.h>
#include <unistd.h>

#include <host/host.h>
#include <runtime/carrier.h>
#include <runtime/clock.h>
#include <runtime/region.h>

#define TCB_AT   UINT64_C(0x8000)
#define INDEX    3
#define THREAD   5
#define AREA_AT  (CARRIER_SIGNAL_STACK + 0x4000)
#define FRAME_AT (CARRIER_SIGNAL_STACK + 0x3000)

enum { SOFTWARE_AT = 464, STATES_AT = 472 };
enum { FCW_AT = 0, MXCSR_AT = 24, XMM0_AT = 160, BYTES_AT = 480, PRESENT_AT = 512, AVX_AT = 576 };
enum { X87 = 1, SSE = 2, AVX = 4, AREA_BYTES = 832 };

static struct test_inplace t;
static uint8_t slot[CARRIER_SLOT_BYTES];
static struct carrier_page *const page = (void *)(slot + CARRIER_PAGE);
static struct frame *const frame = (void *)(slot + FRAME_AT);
static uint8_t *const area = slot + AREA_AT;
static struct tcb *tcb;

static void put32(unsigned at, uint32_t value)
{
    memcpy(area + at, &value, sizeof(value));
}

/* A carrier that waits with a frame; false: a check has failed. */
static bool begin(uint8_t present)
{
    if (!test_inplace_open(&t))
        return false;
    memset(slot, 0, sizeof(slot));
    tcb = tcb_at(t.seat->k, TCB_AT);
    tcb->carrier = INDEX;
    tcb->serial = 77;
    t.seat->base = (vaddr_t)slot - REGION_CARRIERS;
    t.seat->pids[1] = (int)getpid();
    t.seat->shared->carriers[INDEX] =
        (struct runtime_carrier){.thread = THREAD, .tcb = TCB_AT, .serial = 77};
    t.seat->shared->threads[THREAD] =
        (struct runtime_thread){.vspace = 1, .tid = (uint32_t)host_gettid()};
    page->frame = frame;
    frame->vector = area;
    memset(area, 0x5a, AREA_BYTES);
    put32(BYTES_AT, AREA_BYTES);
    put32(STATES_AT, X87 | SSE | AVX);
    memset(area + PRESENT_AT, 0, sizeof(uint64_t));
    area[PRESENT_AT] = present;
    return true;
}

static void end(void)
{
    t.seat->pids[1] = 0; /* not to be killed */
    test_inplace_close(&t);
}

static int read_state(uint8_t ret_xsave[AREA_BYTES], size_t size)
{
    size_t got = 0;
    memset(ret_xsave, 0xee, AREA_BYTES);
    int error = inplace_read_vector_state(t.seat, tcb, ret_xsave, size, &got);
    if (!error)
        CHECK_EQ(got, size);
    return error;
}

static uint32_t word_at(const uint8_t *bytes, unsigned at)
{
    uint32_t word;
    memcpy(&word, bytes + at, sizeof(word));
    return word;
}

TEST(vector_state_is_in_the_frame)
{
    uint8_t state[AREA_BYTES];
    if (!begin(X87 | SSE | AVX))
        return;
    CHECK_EQ(read_state(state, AREA_BYTES), 0);
    CHECK_EQ(word_at(state, FCW_AT), 0x5a5a5a5a);
    CHECK_EQ(word_at(state, XMM0_AT), 0x5a5a5a5a);
    CHECK_EQ(word_at(state, AVX_AT), 0x5a5a5a5a);
    CHECK_EQ(read_state(state, 512), 0);
    CHECK_EQ(word_at(state, SOFTWARE_AT), X87 | SSE | AVX); /* as ptrace has it */
    CHECK_EQ(state[511], 0);
    CHECK_EQ(state[512], 0xee);
    end();
}

TEST(what_is_not_in_use_has_its_first_values)
{
    uint8_t state[AREA_BYTES];
    if (!begin(SSE))
        return;
    CHECK_EQ(read_state(state, AREA_BYTES), 0);
    CHECK_EQ(word_at(state, FCW_AT), 0x37f);
    CHECK_EQ(word_at(state, MXCSR_AT), 0x5a5a5a5a);
    CHECK_EQ(word_at(state, XMM0_AT), 0x5a5a5a5a);
    end();
    if (!begin(X87))
        return;
    CHECK_EQ(read_state(state, AREA_BYTES), 0);
    CHECK_EQ(word_at(state, FCW_AT), 0x5a5a5a5a);
    CHECK_EQ(word_at(state, MXCSR_AT), 0x1f80);
    CHECK_EQ(word_at(state, XMM0_AT), 0);
    end();
}

TEST(a_thread_that_has_not_run_has_first_values)
{
    uint8_t state[AREA_BYTES];
    if (!begin(X87 | SSE))
        return;
    page->frame = NULL;
    CHECK_EQ(read_state(state, AREA_BYTES), 0);
    CHECK_EQ(word_at(state, FCW_AT), 0x37f);
    CHECK_EQ(word_at(state, MXCSR_AT), 0x1f80);
    CHECK_EQ(word_at(state, XMM0_AT), 0);
    end();
}

TEST(what_a_guest_may_have_written_is_checked)
{
    uint8_t state[AREA_BYTES];
    if (!begin(X87 | SSE))
        return;
    struct runtime_carrier *carrier = &t.seat->shared->carriers[INDEX];
    struct runtime_thread *thread = &t.seat->shared->threads[THREAD];
    put32(BYTES_AT, RUNTIME_VECTOR_BYTES + 1);
    CHECK_EQ(read_state(state, AREA_BYTES), -EFAULT);
    put32(BYTES_AT, 575);
    CHECK_EQ(read_state(state, AREA_BYTES), -EFAULT);
    put32(BYTES_AT, AREA_BYTES);
    frame->vector = slot + CARRIER_PAGE - AREA_BYTES + 1;
    CHECK_EQ(read_state(state, AREA_BYTES), -EFAULT);
    frame->vector = (void *)(UINTPTR_MAX - 8);
    CHECK_EQ(read_state(state, AREA_BYTES), -EFAULT);
    page->frame = (void *)page;
    CHECK_EQ(read_state(state, AREA_BYTES), -EFAULT);
    page->frame = frame;
    frame->vector = area;
    CHECK_EQ(read_state(state, AREA_BYTES), 0);
    thread->slot = CARRIER_MAX;
    CHECK_EQ(read_state(state, AREA_BYTES), -ESRCH);
    thread->slot = 0;
    thread->tid = (uint32_t)getppid(); /* a thread, but not of that process */
    CHECK_EQ(read_state(state, AREA_BYTES), -ESRCH);
    thread->tid = (uint32_t)host_gettid();
    carrier->serial++;
    CHECK_EQ(read_state(state, AREA_BYTES), -ESRCH);
    carrier->serial--;
    thread->vspace = RUNTIME_MAX_VSPACES;
    CHECK_EQ(read_state(state, AREA_BYTES), -ESRCH);
    thread->vspace = 1;
    carrier->thread = RUNTIME_MAX_THREADS;
    CHECK_EQ(read_state(state, AREA_BYTES), -ESRCH);
    carrier->thread = THREAD;
    CHECK_EQ(read_state(state, AREA_BYTES), 0);
    tcb->carrier = RUNTIME_MAX_CARRIERS;
    CHECK_EQ(read_state(state, AREA_BYTES), -ESRCH);
    end();
}

TEST(cpu_time_is_that_of_the_thread)
{
    nanoseconds_t time = 0;
    if (!begin(0))
        return;
    CHECK(inplace_thread_cpu_time(t.seat, tcb, &time));
    CHECK(time > 0);
    t.seat->shared->vspaces[1].thread = THREAD; /* it is of other TCBs as well */
    CHECK(!inplace_thread_cpu_time(t.seat, tcb, &time));
    t.seat->shared->vspaces[1].thread = 0;
    tcb->carrier = 0;
    CHECK(!inplace_thread_cpu_time(t.seat, tcb, &time));
    end();
}

/* Here the thread is the machine's own: where it is comes home. */
TEST(a_thread_goes_to_another_cpu_and_comes_home_when_it_waits_too_often)
{
    struct host_cpu_set set = {.size = 0};
    if (!begin(0))
        return;
    struct pair *pair = &t.seat->shared->pair;
    t.seat->clock.multiplier = 1;
    bool may = host_cpu_count(&t.seat->previous_cpus) > 1;
    CHECK_EQ(inplace_may_move_threads(t.seat), may);
    CHECK_EQ(inplace_move_thread(t.seat, THREAD, true), may ? 0 : -ESRCH);
    CHECK_EQ(inplace_move_thread(t.seat, RUNTIME_MAX_THREADS, true), -ESRCH);
    *pair = inplace_new_pair(t.seat);
    CHECK_EQ(pair->tick_rate != 0, may);
    *pair = (struct pair){.away = THREAD, .tick_rate = UINT32_MAX}; /* it hands over soon */
    t.seat->shared->control.current = INDEX;
    pair->began = __builtin_ia32_rdtsc();
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK_EQ(pair->away, THREAD);
    *pair = (struct pair){.away = THREAD, .tick_rate = 1}; /* it does something else */
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK_EQ(pair->away, 0);
    CHECK(host_sched_getaffinity(0, sizeof(set.mask), set.mask) > 0);
    set.size = sizeof(set.mask);
    CHECK_EQ(host_cpu_count(&set), 1);
    t.seat->linked.pid = 1; /* its threads are its own */
    CHECK(!inplace_may_move_threads(t.seat));
    t.seat->linked.pid = 0;
    t.seat->clock = runtime_clock_virtual(0);
    CHECK(!inplace_may_move_threads(t.seat));
    end();
}

TEST(threads_are_separate_once_the_runtime_has_seen_to_it)
{
    if (!begin(0))
        return;
    struct runtime_control *control = &t.seat->shared->control;
    CHECK(inplace_separate_threads(t.seat)); /* they never shared one */
    CHECK_EQ(control->separates, 0);
    t.seat->shares_threads = true;
    CHECK(!inplace_separate_threads(t.seat));
    CHECK_EQ(control->separates, 1);
    CHECK(!inplace_separate_threads(t.seat));
    control->separates = 0;
    CHECK(inplace_separate_threads(t.seat));
    CHECK_EQ(control->separates, 0); /* it does not ask again */
    end();
}

/* --- breakpoints --------------------------------------------------------------------------- */

static void ask_for(unsigned n, vaddr_t address, word_t type, word_t access, word_t size)
{
    const word_t words[] = {address, type, access, size, true};
    memcpy(&t.request->reg[n * 5], words, sizeof(words));
}

TEST(what_lies_in_the_region_is_no_breakpoint_of_the_guests)
{
    if (!begin(0))
        return;
    if (breakpoint_events_check() == 0) {
        t.request->argument[0] = INDEX;
        ask_for(0, (vaddr_t)slot, BREAKPOINT_DATA, BREAK_ON_WRITE, 8);
        ask_for(1, UINT64_C(1) << 47, BREAKPOINT_INSTRUCTION, 0, 0);
        CHECK(test_inplace_ask(&t, REQUEST_BREAKPOINTS));
        const struct breakpoint_events *events = t.seat->breakpoints[INDEX];
        CHECK(events && !events->is_set[0] && !events->is_set[1]);
        ask_for(2, t.seat->base - 8, BREAKPOINT_DATA, BREAK_ON_WRITE, 8);
        CHECK(test_inplace_ask(&t, REQUEST_BREAKPOINTS));
        CHECK(events && events->is_set[2]);
        CHECK(test_inplace_ask(&t, REQUEST_HITS));
        CHECK_EQ(t.request->result[0], 0);
    }
    end();
}

TEST(a_carrier_without_a_thread_has_no_breakpoints)
{
    if (!begin(0))
        return;
    t.request->argument[0] = INDEX + 1;
    CHECK(test_inplace_ask(&t, REQUEST_HITS));
    CHECK_EQ(t.request->result[0], 0);
    CHECK(!test_inplace_ask(&t, REQUEST_BREAKPOINTS));
    CHECK(strstr(t.result.what, "names a carrier that cannot be: 4"));
    end();
}
