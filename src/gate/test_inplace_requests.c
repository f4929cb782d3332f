/* SPDX-License-Identifier: BSD-2-Clause */
/* Each request is served with what it says, and one that cannot be ends the guest. */
#include <gate/testkit_inplace.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <test.h>
#include <unistd.h>

#include <abi/object.h>

/* A request whose one field is wrong: no answer, nothing was done, and a line says which. */
static void check_refused(struct test_inplace *t, enum runtime_request_kind kind, const char *what)
{
    unsigned calls = t->calls;
    CHECK(!test_inplace_ask(t, kind));
    CHECK_EQ(t->calls, calls);
    CHECK(t->seat->ended);
    CHECK_EQ(t->result.end, SEAT_END_HOST_FAILED);
    CHECK_EQ(t->result.error, 0);
    if (!CHECK(strstr(t->result.what, what)))
        printf("# %s\n", t->result.what);
    t->seat->ended = false;
    t->seat->answered = t->request->asked;
}

static void set_arguments(struct test_inplace *t, uint64_t a, uint64_t b, uint64_t c)
{
    t->request->argument[0] = a;
    t->request->argument[1] = b;
    t->request->argument[2] = c;
}

TEST(ports_are_read_and_written)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    t.value = 0x1234;
    set_arguments(&t, 0xfffe, 2, 0);
    CHECK(test_inplace_ask(&t, REQUEST_PORT_IN));
    CHECK_EQ(t.request->result[0], 0x1234);
    CHECK_EQ(t.port, 0xfffe);
    CHECK_EQ(t.size, 2);
    set_arguments(&t, 0x3f8, 1, 'x');
    CHECK(test_inplace_ask(&t, REQUEST_PORT_OUT));
    CHECK_EQ(t.port, 0x3f8);
    CHECK_EQ(t.written, 'x');
    test_inplace_close(&t);
}

TEST(ports_that_cannot_be_end_the_guest)
{
    static const struct {
        uint64_t port, size;
        const char *what;
    } cases[] = {
        {0x10000, 1, "port 0x10000"}, {UINT64_MAX, 1, "port 0xff"}, {0xffff, 2, "port 0xffff"},
        {0xfffd, 4, "port 0xfffd"},   {0x3f8, 0, "size"},           {0x3f8, 3, "size"},
        {0x3f8, 8, "size"},           {0x3f8, UINT64_MAX, "size"},
    };
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_arguments(&t, cases[i].port, cases[i].size, 0);
        check_refused(&t, REQUEST_PORT_IN, cases[i].what);
        check_refused(&t, REQUEST_PORT_OUT, cases[i].what);
    }
    test_inplace_close(&t);
}

TEST(what_waits_for_a_port_goes_first)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_posted *posted = &t.seat->shared->posted;
    t.has_promise = true;
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK_EQ(posted->promise_count, 1);
    CHECK_EQ(posted->promises[0].data, TEST_POSTED);
    CHECK_EQ(posted->promises[0].status, TEST_STATUS);
    CHECK_EQ(posted->promises[0].status_value, 0x60);
    posted->writes[0] = (struct posted_write){.port = TEST_POSTED, .value = 'a'};
    posted->writes[1] = (struct posted_write){.port = TEST_POSTED, .value = 'b'};
    posted->count = 2;
    set_arguments(&t, TEST_POSTED, 1, 'c');
    CHECK(test_inplace_ask(&t, REQUEST_PORT_OUT));
    CHECK_STR(t.posted, "abc");
    CHECK_EQ(posted->count, 0);
    posted->count = 1;
    inplace_drain_console(t.seat); /* the end of a run */
    CHECK_STR(t.posted, "abca");
    t.has_promise = false;
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK_EQ(posted->promise_count, 0);
    test_inplace_close(&t);
}

TEST(what_cannot_wait_for_a_port_ends_the_guest)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_posted *posted = &t.seat->shared->posted;
    posted->count = 1;
    posted->writes[0] = (struct posted_write){.port = TEST_POSTED, .value = 'a'};
    check_refused(&t, REQUEST_TIME, "port without a promise 0x3f8");
    t.has_promise = true;
    posted->writes[0].port = TEST_STATUS;
    check_refused(&t, REQUEST_TIME, "port without a promise 0x3fd");
    posted->count = UINT32_MAX; /* as many as there is room for, and no more */
    for (unsigned i = 0; i < POSTED_WRITES; i++)
        posted->writes[i] = (struct posted_write){.port = TEST_POSTED, .value = 'z'};
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK_EQ(t.posted_count, POSTED_WRITES);
    test_inplace_close(&t);
}

TEST(a_request_of_no_kind_ends_the_guest)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    check_refused(&t, REQUEST_NONE, "kind of a request 0x0");
    check_refused(&t, REQUEST_KIND_COUNT, "kind of a request");
    check_refused(&t, (enum runtime_request_kind)UINT32_MAX, "kind of a request 0xffffffff");
    test_inplace_close(&t);
}

TEST(numbers_that_are_none_end_the_guest)
{
    static const struct {
        enum runtime_request_kind kind;
        uint64_t argument[3];
        const char *what;
    } cases[] = {
        {REQUEST_NEW_PROCESS, {0}, "number of a VSpace"},
        {REQUEST_NEW_PROCESS, {RUNTIME_MAX_VSPACES}, "number of a VSpace"},
        {REQUEST_NEW_PROCESS, {UINT64_MAX}, "number of a VSpace"},
        {REQUEST_END_PROCESS, {0}, "number of a VSpace"},
        {REQUEST_END_PROCESS, {RUNTIME_MAX_VSPACES}, "number of a VSpace"},
        {REQUEST_END_PROCESS, {7}, "VSpace without a process"},
        {REQUEST_REUSE_PROCESS, {0}, "number of a VSpace"},
        {REQUEST_REUSE_PROCESS, {RUNTIME_MAX_VSPACES}, "number of a VSpace"},
        {REQUEST_REUSE_PROCESS, {7}, "VSpace without a process"},
        {REQUEST_CONSOLE, {CONSOLE_BYTES + 1}, "length of a text"},
        {REQUEST_CONSOLE, {UINT64_MAX}, "length of a text"},
        {REQUEST_NAME, {0}, "number of a thread"},
        {REQUEST_NAME, {RUNTIME_MAX_THREADS}, "number of a thread"},
        {REQUEST_MOVE, {0, 1}, "number of a thread"},
        {REQUEST_MOVE, {RUNTIME_MAX_THREADS, 0}, "number of a thread"},
        {REQUEST_BREAKPOINTS, {0}, "number of a carrier"},
        {REQUEST_BREAKPOINTS, {RUNTIME_MAX_CARRIERS}, "number of a carrier"},
        {REQUEST_HITS, {0}, "number of a carrier"},
        {REQUEST_DEBUG_TRAP, {0}, "number of a carrier"},
        {REQUEST_DEBUG_TRAP, {1, TEST_ROOT + 8}, "TCB"},
        {REQUEST_DEBUG_TRAP, {1, TEST_ROOT, TRAP_GONE + 1}, "kind of a trap"},
        {REQUEST_DEBUG_RUN, {0, TEST_ROOT}, "number of a carrier"},
        {REQUEST_DEBUG_RUN, {1, TEST_INPLACE_MEMORY}, "TCB"},
        {REQUEST_DEBUG_MAPPED, {0}, "number of a VSpace"},
        {REQUEST_DEBUG_MAPPED, {7}, "VSpace without a process"},
        {REQUEST_HITS, {UINT64_MAX}, "number of a carrier"},
        {REQUEST_MEMORY_KIND, {UINT64_C(1) << 52}, "physical address"},
        {REQUEST_EXECUTE, {TEST_ROOT + 8}, "VSpace"},
        {REQUEST_EXECUTE, {TEST_INPLACE_MEMORY}, "VSpace"},
        {REQUEST_EXECUTE, {UINT64_MAX - 0xfff}, "VSpace"},
        {REQUEST_TRACE_ENTER, {TEST_ROOT + 8}, "TCB"},
        {REQUEST_TRACE_ENTER, {TEST_INPLACE_MEMORY}, "TCB"},
        {REQUEST_TRACE_ENTER, {TEST_ROOT, TRAP_GONE + 1}, "kind of a trap"},
        {REQUEST_TRACE_ENTER, {TEST_ROOT, TRAP_SYSCALL, 256}, "vector of a trap"},
        {REQUEST_TRACE_LEAVE, {OUTCOME_HALT + 1}, "kind of an outcome"},
        {REQUEST_TRACE_LEAVE, {OUTCOME_RUN, TEST_ROOT + 8}, "TCB"},
        {REQUEST_FAIL, {RUNTIME_CALL_COUNT, 1}, "number of a call"},
        {REQUEST_FAIL, {RUNTIME_CALL_mmap, 0}, "errno"},
        {REQUEST_FAIL, {RUNTIME_CALL_mmap, 4096}, "errno"},
    };
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(t.request->argument, cases[i].argument, sizeof(cases[i].argument));
        check_refused(&t, cases[i].kind, cases[i].what);
    }
    test_inplace_close(&t);
}

TEST(the_console_is_shown)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    memcpy(t.seat->k->console.text, "hello, more", 11);
    set_arguments(&t, 5, 0, 0);
    CHECK(test_inplace_ask(&t, REQUEST_CONSOLE));
    CHECK_STR(t.text, "hello");
    t.seat->k->console.length = 2;
    inplace_drain_console(t.seat);
    CHECK_STR(t.text, "hellohe");
    t.seat->k->console.length = CONSOLE_BYTES + 1;
    inplace_drain_console(t.seat);
    CHECK_STR(t.text, "hellohe");
    test_inplace_close(&t);
}

TEST(interrupts_are_handed_over_until_none_is_left)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_control *control = &t.seat->shared->control;
    control->attention = 1;
    t.vector = 17;
    t.has_event = true;
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK_EQ(t.request->result[0], 17);
    CHECK_EQ(control->attention, 1);
    t.vector = -1;
    t.has_event = false;
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK_EQ(t.request->result[0], -1);
    CHECK_EQ(control->attention, 0);
    /* what another request has led to */
    t.has_event = true;
    set_arguments(&t, 0x3f8, 1, 'x');
    CHECK(test_inplace_ask(&t, REQUEST_PORT_OUT));
    CHECK_EQ(control->attention, 1);
    test_inplace_close(&t);
}

/* However long it takes until the guest runs again, after that answer. */
TEST(the_time_is_what_the_machine_tells)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_clock *clock = &t.seat->shared->control.clock;
    inplace_set_clock(t.seat, __builtin_ia32_rdtsc(), 4000000, bit(32), 0);
    clock->told = 0;
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK(clock->told >= 4000000);
    CHECK_EQ(clock->told, t.seat->clock.told);
    test_inplace_close(&t);
}

TEST(guest_code_that_was_interrupted_may_have_spun)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_control *control = &t.seat->shared->control;
    control->deadline = 777;
    t.vector = -1;
    set_arguments(&t, 0, 0, 0);
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK_EQ(t.stopped_before, 0);
    t.event_at = 4321;
    set_arguments(&t, 0, 1, 0);
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK_EQ(t.stopped_before, 777);
    CHECK(!t.has_spun);
    uint32_t *has_spun = &t.seat->shared->carriers[control->current].has_spun;
    CHECK(!*has_spun);
    t.stopped_spins = true;
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK(!t.has_spun);
    CHECK(*has_spun);
    t.stopped_spins = false;
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK(t.has_spun);
    CHECK(*has_spun); /* the runtime says when no more */
    control->current = UINT32_MAX;
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK(!t.has_spun);
    CHECK_EQ(control->event_at, 4321);
    test_inplace_close(&t);
}

TEST(a_core_that_idles_waits_unless_something_is_due)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    set_arguments(&t, 12345, 0, 0);
    CHECK(test_inplace_ask(&t, REQUEST_WAIT));
    CHECK_EQ(t.calls, 1);
    CHECK_EQ(t.waited_for, 12345);
    t.has_event = true;
    CHECK(test_inplace_ask(&t, REQUEST_WAIT));
    CHECK_EQ(t.calls, 1);
    t.has_event = false;
    t.wait_fails = true;
    CHECK(!test_inplace_ask(&t, REQUEST_WAIT));
    CHECK(t.seat->ended);
    CHECK_EQ(t.result.end, SEAT_END_IDLE);
    test_inplace_close(&t);
}

/* So it asks for nothing more, and nobody is kicked for what it sees by itself. */
TEST(a_core_that_has_waited_is_told_the_time_and_knows_its_deadline)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    struct runtime_clock *clock = &t.seat->shared->control.clock;
    inplace_set_clock(t.seat, __builtin_ia32_rdtsc(), 4000000, bit(32), 0);
    clock->told = 0;
    set_arguments(&t, NANOSECONDS_NEVER, 0, 0);
    CHECK(test_inplace_ask(&t, REQUEST_WAIT));
    CHECK(clock->told >= 4000000);
    CHECK_EQ(clock->told, t.seat->clock.told);
    CHECK_EQ(t.seat->known_deadline, 0);
    set_arguments(&t, 3000000, 0, 0);
    CHECK(test_inplace_ask(&t, REQUEST_WAIT));
    CHECK_EQ(t.seat->known_deadline, 3000000);
    CHECK_EQ(t.seat->known_at, clock->told);
    test_inplace_close(&t);
}

/* Whoever waits for an answer looks at `attention` before guest code runs: it needs no signal. */
TEST(an_answer_beside_an_event_is_a_kick)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK(!t.seat->is_kicked);
    t.has_event = true;
    CHECK(test_inplace_ask(&t, REQUEST_TIME));
    CHECK(t.seat->is_kicked);
    CHECK_EQ(t.seat->shared->control.attention, 1);
    t.has_event = false;
    CHECK(test_inplace_ask(&t, REQUEST_EVENT));
    CHECK(!t.seat->is_kicked);
    test_inplace_close(&t);
}

TEST(a_client_that_stops_gives_no_answer)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    t.stops = true;
    CHECK(!test_inplace_ask(&t, REQUEST_EVENT));
    CHECK_EQ(t.result.end, SEAT_END_STOPPED);
    test_inplace_close(&t);
}

TEST(the_guest_ends_when_it_halts_or_a_call_fails)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    CHECK(!test_inplace_ask(&t, REQUEST_HALT));
    CHECK_EQ(t.result.end, SEAT_END_HALTED);
    t.seat->ended = false;
    t.seat->answered = t.request->asked;
    set_arguments(&t, RUNTIME_CALL_munmap, ENOMEM, 0);
    CHECK(!test_inplace_ask(&t, REQUEST_FAIL));
    CHECK_EQ(t.result.end, SEAT_END_HOST_FAILED);
    CHECK_EQ(t.result.error, -ENOMEM);
    CHECK_STR(t.result.what, "a guest process cannot go on: munmap");
    t.seat->ended = false;
    t.seat->answered = t.request->asked;
    set_arguments(&t, 0x123456000, 0, 0);
    CHECK(!test_inplace_ask(&t, REQUEST_TAKEN));
    CHECK_EQ(t.result.end, SEAT_END_REFUSED);
    CHECK(strstr(t.result.what, "a page at 0x123456000"));
    test_inplace_close(&t);
}

TEST(threads_get_names_that_differ)
{
    struct test_inplace t;
    char name[THREAD_NAME_BYTES];
    if (!test_inplace_open(&t))
        return;
    t.seat->shared->threads_made = 4;
    for (unsigned i = 1; i <= 3; i++) {
        static const char *const expected[] = {"", "serve_clients_w", "serve_clients~2",
                                               "rootserver"};
        t.seat->shared->threads[i].tid = 100 + i;
        set_arguments(&t, i, 0x401000, 0);
        memset(t.request->reg, 0, sizeof(t.request->reg));
        if (i == 3)
            memcpy(t.request->reg, "rootserver", 10);
        CHECK(test_inplace_ask(&t, REQUEST_NAME));
        memcpy(name, t.request->reg, sizeof(name));
        CHECK_STR(name, expected[i]);
    }
    memset(t.request->reg, 0xff, sizeof(t.request->reg)); /* a name without end */
    CHECK(test_inplace_ask(&t, REQUEST_NAME));
    memcpy(name, t.request->reg, sizeof(name));
    CHECK_STR(name, "???????????????");
    test_inplace_close(&t);
}

/* The guest says where its threads are: that is not believed. */
TEST(no_thread_but_a_guests_is_moved)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    t.seat->shared->threads[1].tid = (uint32_t)getpid();
    for (uint32_t vspace = 0; vspace <= RUNTIME_MAX_VSPACES; vspace += RUNTIME_MAX_VSPACES / 2) {
        t.seat->shared->threads[1].vspace = vspace;
        set_arguments(&t, 1, 1, 0);
        CHECK(test_inplace_ask(&t, REQUEST_MOVE));
        CHECK_EQ(t.request->result[0], -ESRCH);
    }
    test_inplace_close(&t);
}

TEST(pins_are_handed_over_if_they_can_be)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    t.seat->k->irq_pins[3] = (struct irq_pin){.is_mapped = true, .vector = 12};
    CHECK(test_inplace_ask(&t, REQUEST_IRQS_CHANGED));
    CHECK_EQ(t.value, 0x100 | 12);
    t.seat->k->irq_pins[23].vector = MAX_USER_VECTOR + 1;
    check_refused(&t, REQUEST_IRQS_CHANGED, "vector of a pin");
    test_inplace_close(&t);
}

TEST(traces_get_what_the_runtime_says)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    memcpy(t.request->argument,
           (uint64_t[]){TEST_ROOT, TRAP_EXCEPTION, 13, 0x18, 0x401234, 0, 1, 5, 1},
           9 * sizeof(uint64_t));
    CHECK(test_inplace_ask(&t, REQUEST_TRACE_ENTER));
    CHECK_EQ(t.paddr, TEST_ROOT);
    CHECK_EQ(t.trap.kind, TRAP_EXCEPTION);
    CHECK_EQ(t.trap.vector, 13);
    CHECK_EQ(t.trap.error_code, 0x18);
    CHECK_EQ(t.trap.address, 0x401234);
    CHECK(!t.trap.write && t.trap.fetch);
    CHECK_EQ(t.trap.debug.breakpoints, 5);
    CHECK(t.trap.debug.stepped);
    memcpy(t.request->argument, (uint64_t[]){OUTCOME_IDLE, 0, 77, 2}, 4 * sizeof(uint64_t));
    CHECK(test_inplace_ask(&t, REQUEST_TRACE_LEAVE));
    CHECK_EQ(t.outcome.kind, OUTCOME_IDLE);
    CHECK_EQ(t.outcome.deadline, 77);
    CHECK_EQ(t.outcome.interrupt_cores, 2);
    test_inplace_close(&t);
}

/* --- instructions -------------------------------------------------------------------------- */

#define CODE  UINT64_C(0x400000) /* in the page at physical 0x8000 */
#define THERE UINT64_C(0x401000)

/* An instruction of a VSpace with code and, behind it, a page of `paddr`. */
static void set_instruction(struct test_inplace *t, const char *code, size_t length, paddr_t paddr)
{
    memcpy((char *)t->memory.base + 0x8000, code, length);
    test_inplace_map(t, CODE, 0x8000);
    test_inplace_map(t, THERE, paddr);
    set_arguments(t, TEST_ROOT, THERE, 0);
    memset(t->request->reg, 0, sizeof(t->request->reg));
    t->request->reg[UREG_RIP] = CODE;
    t->request->reg[UREG_RBX] = THERE + 8;
}

TEST(an_instruction_is_carried_out_on_a_device)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    t.value = 0xabcd;
    set_instruction(&t, "\x8b\x03", 2, TEST_DEVICE); /* mov (%rbx), %eax */
    CHECK(test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.request->result[0], EXECUTED_DONE);
    CHECK_EQ(t.request->reg[UREG_RAX], 0xabcd);
    CHECK_EQ(t.request->reg[UREG_RIP], CODE + 2);
    CHECK_EQ(t.paddr, TEST_DEVICE + 8);
    set_instruction(&t, "\x66\x89\x03", 3, TEST_DEVICE); /* mov %ax, (%rbx) */
    t.request->reg[UREG_RAX] = 0x55aa;
    CHECK(test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.written, 0x55aa);
    CHECK_EQ(t.size, 2);
    test_inplace_close(&t);
}

/* A runtime does not ask again for the kind of a page that was a device's. */
TEST(a_device_that_has_moved_leaves_memory)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    set_instruction(&t, "\x8b\x03", 2, TEST_DEVICE);
    t.request->argument[3] = true;
    CHECK(test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.request->result[0], EXECUTED_DONE);
    set_instruction(&t, "\x8b\x03", 2, 0x9000);
    CHECK(test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.request->result[0], EXECUTED_IS_MEMORY);
    CHECK_EQ(t.request->reg[UREG_RIP], CODE);
    t.request->argument[1] = USER_TOP; /* nothing is there */
    t.request->reg[UREG_RBX] = THERE + PAGE_BYTES;
    CHECK(test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.request->result[0], EXECUTED_FAULT);
    test_inplace_close(&t);
}

TEST(an_instruction_that_faults_says_where)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    set_instruction(&t, "\x8b\x03", 2, TEST_DEVICE);
    t.request->reg[UREG_RBX] = THERE + PAGE_BYTES;
    CHECK(test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.request->result[0], EXECUTED_FAULT);
    CHECK_EQ(t.request->result[1], THERE + PAGE_BYTES);
    CHECK_EQ(t.request->result[2], 4);
    CHECK_EQ(t.request->reg[UREG_RIP], CODE);
    test_inplace_close(&t);
}

TEST(an_instruction_that_is_not_known_ends_the_guest)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    set_instruction(&t, "\x0f\x28\x03", 3, TEST_DEVICE); /* movaps (%rbx), %xmm0 */
    CHECK(!test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.result.error, -ENOTSUP);
    t.seat->ended = false;
    t.seat->answered = t.request->asked;
    set_instruction(&t, "\x0f\x28\x03", 3, 0x9000);
    CHECK(!test_inplace_ask(&t, REQUEST_EXECUTE));
    CHECK_EQ(t.result.error, -EPERM);
    test_inplace_close(&t);
}

TEST(breakpoints_that_no_processor_has_end_the_guest)
{
    static const struct {
        word_t word[4]; /* address, type, access, size */
        const char *what;
    } cases[] = {
        {{0x1000, 2, BREAK_ON_WRITE, 8}, "type of a breakpoint 0x2"},
        {{0x1000, BREAKPOINT_DATA, 3, 8}, "access of a breakpoint 0x3"},
        {{0x1000, BREAKPOINT_DATA, BREAK_ON_WRITE, 0}, "size of a breakpoint 0x0"},
        {{0x1000, BREAKPOINT_DATA, BREAK_ON_WRITE, 3}, "size of a breakpoint 0x3"},
        {{0x1000, BREAKPOINT_DATA, BREAK_ON_WRITE, 16}, "size of a breakpoint 0x10"},
        {{0x1004, BREAKPOINT_DATA, BREAK_ON_WRITE, 8}, "address of a breakpoint 0x1004"},
    };
    enum { LAST = 3 * 5 };
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    t.request->argument[0] = 1;
    t.request->reg[LAST + 4] = true;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(&t.request->reg[LAST], cases[i].word, sizeof(cases[i].word));
        check_refused(&t, REQUEST_BREAKPOINTS, cases[i].what);
    }
    test_inplace_close(&t);
}

TEST(cpuid_is_answered)
{
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    memset(t.request->reg, 0, sizeof(t.request->reg));
    t.request->reg[UREG_RIP] = CODE;
    CHECK(test_inplace_ask(&t, REQUEST_CPUID));
    CHECK_EQ(t.request->reg[UREG_RIP], CODE + 2);
    CHECK(t.request->reg[UREG_RBX] != 0);
    test_inplace_close(&t);
}

/* --- a guest that forges everything -------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed ^ *seed >> 29;
}

/* Sometimes a small number, a place in memory, or a bit pattern. */
static uint64_t random_value(uint64_t *seed)
{
    uint64_t value = next_random(seed);
    switch (value >> 60 & 3) {
    case 0:
        return value & 0xff;
    case 1:
        return value & (TEST_INPLACE_MEMORY - 1) & ~UINT64_C(0x7ff);
    case 2:
        return value & (TEST_INPLACE_MEMORY - 1) & ~UINT64_C(0xfff);
    default:
        return value;
    }
}

/* Tables: entries that say anything about any place, or about RAM. */
static void forge_memory(struct test_inplace *t, uint64_t *seed)
{
    uint64_t *words = t->memory.base;
    for (unsigned i = 0; i < TEST_INPLACE_MEMORY / sizeof(uint64_t); i++) {
        uint64_t value = next_random(seed);
        words[i] = value >> 62 ? value & (TEST_INPLACE_MEMORY - 1) & ~UINT64_C(0x80) : value;
        words[i] |= PTE_PRESENT | PTE_USER;
    }
}

static void forge_request(struct test_inplace *t, uint64_t *seed)
{
    for (unsigned i = 0; i < REQUEST_ARGUMENTS; i++)
        t->request->argument[i] = random_value(seed);
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        t->request->reg[i] = random_value(seed);
    t->request->kind = (uint32_t)(next_random(seed) % (REQUEST_KIND_COUNT + 1));
    if (t->request->kind == REQUEST_NEW_PROCESS) /* that one is not forged */
        t->request->argument[0] += RUNTIME_MAX_VSPACES;
}

/* A guest that has not forged anything would still be served. */
static void check_service(struct test_inplace *t)
{
    t->value = 0xabcd;
    set_instruction(t, "\x8b\x03", 2, TEST_DEVICE);
    CHECK(test_inplace_ask(t, REQUEST_EXECUTE));
    CHECK_EQ(t->request->reg[UREG_RAX], 0xabcd);
}

TEST(whatever_a_guest_writes_the_machine_goes_on)
{
    enum { REQUESTS = 20000, PERIOD = 2500 };
    uint64_t seed = 20261122;
    unsigned answered = 0;
    struct test_inplace t;
    if (!test_inplace_open(&t))
        return;
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (i % PERIOD == 0)
            forge_memory(&t, &seed);
        forge_request(&t, &seed);
        bool was_answered = test_inplace_ask(&t, (enum runtime_request_kind)t.request->kind);
        answered += was_answered;
        CHECK(was_answered || t.seat->ended);
        t.seat->ended = false;
        t.seat->answered = t.request->asked;
        memset(t.text, 0, sizeof(t.text));
        if (i % PERIOD == PERIOD - 1)
            check_service(&t);
    }
    CHECK(answered > REQUESTS / 10);
    test_inplace_close(&t);
}
