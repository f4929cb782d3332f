/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads of one priority add to two counters, with a system call between reading and writing: to
 * one under a lock, which must never lose an addition, to one without, which may. How often it
 * does, and who was first how often, depends on where they are preempted; `sel4emu --time=virtual
 * --seed N` chooses that.
 */
#include "thread.h"

#define WORKERS 4
#define ROUNDS  150

static struct thread threads[WORKERS];
static seL4_CPtr lock, done, nothing;
static volatile unsigned locked_counter, free_counter;
static volatile unsigned inside, most_inside;
static volatile uint64_t order; /* a hash of who came when */

static void add(volatile unsigned *counter)
{
    const unsigned value = *counter;

    seL4_Poll(nothing, NULL);
    *counter = value + 1;
}

static void work(void *argument)
{
    const uint64_t me = (uint64_t)argument;

    for (unsigned i = 0; i < ROUNDS; i++) {
        seL4_Wait(lock, NULL);
        inside++;
        most_inside = inside > most_inside ? inside : most_inside;
        order = (order ^ me) * UINT64_C(0x100000001b3);
        add(&locked_counter);
        inside--;
        seL4_Signal(lock);
        add(&free_counter);
    }
    seL4_Signal(done);
}

void guest_main(void)
{
    unsigned wanted = WORKERS * ROUNDS;

    lock = object_new(seL4_NotificationObject, 0);
    done = object_new(seL4_NotificationObject, 0);
    nothing = object_new(seL4_NotificationObject, 0);
    for (uint64_t i = 0; i < WORKERS; i++) {
        thread_create(&threads[i], &(struct thread_options){.name = "worker",
                                                            .priority = 100,
                                                            .entry = work,
                                                            .argument = (void *)(i + 1)});
        thread_resume(&threads[i]);
    }
    seL4_Signal(lock);
    /* signals of several may come as one */
    while (locked_counter < wanted || inside)
        seL4_Wait(done, NULL);
    print("with a lock: %u of %u, %u at a time\n", locked_counter, wanted, most_inside);
    print("without: %u lost\n", wanted - free_counter);
    print("order: 0x%lx\n", order);
}
