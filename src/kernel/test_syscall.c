/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls: which registers each changes, and what happens to unusable capabilities. */
#include <test.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <model/context.h>
#include <model/testkit_thread.h>

/* The registers of the current thread, all different, then the call; returns those to go on with.
 */
static void call_with_registers(struct guest *g, enum syscall syscall, cptr_t cap,
                                word_t before[USER_REGISTER_COUNT],
                                word_t after[USER_REGISTER_COUNT])
{
    struct tcb *tcb = guest_root(g);
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        before[i] = 0x5000 + i;
    before[UREG_RFLAGS] = 0x246;
    before[UREG_SYSCALL] = (word_t)abi_syscall_number(&g->k->config, syscall);
    before[UREG_CAP] = cap;
    before[UREG_MESSAGE_INFO] = 0;
    kernel_save_registers(tcb, before, true);
    kernel_syscall(g->k, 0, 0);
    kernel_load_registers(tcb, after);
}

/* All but those that the instruction itself destroys are as before, or as `changed` says. */
static void check_kept(const word_t before[USER_REGISTER_COUNT],
                       const word_t after[USER_REGISTER_COUNT], unsigned changed)
{
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++) {
        if (i == UREG_RIP)
            CHECK_EQ(after[i], before[i] + 2);
        else if (i == UREG_RCX)
            CHECK_EQ(after[i], before[UREG_RIP] + 2);
        else if (i == UREG_R11)
            CHECK_EQ(after[i], before[UREG_RFLAGS]);
        else if (i == UREG_RSP)
            CHECK_EQ(after[i], 0);
        else if (!(changed >> i & 1))
            CHECK_EQ(after[i], before[i]);
    }
}

TEST(calls_change_only_the_registers_they_write)
{
    struct guest g = guest_boot_default();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    const struct {
        enum syscall syscall;
        cptr_t cap;
        unsigned changed;
    } cases[] = {
        {SYSCALL_SEND, signal, 0},
        {SYSCALL_NB_SEND, signal, 0},
        {SYSCALL_NB_SEND, ep, 0},
        {SYSCALL_CALL, signal, 1 << UREG_BADGE | 1 << UREG_MESSAGE_INFO},
        {SYSCALL_RECV, signal, 1 << UREG_BADGE},
        {SYSCALL_NB_RECV, signal, 1 << UREG_BADGE},
        {SYSCALL_NB_RECV, ep, 1 << UREG_BADGE},
        {SYSCALL_REPLY, 0, 0},
        {SYSCALL_YIELD, 0, 0},
        {SYSCALL_DEBUG_PUT_CHAR, 'x', 0},
        {SYSCALL_DEBUG_CAP_IDENTIFY, ep, 1 << UREG_CAP},
        {SYSCALL_NB_SEND, 1 << 20, 0},
    };
    word_t before[USER_REGISTER_COUNT], after[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        call_with_registers(&g, cases[i].syscall, cases[i].cap, before, after);
        CHECK_EQ(guest_root(&g)->state, THREAD_RUNNING);
        check_kept(before, after, cases[i].changed);
    }
    guest_end(&g);
}

TEST(set_tls_base_sets_the_callers_fs_base)
{
    struct kernel_config config = kernel_config_default();
    config.fsgsbase_inst = false;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    word_t before[USER_REGISTER_COUNT], after[USER_REGISTER_COUNT];
    call_with_registers(&g, SYSCALL_SET_TLS_BASE, 0x123456, before, after);
    check_kept(before, after, 1 << UREG_FS_BASE);
    CHECK_EQ(after[UREG_FS_BASE], 0x123456);
    guest_end(&g);
}

TEST(a_call_whose_thread_was_interrupted_keeps_its_registers)
{
    struct guest g = guest_boot_default();
    struct tcb *root = guest_root(&g);
    word_t before[USER_REGISTER_COUNT], after[USER_REGISTER_COUNT];
    for (unsigned i = 0; i < USER_REGISTER_COUNT; i++)
        before[i] = 0x5000 + i;
    kernel_save_registers(root, before, false);
    kernel_timer(g.k, 0, 0);
    kernel_load_registers(root, after);
    CHECK_MEM(before, after, sizeof(before));
    guest_end(&g);
}

/* --- faults of the calls ------------------------------------------------------------------- */

struct watched {
    struct guest g;
    struct guest_thread t, handler;
    cptr_t ep;
};

static struct watched setup(void)
{
    struct watched w = {.g = guest_boot_default()};
    w.t = guest_thread(&w.g, 255);
    w.handler = guest_thread(&w.g, 255);
    cptr_t ep = guest_make(&w.g, OBJECT_ENDPOINT, 0);
    w.ep = guest_make(&w.g, OBJECT_ENDPOINT, 0);
    w.t.tcb->fault_handler = ep;
    guest_run(&w.g, w.handler);
    guest_recv(&w.g, ep);
    guest_run(&w.g, w.t);
    return w;
}

static void check_receive_fault(struct watched *w, enum syscall syscall, cptr_t cap)
{
    guest_syscall(&w->g, (struct guest_syscall){.syscall = syscall, .cap = cap});
    CHECK_EQ(w->t.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(thread_info(w->handler).label, 1);
    CHECK_EQ(thread_word(w->handler, 0), GUEST_SYSCALL_IP);
    CHECK_EQ(thread_word(w->handler, 1), cap);
    CHECK_EQ(thread_word(w->handler, 2), 1);
}

TEST(receiving_from_what_cannot_be_received_from_faults)
{
    const enum syscall calls[] = {SYSCALL_RECV, SYSCALL_NB_RECV, SYSCALL_REPLY_RECV};
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++) {
        struct watched w = setup();
        cptr_t send_only = guest_mint(&w.g, w.ep, RIGHT_WRITE, 0);
        check_receive_fault(&w, calls[i], send_only);
        CHECK_EQ(thread_word(w.handler, 3), LOOKUP_MISSING_CAPABILITY);
        guest_end(&w.g);
        w = setup();
        check_receive_fault(&w, calls[i], INITIAL_CAP_TCB);
        guest_end(&w.g);
        w = setup();
        check_receive_fault(&w, calls[i], 1 << 20);
        CHECK_EQ(thread_word(w.handler, 3), LOOKUP_GUARD_MISMATCH);
        guest_end(&w.g);
    }
}

TEST(reply_recv_replies_before_it_faults)
{
    struct watched w = setup();
    struct guest_thread client = guest_thread(&w.g, 255);
    guest_run(&w.g, client);
    guest_call_ipc(&w.g, w.ep, 0, 0);
    guest_run(&w.g, w.t);
    guest_recv(&w.g, w.ep);
    guest_syscall(
        &w.g, (struct guest_syscall){.syscall = SYSCALL_REPLY_RECV, .cap = 1 << 20, .label = 8});
    CHECK_EQ(client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(client).label, 8);
    CHECK_EQ(w.t.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_end(&w.g);
}

TEST(calls_of_the_mcs_kernel_are_unknown)
{
    struct watched w = setup();
    word_t reg[USER_REGISTER_COUNT] = {[UREG_SYSCALL] = 0, [UREG_RAX] = 9};
    kernel_save_registers(w.t.tcb, reg, true);
    kernel_syscall(w.g.k, 0, 0);
    CHECK_EQ(thread_info(w.handler).label, 2);
    CHECK_EQ(thread_word(w.handler, 0), 9);
    guest_end(&w.g);
}

TEST(the_upper_half_of_a_number_counts)
{
    struct watched w = setup();
    word_t reg[USER_REGISTER_COUNT] = {[UREG_SYSCALL] = 0xfffffff9};
    kernel_save_registers(w.t.tcb, reg, true);
    kernel_syscall(w.g.k, 0, 0);
    CHECK_EQ(thread_info(w.handler).label, 2);
    CHECK_EQ(thread_word(w.handler, 18), 0xfffffff9);
    guest_end(&w.g);
}

/* --- MCS ----------------------------------------------------------------------------------- */

TEST(nb_wait_takes_a_signal_or_says_that_there_is_none)
{
    struct guest g = guest_boot_mcs();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t mine = guest_mint(&g, signal, RIGHTS_ALL, 0x10);
    struct guest_syscall wait = {.syscall = SYSCALL_NB_WAIT, .cap = signal};
    guest_syscall(&g, wait);
    CHECK_EQ(thread_badge(guest_root_thread(&g)), 0);
    guest_send(&g, mine, 0, 0);
    guest_syscall(&g, wait);
    CHECK_EQ(thread_badge(guest_root_thread(&g)), 0x10);
    CHECK(guest_is_current(&g, guest_root_thread(&g)));
    guest_end(&g);
}

TEST(nb_send_wait_signals_one_and_waits_for_another)
{
    struct guest g = guest_boot_mcs();
    cptr_t there = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t here = guest_make(&g, OBJECT_NOTIFICATION, 0);
    guest_syscall(
        &g, (struct guest_syscall){.syscall = SYSCALL_NB_SEND_WAIT, .cap = here, .reply = there});
    CHECK_EQ(guest_root(&g)->state, THREAD_BLOCKED_ON_NOTIFICATION);
    CHECK_EQ(guest_root(&g)->blocked_on, guest_cap(&g, here).notification.object);
    CHECK_EQ(notification_at(g.k, guest_cap(&g, there).notification.object)->state,
             NOTIFICATION_ACTIVE);
    guest_end(&g);
}

TEST(methods_of_threads_and_the_like_are_refused_in_a_first_phase)
{
    static const struct {
        cptr_t cap;
        const char *says;
    } cases[] = {
        {INITIAL_CAP_TCB, "Cannot invoke thread capabilities in the first phase"},
        {INITIAL_CAP_CNODE, "Cannot invoke cnode capabilities in the first phase"},
        {INITIAL_CAP_DOMAIN, "Cannot invoke domain capabilities in the first phase"},
        {14, "Cannot invoke sched context capabilities in the first phase"},
        {16, "Cannot invoke sched control capabilities in the first phase"},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct guest g = guest_boot_mcs();
        cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
        guest_nb_send_recv(&g, cases[i].cap, signal, 0);
        CHECK(strstr(guest_console(&g), cases[i].says) != NULL);
        CHECK_EQ(guest_root(&g)->state, THREAD_BLOCKED_ON_NOTIFICATION); /* and it receives */
        guest_end(&g);
    }
}

TEST(a_first_phase_that_waits_for_a_device_receives_afterwards)
{
    struct guest g = guest_boot_mcs();
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0), ports = g.next_slot++;
    guest_invoke(&g, (struct guest_call){.cap = INITIAL_CAP_IO_PORT_CONTROL,
                                         .method = INV_X86_IO_PORT_CONTROL_ISSUE,
                                         WORDS(0x80, 0x80, ports, 64),
                                         EXTRA(INITIAL_CAP_CNODE)});
    struct guest_syscall call = {
        .syscall = SYSCALL_NB_SEND_WAIT,
        .cap = signal,
        .reply = ports,
        .label = abi_invocation_label(&g.k->config, INV_X86_IO_PORT_OUT8),
        WORDS(0x80, 7),
    };
    CHECK_EQ(guest_syscall(&g, call).kind, OUTCOME_DEVICE);
    CHECK_EQ(kernel_device_answer(g.k, 0, 0, 0).kind, OUTCOME_IDLE);
    CHECK_EQ(guest_root(&g)->state, THREAD_BLOCKED_ON_NOTIFICATION);
    guest_end(&g);
}
