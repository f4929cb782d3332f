/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which messages take the short cut, and which go the way of all calls (test_fastpath.c checks that
 * both come to the same): each condition by itself.
 */
#include <test.h>

#include <stdio.h>

#include <base/bits.h>
#include <kernel/syscall.h>
#include <model/testkit_thread.h>
#include <sched/refill.h>
#include <sched/sched.h>

/* The client calls, and the server waits at the endpoint; or the server replies and waits. */
struct fixture {
    struct guest g;
    struct core *c;
    cptr_t ep;
    struct endpoint *endpoint;
    struct guest_thread client, server; /* the other threads' priority is lower */
    struct guest_thread from, to;       /* who is current, and who would be */
    struct guest_syscall call;
};

/* It was needed to get where it waits. */
static void lose_context(struct guest *g, struct guest_thread t)
{
    sched_context_at(g->k, t.tcb->sched_context)->tcb = 0;
    t.tcb->sched_context = 0;
}

static struct fixture begin(struct guest g)
{
    struct fixture f = {.g = g};
    f.c = &f.g.k->cores[0];
    guest_root(&f.g)->priority = 1;
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.endpoint = endpoint_at(f.g.k, guest_cap(&f.g, f.ep).endpoint.object);
    f.client = guest_thread(&f.g, 50);
    f.server = guest_thread(&f.g, 50);
    guest_run(&f.g, f.server);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, f.client);
    if (f.g.k->config.mcs)
        lose_context(&f.g, f.server);
    return f;
}

static struct fixture begin_a_call(struct guest g)
{
    struct fixture f = begin(g);
    f.from = f.client;
    f.to = f.server;
    f.call = (struct guest_syscall){.syscall = SYSCALL_CALL, .cap = f.ep, .length = 2};
    return f;
}

static struct fixture begin_a_reply_recv(struct guest g)
{
    struct fixture f = begin(g);
    f.g.k->has_no_short_cuts = true;
    guest_call_ipc(&f.g, f.ep, 0, 0);
    f.g.k->has_no_short_cuts = false;
    CHECK(guest_is_current(&f.g, f.server));
    f.from = f.server;
    f.to = f.client;
    f.call = (struct guest_syscall){
        .syscall = SYSCALL_REPLY_RECV, .cap = f.ep, .length = 2, .reply = f.g.reply};
    return f;
}

static struct fixture begin_call(void)
{
    return begin_a_call(guest_boot_default());
}

static struct fixture begin_reply_recv(void)
{
    return begin_a_reply_recv(guest_boot_default());
}

/* The server has no scheduling context of its own. */
static struct fixture begin_call_mcs(void)
{
    return begin_a_call(guest_boot_mcs());
}

static struct fixture begin_reply_recv_mcs(void)
{
    return begin_a_reply_recv(guest_boot_mcs());
}

static struct fixture (*const begins[])(void) = {begin_call, begin_reply_recv, begin_call_mcs,
                                                 begin_reply_recv_mcs};

static bool takes_at(struct fixture *f, nanoseconds_t now)
{
    guest_set_arguments(&f->g, f->from.tcb, &f->call);
    return fast_ipc(f->g.k, 0, now);
}

static bool takes(struct fixture *f)
{
    return takes_at(f, f->c->now);
}

static void check_nothing_happened(const struct fixture *f)
{
    CHECK(guest_is_current(&f->g, f->from));
    CHECK_EQ(f->from.tcb->state, THREAD_RUNNING);
    CHECK(f->to.tcb->state == THREAD_BLOCKED_ON_RECEIVE ||
          f->to.tcb->state == THREAD_BLOCKED_ON_REPLY);
}

/* --- what is taken ------------------------------------------------------------------------- */

TEST(a_call_that_a_thread_waits_for_is_taken)
{
    struct fixture f = begin_call();
    f.c->clear = (struct memory_region){0x1000, 0x2000};
    f.c->stall = 1;
    CHECK(takes_at(&f, f.c->now + 5));
    CHECK_EQ(f.c->clear.base, 0);
    CHECK_EQ(f.c->clear.end, 0);
    CHECK_EQ(f.c->stall, 0);
    CHECK_EQ(f.c->now, 5);
    CHECK(guest_is_current(&f.g, f.server));
    CHECK_EQ(f.server.tcb->state, THREAD_RUNNING);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(f.endpoint->state, ENDPOINT_IDLE);
    CHECK_EQ(f.endpoint->head, 0);
    guest_end(&f.g);
}

TEST(the_thread_that_has_waited_longest_gets_the_call)
{
    struct fixture f = begin_call();
    struct guest_thread second = guest_thread(&f.g, 50);
    guest_run(&f.g, second);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, f.client);
    CHECK(takes(&f));
    CHECK(guest_is_current(&f.g, f.server));
    CHECK_EQ(f.endpoint->state, ENDPOINT_RECEIVING);
    CHECK_EQ(f.endpoint->head, kernel_paddr(f.g.k, second.tcb));
    guest_end(&f.g);
}

TEST(a_reply_and_the_wait_behind_it_are_taken)
{
    struct fixture f = begin_reply_recv();
    CHECK(takes_at(&f, f.c->now + 5));
    CHECK_EQ(f.c->now, 5);
    CHECK(guest_is_current(&f.g, f.client));
    CHECK_EQ(f.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(f.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(f.server.tcb->blocked_on, kernel_paddr(f.g.k, f.endpoint));
    CHECK_EQ(f.server.tcb->reply, 0);
    CHECK(f.server.tcb->receiver_can_grant);
    CHECK_EQ(cap_type(f.server.tcb->slots[TCB_SLOT_CALLER].cap), CAP_NULL);
    CHECK_EQ(f.endpoint->state, ENDPOINT_RECEIVING);
    CHECK_EQ(f.endpoint->head, kernel_paddr(f.g.k, f.server.tcb));
    guest_end(&f.g);
}

TEST(who_waits_behind_a_reply_grants_by_its_capability_alone)
{
    struct fixture f = begin_reply_recv();
    f.server.tcb->receiver_can_grant = true;
    f.call.cap = guest_mint(&f.g, f.ep, RIGHT_READ, 0);
    CHECK(takes(&f));
    CHECK(!f.server.tcb->receiver_can_grant);
    guest_end(&f.g);
}

TEST(who_waits_behind_a_reply_waits_behind_others)
{
    struct fixture f = begin_reply_recv();
    struct guest_thread first = guest_thread(&f.g, 50);
    guest_run(&f.g, first);
    guest_recv(&f.g, f.ep);
    guest_run(&f.g, f.server);
    CHECK(takes(&f));
    CHECK_EQ(f.endpoint->head, kernel_paddr(f.g.k, first.tcb));
    CHECK_EQ(f.endpoint->tail, kernel_paddr(f.g.k, f.server.tcb));
    guest_end(&f.g);
}

TEST(either_right_to_get_a_reply_suffices)
{
    static const word_t rights[] = {RIGHT_WRITE | RIGHT_GRANT, RIGHT_WRITE | RIGHT_GRANT_REPLY};
    for (unsigned i = 0; i < ARRAY_LENGTH(rights); i++) {
        struct fixture f = begin_call();
        f.call.cap = guest_mint(&f.g, f.ep, rights[i], 0);
        CHECK(takes(&f));
        guest_end(&f.g);
    }
}

/* Of the other threads none is above; one beside it that is ready already does not come first. */
TEST(a_thread_of_lower_priority_is_taken_over_by_if_none_is_above)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(begins); i++) {
        struct fixture f = begins[i]();
        f.from.tcb->priority = 60;
        CHECK(takes(&f));
        guest_end(&f.g);

        f = begins[i]();
        struct guest_thread beside = guest_thread(&f.g, 50);
        f.from.tcb->priority = 60;
        guest_resume(&f.g, beside);
        CHECK(takes(&f));
        guest_end(&f.g);

        f = begins[i]();
        struct guest_thread above = guest_thread(&f.g, 51);
        f.from.tcb->priority = 60;
        guest_resume(&f.g, above);
        CHECK(!takes(&f));
        check_nothing_happened(&f);
        f.from.tcb->priority = 50; /* above one that runs: not for the short cut to find */
        CHECK(takes(&f));
        guest_end(&f.g);
    }
}

TEST(a_long_message_is_taken_with_an_ipc_buffer)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(begins); i++) {
        struct fixture f = begins[i]();
        f.call.length = MESSAGE_REGISTER_COUNT + 1;
        guest_set_arguments(&f.g, f.from.tcb, &f.call);
        f.from.tcb->slots[TCB_SLOT_BUFFER].cap = (union cap){0};
        CHECK(!fast_ipc(f.g.k, 0, f.c->now));
        check_nothing_happened(&f);
        guest_end(&f.g);

        f = begins[i]();
        f.call.length = MESSAGE_REGISTER_COUNT + 1;
        CHECK(takes(&f));
        guest_end(&f.g);

        f = begins[i]();
        f.call.length = MESSAGE_REGISTER_COUNT;
        f.from.tcb->slots[TCB_SLOT_BUFFER].cap = (union cap){0};
        guest_set_arguments(&f.g, f.from.tcb, &f.call);
        CHECK(fast_ipc(f.g.k, 0, f.c->now));
        guest_end(&f.g);
    }
}

/* --- what is not --------------------------------------------------------------------------- */

static void have_cores(struct fixture *f)
{
    f->g.k->num_cores = 2;
}

static void want_none(struct fixture *f)
{
    f->g.k->has_no_short_cuts = true;
}

static void measure(struct fixture *f)
{
    f->g.k->config.benchmarks = BENCHMARKS_TRACK_UTILISATION;
}

/* Of the have_no_time, yield_to_it, or of the budget. */
static void have_no_time(struct fixture *f)
{
    f->c->next_tick = f->c->now;
    f->c->consumed = NANOSECONDS_NEVER / 2;
}

static void yield_to_it(struct fixture *f)
{
    f->to.tcb->yield_to = 0x1000;
}

static void make_another_call(struct fixture *f)
{
    f->call.syscall = SYSCALL_SEND;
}

static void name_no_slot(struct fixture *f)
{
    f->call.cap = UINT64_C(1) << 40;
}

static void name_an_empty_slot(struct fixture *f)
{
    f->call.cap = f->g.next_slot;
}

static void name_a_thread(struct fixture *f)
{
    f->call.cap = f->client.cptr;
}

static void have_no_right(struct fixture *f)
{
    bool calls = f->call.syscall == SYSCALL_CALL;
    f->call.cap = guest_mint(&f->g, f->ep, calls ? RIGHT_READ | RIGHT_GRANT : RIGHT_WRITE, 0);
}

static void send_a_capability(struct fixture *f)
{
    f->call.caps = 1;
    f->call.extra[0] = f->ep;
}

static void hold_it(struct fixture *f)
{
    f->to.tcb->is_held = true;
}

static void put_it_elsewhere(struct fixture *f)
{
    f->to.tcb->domain = 1;
}

static void have_a_fault(struct fixture *f)
{
    f->from.tcb->fault.type = FAULT_USER_EXCEPTION;
}

TEST(what_is_not_certain_is_left_to_the_way_of_all_calls)
{
    static void (*const flaws[])(struct fixture * f) = {
        have_cores,   want_none,          measure,       have_no_time,      yield_to_it,
        name_no_slot, name_an_empty_slot, name_a_thread, have_no_right,     send_a_capability,
        hold_it,      put_it_elsewhere,   have_a_fault,  make_another_call,
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(begins); i++) {
        for (unsigned j = 0; j < ARRAY_LENGTH(flaws); j++) {
            struct fixture f = begins[i]();
            flaws[j](&f);
            if (!CHECK(!takes(&f)))
                printf("flaw %u of call %u\n", j, i);
            check_nothing_happened(&f);
            guest_end(&f.g);
        }
    }
}

TEST(a_call_without_a_right_to_get_a_reply_is_not_taken)
{
    struct fixture f = begin_call();
    f.call.cap = guest_mint(&f.g, f.ep, RIGHT_WRITE, 0);
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    guest_end(&f.g);
}

TEST(a_call_that_nobody_waits_for_is_not_taken)
{
    struct fixture f = begin_call();
    f.endpoint->state = ENDPOINT_SENDING;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    guest_end(&f.g);
}

TEST(a_reply_to_nobody_is_not_taken)
{
    struct fixture f = begin_reply_recv();
    union cap *reply = &f.server.tcb->slots[TCB_SLOT_CALLER].cap;
    union cap kept = *reply;
    *reply = (union cap){0};
    CHECK(!takes(&f));
    *reply = kept;
    reply->reply.is_master = true;
    CHECK(!takes(&f));
    *reply = kept;
    f.client.tcb->fault.type = FAULT_USER_EXCEPTION; /* what is sent is its answer */
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    f.client.tcb->fault.type = FAULT_NONE;
    CHECK(takes(&f));
    guest_end(&f.g);
}

TEST(a_wait_for_what_is_there_is_not_taken)
{
    struct fixture f = begin_reply_recv();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    struct notification *n = notification_at(f.g.k, guest_cap(&f.g, signal).notification.object);
    f.endpoint->state = ENDPOINT_SENDING;
    CHECK(!takes(&f));
    f.endpoint->state = ENDPOINT_IDLE;
    f.server.tcb->bound_notification = kernel_paddr(f.g.k, n);
    n->state = NOTIFICATION_ACTIVE;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    n->state = NOTIFICATION_IDLE;
    CHECK(takes(&f));
    guest_end(&f.g);
}

/* --- MCS ----------------------------------------------------------------------------------- */

static struct sched_context *context(const struct fixture *f, struct guest_thread t)
{
    return sched_context_at(f->g.k, t.tcb->sched_context);
}

TEST(a_call_lends_its_context_and_a_reply_gives_it_back)
{
    struct fixture f = begin_call_mcs();
    paddr_t sc = f.client.tcb->sched_context;
    f.c->clear = (struct memory_region){0x1000, 0x2000};
    f.c->stall = 1;
    CHECK(takes_at(&f, f.c->now + 5));
    CHECK_EQ(f.c->clear.end, 0);
    CHECK_EQ(f.c->stall, 0);
    CHECK(guest_is_current(&f.g, f.server));
    CHECK_EQ(f.server.tcb->sched_context, sc);
    CHECK_EQ(f.client.tcb->sched_context, 0);
    CHECK_EQ(f.c->sched_context, sc);
    f.from = f.server;
    f.call = (struct guest_syscall){
        .syscall = SYSCALL_REPLY_RECV, .cap = f.ep, .length = 2, .reply = f.g.reply};
    f.c->clear = (struct memory_region){0x1000, 0x2000};
    f.c->stall = 1;
    CHECK(takes_at(&f, f.c->now + 5));
    CHECK_EQ(f.c->clear.end, 0);
    CHECK_EQ(f.c->stall, 0);
    CHECK(guest_is_current(&f.g, f.client));
    CHECK_EQ(f.client.tcb->sched_context, sc);
    CHECK_EQ(f.server.tcb->sched_context, 0);
    CHECK(!f.c->reschedule);
    guest_end(&f.g);
}

TEST(a_server_with_a_context_runs_on_that_if_it_may)
{
    for (unsigned flaw = 0; flaw < 3; flaw++) {
        struct fixture f = begin_call_mcs();
        guest_bind(&f.g, f.server, guest_make_sched_context(&f.g, 1000, 10000));
        paddr_t sc = f.server.tcb->sched_context;
        if (flaw == 1)
            context(&f, f.server)->refill_max = 0;
        if (flaw == 2)
            f.server.tcb->in_release_queue = true;
        CHECK_EQ(takes(&f), flaw == 0);
        CHECK_EQ(f.server.tcb->sched_context, sc);
        CHECK(f.client.tcb->sched_context);
        CHECK_EQ(f.c->current, kernel_paddr(f.g.k, flaw ? f.client.tcb : f.server.tcb));
        guest_end(&f.g);
    }
}

TEST(a_server_without_a_reply_object_is_not_called_the_short_way)
{
    struct fixture f = begin_call_mcs();
    f.server.tcb->reply = 0;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    guest_end(&f.g);
}

TEST(a_caller_with_a_context_goes_on_with_that_if_it_may)
{
    for (unsigned flaw = 0; flaw < 4; flaw++) {
        struct fixture f = begin_reply_recv_mcs();
        guest_bind(&f.g, f.client, guest_make_sched_context(&f.g, 1000, 10000));
        if (flaw == 1)
            context(&f, f.client)->refill_max = 0;
        if (flaw == 2)
            f.client.tcb->in_release_queue = true;
        if (flaw == 3)
            refill_head(context(&f, f.client))->time = f.c->now + 1;
        CHECK_EQ(takes(&f), flaw == 0);
        CHECK_EQ(f.c->current, kernel_paddr(f.g.k, flaw ? f.server.tcb : f.client.tcb));
        guest_end(&f.g);
    }
}

/* The stack was cut: nothing comes back to the caller. */
TEST(a_caller_that_gets_no_context_is_not_answered_the_short_way)
{
    struct fixture f = begin_reply_recv_mcs();
    struct reply *reply = reply_at(f.g.k, guest_cap(&f.g, f.g.reply).reply_object.object);
    reply->is_top = false;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    guest_end(&f.g);
}

TEST(what_is_no_reply_object_with_a_caller_is_not_replied_to_the_short_way)
{
    struct fixture f = begin_reply_recv_mcs();
    struct reply *reply = reply_at(f.g.k, guest_cap(&f.g, f.g.reply).reply_object.object);
    uint64_t caller = reply->tcb;
    const cptr_t others[] = {f.ep, f.g.next_slot, UINT64_C(1) << 40};
    for (unsigned i = 0; i < ARRAY_LENGTH(others); i++) {
        f.call.reply = others[i];
        CHECK(!takes(&f));
    }
    f.call.reply = f.g.reply;
    reply->tcb = 0;
    CHECK(!takes(&f));
    reply->tcb = caller;
    f.client.tcb->state = THREAD_BLOCKED_ON_RECEIVE; /* who waits for messages with it */
    CHECK(!takes(&f));
    f.client.tcb->state = THREAD_BLOCKED_ON_REPLY;
    f.client.tcb->fault.type = FAULT_USER_EXCEPTION;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    f.client.tcb->fault.type = FAULT_NONE;
    CHECK(takes(&f));
    guest_end(&f.g);
}

/* Its signal would not do: the context that it lends is to be given back first. */
TEST(who_may_have_got_a_context_from_a_notification_waits_the_long_way)
{
    struct fixture f = begin_reply_recv_mcs();
    cptr_t signal = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    paddr_t object = guest_cap(&f.g, signal).notification.object;
    f.server.tcb->bound_notification = object;
    *notification_sched_context(f.g.k, object) = 0x1000;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    *notification_sched_context(f.g.k, object) = 0;
    CHECK(takes(&f));
    guest_end(&f.g);
}

TEST(domains_of_an_mcs_kernel_are_left_to_the_long_way)
{
    struct fixture f = begin_call_mcs();
    f.g.k->config.num_domains = 2;
    f.g.k->domain_time = NANOSECONDS_NEVER / 2;
    CHECK(!takes(&f));
    check_nothing_happened(&f);
    guest_end(&f.g);
}
