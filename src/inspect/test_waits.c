/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for whom: deadlocks, and what is none. */
#include <test.h>

#include <inspect/testkit_views.h>
#include <inspect/waits.h>
#include <stdlib.h>

enum { SEND = RIGHT_WRITE | RIGHT_GRANT_REPLY, SERVE = RIGHT_READ };

struct fixture {
    struct guest g;
    cptr_t to_a, to_b;
    struct guest_thread a, b, c;
    struct inspection *inspection;
    struct wait *waits;
};

/* a serves to_a, b serves to_b, c is a client of a's. */
static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    struct guest *g = &f.g;
    f.to_a = guest_make(g, OBJECT_ENDPOINT, 0);
    f.to_b = guest_make(g, OBJECT_ENDPOINT, 0);
    f.a = named_thread(g, "a");
    f.b = named_thread(g, "b");
    f.c = named_thread(g, "c");
    give(g, f.a, 1, f.to_a, SERVE);
    give(g, f.a, 2, f.to_b, SEND);
    give(g, f.b, 1, f.to_b, SERVE);
    give(g, f.b, 2, f.to_a, SEND);
    give(g, f.c, 1, f.to_a, SEND);
    return f;
}

static void look(struct fixture *f)
{
    const char *problem = NULL;
    CHECK_EQ(inspection_open(f->g.k, NULL, &f->inspection, &problem), 0);
    CHECK_STR(problem, NULL);
    CHECK_EQ(waits_find(f->inspection, &f->waits), 0);
}

static const struct wait *wait_of(const struct fixture *f, struct guest_thread t)
{
    return &f->waits[inspection_find_thread(f->inspection, kernel_paddr(f->g.k, t.tcb))];
}

static bool waits_for(const struct fixture *f, struct guest_thread t, struct guest_thread other)
{
    const struct wait *wait = wait_of(f, t);
    for (uint32_t i = 0; i < wait->count; i++) {
        if (f->inspection->threads.items[wait->items[i]].tcb == other.tcb)
            return true;
    }
    return false;
}

static void end(struct fixture *f)
{
    waits_free(f->inspection, f->waits);
    inspection_close(f->inspection);
    guest_end(&f->g);
}

TEST(two_servers_that_call_each_other_are_a_deadlock)
{
    struct fixture f = setup();
    run_call(&f.g, f.a, SYSCALL_CALL, 2);
    run_call(&f.g, f.b, SYSCALL_CALL, 2);
    run_call(&f.g, f.c, SYSCALL_CALL, 1);
    look(&f);
    CHECK_EQ(wait_of(&f, f.a)->kind, WAIT_CYCLE);
    CHECK_EQ(wait_of(&f, f.b)->kind, WAIT_CYCLE);
    CHECK_EQ(wait_of(&f, f.a)->cycle, wait_of(&f, f.b)->cycle);
    CHECK(waits_for(&f, f.a, f.b) && waits_for(&f, f.b, f.a));
    /* a's client is behind it, not part of it */
    CHECK_EQ(wait_of(&f, f.c)->kind, WAIT_BEHIND);
    CHECK(waits_for(&f, f.c, f.a) && !waits_for(&f, f.c, f.b));
    /* the root server is ready: that it could take any side does not make it a partner */
    CHECK_EQ(wait_of(&f, guest_root_thread(&f.g))->kind, WAIT_NOT);
    end(&f);
}

TEST(a_thread_that_waits_for_a_reply_waits_for_who_has_the_call)
{
    struct fixture f = setup();
    run_call(&f.g, f.b, SYSCALL_RECV, 1);
    run_call(&f.g, f.a, SYSCALL_CALL, 2); /* b has it and is ready */
    look(&f);
    CHECK_EQ(f.a.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(wait_of(&f, f.a)->kind, WAIT_OPEN);
    CHECK_EQ(wait_of(&f, f.a)->count, 1);
    CHECK(waits_for(&f, f.a, f.b));
    end(&f);
}

TEST(a_chain_that_ends_at_a_thread_that_can_run_is_open)
{
    struct fixture f = setup();
    run_call(&f.g, f.a, SYSCALL_RECV, 1);
    guest_resume(&f.g, f.c);
    look(&f);
    CHECK_EQ(wait_of(&f, f.a)->kind, WAIT_OPEN);
    CHECK(waits_for(&f, f.a, f.b) && waits_for(&f, f.a, f.c));
    end(&f);
}

TEST(a_thread_that_has_several_ways_to_wake_another_is_named_once)
{
    struct fixture f = setup();
    cptr_t notification = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    give(&f.g, f.b, 3, f.to_a, SEND);
    give(&f.g, f.b, 4, notification, RIGHT_WRITE);
    f.a.tcb->bound_notification = guest_cap(&f.g, notification).notification.object;
    run_call(&f.g, f.a, SYSCALL_RECV, 1);
    look(&f);
    CHECK_EQ(wait_of(&f, f.a)->count, 2);
    CHECK(waits_for(&f, f.a, f.b) && waits_for(&f, f.a, f.c));
    f.a.tcb->bound_notification = 0;
    end(&f);
}

TEST(a_server_of_stopped_clients_is_named_so)
{
    struct fixture f = setup();
    run_call(&f.g, f.a, SYSCALL_RECV, 1); /* b and c were never started */
    look(&f);
    CHECK_EQ(wait_of(&f, f.a)->kind, WAIT_FOR_STOPPED);
    end(&f);
}

TEST(who_alone_has_the_endpoint_waits_for_nobody)
{
    struct fixture f = setup();
    cptr_t own = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    give(&f.g, f.c, 2, own, RIGHTS_ALL);
    guest_delete(&f.g, own);
    run_call(&f.g, f.c, SYSCALL_CALL, 2);
    look(&f);
    CHECK_EQ(wait_of(&f, f.c)->kind, WAIT_FOR_NOBODY);
    CHECK_EQ(wait_of(&f, f.c)->count, 0);
    end(&f);
}

TEST(a_capability_without_the_right_does_not_make_a_partner)
{
    struct fixture f = setup();
    cptr_t own = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    give(&f.g, f.c, 2, own, RIGHTS_ALL);
    give(&f.g, f.b, 3, own, RIGHT_WRITE); /* b could send, too, but not receive */
    guest_delete(&f.g, own);
    run_call(&f.g, f.c, SYSCALL_CALL, 2);
    look(&f);
    CHECK_EQ(wait_of(&f, f.c)->kind, WAIT_FOR_NOBODY);
    end(&f);
}

TEST(a_lost_reply_is_waited_for_for_ever)
{
    struct fixture f = setup();
    run_call(&f.g, f.b, SYSCALL_RECV, 1);
    run_call(&f.g, f.a, SYSCALL_CALL, 2);
    run_call(&f.g, f.b, SYSCALL_RECV, 1); /* the reply capability goes with this */
    look(&f);
    CHECK_EQ(f.a.tcb->state, THREAD_BLOCKED_ON_REPLY);
    CHECK_EQ(wait_of(&f, f.a)->kind, WAIT_FOR_NOBODY);
    end(&f);
}

TEST(the_root_server_counts_where_nobody_else_is_a_partner)
{
    struct fixture f = setup();
    cptr_t own = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    give(&f.g, f.c, 2, own, RIGHT_READ);
    run_call(&f.g, f.c, SYSCALL_RECV, 2);
    look(&f);
    CHECK(waits_for(&f, f.c, guest_root_thread(&f.g)));
    CHECK_EQ(wait_of(&f, f.c)->kind, WAIT_OPEN);
    end(&f);
}

TEST(a_bound_notification_is_one_more_way_to_go_on)
{
    struct fixture f = setup();
    cptr_t bound = guest_make(&f.g, OBJECT_NOTIFICATION, 0);
    guest_invoke(&f.g, (struct guest_call){
                           .cap = f.a.cptr, .method = INV_TCB_BIND_NOTIFICATION, EXTRA(bound)});
    struct guest_thread d = named_thread(&f.g, "d");
    give(&f.g, d, 1, bound, RIGHT_WRITE);
    run_call(&f.g, f.a, SYSCALL_RECV, 1);
    guest_resume(&f.g, d);
    look(&f);
    CHECK(waits_for(&f, f.a, d));
    CHECK_EQ(wait_of(&f, f.a)->kind, WAIT_OPEN);
    end(&f);
}

TEST(two_deadlocks_have_two_numbers)
{
    struct fixture f = setup();
    cptr_t to_c = guest_make(&f.g, OBJECT_ENDPOINT, 0), to_d = guest_make(&f.g, OBJECT_ENDPOINT, 0);
    struct guest_thread d = named_thread(&f.g, "d");
    give(&f.g, f.c, 2, to_c, SERVE);
    give(&f.g, f.c, 3, to_d, SEND);
    give(&f.g, d, 1, to_d, SERVE);
    give(&f.g, d, 2, to_c, SEND);
    run_call(&f.g, f.a, SYSCALL_CALL, 2);
    run_call(&f.g, f.b, SYSCALL_CALL, 2);
    run_call(&f.g, f.c, SYSCALL_CALL, 3);
    run_call(&f.g, d, SYSCALL_CALL, 2);
    look(&f);
    CHECK_EQ(wait_of(&f, f.c)->kind, WAIT_CYCLE);
    CHECK_EQ(wait_of(&f, f.c)->cycle, wait_of(&f, d)->cycle);
    CHECK_EQ(wait_of(&f, f.a)->cycle, wait_of(&f, f.b)->cycle);
    CHECK(wait_of(&f, f.a)->cycle != wait_of(&f, d)->cycle);
    end(&f);
}
