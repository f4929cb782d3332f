/* SPDX-License-Identifier: BSD-2-Clause */
/* Invocations from the trap to the answer: lookups, error words, what a debug kernel prints. */
#include <test.h>

#include <string.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <base/text.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <model/console.h>
#include <model/testkit_thread.h>
#include <sched/sched.h>

static struct guest_call delete_call(cptr_t cptr, word_t depth)
{
    return (struct guest_call){
        .cap = INITIAL_CAP_CNODE, .method = INV_CNODE_DELETE, WORDS(cptr, depth)};
}

static void check_error(const struct guest *g, enum sel4_error error, unsigned length)
{
    struct guest_thread root = guest_root_thread(g);
    CHECK_EQ(root.tcb->state, THREAD_RUNNING);
    CHECK_EQ(thread_info(root).label, error);
    CHECK_EQ(thread_info(root).length, length);
    CHECK_EQ(thread_badge(root), 0);
}

TEST(errors_come_with_their_words_and_leave_the_other_registers)
{
    struct guest g = guest_boot_default();
    struct guest_thread root = guest_root_thread(&g);
    root.tcb->context.reg[UREG_MR3] = 0xbeef;
    guest_call_method(&g, delete_call(1, 65));
    check_error(&g, SEL4_RANGE_ERROR, 2);
    CHECK_EQ(thread_word(root, 0), 1);
    CHECK_EQ(thread_word(root, 1), 64);
    CHECK_EQ(thread_word(root, 3), 0xbeef);
    guest_call_method(&g, delete_call(UINT64_C(1) << 36, 64));
    check_error(&g, SEL4_FAILED_LOOKUP, 5);
    CHECK_EQ(thread_word(root, 0), 0);
    CHECK_EQ(thread_word(root, 1), LOOKUP_GUARD_MISMATCH);
    CHECK_EQ(thread_word(root, 2), 64);
    CHECK_EQ(thread_word(root, 3), 0);
    CHECK_EQ(thread_word(root, 4), 52);
    guest_end(&g);
}

TEST(success_without_results_answers_with_zeros)
{
    struct guest g = guest_boot_default();
    guest_call_method(&g, delete_call(g.next_slot, 64));
    check_error(&g, SEL4_NO_ERROR, 0);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_MESSAGE_INFO], 0);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_MR0], g.next_slot);
    guest_end(&g);
}

TEST(results_come_in_message_registers)
{
    struct guest g = guest_boot_default();
    guest_call_method(
        &g, (struct guest_call){.cap = INITIAL_CAP_TCB, .method = INV_TCB_SET_FLAGS, WORDS(0, 1)});
    check_error(&g, SEL4_NO_ERROR, 1);
    CHECK_EQ(thread_word(guest_root_thread(&g), 0), 1);
    guest_end(&g);
}

TEST(a_send_does_the_work_and_gets_no_answer)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    word_t label = abi_invocation_label(&g.k->config, INV_CNODE_DELETE);
    guest_syscall(&g, (struct guest_syscall){
                          .syscall = SYSCALL_SEND, .cap = 2, .label = label, WORDS(ep, 64)});
    CHECK(cap_is_null(guest_cap(&g, ep)));
    CHECK_EQ(thread_badge(guest_root_thread(&g)), 2);
    guest_syscall(&g, (struct guest_syscall){
                          .syscall = SYSCALL_NB_SEND, .cap = 2, .label = label, WORDS(ep, 65)});
    CHECK_EQ(thread_info(guest_root_thread(&g)).label, label);
    guest_end(&g);
}

TEST(without_a_buffer_messages_have_four_words_and_no_capabilities)
{
    struct guest g = guest_boot_default();
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 12);
    guest_root(&g)->slots[TCB_SLOT_BUFFER].cap.frame.rights = VM_KERNEL_ONLY;
    guest_console(&g);
    guest_call_method(&g, (struct guest_call){.cap = untyped,
                                              .method = INV_UNTYPED_RETYPE,
                                              WORDS(2, 0, 0, 0, g.next_slot, 1),
                                              EXTRA(INITIAL_CAP_CNODE)});
    check_error(&g, SEL4_TRUNCATED_MESSAGE, 0);
    CHECK(strstr(guest_console(&g), "No IPC buffer for thread. Truncating message length to: 4."));
    struct guest_call read = {
        .cap = INITIAL_CAP_TCB, .method = INV_TCB_READ_REGISTERS, WORDS(0, 1, 2, 3)};
    guest_call_method(&g, read); /* four words are no more than there are registers */
    check_error(&g, SEL4_ILLEGAL_OPERATION, 0);
    read.length = 1;
    guest_call_method(&g, read); /* one word stays one */
    check_error(&g, SEL4_TRUNCATED_MESSAGE, 0);
    CHECK(!strstr(guest_console(&g), "No IPC buffer"));
    guest_end(&g);
}

TEST(a_caller_that_stops_itself_gets_no_answer)
{
    struct guest g = guest_boot_default();
    struct guest_thread root = guest_root_thread(&g);
    guest_call_method(&g, (struct guest_call){.cap = INITIAL_CAP_TCB, .method = INV_TCB_SUSPEND});
    CHECK_EQ(root.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(thread_badge(root), INITIAL_CAP_TCB); /* as it was sent */
    CHECK_EQ(thread_info(root).label, abi_invocation_label(&g.k->config, INV_TCB_SUSPEND));
    guest_end(&g);
}

TEST(an_unresolved_capability_is_a_fault_for_those_who_may_block)
{
    const enum syscall calls[] = {SYSCALL_SEND, SYSCALL_CALL, SYSCALL_NB_SEND};
    for (unsigned i = 0; i < ARRAY_LENGTH(calls); i++) {
        struct guest g = guest_boot_default();
        struct outcome outcome = guest_syscall(
            &g, (struct guest_syscall){.syscall = calls[i], .cap = UINT64_C(1) << 40});
        CHECK_EQ(outcome.kind, calls[i] == SYSCALL_NB_SEND ? OUTCOME_RUN : OUTCOME_IDLE);
        CHECK(strstr(guest_console(&g), "Invocation of invalid cap #1099511627776."));
        guest_end(&g);
    }
}

/* --- what a debug kernel prints ------------------------------------------------------------ */

/* `line` stands in the console behind the thread and its place. */
static void check_line(struct guest *g, const char *where, const char *line)
{
    char expected[512];
    text_format(expected, sizeof(expected),
                "\033[0m\033[1m<<\033[0m\033[32mseL4(CPU 0)\033[0m\033[1m [%s T0x%lx "
                "\"rootserver\" @%lx]: %s>>\033[0m\n",
                where, console_tcb_address(g->k, guest_root(g)), GUEST_SYSCALL_IP, line);
    CHECK_STR(guest_console(g), expected);
}

TEST(what_cannot_be_invoked_is_printed)
{
    struct guest g = guest_boot_default();
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t mute = guest_mint(&g, ep, RIGHT_READ, 0), still = guest_mint(&g, signal, 0, 0);
    struct slot *reply = guest_slot(&g, 4000);
    char line[80];
    guest_console(&g);

    guest_call_ipc(&g, 2001, 0, 0);
    check_error(&g, SEL4_INVALID_CAPABILITY, 1);
    check_line(&g, "decodeInvocation", "Attempted to invoke a null cap #2001.");
    guest_send(&g, mute, 0, 0);
    text_format(line, sizeof(line), "Attempted to invoke a read-only endpoint cap #%lu.", mute);
    check_line(&g, "decodeInvocation", line);
    guest_nb_send(&g, still, 0, 0);
    text_format(line, sizeof(line), "Attempted to invoke a read-only notification cap #%lu.",
                still);
    check_line(&g, "decodeInvocation", line);
    reply->cap = guest_root(&g)->slots[TCB_SLOT_REPLY].cap;
    guest_send(&g, 4000, 0, 0);
    check_line(&g, "decodeInvocation", "Attempted to invoke an invalid reply cap #4000.");
    reply->cap = (union cap){.word = {CAP_ZOMBIE, 0}};
    guest_send(&g, 4000, 0, 0);
    check_line(&g, "decodeInvocation", "Attempted to invoke a zombie cap #4000.");
    reply->cap = cap_null();
    guest_end(&g);
}

TEST(release_kernels_print_nothing)
{
    struct kernel_config config = kernel_config_default();
    config.debug_build = config.printing = false;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    guest_call_ipc(&g, 2001, 0, 0);
    check_error(&g, SEL4_INVALID_CAPABILITY, 1);
    guest_call_ipc(&g, UINT64_C(1) << 40, 0, 0);
    CHECK_STR(guest_console(&g), "");
    guest_end(&g);
}

/* --- preemption ---------------------------------------------------------------------------- */

static struct guest boot_with_nest(cptr_t *ret_cnode)
{
    struct kernel_config config = kernel_config_default();
    config.max_num_work_units_per_preemption = 1;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    *ret_cnode = guest_make_used_cnode(&g, 3);
    return g;
}

static struct outcome delete_once(struct guest *g, cptr_t cptr)
{
    return guest_syscall_once(
        g, (struct guest_syscall){.syscall = SYSCALL_CALL,
                                  .cap = INITIAL_CAP_CNODE,
                                  .label = abi_invocation_label(&g->k->config, INV_CNODE_DELETE),
                                  WORDS(cptr, 64)});
}

TEST(a_preempted_call_goes_on_where_it_was)
{
    cptr_t cnode;
    struct guest g = boot_with_nest(&cnode);
    struct outcome outcome = delete_once(&g, cnode);
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQ(outcome.kind, OUTCOME_PREEMPTED);
        CHECK_EQ(guest_cap(&g, cnode).type, CAP_ZOMBIE);
        outcome = kernel_continue(g.k, 0, 0);
    }
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    check_error(&g, SEL4_NO_ERROR, 0);
    CHECK(cap_is_null(guest_cap(&g, cnode)));
    CHECK_EQ(guest_root(&g)->context.next_ip, GUEST_SYSCALL_IP + 2);
    guest_end(&g);
}

TEST(an_interrupt_at_a_preemption_point_makes_the_thread_repeat_the_call)
{
    cptr_t cnode;
    struct guest g = boot_with_nest(&cnode);
    struct guest_thread high = guest_thread(&g, 255);
    guest_root(&g)->priority = 5;
    delete_once(&g, cnode);
    guest_resume(&g, high);
    sched_reschedule(g.k, 0);
    CHECK_EQ(kernel_interrupt(g.k, 0, 7, 0).kind, OUTCOME_RUN);
    CHECK(guest_is_current(&g, high));
    CHECK_EQ(guest_root(&g)->state, THREAD_RESTART);
    guest_invoke(&g, (struct guest_call){.cap = high.cptr, .method = INV_TCB_SUSPEND});
    kernel_timer(g.k, 0, 0);
    CHECK_EQ(guest_root(&g)->state, THREAD_RUNNING);
    CHECK_EQ(guest_root(&g)->context.next_ip, GUEST_SYSCALL_IP);
    CHECK_EQ(guest_finish(&g, delete_once(&g, cnode)).kind, OUTCOME_RUN);
    CHECK(cap_is_null(guest_cap(&g, cnode)));
    guest_end(&g);
}

TEST(a_thread_may_delete_itself)
{
    cptr_t cnode;
    struct guest g = boot_with_nest(&cnode);
    struct guest_thread other = guest_thread(&g, 255);
    guest_resume(&g, other);
    CHECK_EQ(guest_finish(&g, delete_once(&g, INITIAL_CAP_TCB)).kind, OUTCOME_RUN);
    CHECK(guest_is_current(&g, other));
    CHECK_EQ(tcb_at(g.k, g.root)->serial, 0);
    guest_end(&g);
}

/* Its CNode, its TCB and the untyped they are made of are all in its own CSpace. */
static void check_self_revoke(unsigned units)
{
    struct kernel_config config = kernel_config_default();
    config.max_num_work_units_per_preemption = units;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    cptr_t untyped = guest_make(&g, OBJECT_UNTYPED, 14), cnode = g.next_slot, tcb = cnode + 1;
    const word_t types[] = {4, 1};
    for (unsigned i = 0; i < 2; i++)
        guest_invoke(&g, (struct guest_call){.cap = untyped,
                                             .method = INV_UNTYPED_RETYPE,
                                             WORDS(types[i], 4, 0, 0, cnode + i, 1),
                                             EXTRA(INITIAL_CAP_CNODE)});
    g.next_slot += 2;
    guest_invoke(&g, (struct guest_call){.cap = tcb,
                                         .method = INV_TCB_SET_SPACE,
                                         WORDS(0, 60, 0),
                                         EXTRA(cnode, INITIAL_CAP_VSPACE)});
    cptr_t guarded = guest_mint(&g, cnode, 0, 60);
    struct slot *slots = slot_at(g.k, guest_cap(&g, cnode).cnode.object);
    struct tcb *thread = tcb_at(g.k, guest_cap(&g, tcb).tcb.object);
    const cptr_t moved[] = {untyped, guarded, tcb, cnode};
    for (unsigned i = 0; i < ARRAY_LENGTH(moved); i++)
        slot_move(g.k, guest_cap(&g, moved[i]), guest_slot(&g, moved[i]), &slots[i + 1]);
    guest_run(&g, (struct guest_thread){.tcb = thread});
    struct outcome outcome = guest_call_method(
        &g, (struct guest_call){.cap = 2, .method = INV_CNODE_REVOKE, WORDS(1, 64)});
    CHECK_EQ(outcome.kind, OUTCOME_RUN);
    CHECK(guest_is_current(&g, guest_root_thread(&g)));
    CHECK(!tcb_is_runnable(thread));
    guest_end(&g);
}

TEST(a_thread_may_revoke_all_it_is_made_of)
{
    const unsigned units[] = {100000, 3, 2, 1};
    for (unsigned i = 0; i < ARRAY_LENGTH(units); i++)
        check_self_revoke(units[i]);
}
