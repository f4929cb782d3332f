/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs, and when. seL4 runs the ready thread of highest priority; equals take turns of one time
 * slice each, in the order they became ready; a thread that becomes ready above the running one
 * takes over at once. How long a slice is does not matter here: what is printed depends on order
 * alone.
 */
#include "thread.h"

enum priority {
    LOW = 50,
    MIDDLE = 100,
    HIGH = 150,
};

/* How often each of two spinning threads must see that the other one has run. */
#define TURNS 3

static seL4_CPtr done; /* each thread signals it at its end */
static seL4_CPtr wake; /* what a waiting thread waits for */

static volatile seL4_Word steps[3];

static void start(const char *name, enum priority priority, void (*entry)(void *), void *argument,
                  struct thread *ret_thread)
{
    thread_create(ret_thread,
                  &(struct thread_options){
                      .name = name, .priority = priority, .entry = entry, .argument = argument});
    thread_resume(ret_thread);
}

/* The root task has the highest priority of all: it is back when `count` threads are through. */
static void wait_for(unsigned count)
{
    for (; count > 0; count--)
        seL4_Wait(done, NULL);
}

/* --- time slices ----------------------------------------------------------------------------- */

static volatile bool has_seen[2];

/* Never yields, never blocks: without preemption the first of the two would spin for ever. */
static void spin_against_other(void *argument)
{
    const seL4_Word me = (seL4_Word)argument, other = 1 - me;
    seL4_Word seen = steps[other];
    unsigned turns = 0;

    while (turns < TURNS) {
        steps[me]++;
        if (steps[other] == seen)
            continue;
        seen = steps[other];
        turns++;
    }
    /* The other one may still need to see this one run. */
    has_seen[me] = true;
    while (!has_seen[other])
        steps[me]++;
    seL4_Signal(done);
}

static void count_once(void *argument)
{
    (void)argument;
    steps[2]++;
    print("below: at last\n");
    seL4_Signal(done);
}

static void show_time_slices(void)
{
    struct thread left, right, below;

    print("-- time slices\n");
    start("below", LOW, count_once, NULL, &below);
    start("left", MIDDLE, spin_against_other, (void *)0, &left);
    start("right", MIDDLE, spin_against_other, (void *)1, &right);
    wait_for(2);
    print("root: left and right have each seen the other run %u times\n", TURNS);
    print("root: meanwhile the thread below them ran %lu times\n", steps[2]);
    wait_for(1);
}

/* --- Yield ----------------------------------------------------------------------------------- */

/* Equals do not print: a slice that ends in the middle of a line would mix them. */
static const char *volatile yielders[2 * TURNS];
static volatile unsigned yields;

static void note_and_yield(void *argument)
{
    for (unsigned i = 0; i < TURNS; i++) {
        yielders[yields++] = argument;
        seL4_Yield();
    }
    seL4_Signal(done);
}

static void show_yield(void)
{
    struct thread ping, pong;

    print("-- yield\n");
    start("ping", MIDDLE, note_and_yield, (void *)"ping", &ping);
    start("pong", MIDDLE, note_and_yield, (void *)"pong", &pong);
    wait_for(2);
    for (unsigned i = 0; i < yields; i++)
        print("%s%s", yielders[i], i + 1 < yields ? " " : "\n");
}

/* --- a signal to a higher and to a lower thread ---------------------------------------------- */

static void wait_and_report(void *argument)
{
    seL4_Wait(wake, NULL);
    print("%s: awake\n", (const char *)argument);
    seL4_Signal(done);
}

static void signal_and_report(void *argument)
{
    (void)argument;
    print("middle: before the signal\n");
    seL4_Signal(wake);
    print("middle: after the signal\n");
    seL4_Signal(done);
}

static void show_signal(const char *name, enum priority priority)
{
    struct thread waiter, middle;

    print("-- a signal from the middle: %s\n", name);
    start(name, priority, wait_and_report, (void *)name, &waiter);
    /* The root task steps aside until the waiter waits: it lowers itself below all others. */
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, LOW - 1),
         "TCB_SetPriority");
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, seL4_MaxPrio),
         "TCB_SetPriority");
    start("middle", MIDDLE, signal_and_report, NULL, &middle);
    wait_for(2);
}

/* --- a priority changes while threads are ready ----------------------------------------------- */

static struct thread lifted;

static void report(void *argument)
{
    print("%s: runs\n", (const char *)argument);
    seL4_Signal(done);
}

static void lift_other(void *argument)
{
    (void)argument;
    print("lifter: before\n");
    must(seL4_TCB_SetPriority(lifted.tcb, seL4_CapInitThreadTCB, HIGH), "TCB_SetPriority");
    print("lifter: after\n");
    seL4_Signal(done);
}

static void show_lift(void)
{
    struct thread lifter;

    print("-- a ready thread is lifted above the running one\n");
    start("lifted", LOW, report, (void *)"lifted", &lifted);
    start("lifter", MIDDLE, lift_other, NULL, &lifter);
    wait_for(2);
}

/*
 * `done` is a notification: signals that come before anyone waits melt into one. That loses none
 * here, for the root task waits, and runs at once, whenever a thread below it signals.
 */
void guest_main(void)
{
    done = object_new(seL4_NotificationObject, 0);
    wake = object_new(seL4_NotificationObject, 0);

    show_time_slices();
    show_yield();
    show_signal("higher", HIGH);
    show_signal("lower", LOW);
    show_lift();
    print("root: done\n");
}
