/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker of what holds of time and replies (testkit_time.c): what is broken is noticed. */
#include <test.h>

#include <stdio.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <kernel/testkit_invariants.h>
#include <model/testkit_thread.h>
#include <sched/release.h>
#include <sched/sched.h>

/* client -> server -> back: the last one runs on the client's time; three threads wait for theirs.
 */
struct fixture {
    struct guest g;
    struct guest_thread client, server, back, late[3];
    struct sched_context *sc;
    struct reply *below, *top;
    cptr_t signal;
};

static struct reply *reply_object(const struct guest *g, cptr_t reply)
{
    return reply_at(g->k, guest_cap(g, reply).reply_object.object);
}

/* It waits on a new endpoint for a call that lends it time. */
static cptr_t await_call(struct guest *g, struct guest_thread t, cptr_t reply)
{
    cptr_t ep = guest_make(g, OBJECT_ENDPOINT, 0), sc = guest_make_sched_context(g, 100, 100);
    guest_bind(g, t, sc);
    guest_run(g, t);
    g->reply = reply;
    guest_recv(g, ep);
    guest_delete(g, sc);
    return ep;
}

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_mcs()};
    struct guest *g = &f.g;
    guest_root(g)->priority = 1;
    cptr_t replies[] = {g->reply, guest_make(g, OBJECT_REPLY, 0)};
    f.client = guest_passive_thread(g, 50);
    guest_bind(g, f.client, guest_make_sched_context(g, 500, 5000));
    f.server = guest_passive_thread(g, 60);
    f.back = guest_passive_thread(g, 70);
    for (unsigned i = 0; i < ARRAY_LENGTH(f.late); i++) {
        f.late[i] = guest_passive_thread(g, 40);
        guest_bind(g, f.late[i], guest_make_sched_context(g, 100, 1000));
        refill_head(sched_context_at(g->k, f.late[i].tcb->sched_context))->time = 100 * (i + 1);
        guest_resume(g, f.late[i]);
        release_postpone(g->k, f.late[i].tcb);
    }
    f.signal = guest_make(g, OBJECT_NOTIFICATION, 0);
    f.sc = sched_context_at(g->k, f.client.tcb->sched_context);
    cptr_t first = await_call(g, f.server, replies[0]);
    cptr_t second = await_call(g, f.back, replies[1]);
    sched_context_bind_notification(g->k, f.sc, guest_cap(g, f.signal).notification.object);
    guest_run(g, f.client);
    guest_call_ipc(g, first, 0, 0);
    guest_call_ipc(g, second, 0, 0);
    kernel_timer(g->k, 0, 50);
    f.below = reply_object(g, replies[0]);
    f.top = reply_object(g, replies[1]);
    return f;
}

static const char *look_again(const struct fixture *f, struct budgets *budgets)
{
    paddr_t slots = guest_root(&f->g)->slots[TCB_SLOT_CTABLE].cap.cnode.object;
    const struct slot_array root = {slots, f->g.k->config.root_cnode_size_bits};
    return invariants_broken(f->g.k, &root, 1, true, budgets);
}

static const char *look(const struct fixture *f)
{
    return look_again(f, NULL);
}

TEST(a_whole_mcs_kernel_has_no_problem)
{
    struct fixture f = setup();
    CHECK(guest_is_current(&f.g, f.back));
    CHECK_STR(look(&f), NULL);
    guest_end(&f.g);
}

static void break_sum(struct fixture *f)
{
    refill_head(f->sc)->amount += 1;
}

static void break_least_head(struct fixture *f)
{
    refill_head(f->sc)->amount = 19000;
}

static void break_ascent(struct fixture *f)
{
    *refill_at(f->sc, 1) = *refill_head(f->sc);
    f->sc->refill_tail = 1;
}

static void break_ring(struct fixture *f)
{
    f->sc->refill_max = 11;
}

static void break_period(struct fixture *f)
{
    f->sc->period = 400000;
}

static void break_payer(struct fixture *f)
{
    f->g.k->cores[0].sched_context = guest_root(&f->g)->sched_context;
}

static void break_budget(struct fixture *f)
{
    f->g.k->cores[0].consumed = 490000;
}

static void break_readiness(struct fixture *f)
{
    refill_head(f->sc)->time = 51;
}

static void break_charge(struct fixture *f)
{
    f->g.k->cores[0].reprogram = true;
}

static void break_release(struct fixture *f)
{
    f->g.k->cores[0].now = 100;
}

static void break_release_order(struct fixture *f)
{
    refill_head(sched_context_at(f->g.k, f->late[1].tcb->sched_context))->time = 400;
}

static void break_release_mark(struct fixture *f)
{
    f->late[1].tcb->in_release_queue = false;
}

static void break_owner(struct fixture *f)
{
    f->server.tcb->sched_context = f->back.tcb->sched_context;
}

static void break_thread(struct fixture *f)
{
    f->sc->tcb = kernel_paddr(f->g.k, f->client.tcb);
}

static void break_lender(struct fixture *f)
{
    *notification_sched_context(f->g.k, guest_cap(&f->g, f->signal).notification.object) = 0;
}

static void break_borrower(struct fixture *f)
{
    f->sc->notification = 0;
}

static void break_stack_top(struct fixture *f)
{
    f->top->is_top = false;
}

static void break_stack(struct fixture *f)
{
    f->top->prev = 0;
}

static void break_stack_link(struct fixture *f)
{
    f->below->next = 0;
}

static void break_caller(struct fixture *f)
{
    f->below->tcb = 0;
}

static void break_reply(struct fixture *f)
{
    f->client.tcb->reply = 0;
}

static void break_yield(struct fixture *f)
{
    f->client.tcb->yield_to = kernel_paddr(f->g.k, f->sc);
}

static void break_handler(struct fixture *f)
{
    f->client.tcb->slots[TCB_SLOT_TIMEOUT_HANDLER].cap = guest_cap(&f->g, f->client.cptr);
}

TEST(what_is_broken_is_noticed)
{
    static void (*const breaks[])(struct fixture *) = {
        break_sum,       break_least_head, break_ascent,        break_ring,         break_period,
        break_payer,     break_budget,     break_readiness,     break_charge,       break_release,
        break_stack_top, break_stack,      break_release_order, break_release_mark, break_owner,
        break_thread,    break_lender,     break_borrower,      break_stack_link,   break_caller,
        break_reply,     break_yield,      break_handler};
    for (unsigned i = 0; i < ARRAY_LENGTH(breaks); i++) {
        struct fixture f = setup();
        breaks[i](&f);
        if (!CHECK(look(&f) != NULL))
            printf("break %u went unnoticed\n", i);
        guest_end(&f.g);
    }
}

/* The client's context gets 1 us more, as if a call had asked for that or for nothing. */
static bool may_grow(bool is_asked)
{
    struct fixture f = setup();
    struct budgets budgets = {0};
    word_t label = abi_invocation_label(&f.g.k->config, INV_SCHED_CONTROL_CONFIGURE_FLAGS);
    CHECK_STR(look_again(&f, &budgets), NULL);
    if (is_asked) {
        f.back.tcb->context.reg[UREG_MESSAGE_INFO] =
            message_info_encode((struct message_info){.label = label});
        f.back.tcb->context.reg[UREG_MR0] = 501;
        budgets_note_call(&budgets, f.g.k, f.back.tcb);
    }
    refill_head(f.sc)->amount += 1000;
    bool may = !look_again(&f, &budgets);
    CHECK_STR(look_again(&f, &budgets), NULL); /* what it is now is remembered */
    guest_end(&f.g);
    return may;
}

TEST(a_budget_changes_only_when_a_call_asks_for_it)
{
    CHECK(may_grow(true));
    CHECK(!may_grow(false));
}
