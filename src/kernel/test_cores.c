/* SPDX-License-Identifier: BSD-2-Clause */
/* Two cores under one lock: who runs where, and how one core gets at a thread of the other. */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/testkit_thread.h>
#include <sched/sched.h>

#define TICK UINT64_C(2000000)

/* The initial thread, of priority 100, runs on core 0; two others are ready on core 1. */
struct fixture {
    struct guest g;
    struct guest_thread low, high;
};

static struct answer set_affinity(struct fixture *f, struct guest_thread t, word_t core)
{
    return guest_invoke(
        &f->g, (struct guest_call){.cap = t.cptr, .method = INV_TCB_SET_AFFINITY, WORDS(core)});
}

/* A call through the entry of core 0, up to its first outcome. */
static struct outcome call(struct fixture *f, cptr_t cptr, enum invocation method, word_t word)
{
    return guest_syscall_once(
        &f->g, (struct guest_syscall){.syscall = SYSCALL_CALL,
                                      .cap = cptr,
                                      .label = abi_invocation_label(&f->g.k->config, method),
                                      WORDS(word, 64),
                                      EXTRA(INITIAL_CAP_TCB)});
}

static struct fixture setup_domains(unsigned domains)
{
    struct kernel_config config = kernel_config_default();
    config.max_cores = 2;
    config.num_domains = domains;
    struct fixture f = {.g = guest_boot(config, GUEST_MEMORY_END)};
    CHECK_EQ(kernel_start(f.g.k, 1, 0).kind, OUTCOME_IDLE);
    f.g.k->running_core = 0;
    guest_root(&f.g)->priority = 100;
    f.low = guest_thread(&f.g, 10);
    f.high = guest_thread(&f.g, 200);
    CHECK_ANSWER(set_affinity(&f, f.low, 1), answer_ok());
    CHECK_ANSWER(set_affinity(&f, f.high, 1), answer_ok());
    return f;
}

static struct fixture setup(void)
{
    return setup_domains(1);
}

static bool runs(const struct fixture *f, unsigned core, struct guest_thread t)
{
    return tcb_at(f->g.k, f->g.k->cores[core].current) == t.tcb;
}

/* Core 1 does what core 0's outcome asks for. */
static void interrupt(struct fixture *f, struct outcome outcome)
{
    CHECK_EQ(outcome.interrupt_cores, bit(1));
    CHECK_EQ(kernel_timer(f->g.k, 1, f->g.now).interrupt_cores, 0);
}

TEST(a_guest_sees_its_cores)
{
    struct fixture f = setup();
    CHECK_EQ(f.g.k->num_cores, 2);
    struct boot_info boot = f.g.boot;
    struct kernel_config config = f.g.k->config;
    boot.config = &config;
    boot.num_cores = 1;
    struct guest g = guest_boot_with(&boot, GUEST_MEMORY_END);
    CHECK_EQ(g.k->num_cores, 1); /* of a kernel for two */
    guest_end(&g);
    guest_end(&f.g);
}

TEST(affinity_must_name_a_core_of_the_machine)
{
    struct fixture f = setup();
    CHECK_ANSWER(set_affinity(&f, f.low, 2), answer_illegal_operation());
    CHECK_ANSWER(set_affinity(&f, f.low, UINT64_MAX), answer_illegal_operation());
    CHECK_ANSWER(
        guest_invoke(&f.g, (struct guest_call){.cap = f.low.cptr, .method = INV_TCB_SET_AFFINITY}),
        answer_truncated_message());
    CHECK_EQ(f.low.tcb->core, 1);
    guest_end(&f.g);
}

TEST(an_idle_core_is_interrupted_for_a_ready_thread)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.low.cptr, INV_TCB_RESUME, 0));
    CHECK(runs(&f, 1, f.low));
    CHECK(guest_is_current(&f.g, guest_root_thread(&f.g)));
    guest_end(&f.g);
}

TEST(a_core_is_interrupted_only_for_what_is_more_urgent)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    CHECK_EQ(call(&f, f.low.cptr, INV_TCB_RESUME, 0).interrupt_cores, 0);
    CHECK(f.low.tcb->in_ready_queue);
    CHECK_EQ(f.g.k->cores[1].reschedule, false);
    guest_end(&f.g);
}

TEST(a_core_that_runs_is_interrupted_for_a_higher_thread_not_for_an_equal_one)
{
    struct fixture f = setup();
    f.high.tcb->priority = f.low.tcb->priority;
    interrupt(&f, call(&f, f.low.cptr, INV_TCB_RESUME, 0));
    CHECK_EQ(call(&f, f.high.cptr, INV_TCB_RESUME, 0).interrupt_cores, 0);
    CHECK(runs(&f, 1, f.low));
    sched_dequeue(f.g.k, f.high.tcb);
    f.high.tcb->state = THREAD_INACTIVE;
    f.high.tcb->priority = f.low.tcb->priority + 1;
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    CHECK(runs(&f, 1, f.high));
    guest_end(&f.g);
}

TEST(a_core_is_not_interrupted_for_a_thread_whose_domain_has_no_turn)
{
    struct fixture f = setup_domains(2);
    sched_set_domain(f.g.k, 0, f.high.tcb, 1);
    CHECK_EQ(call(&f, f.high.cptr, INV_TCB_RESUME, 0).interrupt_cores, 0);
    interrupt(&f, call(&f, f.low.cptr, INV_TCB_RESUME, 0));
    CHECK(runs(&f, 1, f.low));
    guest_end(&f.g);
}

TEST(a_signal_reaches_a_waiter_on_another_core)
{
    struct fixture f = setup();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    guest_set_arguments(&f.g, f.high.tcb,
                        &(struct guest_syscall){.syscall = SYSCALL_RECV, .cap = signal});
    CHECK_EQ(kernel_syscall(f.g.k, 1, 0).kind, OUTCOME_IDLE);
    struct outcome outcome = guest_send(&f.g, signal, 0, 0);
    CHECK_EQ(outcome.tcb, f.g.root); /* of lower priority, but on its own core */
    interrupt(&f, outcome);
    CHECK(runs(&f, 1, f.high));
    guest_end(&f.g);
}

/* Its registers are out of reach until it is stopped; then it goes on as if nothing had been. */
TEST(a_thread_that_runs_elsewhere_is_stopped_for_a_method)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.low.cptr, INV_TCB_RESUME, 0));
    f.g.now = TICK;
    CHECK_EQ(call(&f, f.low.cptr, INV_TCB_SET_TLS_BASE, 0x1000).kind, OUTCOME_STALL);
    CHECK_EQ(f.g.k->cores[0].stall, bit(1));
    CHECK_EQ(f.low.tcb->context.reg[UREG_FS_BASE], 0);
    kernel_stall(f.g.k, 1, f.g.now);
    CHECK_EQ(f.g.k->cores[1].current, 0);
    CHECK_EQ(f.low.tcb->time_slice, 4);
    struct outcome outcome = kernel_continue(f.g.k, 0, f.g.now);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(f.low.tcb->context.reg[UREG_FS_BASE], 0x1000);
    CHECK_EQ(f.g.k->cores[0].stall, 0);
    interrupt(&f, outcome);
    CHECK(runs(&f, 1, f.low));
    guest_end(&f.g);
}

TEST(a_thread_that_runs_elsewhere_is_stopped_to_be_deleted)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    CHECK_EQ(call(&f, f.low.cptr, INV_TCB_RESUME, 0).interrupt_cores, 0);
    CHECK_EQ(call(&f, INITIAL_CAP_CNODE, INV_CNODE_DELETE, f.high.cptr).kind, OUTCOME_STALL);
    CHECK(f.high.tcb->serial != 0);
    kernel_stall(f.g.k, 1, 0);
    struct outcome outcome = kernel_continue(f.g.k, 0, 0);
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK_EQ(f.high.tcb->serial, 0);
    interrupt(&f, outcome);
    CHECK(runs(&f, 1, f.low));
    guest_end(&f.g);
}

TEST(the_source_of_copied_registers_is_stopped_too)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    struct guest_syscall copy = {
        .syscall = SYSCALL_CALL,
        .cap = f.low.cptr,
        .label = abi_invocation_label(&f.g.k->config, INV_TCB_COPY_REGISTERS),
        WORDS(1 << 2 | 1 << 0),
        EXTRA(f.high.cptr),
    };
    CHECK_EQ(guest_syscall_once(&f.g, copy).kind, OUTCOME_STALL);
    CHECK_EQ(f.high.tcb->state, THREAD_RUNNING);
    guest_end(&f.g);
}

TEST(a_thread_that_runs_elsewhere_is_stopped_to_change_its_domain)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    struct guest_syscall set = {
        .syscall = SYSCALL_CALL,
        .cap = INITIAL_CAP_DOMAIN,
        .label = abi_invocation_label(&f.g.k->config, INV_DOMAIN_SET_SET),
        WORDS(0),
        EXTRA(f.high.cptr),
    };
    CHECK_EQ(guest_syscall_once(&f.g, set).kind, OUTCOME_STALL);
    guest_end(&f.g);
}

TEST(a_thread_that_moves_itself_goes_on_there)
{
    struct fixture f = setup();
    struct outcome outcome = call(&f, INITIAL_CAP_TCB, INV_TCB_SET_AFFINITY, 1);
    CHECK_EQ(outcome.kind, OUTCOME_IDLE);
    interrupt(&f, outcome);
    CHECK(runs(&f, 1, guest_root_thread(&f.g)));
    CHECK_EQ(thread_info(guest_root_thread(&f.g)).label, 0);
    CHECK_EQ(guest_root(&f.g)->state, THREAD_RUNNING);
    guest_end(&f.g);
}

/* As on the real kernel: the core does not choose anew. */
TEST(a_more_urgent_thread_that_is_moved_to_this_core_waits)
{
    struct fixture f = setup();
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    CHECK_EQ(call(&f, f.high.cptr, INV_TCB_SET_AFFINITY, 0).kind, OUTCOME_STALL);
    kernel_stall(f.g.k, 1, 0);
    struct outcome outcome = kernel_continue(f.g.k, 0, 0);
    CHECK_EQ(outcome.tcb, f.g.root);
    CHECK(f.high.tcb->in_ready_queue);
    CHECK(guest_yield(&f.g).tcb == guest_cap(&f.g, f.high.cptr).tcb.object);
    guest_end(&f.g);
}

TEST(setting_its_own_core_again_is_a_yield)
{
    struct fixture f = setup();
    struct guest_thread equal = guest_thread(&f.g, 100);
    guest_resume(&f.g, equal);
    CHECK_EQ(call(&f, INITIAL_CAP_TCB, INV_TCB_SET_AFFINITY, 0).kind, OUTCOME_RUN);
    CHECK(runs(&f, 0, equal));
    guest_end(&f.g);
}

/* It stood at a preemption point: what it had begun is begun again. */
TEST(a_stopped_core_makes_its_call_again)
{
    struct fixture f = setup();
    f.g.k->config.max_num_work_units_per_preemption = 1;
    cptr_t cnode = guest_make_used_cnode(&f.g, 4);
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    guest_set_arguments(
        &f.g, f.high.tcb,
        &(struct guest_syscall){.syscall = SYSCALL_CALL,
                                .cap = INITIAL_CAP_CNODE,
                                .label = abi_invocation_label(&f.g.k->config, INV_CNODE_DELETE),
                                WORDS(cnode, 64)});
    CHECK_EQ(kernel_syscall(f.g.k, 1, 0).kind, OUTCOME_PREEMPTED);
    CHECK_EQ(call(&f, f.high.cptr, INV_TCB_SET_TLS_BASE, 0).kind, OUTCOME_STALL);
    kernel_stall(f.g.k, 1, 0);
    interrupt(&f, kernel_continue(f.g.k, 0, 0));
    CHECK(runs(&f, 1, f.high));
    CHECK_EQ(f.high.tcb->context.next_ip, GUEST_SYSCALL_IP);
    guest_end(&f.g);
}

TEST(each_core_has_its_own_ticks)
{
    struct fixture f = setup();
    struct guest_thread second = guest_thread(&f.g, 200);
    set_affinity(&f, second, 1);
    interrupt(&f, call(&f, f.high.cptr, INV_TCB_RESUME, 0));
    call(&f, second.cptr, INV_TCB_RESUME, 0);
    CHECK_EQ(kernel_timer(f.g.k, 1, 0).deadline, 5 * TICK);
    kernel_timer(f.g.k, 1, 5 * TICK);
    CHECK(runs(&f, 1, second));
    CHECK_EQ(guest_root(&f.g)->time_slice, 5);
    guest_end(&f.g);
}
