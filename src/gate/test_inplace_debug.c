/* SPDX-License-Identifier: BSD-2-Clause */
/* A debugger in place: what it has the runtime do, and what is left of traps. */
#include <gate/seat_state.h>
#include <gate/testkit_inplace.h>

#include <string.h>
#include <test.h>

#include <abi/object.h>
#include <host/host.h>
#include <model/vspace.h>

#define TCB_AT   UINT64_C(0x8000)
#define OTHER_AT UINT64_C(0x9000)
#define CODE     UINT64_C(0x400000)
#define INDEX    3
#define PROCESS  1

static struct test_inplace t;
static struct seat *debugged;
static unsigned frozen; /* serve() calls until the machine runs on */
static unsigned serves;
static struct seat_stop stops[4];
static unsigned stop_count;

static bool is_due(void *context)
{
    (void)context;
    return frozen > 0;
}

static void serve(void *context)
{
    (void)context;
    serves++;
    frozen--;
}

static void stopped(void *context, struct tcb *tcb, const struct seat_stop *stop)
{
    (void)context;
    (void)tcb;
    if (stop_count < sizeof(stops) / sizeof(stops[0]))
        stops[stop_count++] = *stop;
}

static const struct seat_debugger debugger = {.is_due = is_due, .serve = serve, .stopped = stopped};

static struct tcb *make_tcb(paddr_t paddr, uint64_t serial)
{
    struct tcb *tcb = tcb_at(t.seat->k, paddr);
    tcb->serial = serial;
    tcb->all_link.next = t.seat->k->all_tcbs;
    t.seat->k->all_tcbs = paddr;
    return tcb;
}

/* A debugger, and two threads that have no VSpace. */
static bool begin(void)
{
    frozen = serves = stop_count = 0;
    if (!test_inplace_open(&t))
        return false;
    debugged = inplace_seat_ops.debug(t.seat);
    if (!CHECK(debugged != NULL))
        return false;
    seat_set_debugger(debugged, &debugger);
    make_tcb(OTHER_AT, 12);
    make_tcb(TCB_AT, 11);
    return true;
}

static enum runtime_debug_answer ask_to_run(paddr_t tcb)
{
    t.request->argument[0] = tcb ? INDEX : 0;
    t.request->argument[1] = tcb;
    t.request->argument[2] = 0;
    CHECK(test_inplace_ask(&t, REQUEST_DEBUG_RUN));
    return (enum runtime_debug_answer)t.request->result[0];
}

TEST(without_a_debugger_nothing_is_asked_of_one)
{
    if (!test_inplace_open(&t))
        return;
    CHECK(!inplace_is_debugged(t.seat));
    CHECK_EQ(ask_to_run(TCB_AT), DEBUG_GO);
    memset(t.request->argument, 0, sizeof(t.request->argument));
    t.request->argument[0] = INDEX;
    t.request->argument[1] = TCB_AT;
    t.request->argument[2] = TRAP_EXCEPTION;
    t.request->argument[3] = EXCEPTION_BREAKPOINT;
    CHECK(test_inplace_ask(&t, REQUEST_DEBUG_TRAP));
    CHECK_EQ(t.request->result[0], TRAP_EXCEPTION);
    test_inplace_close(&t);
}

TEST(the_debugger_is_served_before_the_core_waits)
{
    if (!begin())
        return;
    CHECK(inplace_is_debugged(t.seat));
    frozen = 3;
    CHECK_EQ(ask_to_run(0), DEBUG_GO);
    CHECK_EQ(serves, 3);
    test_inplace_close(&t);
}

TEST(the_runtime_makes_holds_one_after_the_other)
{
    if (!begin())
        return;
    struct tcb *tcb = tcb_at(t.seat->k, TCB_AT), *other = tcb_at(t.seat->k, OTHER_AT);
    seat_debug_hold(debugged, tcb, true);
    seat_debug_hold(debugged, tcb, true); /* is asked for already */
    seat_debug_hold(debugged, other, true);
    CHECK(!tcb->is_held);
    CHECK(seat_debug_is_held(debugged, tcb));
    CHECK_EQ(ask_to_run(TCB_AT), DEBUG_HOLD);
    CHECK_EQ(t.request->result[1], TCB_AT);
    tcb->is_held = true;
    seat_debug_hold(debugged, tcb, false);
    CHECK(!seat_debug_is_held(debugged, tcb));
    CHECK_EQ(ask_to_run(OTHER_AT), DEBUG_HOLD);
    CHECK_EQ(t.request->result[1], OTHER_AT);
    CHECK_EQ(ask_to_run(0), DEBUG_UNHOLD);
    CHECK_EQ(t.request->result[1], TCB_AT);
    CHECK_EQ(ask_to_run(0), DEBUG_GO);
    test_inplace_close(&t);
}

TEST(a_thread_that_has_died_is_not_held)
{
    if (!begin())
        return;
    seat_debug_hold(debugged, tcb_at(t.seat->k, TCB_AT), true);
    tcb_at(t.seat->k, TCB_AT)->serial++;
    CHECK_EQ(ask_to_run(0), DEBUG_GO);
    test_inplace_close(&t);
}

TEST(holds_that_nobody_makes_end_with_the_seat)
{
    if (!begin())
        return;
    seat_debug_hold(debugged, tcb_at(t.seat->k, TCB_AT), true);
    test_inplace_close(&t); /* the sanitizer would tell */
}

TEST(pages_of_a_vspace_without_breakpoints_are_left_alone)
{
    if (!begin())
        return;
    if (CHECK(inplace_process_start(t.seat, PROCESS, "vspace1"))) {
        const uint64_t argument[] = {PROCESS, CODE, CODE + PAGE_BYTES, CODE, true};
        memcpy(t.request->argument, argument, sizeof(argument));
        CHECK(test_inplace_ask(&t, REQUEST_DEBUG_MAPPED));
        CHECK_EQ(t.request->result[0], 0);
    }
    test_inplace_close(&t);
}
