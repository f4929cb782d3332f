/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <model/testkit_thread.h>
#include <seat/entry.h>

/* What `trap` of the initial thread, whose faults nobody takes, has become. */
static struct fault fault_of(struct guest *g, const struct trap *trap, word_t fsr)
{
    struct tcb *root = guest_root(g);
    CHECK_EQ(seat_enter(g->k, 0, root, trap, fsr, 1).kind, OUTCOME_IDLE);
    CHECK_EQ(g->k->unhandled_faults, 1);
    return root->unhandled;
}

TEST(a_page_fault_is_a_vm_fault)
{
    struct guest g = guest_boot_default();
    const struct trap trap = {.kind = TRAP_PAGE_FAULT, .address = 0x7008, .vector = 14};
    struct fault fault = fault_of(&g, &trap, 6);
    CHECK_EQ(fault.type, FAULT_VM);
    CHECK_EQ(fault.vm.address, 0x7008);
    CHECK_EQ(fault.vm.fsr, 6);
    guest_end(&g);
}

TEST(an_exception_is_a_user_exception)
{
    struct guest g = guest_boot_default();
    const struct trap trap = {.kind = TRAP_EXCEPTION, .vector = 13, .error_code = 0x18};
    struct fault fault = fault_of(&g, &trap, 0);
    CHECK_EQ(fault.type, FAULT_USER_EXCEPTION);
    CHECK_EQ(fault.user_exception.vector, 13);
    CHECK_EQ(fault.user_exception.error_code, 0x18);
    guest_end(&g);
}

TEST(exceptions_1_and_3_are_debug_exceptions)
{
    static const struct {
        unsigned vector;
        struct debug_event event;
        enum breakpoint_type reason;
    } cases[] = {
        {EXCEPTION_DEBUG, {.stepped = true}, BREAKPOINT_SINGLE_STEP},
        {EXCEPTION_BREAKPOINT, {.stepped = false}, BREAKPOINT_SOFTWARE},
    };
    struct kernel_config config = kernel_config_default();
    config.hardware_debug_api = true;
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct guest g = guest_boot(config, GUEST_MEMORY_END);
        const struct trap trap = {
            .kind = TRAP_EXCEPTION, .vector = cases[i].vector, .debug = cases[i].event};
        struct fault fault = fault_of(&g, &trap, 0);
        CHECK_EQ(fault.type, FAULT_DEBUG_EXCEPTION);
        CHECK_EQ(fault.debug.reason, cases[i].reason);
        guest_end(&g);
    }
}

/* The vector in the high byte, eax in the others, extended by its sign. */
TEST(int_n_is_an_unknown_syscall)
{
    static const struct {
        unsigned vector;
        word_t rax, number;
    } cases[] = {
        {0xf0, 0xffffffff12345678, 0xfffffffff0345678},
        {158, 0, 0xffffffff9e000000},
        {0x70, 0xabcdef, 0x70abcdef},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct guest g = guest_boot_default();
        const struct trap trap = {.kind = TRAP_INT, .vector = cases[i].vector};
        guest_root(&g)->context.reg[UREG_RAX] = cases[i].rax;
        struct fault fault = fault_of(&g, &trap, 0);
        CHECK_EQ(fault.type, FAULT_UNKNOWN_SYSCALL);
        CHECK_EQ(fault.unknown_syscall.number, cases[i].number);
        guest_end(&g);
    }
}

TEST(a_system_call_is_made)
{
    struct guest g = guest_boot_default();
    const struct guest_syscall call = {.syscall = SYSCALL_DEBUG_PUT_CHAR, .cap = 'x'};
    guest_set_arguments(&g, guest_root(&g), &call);
    const struct trap trap = {.kind = TRAP_SYSCALL};
    CHECK_EQ(seat_enter(g.k, 0, guest_root(&g), &trap, 0, 1).kind, OUTCOME_RUN);
    CHECK_STR(guest_console(&g), "x");
    guest_end(&g);
}

TEST(what_is_no_trap_of_the_guests_only_takes_time)
{
    static const enum trap_kind kinds[] = {TRAP_INTERRUPTED, TRAP_STEPPED};
    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct guest g = guest_boot_default();
        const struct trap trap = {.kind = kinds[i]};
        struct outcome outcome = seat_enter(g.k, 0, guest_root(&g), &trap, 0, 1000);
        CHECK_EQ(outcome.kind, OUTCOME_RUN);
        CHECK_EQ(outcome.tcb, g.root);
        CHECK_EQ(g.k->unhandled_faults, 0);
        guest_end(&g);
    }
}

TEST(an_entry_ends_where_a_thread_runs_or_the_core_idles)
{
    static const struct {
        enum outcome_kind kind;
        bool ends, may_be_interrupted;
    } rows[] = {
        {OUTCOME_RUN, true, true},       {OUTCOME_IDLE, true, true},
        {OUTCOME_DEVICE, false, false},  {OUTCOME_PREEMPTED, false, true},
        {OUTCOME_CLEAR, false, false},   {OUTCOME_STALL, false, false},
        {OUTCOME_CONSOLE, false, false}, {OUTCOME_HALT, false, false},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        CHECK_EQ(seat_ends_entry(rows[i].kind), rows[i].ends);
        CHECK_EQ(seat_may_be_interrupted(rows[i].kind), rows[i].may_be_interrupted);
    }
}

/* --- steps --------------------------------------------------------------------------------- */

TEST(an_instruction_carried_out_ends_as_on_a_processor)
{
    static const struct {
        word_t rflags;
        bool is_stepping, ends;
        enum trap_kind kind; /* if it ends */
    } rows[] = {
        {RFLAGS_RESUME, false, false, TRAP_SYSCALL},
        {RFLAGS_RESUME, true, true, TRAP_STEPPED},
        {RFLAGS_TRAP, false, true, TRAP_EXCEPTION},
        {RFLAGS_TRAP | RFLAGS_RESUME, true, true, TRAP_EXCEPTION}, /* the guest's own comes first */
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++) {
        word_t reg[USER_REGISTER_COUNT] = {[UREG_RFLAGS] = rows[i].rflags | 0x202};
        struct trap trap = {.kind = TRAP_GONE};
        CHECK_EQ(seat_ends_step(reg, rows[i].is_stepping, &trap), rows[i].ends);
        CHECK_EQ(reg[UREG_RFLAGS], (rows[i].rflags & RFLAGS_TRAP) | 0x202);
        CHECK_EQ(trap.kind, rows[i].ends ? rows[i].kind : TRAP_GONE);
        CHECK_EQ(trap.debug.stepped, trap.kind == TRAP_EXCEPTION);
        CHECK_EQ(trap.vector, trap.kind == TRAP_EXCEPTION ? EXCEPTION_DEBUG : 0);
    }
}
