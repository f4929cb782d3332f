/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of TCBs that have to do with life, priorities and bindings; errors in their order. */
#include <test.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>
#include <object/tcb.h>
#include <sched/sched.h>

static struct guest_call method(cptr_t tcb, enum invocation method, unsigned length, word_t w0,
                                word_t w1, cptr_t extra)
{
    return (struct guest_call){.cap = tcb,
                               .method = method,
                               .length = length,
                               .words = {w0, w1},
                               .caps = extra ? 1 : 0,
                               .extra = {extra}};
}

static struct answer plain(struct guest *g, cptr_t tcb, enum invocation m)
{
    return guest_invoke(g, method(tcb, m, 0, 0, 0, 0));
}

TEST(unknown_labels_are_illegal)
{
    struct guest g = guest_boot_default();
    CHECK_ANSWER(plain(&g, INITIAL_CAP_TCB, INV_CNODE_DELETE), answer_illegal_operation());
    CHECK_ANSWER(plain(&g, INITIAL_CAP_TCB, INV_INVALID), answer_illegal_operation());
    CHECK_ANSWER(plain(&g, INITIAL_CAP_TCB, INV_UNTYPED_RETYPE), answer_illegal_operation());
    guest_end(&g);
}

/* --- priorities ---------------------------------------------------------------------------- */

TEST(priorities_are_limited_by_the_authority)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    cptr_t tcb = t.cptr, root = INITIAL_CAP_TCB, ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    const enum invocation methods[] = {INV_TCB_SET_PRIORITY, INV_TCB_SET_MCPRIORITY};
    for (unsigned i = 0; i < 2; i++) {
        enum invocation m = methods[i];
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 0, 0, 0, root)), answer_truncated_message());
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 1, 0, 0, 0)), answer_truncated_message());
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 1, 5, 0, ep)), answer_invalid_capability(1));
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 1, 5, 0, tcb)), answer_range_error(0, 0));
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 1, 256, 0, root)), answer_range_error(0, 255));
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 1, UINT64_C(1) << 40, 0, root)),
                     answer_range_error(0, 255));
        CHECK_EQ(t.tcb->priority, i == 0 ? 5 : 7);
        CHECK_ANSWER(guest_invoke(&g, method(tcb, m, 1, 7, 0, root)), answer_ok());
    }
    CHECK_EQ(t.tcb->priority, 7);
    CHECK_EQ(t.tcb->max_controlled_priority, 7);
    CHECK_ANSWER(guest_invoke(&g, method(tcb, INV_TCB_SET_PRIORITY, 1, 7, 0, tcb)), answer_ok());
    CHECK_ANSWER(guest_invoke(&g, method(tcb, INV_TCB_SET_PRIORITY, 1, 8, 0, tcb)),
                 answer_range_error(0, 7));
    guest_end(&g);
}

TEST(scheduling_parameters_are_checked_before_either_is_set)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    cptr_t root = INITIAL_CAP_TCB;
    enum invocation m = INV_TCB_SET_SCHED_PARAMS;
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 1, 0, 0, root)), answer_truncated_message());
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 2, 0, 0, INITIAL_CAP_CNODE)),
                 answer_invalid_capability(1));
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 2, 9, 300, root)), answer_range_error(0, 255));
    CHECK_EQ(t.tcb->max_controlled_priority, 0);
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 2, 9, 3, root)), answer_ok());
    CHECK_EQ(t.tcb->max_controlled_priority, 9);
    CHECK_EQ(t.tcb->priority, 3);
    guest_end(&g);
}

TEST(a_ready_thread_moves_to_the_queue_of_its_new_priority)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    guest_resume(&g, t);
    guest_call_method(&g, method(t.cptr, INV_TCB_SET_PRIORITY, 1, 9, 0, INITIAL_CAP_TCB));
    CHECK_EQ(g.k->cores[0].ready[0][5].head, 0);
    CHECK_EQ(g.k->cores[0].ready_map[0][0], bit(9));
    CHECK(guest_is_current(&g, guest_root_thread(&g)));
    guest_end(&g);
}

TEST(lowering_ones_own_priority_lets_others_run)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 100);
    guest_resume(&g, t);
    guest_call_method(&g, method(INITIAL_CAP_TCB, INV_TCB_SET_PRIORITY, 1, 99, 0, INITIAL_CAP_TCB));
    CHECK(guest_is_current(&g, t));
    CHECK(guest_root(&g)->in_ready_queue);
    CHECK_EQ(thread_info(guest_root_thread(&g)).label, 0);
    guest_end(&g);
}

/* --- life ---------------------------------------------------------------------------------- */

TEST(resume_starts_a_thread_at_its_fault_ip)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255);
    t.tcb->context.reg[UREG_RIP] = 0x5000;
    guest_call_method(&g, method(t.cptr, INV_TCB_RESUME, 0, 0, 0, 0));
    CHECK_EQ(t.tcb->state, THREAD_RESTART);
    CHECK(t.tcb->in_ready_queue);
    CHECK_EQ(t.tcb->slots[TCB_SLOT_REPLY].cap.type, CAP_REPLY);
    guest_yield(&g);
    CHECK(guest_is_current(&g, t));
    CHECK_EQ(t.tcb->state, THREAD_RUNNING);
    CHECK_EQ(t.tcb->context.next_ip, 0x5000);
    guest_end(&g);
}

TEST(resuming_a_running_thread_changes_nothing)
{
    struct guest g = guest_boot_default();
    guest_call_method(&g, method(INITIAL_CAP_TCB, INV_TCB_RESUME, 0, 0, 0, 0));
    CHECK_EQ(guest_root(&g)->state, THREAD_RUNNING);
    CHECK_EQ(guest_root(&g)->context.next_ip, GUEST_SYSCALL_IP + 2);
    guest_end(&g);
}

/* A running thread goes on behind its last system call when it is resumed. */
TEST(suspending_a_preempted_thread_keeps_its_place)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255);
    guest_run(&g, t);
    guest_yield(&g);
    CHECK(guest_is_current(&g, guest_root_thread(&g)));
    guest_call_method(&g, method(t.cptr, INV_TCB_SUSPEND, 0, 0, 0, 0));
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    CHECK(!t.tcb->in_ready_queue);
    CHECK_EQ(t.tcb->context.reg[UREG_RIP], GUEST_SYSCALL_IP + 2);
    guest_end(&g);
}

TEST(a_thread_that_suspends_itself_would_repeat_the_call)
{
    struct guest g = guest_boot_default();
    struct outcome outcome =
        guest_call_method(&g, method(INITIAL_CAP_TCB, INV_TCB_SUSPEND, 0, 0, 0, 0));
    CHECK_EQ(outcome.kind, OUTCOME_IDLE);
    CHECK_EQ(guest_root(&g)->state, THREAD_INACTIVE);
    CHECK_EQ(guest_root(&g)->context.reg[UREG_RIP], GUEST_SYSCALL_IP);
    guest_end(&g);
}

TEST(suspend_takes_a_thread_out_of_what_it_waits_for)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    const struct endpoint *e = endpoint_at(g.k, guest_cap(&g, ep).endpoint.object);
    guest_run(&g, t);
    guest_send(&g, ep, 0, 0);
    CHECK_EQ(e->state, ENDPOINT_SENDING);
    guest_call_method(&g, method(t.cptr, INV_TCB_SUSPEND, 0, 0, 0, 0));
    CHECK_EQ(e->state, ENDPOINT_IDLE);
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(t.tcb->context.reg[UREG_RIP], GUEST_SYSCALL_IP); /* would send again */
    guest_end(&g);
}

/* --- notifications ------------------------------------------------------------------------- */

TEST(bind_notification_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255), other = guest_thread(&g, 255);
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    cptr_t send_only = guest_mint(&g, signal, RIGHT_WRITE, 0);
    enum invocation m = INV_TCB_BIND_NOTIFICATION;
    CHECK_ANSWER(plain(&g, t.cptr, m), answer_truncated_message());
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 0, 0, 0, ep)), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 0, 0, 0, send_only)),
                 answer_illegal_operation());
    guest_run(&g, other);
    guest_recv(&g, signal);
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 0, 0, 0, signal)), answer_illegal_operation());
    guest_send(&g, signal, 0, 0);
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 0, 0, 0, signal)), answer_ok());
    CHECK_ANSWER(guest_invoke(&g, method(other.cptr, m, 0, 0, 0, signal)),
                 answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 0, 0, 0, ep)), answer_illegal_operation());
    CHECK_ANSWER(plain(&g, t.cptr, INV_TCB_UNBIND_NOTIFICATION), answer_ok());
    CHECK_ANSWER(plain(&g, t.cptr, INV_TCB_UNBIND_NOTIFICATION), answer_illegal_operation());
    CHECK_ANSWER(guest_invoke(&g, method(other.cptr, m, 0, 0, 0, signal)), answer_ok());
    guest_end(&g);
}

TEST(either_end_of_a_binding_may_go_first)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 255);
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    const struct notification *n = notification_at(g.k, guest_cap(&g, signal).notification.object);
    guest_invoke(&g, method(t.cptr, INV_TCB_BIND_NOTIFICATION, 0, 0, 0, signal));
    CHECK_EQ(n->bound_tcb, kernel_paddr(g.k, t.tcb));
    guest_delete(&g, signal);
    CHECK_EQ(t.tcb->bound_notification, 0);
    signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    n = notification_at(g.k, guest_cap(&g, signal).notification.object);
    guest_invoke(&g, method(t.cptr, INV_TCB_BIND_NOTIFICATION, 0, 0, 0, signal));
    guest_delete(&g, t.cptr);
    CHECK_EQ(n->bound_tcb, 0);
    guest_end(&g);
}

TEST(a_thread_that_is_bound_already_is_told_so_whatever_it_is_given)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    cptr_t signal = guest_make(&g, OBJECT_NOTIFICATION, 0);
    guest_invoke(&g, method(t.cptr, INV_TCB_BIND_NOTIFICATION, 0, 0, 0, signal));
    CHECK_STR(
        guest_invoke(&g, method(t.cptr, INV_TCB_BIND_NOTIFICATION, 0, 0, 0, t.cptr)).reason.why,
        "TCB BindNotification: TCB already has a bound notification.");
    guest_end(&g);
}

/* --- flags --------------------------------------------------------------------------------- */

TEST(set_flags_clears_then_sets_and_returns_them)
{
    struct guest g = guest_boot_default();
    struct guest_thread t = guest_thread(&g, 5);
    enum invocation m = INV_TCB_SET_FLAGS;
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 1, 0, 0, 0)), answer_truncated_message());
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 2, 0, UINT64_MAX, 0)), answer_word(1));
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 2, 1, 0, 0)), answer_word(0));
    CHECK_ANSWER(guest_invoke(&g, method(t.cptr, m, 2, 1, 1, 0)), answer_word(1));
    guest_end(&g);
}

TEST(names_are_cut_to_the_room_there_is)
{
    struct guest g = guest_boot_default();
    struct tcb *root = guest_root(&g);
    char name[TCB_NAME_BYTES];
    for (unsigned i = 0; i < sizeof(name); i++)
        name[i] = 'n';
    name[sizeof(name) - 1] = '\0';
    tcb_set_name(root, name);
    CHECK_STR(root->name, name);
    struct guest_thread child = guest_thread(&g, 5);
    CHECK_EQ(child.tcb->name[TCB_NAME_BYTES - 1], '\0');
    CHECK_EQ(child.tcb->name[TCB_NAME_BYTES - 2], 'n');
    guest_end(&g);
}

/* A scheduler dump that stands at a thread goes on behind it. */
TEST(deleting_a_thread_moves_an_unfinished_dump_on)
{
    struct guest g = guest_boot_default();
    struct guest_thread a = guest_thread(&g, 5), b = guest_thread(&g, 5);
    paddr_t at_a = kernel_paddr(g.k, a.tcb), at_b = kernel_paddr(g.k, b.tcb);
    g.k->dump_cursor = at_b;
    guest_delete(&g, b.cptr);
    CHECK_EQ(g.k->dump_cursor, at_a);
    guest_delete(&g, guest_make(&g, OBJECT_TCB, 0));
    CHECK_EQ(g.k->dump_cursor, at_a);
    guest_end(&g);
}
