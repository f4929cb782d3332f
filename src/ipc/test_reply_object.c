/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls, replies and the scheduling contexts that go along: MCS. */
#include <test.h>

#include <string.h>

#include <ipc/ipc.h>
#include <model/testkit_thread.h>
#include <sched/refill.h>
#include <sched/sched.h>

struct fixture {
    struct guest g;
    struct guest_thread client, server; /* the server, of higher priority, is passive */
    cptr_t ep, reply;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_mcs()};
    guest_root(&f.g)->priority = 1; /* else it is chosen whenever the core chooses */
    f.client = guest_thread(&f.g, 50);
    f.server = guest_passive_thread(&f.g, 60);
    f.ep = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.reply = f.g.reply;
    return f;
}

/* `t` is passive and waits on `ep` with `reply`: no thread's time is used for that. */
static void wait_passively(struct fixture *f, struct guest_thread t, cptr_t ep, cptr_t reply)
{
    tcb_set_state(f->g.k, t.tcb, THREAD_RUNNING);
    ipc_receive(f->g.k, 0, t.tcb, guest_cap(&f->g, ep), true,
                guest_cap(&f->g, reply).reply_object.object);
    CHECK_EQ(t.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
}

static struct reply *object(struct fixture *f, cptr_t reply)
{
    return reply_at(f->g.k, guest_cap(&f->g, reply).reply_object.object);
}

static struct sched_context *context_of(struct fixture *f, struct guest_thread t)
{
    return sched_context_at(f->g.k, t.tcb->sched_context);
}

/* As a thread that does not run: the message is in its registers. */
static void reply_by(struct fixture *f, struct guest_thread t, cptr_t reply)
{
    guest_set_arguments(&f->g, t.tcb,
                        &(struct guest_syscall){.syscall = SYSCALL_SEND, .cap = reply});
    reply_object_send(f->g.k, 0, t.tcb, guest_cap(&f->g, reply).reply_object.object, true);
}

TEST(a_call_lends_the_callers_time_and_the_reply_gives_it_back)
{
    struct fixture f = setup();
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, f.client);
    struct sched_context *sc = context_of(&f, f.client);
    guest_call_ipc(&f.g, f.ep, 7, 2);
    CHECK(guest_is_current(&f.g, f.server));
    CHECK_EQ(thread_info(f.server).label, 7);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(f.client.tcb->sched_context, 0);
    CHECK(context_of(&f, f.server) == sc);
    CHECK(reply_at(f.g.k, sc->reply) == object(&f, f.reply));
    CHECK(object(&f, f.reply)->is_top);

    guest_syscall(&f.g, (struct guest_syscall){.syscall = SYSCALL_REPLY_RECV,
                                               .cap = f.ep,
                                               .label = 9,
                                               .length = 1,
                                               .words = {0x55},
                                               .reply = f.reply});
    CHECK(guest_is_current(&f.g, f.client));
    CHECK(context_of(&f, f.client) == sc);
    CHECK_EQ(thread_info(f.client).label, 9);
    CHECK_EQ(thread_word(f.client, 0), 0x55);
    CHECK_EQ(f.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(f.server.tcb->sched_context, 0);
    CHECK_EQ(sc->reply, 0);
    CHECK_EQ(object(&f, f.reply)->next, 0);
    CHECK_EQ(object(&f, f.reply)->tcb, kernel_paddr(f.g.k, f.server.tcb));
    guest_end(&f.g);
}

TEST(a_server_with_time_of_its_own_keeps_it)
{
    struct fixture f = setup();
    guest_bind(&f.g, f.server, guest_make_sched_context(&f.g, 1000, 1000));
    struct sched_context *own = context_of(&f, f.server), *sc = context_of(&f, f.client);
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, f.client);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    CHECK(context_of(&f, f.server) == own);
    CHECK(context_of(&f, f.client) == sc);
    CHECK_EQ(object(&f, f.reply)->next, 0);
    guest_end(&f.g);
}

TEST(a_send_lends_nothing_but_the_first_phase_of_a_call_does)
{
    struct fixture f = setup();
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, f.client);
    guest_send(&f.g, f.ep, 0, 1);
    CHECK(guest_is_current(&f.g, f.client));
    CHECK_EQ(f.server.tcb->state, THREAD_RUNNING);
    CHECK(!tcb_is_schedulable(f.g.k, f.server.tcb));

    wait_passively(&f, f.server, f.ep, f.reply);
    cptr_t other = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    f.g.reply = guest_make(&f.g, OBJECT_REPLY, 0);
    struct sched_context *sc = context_of(&f, f.client);
    guest_nb_send_recv(&f.g, f.ep, other, 1);
    CHECK(guest_is_current(&f.g, f.server));
    CHECK(context_of(&f, f.server) == sc);
    CHECK_EQ(f.client.tcb->sched_context, 0);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_end(&f.g);
}

TEST(without_a_reply_object_a_caller_stops)
{
    struct fixture f = setup();
    guest_run(&f.g, f.server);
    guest_bind(&f.g, f.server, guest_make_sched_context(&f.g, 1000, 1000));
    guest_run(&f.g, f.server);
    guest_wait(&f.g, f.ep);
    CHECK_EQ(f.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_run(&f.g, f.client);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    CHECK_EQ(f.client.tcb->state, THREAD_INACTIVE);
    guest_end(&f.g);
}

static enum thread_state call_with_rights(word_t rights, bool is_server_first)
{
    struct fixture f = setup();
    cptr_t ep = guest_mint(&f.g, f.ep, rights, 0);
    if (is_server_first)
        wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, f.client);
    guest_call_ipc(&f.g, ep, 0, 0);
    if (!is_server_first) {
        f.server.tcb->state = THREAD_RUNNING;
        ipc_receive(f.g.k, 0, f.server.tcb, guest_cap(&f.g, f.ep), true,
                    guest_cap(&f.g, f.reply).reply_object.object);
    }
    enum thread_state state = f.client.tcb->state;
    guest_end(&f.g);
    return state;
}

TEST(a_call_needs_one_of_two_rights_to_be_answered)
{
    for (unsigned order = 0; order < 2; order++) {
        CHECK_EQ(call_with_rights(RIGHT_WRITE | RIGHT_GRANT, order), THREAD_BLOCKED_ON_REPLY);
        CHECK_EQ(call_with_rights(RIGHT_WRITE | RIGHT_GRANT_REPLY, order), THREAD_BLOCKED_ON_REPLY);
        CHECK_EQ(call_with_rights(RIGHT_WRITE, order), THREAD_INACTIVE);
    }
}

TEST(a_caller_without_time_lends_none)
{
    struct fixture f = setup();
    guest_run(&f.g, f.client);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    sched_context_unbind(f.g.k, 0, context_of(&f, f.client));
    f.server.tcb->state = THREAD_RUNNING;
    ipc_receive(f.g.k, 0, f.server.tcb, guest_cap(&f.g, f.ep), true,
                guest_cap(&f.g, f.reply).reply_object.object);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(f.server.tcb->sched_context, 0);
    CHECK_EQ(object(&f, f.reply)->next, 0);
    guest_end(&f.g);
}

/* Sporadic: it was in use all the time, so it does not count anew. */
TEST(a_context_that_comes_back_goes_on)
{
    struct fixture f = setup();
    sched_context_unbind(f.g.k, 0, context_of(&f, f.client));
    guest_bind(&f.g, f.client, guest_make_sched_context(&f.g, 1000, 10000));
    struct sched_context *sc = context_of(&f, f.client);
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, f.client);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    f.g.now = 300000;
    guest_send(&f.g, f.reply, 0, 0);
    CHECK(guest_is_current(&f.g, f.client));
    CHECK_EQ(refill_head(sc)->time, 0);
    CHECK_EQ(kernel_timer(f.g.k, 0, 300000).deadline, 1000000);
    guest_end(&f.g);
}

/* --- stacks -------------------------------------------------------------------------------- */

/* client called server, which called back: the context went along. */
struct chain {
    struct fixture f;
    struct guest_thread back;
    cptr_t ep, reply; /* of the second call */
    struct sched_context *sc;
};

static struct chain setup_chain(void)
{
    struct chain c = {.f = setup()};
    struct guest *g = &c.f.g;
    c.back = guest_passive_thread(g, 70);
    c.ep = guest_make(g, OBJECT_ENDPOINT, 0);
    c.reply = guest_make(g, OBJECT_REPLY, 0);
    c.sc = context_of(&c.f, c.f.client);
    wait_passively(&c.f, c.f.server, c.f.ep, c.f.reply);
    wait_passively(&c.f, c.back, c.ep, c.reply);
    guest_run(g, c.f.client);
    guest_call_ipc(g, c.f.ep, 0, 0);
    guest_call_ipc(g, c.ep, 0, 0);
    CHECK(guest_is_current(g, c.back));
    CHECK(context_of(&c.f, c.back) == c.sc);
    CHECK(reply_at(g->k, c.sc->reply) == object(&c.f, c.reply));
    CHECK(reply_at(g->k, object(&c.f, c.reply)->prev) == object(&c.f, c.f.reply));
    CHECK(reply_at(g->k, object(&c.f, c.f.reply)->next) == object(&c.f, c.reply));
    CHECK(!object(&c.f, c.f.reply)->is_top);
    return c;
}

TEST(replies_in_order_take_the_context_back_step_by_step)
{
    struct chain c = setup_chain();
    reply_by(&c.f, c.back, c.reply);
    CHECK(context_of(&c.f, c.f.server) == c.sc);
    CHECK(object(&c.f, c.f.reply)->is_top);
    reply_by(&c.f, c.f.server, c.f.reply);
    CHECK(context_of(&c.f, c.f.client) == c.sc);
    CHECK_EQ(c.sc->reply, 0);
    guest_end(&c.f.g);
}

TEST(a_reply_out_of_order_cuts_the_stack)
{
    struct chain c = setup_chain();
    reply_by(&c.f, c.f.server, c.f.reply); /* the lower one */
    CHECK_EQ(c.f.client.tcb->state, THREAD_RUNNING);
    CHECK_EQ(c.f.client.tcb->sched_context, 0);
    CHECK(context_of(&c.f, c.back) == c.sc);
    CHECK_EQ(object(&c.f, c.reply)->prev, 0);
    reply_by(&c.f, c.back, c.reply);
    CHECK(context_of(&c.f, c.f.server) == c.sc);
    CHECK_EQ(c.sc->reply, 0);
    guest_end(&c.f.g);
}

TEST(deleting_the_top_reply_object_gives_the_context_back)
{
    struct chain c = setup_chain();
    guest_delete(&c.f.g, c.reply);
    CHECK(context_of(&c.f, c.f.server) == c.sc);
    CHECK_EQ(c.f.server.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(c.back.tcb->sched_context, 0);
    CHECK(object(&c.f, c.f.reply)->is_top);
    guest_end(&c.f.g);
}

TEST(a_suspended_caller_leaves_the_context_where_it_is)
{
    struct chain c = setup_chain();
    ipc_cancel(c.f.g.k, 0, c.f.server.tcb);
    CHECK_EQ(c.f.server.tcb->state, THREAD_INACTIVE);
    CHECK(context_of(&c.f, c.back) == c.sc);
    CHECK_EQ(c.sc->reply, 0);
    CHECK_EQ(object(&c.f, c.f.reply)->next, 0);
    CHECK_EQ(c.f.client.tcb->state, THREAD_BLOCKED_ON_REPLY);
    guest_end(&c.f.g);
}

TEST(a_caller_that_got_another_context_does_not_take_the_old_one_back)
{
    struct chain c = setup_chain();
    guest_bind(&c.f.g, c.f.server, guest_make_sched_context(&c.f.g, 1000, 1000));
    struct sched_context *own = context_of(&c.f, c.f.server);
    reply_by(&c.f, c.back, c.reply);
    CHECK(context_of(&c.f, c.f.server) == own);
    CHECK(context_of(&c.f, c.back) == c.sc);
    CHECK(object(&c.f, c.f.reply)->is_top);
    guest_end(&c.f.g);
}

TEST(deleting_a_lent_context_cuts_it_out_of_its_stack)
{
    struct fixture f = setup();
    cptr_t sc = guest_make_sched_context(&f.g, 2000, 2000);
    struct guest_thread caller = guest_passive_thread(&f.g, 50);
    guest_bind(&f.g, caller, sc);
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, caller);
    guest_call_ipc(&f.g, f.ep, 0, 0);
    guest_delete(&f.g, sc);
    CHECK_EQ(f.server.tcb->sched_context, 0);
    CHECK_EQ(object(&f, f.reply)->next, 0);
    CHECK_EQ(caller.tcb->state, THREAD_BLOCKED_ON_REPLY);
    reply_by(&f, f.server, f.reply);
    CHECK_EQ(caller.tcb->state, THREAD_RUNNING);
    CHECK_EQ(caller.tcb->sched_context, 0);
    guest_end(&f.g);
}

/* --- reply objects ------------------------------------------------------------------------- */

TEST(a_reply_object_serves_one_at_a_time)
{
    struct fixture f = setup();
    struct guest_thread other = guest_thread(&f.g, 60);
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, other);
    guest_recv(&f.g, f.ep); /* with the same reply object */
    CHECK_EQ(f.server.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(other.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    CHECK_EQ(object(&f, f.reply)->tcb, kernel_paddr(f.g.k, other.tcb));
    CHECK(strstr(guest_console(&f.g), "Reply object already has unexecuted reply!") != NULL);
    guest_end(&f.g);
}

TEST(receiving_needs_a_reply_object_in_the_register)
{
    static const struct {
        word_t reply, type;
        const char *says;
    } cases[] = {
        {UINT64_C(1) << 40, LOOKUP_GUARD_MISMATCH, "Reply cap lookup failed"},
        {0, LOOKUP_MISSING_CAPABILITY, "Cap in reply slot is not a reply cap"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture f = setup();
        guest_run(&f.g, f.client);
        f.g.reply = cases[i].reply;
        guest_recv(&f.g, f.ep);
        CHECK_EQ(f.client.tcb->state, THREAD_INACTIVE);
        CHECK_EQ(f.client.tcb->unhandled.type, FAULT_CAP);
        CHECK_EQ(f.client.tcb->unhandled.cap.cptr, cases[i].reply);
        CHECK_EQ(f.client.tcb->unhandled.cap.lookup.type, cases[i].type);
        CHECK(f.client.tcb->unhandled.cap.in_receive_phase);
        CHECK(strstr(guest_console(&f.g), cases[i].says) != NULL);
        guest_end(&f.g);
    }
}

TEST(a_reply_that_nobody_waits_for_is_nothing)
{
    struct fixture f = setup();
    guest_run(&f.g, f.client);
    guest_send(&f.g, f.reply, 0, 0);
    CHECK(guest_is_current(&f.g, f.client));
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_send(&f.g, f.reply, 0, 0); /* the server waits with it, not on it */
    CHECK_EQ(f.server.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    guest_end(&f.g);
}

TEST(deleting_the_reply_object_of_a_receiver_stops_it)
{
    struct fixture f = setup();
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_delete(&f.g, f.reply);
    CHECK_EQ(f.server.tcb->state, THREAD_INACTIVE);
    CHECK_EQ(endpoint_at(f.g.k, guest_cap(&f.g, f.ep).endpoint.object)->state, ENDPOINT_IDLE);
    guest_end(&f.g);
}

/* --- the order of waiters ------------------------------------------------------------------ */

TEST(waiters_stand_by_priority_and_then_in_the_order_they_came)
{
    static const unsigned priorities[] = {20, 40, 30, 40, 20};
    static const unsigned order[] = {1, 3, 2, 0, 4};
    struct fixture f = setup();
    struct guest_thread t[5];
    for (unsigned i = 0; i < 5; i++) {
        t[i] = guest_thread(&f.g, priorities[i]);
        guest_run(&f.g, t[i]);
        guest_send(&f.g, f.ep, i, 0);
    }
    t[4].tcb->priority = 50;
    ipc_reorder(f.g.k, t[4].tcb);
    CHECK_EQ(endpoint_at(f.g.k, guest_cap(&f.g, f.ep).endpoint.object)->head,
             kernel_paddr(f.g.k, t[4].tcb));
    t[4].tcb->priority = 20;
    ipc_reorder(f.g.k, t[4].tcb);
    for (unsigned i = 0; i < 5; i++) {
        guest_run(&f.g, guest_root_thread(&f.g));
        guest_recv(&f.g, f.ep);
        CHECK_EQ(thread_info(guest_root_thread(&f.g)).label, order[i]);
    }
    guest_end(&f.g);
}

/* --- notifications ------------------------------------------------------------------------- */

TEST(a_notification_lends_its_context_until_the_thread_waits_again)
{
    struct fixture f = setup();
    struct guest *g = &f.g;
    cptr_t signal = guest_make(g, OBJECT_NOTIFICATION, 0);
    cptr_t lent = guest_make_sched_context(g, 1000, 1000);
    struct sched_context *sc = sched_context_at(g->k, guest_cap(g, lent).sched_context.object);
    sched_context_bind_notification(g->k, sc, guest_cap(g, signal).notification.object);
    tcb_set_state(g->k, f.server.tcb, THREAD_RUNNING);
    notification_receive(g->k, 0, f.server.tcb, guest_cap(g, signal).notification.object, true);

    guest_run(g, f.client);
    guest_send(g, signal, 0, 0);
    CHECK(guest_is_current(g, f.server));
    CHECK(context_of(&f, f.server) == sc);
    guest_wait(g, signal);
    CHECK_EQ(f.server.tcb->sched_context, 0);
    CHECK_EQ(sc->tcb, 0);
    CHECK(guest_is_current(g, f.client));

    guest_delete(g, signal);
    CHECK_EQ(sc->notification, 0);
    CHECK_EQ(f.server.tcb->state, THREAD_RESTART);
    guest_end(g);
}

/* --- faults -------------------------------------------------------------------------------- */

static void install(struct fixture *f, enum tcb_slot place, struct guest_thread t)
{
    t.tcb->slots[place].cap = guest_cap(&f->g, f->ep);
}

TEST(a_fault_lends_its_threads_time_to_the_handler)
{
    struct fixture f = setup();
    install(&f, TCB_SLOT_FAULT_HANDLER, f.client);
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(&f.g, f.client);
    struct sched_context *sc = context_of(&f, f.client);
    kernel_vm_fault(f.g.k, 0, 0x1234, 4, 0);
    CHECK(guest_is_current(&f.g, f.server));
    CHECK_EQ(thread_info(f.server).label, 6);
    CHECK(context_of(&f, f.server) == sc);
    reply_by(&f, f.server, f.reply);
    CHECK_EQ(f.client.tcb->state, THREAD_RESTART);
    CHECK_EQ(f.client.tcb->fault.type, FAULT_NONE);
    CHECK(context_of(&f, f.client) == sc);
    guest_end(&f.g);
}

TEST(a_faulting_waiter_whose_endpoint_ends_stops)
{
    struct fixture f = setup();
    install(&f, TCB_SLOT_FAULT_HANDLER, f.client);
    guest_run(&f.g, f.client);
    kernel_vm_fault(f.g.k, 0, 0x1234, 4, 0);
    CHECK_EQ(f.client.tcb->state, THREAD_BLOCKED_ON_SEND);
    ipc_cancel_all(f.g.k, 0, guest_cap(&f.g, f.ep).endpoint.object);
    CHECK_EQ(f.client.tcb->state, THREAD_INACTIVE);
    guest_end(&f.g);
}

TEST(a_fault_without_handler_is_reported)
{
    struct fixture f = setup();
    guest_run(&f.g, f.client);
    kernel_vm_fault(f.g.k, 0, 0x1234, 4, 0);
    CHECK_EQ(f.client.tcb->state, THREAD_INACTIVE);
    CHECK(strstr(guest_console(&f.g),
                 "Found thread has no fault handler while trying to handle:\nvm fault on data") !=
          NULL);
    guest_end(&f.g);
}

TEST(a_timeout_fault_goes_to_its_own_handler_and_lends_nothing)
{
    struct fixture f = setup();
    struct guest *g = &f.g;
    struct guest_thread worker = guest_passive_thread(g, 50);
    guest_bind(g, worker, guest_make_sched_context(g, 1000, 10000));
    install(&f, TCB_SLOT_TIMEOUT_HANDLER, worker);
    guest_bind(g, f.server, guest_make_sched_context(g, 500, 500));
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(g, worker);
    kernel_timer(g->k, 0, 990000); /* less than the least budget is left */
    CHECK(guest_is_current(g, f.server));
    CHECK_EQ(thread_info(f.server).label, 5);
    CHECK_EQ(thread_info(f.server).length, 2);
    CHECK_EQ(thread_word(f.server, 0), 0x5c);
    CHECK_EQ(thread_word(f.server, 1), 990);
    CHECK_EQ(worker.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK(worker.tcb->sched_context != 0);

    /* the answer sets registers; but there is no time before the next refill */
    guest_set_arguments(
        g, f.server.tcb,
        &(struct guest_syscall){
            .syscall = SYSCALL_SEND, .cap = f.reply, .length = 1, .words = {0x401234}});
    reply_object_send(g->k, 0, f.server.tcb, guest_cap(g, f.reply).reply_object.object, true);
    CHECK_EQ(worker.tcb->state, THREAD_RESTART);
    CHECK_EQ(worker.tcb->context.reg[UREG_RIP], 0x401234);
    CHECK(worker.tcb->in_release_queue);
    guest_end(g);
}

TEST(a_timeout_fault_lends_nothing_to_a_passive_handler_either)
{
    struct fixture f = setup();
    struct guest *g = &f.g;
    struct guest_thread worker = guest_passive_thread(g, 50);
    guest_bind(g, worker, guest_make_sched_context(g, 1000, 10000));
    install(&f, TCB_SLOT_TIMEOUT_HANDLER, worker);
    wait_passively(&f, f.server, f.ep, f.reply);
    guest_run(g, worker);
    kernel_timer(g->k, 0, 990000);
    CHECK_EQ(worker.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(f.server.tcb->sched_context, 0);

    /* an answer with a label: the thread stays stopped, and waits for nothing */
    guest_set_arguments(
        g, f.server.tcb,
        &(struct guest_syscall){.syscall = SYSCALL_SEND, .cap = f.reply, .label = 1});
    reply_object_send(g->k, 0, f.server.tcb, guest_cap(g, f.reply).reply_object.object, true);
    CHECK_EQ(worker.tcb->state, THREAD_INACTIVE);
    CHECK(!worker.tcb->in_release_queue);
    guest_end(g);
}

/* The server answers on its own time, before the caller has any. */
static struct guest_thread answer_early(struct fixture *f, bool has_handler)
{
    struct guest_thread caller = guest_passive_thread(&f->g, 50);
    guest_bind(&f->g, caller, guest_make_sched_context(&f->g, 1000, 10000));
    guest_bind(&f->g, f->server, guest_make_sched_context(&f->g, 500, 500));
    if (has_handler)
        install(f, TCB_SLOT_TIMEOUT_HANDLER, caller);
    wait_passively(f, f->server, f->ep, f->reply);
    guest_run(&f->g, caller);
    guest_call_ipc(&f->g, f->ep, 0, 0);
    refill_head(context_of(f, caller))->time = 5000000;
    reply_by(f, f->server, f->reply);
    return caller;
}

TEST(an_answer_to_a_caller_without_time_waits_or_times_out)
{
    struct fixture f = setup();
    struct guest_thread caller = answer_early(&f, false);
    CHECK_EQ(caller.tcb->state, THREAD_RUNNING);
    CHECK(caller.tcb->in_release_queue);
    guest_end(&f.g);

    f = setup();
    caller = answer_early(&f, true);
    CHECK_EQ(caller.tcb->state, THREAD_BLOCKED_ON_SEND);
    CHECK_EQ(caller.tcb->fault.type, FAULT_TIMEOUT);
    CHECK(!caller.tcb->in_release_queue);
    guest_end(&f.g);
}

TEST(a_reply_object_that_nobody_uses_may_be_deleted)
{
    struct fixture f = setup();
    guest_delete(&f.g, f.reply);
    CHECK(cap_is_null(guest_cap(&f.g, f.reply)));
    guest_end(&f.g);
}
