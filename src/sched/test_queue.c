/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues of TCBs: order, and the two kinds of links. */
#include <test.h>

#include <base/bits.h>
#include <model/testkit_thread.h>
#include <sched/queue.h>

#define THREADS 4

struct fixture {
    struct guest g;
    struct guest_thread t[THREADS];
    struct tcb_queue queue;
};

static struct fixture setup(void)
{
    struct fixture f = {.g = guest_boot_default()};
    for (unsigned i = 0; i < THREADS; i++)
        f.t[i] = guest_thread(&f.g, 10);
    return f;
}

/* The queue holds the threads with these numbers, from either end. */
static void check_queue(const struct fixture *f, unsigned count, const unsigned *numbers)
{
    paddr_t at = f->queue.head, before = 0;
    for (unsigned i = 0; i < count; i++) {
        struct tcb *tcb = f->t[numbers[i]].tcb;
        CHECK_EQ(at, kernel_paddr(f->g.k, tcb));
        CHECK_EQ(tcb->endpoint_link.prev, before);
        before = at;
        at = tcb->endpoint_link.next;
    }
    CHECK_EQ(at, 0);
    CHECK_EQ(f->queue.tail, before);
}

#define CHECK_QUEUE(f, ...)                                                                        \
    check_queue(f, ARRAY_LENGTH(((unsigned[]){__VA_ARGS__})), (unsigned[]){__VA_ARGS__})

static void remove_thread(struct fixture *f, unsigned i)
{
    tcb_queue_remove(f->g.k, &f->queue, f->t[i].tcb, LINK_ENDPOINT);
}

TEST(a_queue_keeps_its_order)
{
    struct fixture f = setup();
    tcb_queue_append(f.g.k, &f.queue, f.t[1].tcb, LINK_ENDPOINT);
    tcb_queue_append(f.g.k, &f.queue, f.t[2].tcb, LINK_ENDPOINT);
    tcb_queue_prepend(f.g.k, &f.queue, f.t[0].tcb, LINK_ENDPOINT);
    tcb_queue_append(f.g.k, &f.queue, f.t[3].tcb, LINK_ENDPOINT);
    CHECK_QUEUE(&f, 0, 1, 2, 3);
    remove_thread(&f, 1);
    CHECK_QUEUE(&f, 0, 2, 3);
    remove_thread(&f, 0);
    CHECK_QUEUE(&f, 2, 3);
    remove_thread(&f, 3);
    CHECK_QUEUE(&f, 2);
    remove_thread(&f, 2);
    check_queue(&f, 0, NULL);
    tcb_queue_prepend(f.g.k, &f.queue, f.t[1].tcb, LINK_ENDPOINT);
    CHECK_QUEUE(&f, 1);
    guest_end(&f.g);
}

TEST(a_thread_is_in_two_kinds_of_queue_at_once)
{
    struct fixture f = setup();
    struct tcb_queue other = {0, 0};
    tcb_queue_append(f.g.k, &f.queue, f.t[0].tcb, LINK_ENDPOINT);
    tcb_queue_append(f.g.k, &f.queue, f.t[1].tcb, LINK_ENDPOINT);
    tcb_queue_append(f.g.k, &other, f.t[1].tcb, LINK_READY);
    tcb_queue_append(f.g.k, &other, f.t[0].tcb, LINK_READY);
    CHECK_QUEUE(&f, 0, 1);
    CHECK_EQ(other.head, kernel_paddr(f.g.k, f.t[1].tcb));
    guest_end(&f.g);
}
