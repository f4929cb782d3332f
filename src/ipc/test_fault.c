/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: the message of each type, the replies to it, and who may be a handler. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <ipc/ipc.h>
#include <model/debug.h>
#include <model/testkit_thread.h>

#define BADGE 0x77

struct fixture {
    struct guest g;
    struct guest_thread faulter, handler;
    cptr_t ep, badged;
};

static struct fixture setup_with(struct kernel_config config)
{
    struct fixture f = {.g = guest_boot(config, GUEST_MEMORY_END)};
    f.faulter = guest_thread(&f.g, 255);
    f.handler = guest_thread(&f.g, 255);
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.badged = guest_mint(&f.g, f.ep, RIGHT_WRITE | RIGHT_GRANT_REPLY, BADGE);
    f.faulter.tcb->fault_handler = f.badged;
    guest_run(&f.g, f.handler);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, f.faulter);
    guest_console(&f.g);
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        f.faulter.tcb->context.reg[i] = 0x6000 + i;
    f.faulter.tcb->context.next_ip = 0x6000;
    return f;
}

static struct fixture setup(void)
{
    return setup_with(kernel_config_default());
}

static void check_message(const struct fixture *f, word_t label, unsigned length)
{
    CHECK_EQ(f->faulter.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(thread_badge(f->handler), BADGE);
    CHECK_EQ(thread_info(f->handler).label, label);
    CHECK_EQ(thread_info(f->handler).length, length);
    CHECK_EQ(thread_info(f->handler).extra_caps, 0);
}

static void check_words(const struct fixture *f, unsigned count, const word_t *words)
{
    for (unsigned i = 0; i < count; i++)
        CHECK_EQ(thread_word(f->handler, i), words[i]);
}

#define CHECK_MESSAGE(f, label, ...)                                                               \
    do {                                                                                           \
        const word_t words_[] = {__VA_ARGS__};                                                     \
        check_message(f, label, ARRAY_LENGTH(words_));                                             \
        check_words(f, ARRAY_LENGTH(words_), words_);                                              \
    } while (0)

TEST(vm_faults)
{
    struct fixture f = setup();
    kernel_vm_fault(f.g.k, 0, 0x12345000, 0xff6, 0);
    CHECK_MESSAGE(&f, 5, 0x6000, 0x12345000, 1, 0x16);
    guest_run(&f.g, f.handler);
    guest_reply(&f.g, 99, 4);
    CHECK_EQ(f.faulter.tcb->state, THREAD_RESTART);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RIP], 0x6000);
    CHECK_EQ(f.faulter.tcb->fault.type, FAULT_NONE);
    guest_end(&f.g);
}

TEST(user_exceptions)
{
    struct fixture f = setup();
    kernel_user_exception(f.g.k, 0, 13, 0x802, 0);
    CHECK_MESSAGE(&f, 3, 0x6000, 0x6001, 0x6002, 13, 0x802);
    guest_end(&f.g);
}

/* --- the hardware debug API ---------------------------------------------------------------- */

static struct fixture setup_debug(void)
{
    struct kernel_config config = kernel_config_default();
    config.hardware_debug_api = true;
    struct fixture f = setup_with(config);
    debug_set_breakpoint(
        f.faulter.tcb, 2,
        &(struct breakpoint){
            .address = 0x1230, .type = BREAKPOINT_DATA, .size = 4, .access = BREAK_ON_WRITE});
    debug_set_breakpoint(f.faulter.tcb, 3,
                         &(struct breakpoint){.address = 0x6000, .type = BREAKPOINT_INSTRUCTION});
    return f;
}

static void trap_debug(struct fixture *f, word_t vector, uint8_t breakpoints, bool stepped)
{
    kernel_debug_exception(f->g.k, 0, vector,
                           (struct debug_event){.breakpoints = breakpoints, .stepped = stepped}, 0);
}

TEST(debug_exceptions_by_reason)
{
    static const struct {
        word_t vector;
        uint8_t breakpoints;
        bool stepped;
        unsigned length;
        word_t words[4];
    } events[] = {
        {1, 1 << 2, false, 4, {0x6000, BREAKPOINT_DATA, 0x1230, 2}},
        {1, 1 << 3, false, 4, {0x6000, BREAKPOINT_INSTRUCTION, 0x6000, 3}},
        {1, 1 << 3 | 1 << 2, true, 4, {0x6000, BREAKPOINT_DATA, 0x1230, 2}},
        {1, 0, true, 2, {0x6000, BREAKPOINT_SINGLE_STEP}},
        {3, 0, false, 2, {0x6000, BREAKPOINT_SOFTWARE}},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(events); i++) {
        struct fixture f = setup_debug();
        trap_debug(&f, events[i].vector, events[i].breakpoints, events[i].stepped);
        check_message(&f, 4, events[i].length);
        check_words(&f, events[i].length, events[i].words);
        guest_end(&f.g);
    }
}

TEST(without_the_debug_api_they_are_user_exceptions)
{
    struct fixture f = setup();
    trap_debug(&f, 1, 0, true);
    CHECK_MESSAGE(&f, 3, 0x6000, 0x6001, 0x6002, 1, 0);
    guest_end(&f.g);
    f = setup();
    trap_debug(&f, 3, 0, false);
    CHECK_MESSAGE(&f, 3, 0x6000, 0x6001, 0x6002, 3, 0);
    guest_end(&f.g);
}

TEST(the_reply_to_a_step_says_how_many_to_the_next)
{
    static const struct {
        unsigned length;
        word_t steps_left;
        bool is_stepping;
    } replies[] = {{0, 1, true}, {1, 0, false}, {1, 7, true}, {3, 7, true}};
    for (unsigned i = 0; i < ARRAY_LENGTH(replies); i++) {
        for (word_t label = 0; label < 2; label++) {
            struct fixture f = setup_debug();
            f.faulter.tcb->context.reg[UREG_RFLAGS] = RFLAGS_TRAP;
            trap_debug(&f, 1, 0, true);
            CHECK(f.faulter.tcb->context.reg[UREG_RFLAGS] & RFLAGS_RESUME);
            guest_run(&f.g, f.handler);
            guest_syscall(&f.g, (struct guest_syscall){.syscall = SYSCALL_REPLY,
                                                       .label = label,
                                                       .length = replies[i].length,
                                                       .words = {replies[i].steps_left}});
            CHECK_EQ(f.faulter.tcb->debug.steps_left, replies[i].steps_left);
            CHECK_EQ(f.faulter.tcb->debug.is_stepping, replies[i].is_stepping);
            CHECK_EQ(f.faulter.tcb->state, label ? THREAD_INACTIVE : THREAD_RESTART);
            CHECK_EQ(f.faulter.tcb->context.reg[UREG_RFLAGS] & RFLAGS_TRAP,
                     replies[i].is_stepping ? RFLAGS_TRAP : 0);
            guest_end(&f.g);
        }
    }
}

TEST(the_reply_to_other_debug_exceptions_says_only_whether_to_go_on)
{
    for (word_t label = 0; label < 2; label++) {
        struct fixture f = setup_debug();
        trap_debug(&f, 1, 1 << 3, false);
        guest_run(&f.g, f.handler);
        guest_syscall(&f.g,
                      (struct guest_syscall){
                          .syscall = SYSCALL_REPLY, .label = label, .length = 1, .words = {5}});
        CHECK(!f.faulter.tcb->debug.is_stepping);
        CHECK_EQ(f.faulter.tcb->state, label ? THREAD_INACTIVE : THREAD_RESTART);
        guest_end(&f.g);
    }
}

TEST(unknown_system_calls)
{
    struct fixture f = setup();
    kernel_unknown_syscall(f.g.k, 0, 0x1234, 0);
    CHECK_MESSAGE(&f, 2, 0x6003, 0x6004, 0x6005, 0x6006, 0x6007, 0x6008, 0x6009, 0x600a, 0x600b,
                  0x600c, 0x600d, 0x600e, 0x600f, 0x6010, 0x6011, 0x6000, 0x6001, 0x6002, 0x1234);
    guest_end(&f.g);
}

/* A system call does not save rsp, rcx and r11: they read as they were before it. */
TEST(unknown_system_call_numbers_come_with_the_registers_of_the_call)
{
    struct fixture f = setup();
    word_t reg[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        reg[i] = 0x7000 + i;
    reg[UREG_SYSCALL] = (word_t)-500;
    kernel_save_registers(f.faulter.tcb, reg, true);
    kernel_syscall(f.g.k, 0, 0);
    check_message(&f, 2, 19);
    CHECK_EQ(thread_word(f.handler, 0), 0x7003);
    CHECK_EQ(thread_word(f.handler, 2), 0x6005);
    CHECK_EQ(thread_word(f.handler, 10), 0x600d);
    CHECK_EQ(thread_word(f.handler, 15), 0x7000);
    CHECK_EQ(thread_word(f.handler, 16), 0x6001);
    CHECK_EQ(thread_word(f.handler, 18), (word_t)-500);
    guest_end(&f.g);
}

TEST(capability_faults)
{
    struct fixture f = setup();
    guest_recv(&f.g, 0);
    CHECK_MESSAGE(&f, 1, GUEST_SYSCALL_IP, 0, 1, 2, 0);
    guest_end(&f.g);
    f = setup();
    guest_send(&f.g, UINT64_C(1) << 40, 0, 0);
    CHECK_MESSAGE(&f, 1, GUEST_SYSCALL_IP, UINT64_C(1) << 40, 0, 4, 64, 0, 52);
    guest_end(&f.g);
}

TEST(a_depth_mismatch_has_six_words)
{
    struct fixture f = setup();
    cptr_t cnode = guest_make(&f.g, OBJECT_CNODE, 3);
    cptr_t guarded = guest_mint(&f.g, cnode, 0, 63 - 3);
    cptr_t inner = guest_make(&f.g, OBJECT_CNODE, 4);
    struct slot *slots = slot_at(f.g.k, guest_cap(&f.g, cnode).cnode.object);
    slots[0].cap = guest_cap(&f.g, inner);
    cptr_t kept = guest_cap(&f.g, guarded).cnode.guard_size;
    CHECK_EQ(kept, 60);
    f.faulter.tcb->slots[TCB_SLOT_CTABLE].cap = guest_cap(&f.g, guarded);
    f.faulter.tcb->fault_handler = 1 << 1; /* slot 1, one bit over */
    slots[1].cap = guest_cap(&f.g, f.badged);
    guest_call_ipc(&f.g, 0, 0, 0);
    CHECK_MESSAGE(&f, 1, GUEST_SYSCALL_IP, 0, 0, 3, 1, 4);
    slots[0].cap = slots[1].cap = cap_null();
    guest_end(&f.g);
}

TEST(a_thread_without_cspace_has_an_invalid_root)
{
    struct fixture f = setup();
    guest_console(&f.g);
    f.faulter.tcb->slots[TCB_SLOT_CTABLE].cap = cap_null();
    guest_recv(&f.g, 5);
    CHECK_EQ(f.faulter.tcb->state, THREAD_INACTIVE);
    guest_end(&f.g);
}

TEST(without_a_buffer_the_handler_gets_four_words)
{
    struct fixture f = setup();
    f.handler.tcb->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_KERNEL_ONLY;
    kernel_unknown_syscall(f.g.k, 0, 1, 0);
    check_message(&f, 2, 4);
    guest_end(&f.g);
}

TEST(a_fault_waits_for_its_handler)
{
    struct fixture f = setup();
    ipc_cancel(f.g.k, 0, f.handler.tcb);
    kernel_vm_fault(f.g.k, 0, 0x1000, 4, 0);
    CHECK_EQ(f.faulter.tcb->state, THREAD_BLOCKED_ON_SEND);
    guest_run(&f.g, f.handler);
    guest_recv(&f.g, f.ep);
    CHECK_MESSAGE(&f, 5, 0x6000, 0x1000, 0, 4);
    guest_end(&f.g);
}

/* --- replies ------------------------------------------------------------------------------- */

static void reply_with(struct fixture *f, word_t label, unsigned length)
{
    guest_run(&f->g, f->handler);
    guest_reply(&f->g, label, length);
}

TEST(a_reply_to_an_unknown_system_call_sets_its_first_registers)
{
    struct fixture f = setup();
    kernel_unknown_syscall(f.g.k, 0, 1, 0);
    reply_with(&f, 0, 16);
    CHECK_EQ(f.faulter.tcb->state, THREAD_RESTART);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RAX], 0x100);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RIP], 0x10f);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RSP], 0x6001);
    guest_yield(&f.g);
    while (!guest_is_current(&f.g, f.faulter))
        guest_yield(&f.g);
    CHECK_EQ(f.faulter.tcb->context.next_ip, 0x10f);
    guest_end(&f.g);
}

TEST(a_reply_sets_at_most_the_registers_of_the_message)
{
    struct fixture f = setup();
    kernel_unknown_syscall(f.g.k, 0, 1, 0);
    reply_with(&f, 0, 24);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RFLAGS], 0x213);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_FS_BASE], 0x6000 + UREG_FS_BASE);
    guest_end(&f.g);
}

TEST(a_reply_to_an_exception_sets_ip_sp_and_flags)
{
    struct fixture f = setup();
    kernel_user_exception(f.g.k, 0, 6, 0, 0);
    reply_with(&f, 0, 2);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RIP], 0x100);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RSP], 0x101);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RFLAGS], 0x6002);
    guest_end(&f.g);
}

TEST(a_reply_with_a_label_leaves_the_thread_stopped)
{
    struct fixture f = setup();
    kernel_user_exception(f.g.k, 0, 6, 0, 0);
    reply_with(&f, 1, 1);
    CHECK_EQ(f.faulter.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RIP], 0x100);
    CHECK_EQ(f.faulter.tcb->fault.type, FAULT_NONE);
    guest_end(&f.g);
}

TEST(without_a_buffer_a_reply_sets_four_registers)
{
    struct fixture f = setup();
    kernel_unknown_syscall(f.g.k, 0, 1, 0);
    f.handler.tcb->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_KERNEL_ONLY;
    reply_with(&f, 0, 18);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RDX], 0x103);
    CHECK_EQ(f.faulter.tcb->context.reg[UREG_RSI], 0x6000 + UREG_RSI);
    guest_end(&f.g);
}

/*
 * A thread that is taken from its handler's queue keeps the fault: it has not been told. If it does
 * not fault again, its next message is the report. So does the real kernel without MCS.
 */
TEST(a_report_that_was_not_received_stays)
{
    struct fixture f = setup();
    ipc_cancel(f.g.k, 0, f.handler.tcb);
    kernel_vm_fault(f.g.k, 0, 0x1000, 4, 0);
    CHECK_EQ(f.faulter.tcb->state, THREAD_BLOCKED_ON_SEND);
    guest_invoke(&f.g, (struct guest_call){.cap = f.faulter.cptr, .method = INV_TCB_SUSPEND});
    CHECK_EQ(f.faulter.tcb->fault.type, FAULT_VM);
    guest_end(&f.g);
}

TEST(a_report_that_was_received_ends_with_the_wait_for_the_reply)
{
    struct fixture f = setup();
    kernel_vm_fault(f.g.k, 0, 0x1000, 4, 0);
    guest_invoke(&f.g, (struct guest_call){.cap = f.faulter.cptr, .method = INV_TCB_SUSPEND});
    CHECK_EQ(f.faulter.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(f.faulter.tcb->fault.type, FAULT_NONE);
    guest_end(&f.g);
}

TEST(a_handler_must_be_an_endpoint_one_may_call)
{
    const word_t rights[] = {RIGHT_READ | RIGHT_GRANT, RIGHT_WRITE,
                             RIGHT_GRANT | RIGHT_GRANT_REPLY};
    for (unsigned i = 0; i < ARRAY_LENGTH(rights); i++) {
        struct fixture f = setup();
        f.faulter.tcb->fault_handler = guest_mint(&f.g, f.ep, rights[i], 0);
        kernel_user_exception(f.g.k, 0, 6, 0, 0);
        CHECK_EQ(f.faulter.tcb->state, THREAD_INACTIVE);
        CHECK_EQ(f.handler.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
        guest_end(&f.g);
    }
    struct fixture f = setup();
    f.faulter.tcb->fault_handler = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    kernel_user_exception(f.g.k, 0, 6, 0, 0);
    CHECK_EQ(f.faulter.tcb->state, THREAD_INACTIVE);
    guest_end(&f.g);
    f = setup();
    f.faulter.tcb->fault_handler = guest_mint(&f.g, f.ep, RIGHT_WRITE | RIGHT_GRANT, 0);
    kernel_user_exception(f.g.k, 0, 6, 0, 0);
    CHECK_EQ(f.faulter.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_end(&f.g);
}
