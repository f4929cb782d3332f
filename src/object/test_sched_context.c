/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of SchedControl, scheduling contexts and TCBs that MCS adds; errors in their order.
 */
#include <test.h>

#include <stdio.h>
#include <string.h>

#include <abi/bootinfo.h>
#include <ipc/ipc.h>
#include <model/testkit_thread.h>
#include <sched/refill.h>
#include <sched/sched.h>

#define MS UINT64_C(1000000)

static struct sched_context *context(const struct guest *g, cptr_t sc)
{
    return sched_context_at(g->k, guest_cap(g, sc).sched_context.object);
}

static struct answer invoke(struct guest *g, cptr_t cap, enum invocation method, cptr_t extra)
{
    return guest_invoke(
        g,
        (struct guest_call){.cap = cap, .method = method, .caps = extra ? 1 : 0, .extra = {extra}});
}

static cptr_t sched_control(const struct guest *g)
{
    return guest_bootinfo_word(g, abi_bootinfo_layout(&g->k->config).sched_control);
}

/* --- SchedControl -------------------------------------------------------------------------- */

static struct answer configure(struct guest *g, cptr_t sc, word_t budget, word_t period,
                               word_t extra_refills)
{
    return guest_invoke(g, (struct guest_call){
                               .cap = sched_control(g),
                               .method = INV_SCHED_CONTROL_CONFIGURE_FLAGS,
                               WORDS(budget, period, extra_refills, 0xb, 1),
                               EXTRA(sc),
                           });
}

TEST(times_are_checked_in_order)
{
    struct guest g = guest_boot_mcs();
    cptr_t sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7);
    word_t max = refill_max_period_us(g.k);
    struct guest_call call = {.cap = sched_control(&g),
                              .method = INV_SCHED_CONTROL_CONFIGURE_FLAGS,
                              WORDS(10, 10, 0, 0),
                              EXTRA(sc)};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(invoke(&g, sched_control(&g), INV_SCHED_CONTROL_CONFIGURE_FLAGS, 0),
                 answer_truncated_message());
    CHECK_ANSWER(invoke(&g, sched_control(&g), INV_TCB_RESUME, 0), answer_illegal_operation());
    CHECK_ANSWER(configure(&g, sc, max + 1, 0, 0), answer_range_error(20, max));
    CHECK_ANSWER(configure(&g, sc, 0, max + 1, 0), answer_range_error(20, max));
    CHECK_ANSWER(configure(&g, sc, 19, 100, 0), answer_range_error(20, max));
    CHECK_ANSWER(configure(&g, sc, 20, 19, 0), answer_range_error(20, max));
    CHECK_ANSWER(configure(&g, INITIAL_CAP_TCB, 101, 100, 0), answer_range_error(20, 100));
    CHECK_ANSWER(configure(&g, INITIAL_CAP_TCB, 20, 100, 1), answer_invalid_capability(1));
    CHECK_ANSWER(configure(&g, sc, 20, 100, 1), answer_range_error(0, 0));
    CHECK(!sched_context_is_active(context(&g, sc)));
    CHECK_ANSWER(configure(&g, sc, 20, 100, 0), answer_ok());
    CHECK_EQ(context(&g, sc)->period, 100000);
    CHECK_EQ(context(&g, sc)->badge, 0xb);
    CHECK(context(&g, sc)->is_sporadic);
    CHECK_ANSWER(configure(&g, sc, max, max, 0), answer_ok());
    CHECK(sched_context_is_round_robin(context(&g, sc)));
    guest_end(&g);
}

TEST(a_running_thread_is_charged_before_it_is_configured_anew)
{
    struct guest g = guest_boot_mcs();
    g.now = 2 * MS;
    guest_call_method(&g, (struct guest_call){.cap = sched_control(&g),
                                              .method = INV_SCHED_CONTROL_CONFIGURE_FLAGS,
                                              WORDS(1000, 10000, 0, 0, 0),
                                              EXTRA(14)});
    struct sched_context *sc = context(&g, 14);
    CHECK_EQ(sc->consumed, 2 * MS);
    CHECK_EQ(refill_head(sc)->amount, MS);
    CHECK_EQ(refill_head(sc)->time, 2 * MS);
    CHECK_EQ(kernel_timer(g.k, 0, 2 * MS).deadline, 3 * MS);
    kernel_timer(g.k, 0, 3 * MS);
    CHECK(guest_root(&g)->in_release_queue);
    guest_end(&g);
}

TEST(a_thread_that_gets_its_first_time_may_run)
{
    struct guest g = guest_boot_mcs();
    guest_root(&g)->priority = 1;
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7);
    guest_bind(&g, t, sc);
    guest_resume(&g, t);
    CHECK_ANSWER(configure(&g, sc, 100, 1000, 0), answer_ok());
    kernel_timer(g.k, 0, 0);
    CHECK(guest_is_current(&g, t));
    guest_end(&g);
}

/* --- Bind, Unbind -------------------------------------------------------------------------- */

TEST(a_context_is_bound_to_one_thread_and_one_notification)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50), u = guest_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 100, 1000),
           other = guest_make_sched_context(&g, 100, 1000);
    cptr_t n = guest_make(&g, OBJECT_NOTIFICATION, 0), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    enum invocation bind = INV_SCHED_CONTEXT_BIND, unbind = INV_SCHED_CONTEXT_UNBIND_OBJECT;
    CHECK_ANSWER(invoke(&g, sc, INV_TCB_RESUME, 0), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, sc, bind, 0), answer_truncated_message());
    CHECK_ANSWER(invoke(&g, sc, bind, ep), answer_invalid_capability(1));
    CHECK_ANSWER(invoke(&g, sc, bind, u.cptr), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, sc, bind, t.cptr), answer_ok());
    CHECK_ANSWER(invoke(&g, sc, bind, u.cptr), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, sc, bind, n), answer_ok());
    CHECK_ANSWER(invoke(&g, sc, bind, n), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, other, bind, n), answer_illegal_operation());

    CHECK_ANSWER(invoke(&g, sc, unbind, 0), answer_truncated_message());
    CHECK_ANSWER(invoke(&g, sc, unbind, ep), answer_invalid_capability(1));
    CHECK_ANSWER(invoke(&g, other, unbind, n), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, sc, unbind, u.cptr), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, 14, unbind, INITIAL_CAP_TCB), answer_illegal_operation());
    CHECK_ANSWER(invoke(&g, sc, unbind, n), answer_ok());
    CHECK_ANSWER(invoke(&g, sc, unbind, t.cptr), answer_ok());
    CHECK_EQ(t.tcb->sched_context, 0);
    guest_end(&g);
}

TEST(a_waiting_thread_gets_a_context_only_if_that_can_be_used)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7), ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    guest_bind(&g, t, guest_make_sched_context(&g, 100, 100));
    guest_run(&g, t);
    guest_wait(&g, ep);
    sched_context_unbind(g.k, 0, sched_context_at(g.k, t.tcb->sched_context));
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_BIND, t.cptr), answer_illegal_operation());
    CHECK_ANSWER(configure(&g, sc, 100, 1000, 0), answer_ok());
    refill_head(context(&g, sc))->time = 5;
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_BIND, t.cptr), answer_illegal_operation());
    g.k->cores[0].now = 5;
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_BIND, t.cptr), answer_ok());
    guest_end(&g);
}

TEST(unbind_takes_everything_off_but_not_from_the_caller)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 100, 1000), n = guest_make(&g, OBJECT_NOTIFICATION, 0);
    CHECK_ANSWER(invoke(&g, 14, INV_SCHED_CONTEXT_UNBIND, 0), answer_illegal_operation());
    invoke(&g, sc, INV_SCHED_CONTEXT_BIND, t.cptr);
    invoke(&g, sc, INV_SCHED_CONTEXT_BIND, n);
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_UNBIND, 0), answer_ok());
    CHECK_EQ(context(&g, sc)->tcb, 0);
    CHECK_EQ(context(&g, sc)->notification, 0);
    CHECK_EQ(*notification_sched_context(g.k, guest_cap(&g, n).notification.object), 0);
    guest_end(&g);
}

TEST(the_end_of_a_context_or_its_thread_unbinds_it)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 100, 1000), copy = guest_copy(&g, sc);
    guest_bind(&g, t, sc);
    guest_delete(&g, copy);
    CHECK(t.tcb->sched_context != 0);
    guest_delete(&g, sc);
    CHECK_EQ(t.tcb->sched_context, 0);

    sc = guest_make_sched_context(&g, 100, 1000);
    guest_bind(&g, t, sc);
    guest_delete(&g, t.cptr);
    CHECK_EQ(context(&g, sc)->tcb, 0);
    guest_end(&g);
}

/* --- Consumed, YieldTo --------------------------------------------------------------------- */

TEST(consumed_tells_microseconds_once)
{
    struct guest g = guest_boot_mcs();
    cptr_t sc = guest_make_sched_context(&g, 100, 1000);
    context(&g, sc)->consumed = 1234567;
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_CONSUMED, 0), answer_word(1234));
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_CONSUMED, 0), answer_word(0));
    guest_end(&g);
}

struct yielding {
    struct guest g;
    struct guest_thread from, to;
    cptr_t sc;
};

static struct yielding setup_yield(unsigned from, unsigned to)
{
    struct yielding y = {.g = guest_boot_mcs()};
    guest_root(&y.g)->priority = 1;
    y.from = guest_thread(&y.g, from);
    y.from.tcb->max_controlled_priority = (uint8_t)from;
    y.to = guest_passive_thread(&y.g, to);
    y.sc = guest_make_sched_context(&y.g, 1000, 10000);
    guest_bind(&y.g, y.to, y.sc);
    guest_resume(&y.g, y.to);
    context(&y.g, y.sc)->consumed = 5000;
    guest_run(&y.g, y.from);
    return y;
}

static void yield_to(struct yielding *y)
{
    guest_call_method(&y->g,
                      (struct guest_call){.cap = y->sc, .method = INV_SCHED_CONTEXT_YIELD_TO});
}

TEST(yield_to_needs_a_thread_within_reach)
{
    struct yielding y = setup_yield(50, 51);
    yield_to(&y);
    CHECK_EQ(thread_info(y.from).label, SEL4_ILLEGAL_OPERATION); /* above the caller's MCP */
    y.from.tcb->max_controlled_priority = 255;
    y.g.k->cores[0].current = kernel_paddr(y.g.k, y.from.tcb);
    cptr_t empty = guest_make_sched_context(&y.g, 100, 100);
    CHECK_ANSWER(invoke(&y.g, empty, INV_SCHED_CONTEXT_YIELD_TO, 0), answer_illegal_operation());
    CHECK_ANSWER(invoke(&y.g, 14, INV_SCHED_CONTEXT_YIELD_TO, 0), answer_illegal_operation());
    guest_end(&y.g);
}

TEST(yield_to_a_lower_thread_answers_at_once)
{
    struct yielding y = setup_yield(50, 40);
    yield_to(&y);
    CHECK(guest_is_current(&y.g, y.from));
    CHECK_EQ(thread_word(y.from, 0), 5);
    CHECK_EQ(thread_info(y.from).length, 1);
    CHECK_EQ(context(&y.g, y.sc)->consumed, 0);
    guest_end(&y.g);
}

TEST(yield_to_an_equal_lets_it_run_and_answers_afterwards)
{
    struct yielding y = setup_yield(50, 50);
    yield_to(&y);
    CHECK(guest_is_current(&y.g, y.to));
    CHECK_EQ(y.from.tcb->yield_to, kernel_paddr(y.g.k, context(&y.g, y.sc)));
    kernel_timer(y.g.k, 0, MS);
    CHECK(guest_is_current(&y.g, y.from));
    CHECK_EQ(thread_word(y.from, 0), 1005);
    CHECK_EQ(y.from.tcb->yield_to, 0);
    CHECK_EQ(context(&y.g, y.sc)->yield_from, 0);
    guest_end(&y.g);
}

TEST(whoever_yielded_to_a_context_that_ends_is_answered)
{
    struct yielding y = setup_yield(50, 50);
    yield_to(&y);
    guest_delete(&y.g, y.sc);
    CHECK_EQ(y.from.tcb->yield_to, 0);
    CHECK_EQ(thread_word(y.from, 0), 5);
    guest_end(&y.g);
}

/* --- TCBs ---------------------------------------------------------------------------------- */

static struct answer set_sched_params(struct guest *g, cptr_t tcb, cptr_t sc, cptr_t handler)
{
    return guest_invoke(g, (struct guest_call){
                               .cap = tcb,
                               .method = INV_TCB_SET_SCHED_PARAMS,
                               WORDS(7, 8),
                               EXTRA(INITIAL_CAP_TCB, sc, handler),
                           });
}

TEST(set_sched_params_takes_a_context_and_a_fault_handler)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50), u = guest_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 100, 1000),
           other = guest_make_sched_context(&g, 100, 1000);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), none = g.next_slot;
    cptr_t mute = guest_mint(&g, ep, RIGHT_WRITE, 0);
    none = g.next_slot;
    struct guest_call call = {
        .cap = t.cptr, .method = INV_TCB_SET_SCHED_PARAMS, WORDS(7, 8), EXTRA(INITIAL_CAP_TCB, sc)};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(set_sched_params(&g, INITIAL_CAP_TCB, none, none), answer_illegal_operation());
    CHECK_ANSWER(set_sched_params(&g, t.cptr, ep, none), answer_invalid_capability(2));
    CHECK_ANSWER(set_sched_params(&g, u.cptr, sc, none), answer_illegal_operation());
    CHECK_ANSWER(set_sched_params(&g, t.cptr, 14, none), answer_illegal_operation());
    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, sc), answer_invalid_capability(3));
    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, mute), answer_invalid_capability(3));
    CHECK_EQ(t.tcb->sched_context, 0);

    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, ep), answer_ok());
    CHECK_EQ(t.tcb->sched_context, guest_cap(&g, sc).sched_context.object);
    CHECK_EQ(cap_type(t.tcb->slots[TCB_SLOT_FAULT_HANDLER].cap), CAP_ENDPOINT);
    CHECK_EQ(t.tcb->priority, 8);
    CHECK_EQ(t.tcb->max_controlled_priority, 7);
    CHECK_ANSWER(set_sched_params(&g, t.cptr, other, ep), answer_illegal_operation());
    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, ep), answer_ok());
    CHECK_ANSWER(set_sched_params(&g, t.cptr, none, none), answer_ok());
    CHECK_EQ(t.tcb->sched_context, 0);
    CHECK(cap_is_null(t.tcb->slots[TCB_SLOT_FAULT_HANDLER].cap));
    guest_end(&g);
}

TEST(set_space_and_set_timeout_endpoint_check_their_handlers)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    struct guest_call space = {.cap = t.cptr,
                               .method = INV_TCB_SET_SPACE,
                               WORDS(0, 0),
                               EXTRA(ep, INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE)};
    CHECK_ANSWER(guest_invoke(&g, space), answer_ok());
    CHECK_EQ(cap_type(t.tcb->slots[TCB_SLOT_FAULT_HANDLER].cap), CAP_ENDPOINT);
    space.extra[0] = INITIAL_CAP_TCB;
    CHECK_ANSWER(guest_invoke(&g, space), answer_invalid_capability(1));
    space.extra[1] = INITIAL_CAP_TCB; /* comes first */
    CHECK_ANSWER(guest_invoke(&g, space), answer_illegal_operation());
    space.caps = 2;
    CHECK_ANSWER(guest_invoke(&g, space), answer_truncated_message());

    enum invocation timeout = INV_TCB_SET_TIMEOUT_ENDPOINT;
    CHECK_ANSWER(invoke(&g, t.cptr, timeout, 0), answer_truncated_message());
    CHECK_ANSWER(invoke(&g, t.cptr, timeout, t.cptr), answer_invalid_capability(1));
    CHECK_ANSWER(invoke(&g, t.cptr, timeout, ep), answer_ok());
    CHECK_EQ(cap_type(t.tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap), CAP_ENDPOINT);
    CHECK_ANSWER(invoke(&g, t.cptr, timeout, g.next_slot), answer_ok());
    CHECK(cap_is_null(t.tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap));
    guest_end(&g);
}

TEST(a_suspended_thread_leaves_all_queues_and_is_resumed_into_one)
{
    struct guest g = guest_boot_mcs();
    guest_root(&g)->priority = 1;
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 1000, 10000);
    guest_bind(&g, t, sc);
    guest_run(&g, t);
    kernel_timer(g.k, 0, MS);
    CHECK(t.tcb->in_release_queue);
    invoke(&g, t.cptr, INV_TCB_SUSPEND, 0);
    CHECK(!t.tcb->in_release_queue);
    CHECK_EQ(t.tcb->state, THREAD_INACTIVE);
    invoke(&g, t.cptr, INV_TCB_RESUME, 0);
    CHECK(t.tcb->in_release_queue);
    CHECK_EQ(t.tcb->state, THREAD_RESTART);
    guest_end(&g);
}

TEST(a_stopped_thread_s_context_starts_anew)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 1000, 10000);
    guest_bind(&g, t, sc);
    *refill_head(context(&g, sc)) = (struct refill){.time = 7 * MS, .amount = 300000};
    CHECK_ANSWER(configure(&g, sc, 2000, 20000, 0), answer_ok());
    CHECK_EQ(refill_head(context(&g, sc))->amount, 2 * MS);
    CHECK_EQ(refill_head(context(&g, sc))->time, 0);
    tcb_set_state(g.k, t.tcb, THREAD_RUNNING);
    CHECK_ANSWER(configure(&g, sc, 5000, 20000, 0), answer_ok());
    CHECK_EQ(refill_head(context(&g, sc))->amount, 2 * MS);
    guest_end(&g);
}

TEST(a_context_without_thread_gets_its_full_budget_each_time)
{
    struct guest g = guest_boot_mcs();
    cptr_t sc = guest_make_sched_context(&g, 1000, 10000);
    refill_head(context(&g, sc))->amount = 300000;
    CHECK_ANSWER(configure(&g, sc, 2000, 20000, 0), answer_ok());
    CHECK_EQ(refill_head(context(&g, sc))->amount, 2 * MS);
    guest_end(&g);
}

TEST(a_stopped_thread_may_have_a_context_that_cannot_be_used_yet)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50);
    cptr_t sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7);
    CHECK_ANSWER(invoke(&g, sc, INV_SCHED_CONTEXT_BIND, t.cptr), answer_ok());
    CHECK_ANSWER(set_sched_params(&g, INITIAL_CAP_TCB, 14, g.next_slot), answer_ok());
    CHECK_EQ(guest_root(&g)->sched_context, guest_cap(&g, 14).sched_context.object);
    guest_end(&g);
}

TEST(waiters_move_when_their_priority_changes)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_thread(&g, 20), u = guest_thread(&g, 30);
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0), n = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t waited_for[] = {ep, n};
    for (unsigned i = 0; i < 2; i++) {
        guest_run(&g, u);
        guest_wait(&g, waited_for[i]);
        guest_run(&g, t);
        guest_wait(&g, waited_for[i]);
        const struct endpoint *queue = endpoint_at(g.k, t.tcb->blocked_on);
        CHECK_EQ(queue->head, kernel_paddr(g.k, u.tcb));
        guest_invoke(&g, (struct guest_call){.cap = t.cptr,
                                             .method = INV_TCB_SET_PRIORITY,
                                             WORDS(40),
                                             EXTRA(INITIAL_CAP_TCB)});
        CHECK_EQ(queue->head, kernel_paddr(g.k, t.tcb));
        t.tcb->priority = 20;
    }
    guest_end(&g);
}

TEST(set_sched_params_asks_what_bind_asks)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_thread(&g, 50);
    cptr_t sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7), none = g.next_slot + 8;
    cptr_t ep = guest_make(&g, OBJECT_ENDPOINT, 0);
    guest_run(&g, t);
    guest_wait(&g, ep);
    sched_context_unbind(g.k, 0, sched_context_at(g.k, t.tcb->sched_context));
    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, none), answer_illegal_operation());
    CHECK_ANSWER(configure(&g, sc, 100, 1000, 0), answer_ok());
    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, none), answer_ok());
    sched_context_unbind(g.k, 0, context(&g, sc));
    ipc_cancel(g.k, 0, t.tcb);
    refill_head(context(&g, sc))->time = MS; /* a stopped thread may have what is not due */
    CHECK_ANSWER(set_sched_params(&g, t.cptr, sc, none), answer_ok());
    guest_end(&g);
}

TEST(a_second_thread_that_yields_answers_the_first)
{
    struct yielding y = setup_yield(50, 50);
    yield_to(&y);
    struct guest_thread other = guest_thread(&y.g, 50);
    other.tcb->max_controlled_priority = 50;
    guest_run(&y.g, other);
    context(&y.g, y.sc)->consumed = 3000;
    yield_to(&y);
    CHECK_EQ(y.from.tcb->yield_to, 0);
    CHECK_EQ(thread_word(y.from, 0), 3);
    CHECK_EQ(context(&y.g, y.sc)->yield_from, kernel_paddr(y.g.k, other.tcb));
    guest_end(&y.g);
}

/* --- what a debug kernel says, which tells the order of the checks as well ------------------ */

#define SAYS(capability, name, text, ...)                                                          \
    do {                                                                                           \
        guest_call_method(&g,                                                                      \
                          (struct guest_call){.cap = (capability),                                 \
                                              .method = INV_##name __VA_OPT__(, ) __VA_ARGS__});   \
        if (!CHECK(strstr(guest_console(&g), text) != NULL))                                       \
            printf("nobody said \"%s\"\n", text);                                                  \
    } while (0)

TEST(texts_of_sched_control)
{
    struct guest g = guest_boot_mcs();
    cptr_t control = sched_control(&g), sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7);
    word_t max = refill_max_period_us(g.k);
    SAYS(control, TCB_RESUME, "SchedControl invocation: Illegal operation attempted.");
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "SchedControl_ConfigureFlags: Truncated message.");
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "SchedControl_configureFlags: truncated message.",
         WORDS(max + 1, 0, 0, 0), EXTRA(sc));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "budget out of range.",
         WORDS(max + 1, max + 1, 0, 0, 0), EXTRA(sc));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "period out of range.", WORDS(0, max + 1, 0, 0, 0),
         EXTRA(sc));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "budget out of range.", WORDS(19, 19, 0, 0, 0),
         EXTRA(sc));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "period out of range.", WORDS(30, 19, 0, 0, 0),
         EXTRA(sc));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "budget must be <= period", WORDS(30, 20, 9, 0, 0),
         EXTRA(control));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "target cap not a scheduling context cap",
         WORDS(20, 20, 9, 0, 0), EXTRA(control));
    SAYS(control, SCHED_CONTROL_CONFIGURE_FLAGS, "Max refills invalid, got 9, max 0",
         WORDS(20, 20, 9, 0, 0), EXTRA(sc));
    guest_end(&g);
}

TEST(texts_of_scheduling_contexts)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50), u = guest_thread(&g, 50);
    cptr_t sc = guest_make_sched_context(&g, 100, 1000), own = 14;
    cptr_t n = guest_make(&g, OBJECT_NOTIFICATION, 0), m = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t other = guest_make_sched_context(&g, 100, 1000);
    SAYS(sc, TCB_RESUME, "SchedContext invocation: Illegal operation attempted.");
    SAYS(sc, SCHED_CONTEXT_BIND, "SchedContext_Bind: Truncated Message.");
    SAYS(sc, SCHED_CONTEXT_BIND, "SchedContext_Bind: invalid cap.", EXTRA(sc));
    SAYS(sc, SCHED_CONTEXT_BIND, "SchedContext_Bind: tcb already bound.", EXTRA(u.cptr));
    u.tcb->state = THREAD_BLOCKED_ON_NOTIFICATION;
    SAYS(guest_make(&g, OBJECT_SCHED_CONTEXT, 7), SCHED_CONTEXT_BIND,
         "SchedContext_Bind: tcb already bound.", EXTRA(u.cptr));
    u.tcb->state = THREAD_INACTIVE;
    SAYS(sc, SCHED_CONTEXT_UNBIND_OBJECT, "SchedContext_Unbind: Truncated message.");
    SAYS(sc, SCHED_CONTEXT_UNBIND_OBJECT, "SchedContext_Unbind: invalid cap", EXTRA(sc));
    SAYS(sc, SCHED_CONTEXT_UNBIND_OBJECT, "SchedContext UnbindObject: object not bound",
         EXTRA(INITIAL_CAP_TCB));
    SAYS(sc, SCHED_CONTEXT_UNBIND_OBJECT, "SchedContext UnbindObject: object not bound", EXTRA(n));
    SAYS(own, SCHED_CONTEXT_UNBIND_OBJECT, "cannot unbind sc of current thread",
         EXTRA(INITIAL_CAP_TCB));
    SAYS(own, SCHED_CONTEXT_UNBIND, "cannot unbind sc of current thread");
    SAYS(sc, SCHED_CONTEXT_YIELD_TO, "cannot yield to an inactive sched context");
    guest_root(&g)->max_controlled_priority = 40;
    SAYS(own, SCHED_CONTEXT_YIELD_TO, "cannot seL4_SchedContext_YieldTo on self");
    invoke(&g, sc, INV_SCHED_CONTEXT_BIND, t.cptr);
    SAYS(sc, SCHED_CONTEXT_YIELD_TO, "insufficient mcp (40) to yield to a thread with prio (50)");
    SAYS(sc, SCHED_CONTEXT_BIND, "SchedContext_Bind: sched context already bound.", EXTRA(u.cptr));
    invoke(&g, sc, INV_SCHED_CONTEXT_BIND, n);
    SAYS(sc, SCHED_CONTEXT_BIND, "SchedContext_Bind: sched context already bound.", EXTRA(n));
    SAYS(other, SCHED_CONTEXT_BIND, "SchedContext_Bind: notification already bound", EXTRA(n));
    SAYS(sc, SCHED_CONTEXT_BIND, "SchedContext_Bind: sched context already bound.", EXTRA(m));
    guest_end(&g);
}

TEST(texts_of_threads)
{
    struct guest g = guest_boot_mcs();
    struct guest_thread t = guest_passive_thread(&g, 50), u = guest_thread(&g, 50);
    cptr_t sc = guest_make(&g, OBJECT_SCHED_CONTEXT, 7),
           bound = guest_make(&g, OBJECT_SCHED_CONTEXT, 7);
    cptr_t none = g.next_slot + 8;
    guest_bind(&g, t, bound);
    u.tcb->state = THREAD_BLOCKED_ON_NOTIFICATION;
#define PARAMS(extra_sc, handler) WORDS(1, 1), EXTRA(INITIAL_CAP_TCB, extra_sc, handler)
    SAYS(t.cptr, TCB_SET_SCHED_PARAMS, "TCB SetSchedParams: Truncated message.", WORDS(1, 1),
         EXTRA(INITIAL_CAP_TCB, sc));
    SAYS(INITIAL_CAP_TCB, TCB_SET_SCHED_PARAMS, "Cannot change sched_context of current thread",
         PARAMS(none, t.cptr));
    SAYS(t.cptr, TCB_SET_SCHED_PARAMS, "sched context cap invalid.", PARAMS(t.cptr, t.cptr));
    SAYS(u.cptr, TCB_SET_SCHED_PARAMS, "tcb already has a scheduling context.",
         PARAMS(bound, t.cptr));
    u.tcb->sched_context = 0;
    SAYS(u.cptr, TCB_SET_SCHED_PARAMS, "sched context already bound.", PARAMS(bound, t.cptr));
    SAYS(u.cptr, TCB_SET_SCHED_PARAMS, "tcb blocked and scheduling context not schedulable.",
         PARAMS(sc, t.cptr));
    SAYS(t.cptr, TCB_SET_SCHED_PARAMS, "fault endpoint cap invalid.", PARAMS(bound, t.cptr));
    SAYS(t.cptr, TCB_SET_TIMEOUT_ENDPOINT, "TCB SetTimeoutEndpoint: Truncated message.");
    SAYS(t.cptr, TCB_SET_TIMEOUT_ENDPOINT, "timeout endpoint cap invalid.", EXTRA(t.cptr));
    SAYS(t.cptr, TCB_SET_SPACE, "TCB SetSpace: fault endpoint cap invalid.", WORDS(0, 0),
         EXTRA(t.cptr, INITIAL_CAP_CNODE, INITIAL_CAP_VSPACE));
    guest_end(&g);
}
