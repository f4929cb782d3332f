/* SPDX-License-Identifier: BSD-2-Clause */
#include <model/debug.h>
#include <test.h>

static const struct breakpoint on_write = {
    .address = 0x1000, .type = BREAKPOINT_DATA, .access = BREAK_ON_WRITE, .size = 4};

static unsigned enabled(const struct tcb *tcb)
{
    struct breakpoint list[HARDWARE_BREAKPOINTS];
    unsigned bits = 0;

    debug_breakpoints(tcb, list);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++)
        bits |= (unsigned)list[i].is_enabled << i;
    return bits;
}

static void check_empty(const struct breakpoint *breakpoint)
{
    CHECK_EQ(breakpoint->address, 0);
    CHECK_EQ(breakpoint->type, BREAKPOINT_INSTRUCTION);
    CHECK_EQ(breakpoint->access, BREAK_ON_READ);
    CHECK_EQ(breakpoint->size, 0);
    CHECK(!breakpoint->is_enabled);
}

TEST(a_first_thread_has_no_breakpoint)
{
    struct tcb tcb = {0};

    debug_init(&tcb, NULL);
    for (unsigned i = 0; i < HARDWARE_BREAKPOINTS; i++)
        check_empty(&tcb.debug.breakpoints[i]);
    CHECK_EQ(enabled(&tcb), 0);
}

TEST(a_new_thread_has_the_kinds_of_its_creators_breakpoints)
{
    struct tcb creator = {0}, tcb = {0};

    debug_init(&creator, NULL);
    debug_set_breakpoint(&creator, 1, &on_write);
    debug_init(&tcb, &creator);
    CHECK_EQ(tcb.debug.breakpoints[1].type, BREAKPOINT_DATA);
    CHECK_EQ(tcb.debug.breakpoints[1].access, BREAK_ON_WRITE);
    CHECK_EQ(tcb.debug.breakpoints[1].size, 4);
    CHECK_EQ(tcb.debug.breakpoints[1].address, 0);
    CHECK(!tcb.debug.breakpoints[1].is_enabled);
    CHECK_EQ(enabled(&tcb), 0);
    check_empty(&tcb.debug.breakpoints[0]);
}

TEST(each_change_is_a_new_generation)
{
    struct tcb tcb = {0};

    debug_init(&tcb, NULL);
    CHECK_EQ(tcb.debug.generation, 0); /* nothing to tell a processor */
    debug_set_breakpoint(&tcb, 0, &on_write);
    CHECK_EQ(tcb.debug.generation, 1);
    debug_unset_breakpoint(&tcb, 0);
    CHECK_EQ(tcb.debug.generation, 2);
    check_empty(&tcb.debug.breakpoints[0]);
    debug_use(&tcb, 0, true);
    CHECK_EQ(tcb.debug.generation, 3);
}

TEST(breakpoints_count_while_any_number_is_in_use)
{
    static const struct {
        unsigned number;
        bool counts;
    } others[] = {{1, true}, {31, true}, {32, false}, {63, false}, {64, true}, {95, true}};

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct tcb tcb = {0};

        debug_set_breakpoint(&tcb, 0, &on_write);
        debug_set_breakpoint(&tcb, 3, &on_write);
        CHECK_EQ(enabled(&tcb), 9);
        debug_use(&tcb, 0, false);
        CHECK_EQ(enabled(&tcb), 9);
        debug_use(&tcb, 3, false);
        CHECK_EQ(enabled(&tcb), 0);
        debug_use(&tcb, others[i].number, true);
        CHECK_EQ(enabled(&tcb), others[i].counts ? 9 : 0);
        debug_use(&tcb, others[i].number, false);
        CHECK_EQ(enabled(&tcb), 0);
        CHECK(tcb.debug.breakpoints[0].is_enabled);
    }
}

TEST(stepping_ends_with_its_trap_flag)
{
    struct tcb tcb = {0};

    debug_configure_stepping(&tcb, 5);
    CHECK(tcb.debug.is_stepping);
    CHECK_EQ(tcb.debug.steps_left, 5);
    tcb.context.reg[UREG_RFLAGS] = RFLAGS_TRAP | RFLAGS_RESUME | 0x202;
    debug_configure_stepping(&tcb, 0);
    CHECK(!tcb.debug.is_stepping);
    CHECK_EQ(tcb.context.reg[UREG_RFLAGS], RFLAGS_RESUME | 0x202);
}

static bool take(struct tcb *tcb, word_t vector, unsigned breakpoints, bool stepped,
                 struct fault *ret_fault)
{
    struct debug_event event = {.breakpoints = (uint8_t)breakpoints, .stepped = stepped};
    return debug_take_exception(tcb, vector, event, ret_fault);
}

TEST(the_last_of_a_count_of_steps_is_reported_and_each_one_after_it)
{
    struct tcb tcb = {0};
    struct fault fault;

    debug_configure_stepping(&tcb, 3);
    CHECK(!take(&tcb, EXCEPTION_DEBUG, 0, true, &fault));
    CHECK_EQ(tcb.context.reg[UREG_RFLAGS], RFLAGS_RESUME);
    CHECK(!take(&tcb, EXCEPTION_DEBUG, 0, true, &fault));
    for (unsigned i = 0; i < 2; i++) {
        tcb.context.reg[UREG_RIP] = 0x4000 + i;
        CHECK(take(&tcb, EXCEPTION_DEBUG, 0, true, &fault));
        CHECK_EQ(fault.type, FAULT_DEBUG_EXCEPTION);
        CHECK_EQ(fault.debug.reason, BREAKPOINT_SINGLE_STEP);
        CHECK_EQ(fault.debug.address, 0x4000 + i);
    }
}

TEST(a_breakpoint_comes_before_a_step_and_is_not_counted)
{
    struct tcb tcb = {0};
    struct fault fault;

    debug_init(&tcb, NULL);
    debug_set_breakpoint(&tcb, 2, &on_write);
    debug_configure_stepping(&tcb, 1);
    CHECK(take(&tcb, EXCEPTION_DEBUG, 1 << 3 | 1 << 2, true, &fault));
    CHECK_EQ(fault.debug.reason, BREAKPOINT_DATA);
    CHECK_EQ(fault.debug.breakpoint, 2);
    CHECK_EQ(fault.debug.address, 0x1000);
    CHECK_EQ(tcb.debug.steps_left, 1);
    CHECK_EQ(tcb.context.reg[UREG_RFLAGS], 0);
}

TEST(an_exception_without_a_reason_is_nothing)
{
    struct tcb tcb = {0};
    struct fault fault;

    CHECK(!take(&tcb, EXCEPTION_DEBUG, 0, false, &fault));
    CHECK(take(&tcb, EXCEPTION_BREAKPOINT, 0, false, &fault));
    CHECK_EQ(fault.debug.reason, BREAKPOINT_SOFTWARE);
}
