/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready queues and the map of those that are not empty. */
#include <test.h>

#include <base/bits.h>
#include <model/testkit_thread.h>
#include <sched/sched.h>

#define THREADS 4

struct fixture {
    struct guest g;
    struct guest_thread t[THREADS];
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    for (unsigned i = 0; i < THREADS; i++)
        f.t[i] = guest_thread(&f.g, 10);
    return f;
}

TEST(the_map_says_which_ready_queues_hold_threads)
{
    struct fixture f = setup();
    const unsigned priorities[THREADS] = {0, 63, 64, 255};
    struct core *core = &f.g.k->cores[0];
    for (unsigned i = 0; i < THREADS; i++) {
        f.t[i].tcb->priority = (uint8_t)priorities[i];
        sched_append(f.g.k, f.t[i].tcb);
        CHECK(sched_first_ready(f.g.k, 0, 0) == f.t[i].tcb);
    }
    CHECK_EQ(core->ready_map[0][0], bit(63) | 1);
    CHECK_EQ(core->ready_map[0][1], 1);
    CHECK_EQ(core->ready_map[0][3], bit(63));
    CHECK(!sched_first_ready(f.g.k, 0, 1));
    for (unsigned i = THREADS; i-- > 0;) {
        CHECK(sched_first_ready(f.g.k, 0, 0) == f.t[i].tcb);
        sched_dequeue(f.g.k, f.t[i].tcb);
        CHECK(!f.t[i].tcb->in_ready_queue);
    }
    CHECK(!sched_first_ready(f.g.k, 0, 0));
    CHECK_EQ(core->ready_map[0][0] | core->ready_map[0][1] | core->ready_map[0][3], 0);
    guest_end(&f.g);
}

TEST(what_is_where_it_is_asked_to_be_stays)
{
    struct fixture f = setup();
    sched_append(f.g.k, f.t[0].tcb);
    sched_append(f.g.k, f.t[1].tcb);
    sched_enqueue(f.g.k, f.t[1].tcb);
    sched_append(f.g.k, f.t[0].tcb);
    CHECK(sched_first_ready(f.g.k, 0, 0) == f.t[0].tcb);
    sched_dequeue(f.g.k, f.t[2].tcb);
    sched_enqueue(f.g.k, f.t[2].tcb);
    CHECK(sched_first_ready(f.g.k, 0, 0) == f.t[2].tcb);
    guest_end(&f.g);
}
