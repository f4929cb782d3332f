/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways into the kernel and the outcomes that they leave with. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <model/debug.h>
#include <model/testkit_thread.h>
#include <object/tcb.h>
#include <sched/sched.h>

TEST(a_start_runs_the_initial_thread)
{
    struct guest g = guest_boot_default();
    struct outcome outcome = kernel_start(g.k, 0, 5);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(outcome.tcb, g.root);
    CHECK_EQ(outcome.deadline, NANOSECONDS_NEVER);
    CHECK_EQ(g.k->cores[0].next_tick, 5 + UINT64_C(2000000));
    guest_end(&g);
}

TEST(an_interrupt_wakes_its_waiter_also_from_idle)
{
    struct guest g = guest_boot_default();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0), handler = g.next_slot++;
    guest_call_method(&g, (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                                              .method = INV_IRQ_CONTROL_GET_MSI,
                                              WORDS(handler, 64, 0, 0, 0, 0, 9),
                                              EXTRA(INITIAL_CAP_CNODE)});
    guest_call_method(&g, (struct guest_call){.cap = handler,
                                              .method = INV_IRQ_HANDLER_SET_NOTIFICATION,
                                              EXTRA(guest_mint(&g, signal, RIGHTS_ALL, 6))});
    CHECK_EQ(guest_recv(&g, signal).kind, OUTCOME_IDLE);
    CHECK_EQ(kernel_interrupt(g.k, 0, 10, 1).kind, OUTCOME_IDLE);
    struct outcome outcome = kernel_interrupt(g.k, 0, 9, 2);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(outcome.tcb, g.root);
    CHECK_EQ(thread_badge(guest_root_thread(&g)), 6);
    CHECK(!g.k->irqs[9].masked); /* messages cannot be masked */
    guest_end(&g);
}

TEST(a_fault_lets_another_thread_run)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    guest_resume(&g, t);
    CHECK_EQ(kernel_vm_fault(g.k, 0, 0, 4, 0).tcb, kernel_paddr(g.k, t.tcb));
    CHECK_EQ(kernel_user_exception(g.k, 0, 6, 0, 0).kind, OUTCOME_IDLE);
    CHECK_EQ(g.k->unhandled_faults, 2);
    guest_end(&g);
}

TEST(a_thread_keeps_the_fault_that_nobody_took_until_it_is_resumed)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    guest_resume(&g, t);
    guest_run(&g, t);
    kernel_vm_fault(g.k, 0, 0x7000, 4, 0);
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(t.tcb->unhandled.type, FAULT_VM);
    CHECK_EQ(t.tcb->unhandled.vm.address, 0x7000);
    guest_invoke(&g, (struct guest_call){.cap = t.cptr, .method = INV_TCB_RESUME});
    CHECK_EQ(t.tcb->unhandled.type, FAULT_NONE);
    guest_end(&g);
}

static struct guest boot_with_debug_api(void)
{
    struct kernel_config config = kernel_config_default();
    config.hardware_debug_api = true;
    return guest_boot(config, GUEST_MEMORY_END);
}

TEST(a_stepping_thread_never_goes_on_without_the_trap_flag)
{
    struct guest g = boot_with_debug_api();
    struct guest_thread t = guest_thread(&g, 255);
    debug_configure_stepping(t.tcb, 3);
    CHECK_EQ(t.tcb->context.reg[UREG_RFLAGS] & RFLAGS_TRAP, 0);
    guest_resume(&g, t);
    guest_yield(&g);
    CHECK(guest_is_current(&g, t));
    CHECK(t.tcb->context.reg[UREG_RFLAGS] & RFLAGS_TRAP);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_RFLAGS] & RFLAGS_TRAP, 0);
    guest_end(&g);
}

TEST(steps_are_counted_without_a_fault)
{
    struct guest g = boot_with_debug_api();
    struct debug_event step = {.stepped = true};
    debug_configure_stepping(guest_root(&g), 3);
    CHECK_EQ(kernel_debug_exception(g.k, 0, 1, step, 1).kind, OUTCOME_RUN);
    CHECK_EQ(kernel_debug_exception(g.k, 0, 1, (struct debug_event){0}, 2).kind, OUTCOME_RUN);
    CHECK_EQ(kernel_debug_exception(g.k, 0, 1, step, 3).kind, OUTCOME_RUN);
    CHECK_EQ(g.k->unhandled_faults, 0);
    CHECK_EQ(kernel_debug_exception(g.k, 0, 1, step, 4).kind, OUTCOME_IDLE);
    CHECK_EQ(g.k->unhandled_faults, 1);
    guest_end(&g);
}

TEST(a_device_is_answered_before_the_call_ends)
{
    struct guest g = guest_boot_default();
    cptr_t ports = g.next_slot++;
    guest_call_method(&g, (struct guest_call){.cap = INITIAL_CAP_IO_PORT_CONTROL,
                                              .method = INV_X86_IO_PORT_CONTROL_ISSUE,
                                              WORDS(0x60, 0x6f, ports, 64),
                                              EXTRA(INITIAL_CAP_CNODE)});
    struct outcome outcome = guest_syscall_once(
        &g, (struct guest_syscall){.syscall = SYSCALL_CALL,
                                   .cap = ports,
                                   .label = abi_invocation_label(&g.k->config, INV_X86_IO_PORT_IN8),
                                   WORDS(0x64)});
    CHECK_EQ(outcome.kind, OUTCOME_DEVICE);
    CHECK_EQ(outcome.tcb, g.root);
    CHECK_EQ(g.k->cores[0].device.address, 0x64);
    outcome = kernel_device_answer(g.k, 0, 0x5a, 0);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(thread_info(guest_root_thread(&g)).length, 1);
    CHECK_EQ(thread_word(guest_root_thread(&g), 0), 0x5a);
    CHECK_EQ(guest_root(&g)->context.next_ip, GUEST_SYSCALL_IP + 2);
    guest_end(&g);
}

/* A seat asks about TCBs that may be gone. */
TEST(a_thread_is_alive_until_its_last_capability_goes)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    uint64_t serial = t.tcb->serial;
    paddr_t paddr = kernel_paddr(g.k, t.tcb);
    CHECK(kernel_tcb_is_alive(g.k, paddr, serial));
    CHECK(!kernel_tcb_is_alive(g.k, paddr, serial + 1));
    guest_delete(&g, t.cptr);
    CHECK(!kernel_tcb_is_alive(g.k, paddr, serial));
    guest_end(&g);
}

TEST(registers_come_back_as_they_were_left)
{
    struct guest g = guest_boot_default();
    struct tcb *root = guest_root(&g);
    word_t left[USER_REGISTER_COUNT], found[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        left[i] = 0x8000 + i;
    kernel_save_registers(root, left, false);
    kernel_load_registers(root, found);
    CHECK_MEM(found, left, sizeof(left));
    guest_end(&g);
}

/* --- held threads -------------------------------------------------------------------------- */

struct held_fixture {
    struct guest g;
    struct guest_thread a, b; /* of one priority, ready; a is the current thread */
    cptr_t ep;
};

static struct held_fixture boot_with_two(void)
{
    struct held_fixture f = {.g = guest_boot_default()};
    guest_root(&f.g)->priority = 1;
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.a = guest_thread(&f.g, 100);
    f.b = guest_thread(&f.g, 100);
    guest_run(&f.g, f.a);
    guest_resume(&f.g, f.b);
    return f;
}

static struct outcome hold(struct held_fixture *f, struct guest_thread t)
{
    return kernel_hold(f->g.k, 0, t.tcb, f->g.now);
}

static struct outcome unhold(struct held_fixture *f, struct guest_thread t)
{
    return kernel_unhold(f->g.k, 0, t.tcb, f->g.now);
}

TEST(a_held_current_thread_makes_way_and_comes_back)
{
    struct held_fixture f = boot_with_two();
    struct outcome outcome = hold(&f, f.a);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(outcome.tcb, kernel_paddr(f.g.k, f.b.tcb));
    CHECK_EQ(outcome.deadline, NANOSECONDS_NEVER); /* it waits for no time slice */
    CHECK_EQ(f.a.tcb->state, THREAD_RUNNING);
    for (unsigned i = 0; i < 3; i++) {
        guest_yield(&f.g);
        CHECK(guest_is_current(&f.g, f.b));
    }
    CHECK_EQ(unhold(&f, f.a).tcb, kernel_paddr(f.g.k, f.b.tcb));
    guest_yield(&f.g);
    CHECK(guest_is_current(&f.g, f.a));
    guest_end(&f.g);
}

TEST(a_core_whose_threads_are_all_held_is_idle)
{
    struct held_fixture f = boot_with_two();
    hold(&f, f.b);
    hold(&f, guest_root_thread(&f.g));
    CHECK_EQ(hold(&f, f.a).kind, OUTCOME_IDLE);
    CHECK_EQ(kernel_timer(f.g.k, 0, 1).kind, OUTCOME_IDLE);
    CHECK_EQ(unhold(&f, guest_root_thread(&f.g)).tcb, f.g.root);
    CHECK_EQ(unhold(&f, f.b).tcb, kernel_paddr(f.g.k, f.b.tcb)); /* the higher one at once */
    guest_end(&f.g);
}

TEST(holding_twice_is_holding_once)
{
    struct held_fixture f = boot_with_two();
    hold(&f, f.a);
    hold(&f, f.a);
    unhold(&f, f.a);
    CHECK(f.a.tcb->in_ready_queue);
    unhold(&f, f.a);
    CHECK(f.a.tcb->in_ready_queue);
    unhold(&f, f.b); /* the current thread, which nobody holds */
    CHECK(guest_is_current(&f.g, f.b));
    guest_end(&f.g);
}

/* The direct switch of Call and ReplyRecv goes by: somebody else runs, the message is there. */
TEST(a_held_server_gets_its_message_but_not_the_core)
{
    struct held_fixture f = boot_with_two();
    struct guest_thread server = guest_thread(&f.g, 200);
    guest_run(&f.g, server);
    guest_recv(&f.g, f.ep);
    CHECK(guest_is_current(&f.g, f.b));
    hold(&f, server);
    struct outcome outcome = guest_call_ipc(&f.g, f.ep, 0x77, 0);
    CHECK_EQ(outcome.tcb, kernel_paddr(f.g.k, f.a.tcb));
    CHECK_EQ(server.tcb->state, THREAD_RUNNING);
    CHECK(!server.tcb->in_ready_queue);
    CHECK_EQ(thread_info(server).label, 0x77);
    CHECK_EQ(f.b.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(unhold(&f, server).tcb, kernel_paddr(f.g.k, server.tcb));
    guest_end(&f.g);
}

TEST(a_held_thread_that_waits_changes_nothing)
{
    struct held_fixture f = boot_with_two();
    guest_recv(&f.g, f.ep);
    CHECK_EQ(hold(&f, f.a).tcb, kernel_paddr(f.g.k, f.b.tcb));
    CHECK_EQ(unhold(&f, f.a).tcb, kernel_paddr(f.g.k, f.b.tcb));
    CHECK_EQ(f.a.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    CHECK(guest_is_current(&f.g, f.a));
    guest_end(&f.g);
}

/* What its creator does to it is done, whoever holds it. */
TEST(a_held_thread_changes_its_priority_state_and_domain)
{
    struct held_fixture f = boot_with_two();
    hold(&f, f.b);
    sched_set_priority(f.g.k, 0, f.b.tcb, 220);
    CHECK_EQ(kernel_timer(f.g.k, 0, 1).tcb, kernel_paddr(f.g.k, f.a.tcb));
    tcb_suspend(f.g.k, 0, f.b.tcb);
    tcb_restart(f.g.k, 0, f.b.tcb);
    CHECK_EQ(kernel_timer(f.g.k, 0, 2).tcb, kernel_paddr(f.g.k, f.a.tcb));
    sched_set_domain(f.g.k, 0, f.b.tcb, 0);
    CHECK(!f.b.tcb->in_ready_queue);
    CHECK_EQ(unhold(&f, f.b).tcb, kernel_paddr(f.g.k, f.b.tcb));
    CHECK_EQ(f.b.tcb->context.next_ip, f.b.tcb->context.reg[UREG_RIP]);
    guest_end(&f.g);
}

TEST(a_held_thread_can_be_deleted)
{
    struct held_fixture f = boot_with_two();
    hold(&f, f.b);
    guest_delete(&f.g, f.b.cptr);
    CHECK_EQ(kernel_timer(f.g.k, 0, 1).tcb, kernel_paddr(f.g.k, f.a.tcb));
    guest_end(&f.g);
}

TEST(time_that_a_thread_is_held_is_not_its_own)
{
    struct held_fixture f = boot_with_two();
    uint32_t slice = f.a.tcb->time_slice;
    hold(&f, f.a);
    kernel_timer(f.g.k, 0, UINT64_C(1000000000));
    CHECK_EQ(f.a.tcb->time_slice, slice);
    guest_end(&f.g);
}

TEST(a_syscall_leaves_its_stack_for_a_debugger)
{
    struct guest g = guest_boot_default();
    struct tcb *root = guest_root(&g);
    word_t reg[USER_REGISTER_COUNT] = {[UREG_RIP] = 0x1000, [UREG_RSP] = 0x7000};
    kernel_save_registers(root, reg, true);
    CHECK_EQ(root->context.last_syscall.next_ip, 0x1002);
    CHECK_EQ(root->context.last_syscall.rsp, 0x7000);
    reg[UREG_RSP] = 0;
    kernel_save_registers(root, reg, false);
    CHECK_EQ(root->context.last_syscall.rsp, 0x7000);
    guest_end(&g);
}
