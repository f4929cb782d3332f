/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A long operation of the kernel is preempted by interrupts. Revoke of some thousand capabilities
 * is timed; then a thread revokes as many again, while a timer with a third of that time as its
 * period wakes another thread of a higher priority, which counts.
 *
 * The driver makes up for periods that it has missed, one signal each, as drivers do. On a machine
 * whose kernel is fast and whose system calls are slow it would never catch up: an emulator must
 * show the guest a time in which both stand in proportion. See docs/decisions/0005-guest-clock.md.
 */
#include "hpet.h"
#include "thread.h"

enum priority {
    REVOKER = 100,
    COUNTER = 101,
    DRIVER = 200,
};

enum badge {
    BADGE_TIMER = 0x1,
    BADGE_REVOKED = 0x2,
};

#define CNODE_BITS  12
#define CNODES      2
#define WANTED      2     /* preemptions */
#define MAX_ROUNDS  50    /* a timer may be late on a busy host */
#define MAX_SIGNALS 10000 /* three are due in the time that a revoke takes */

static struct hpet hpet;
static seL4_CPtr original; /* what is copied and revoked */
static seL4_CPtr cnodes[CNODES];
static seL4_CPtr events, revoked, start, tick;
static volatile bool is_revoking;
static volatile unsigned preemptions;

static void make_copies(void)
{
    for (unsigned i = 0; i < CNODES << CNODE_BITS; i++)
        must(seL4_CNode_Copy(cnodes[i >> CNODE_BITS], i & ((1 << CNODE_BITS) - 1), CNODE_BITS,
                             seL4_CapInitThreadCNode, original, seL4_WordBits, seL4_AllRights),
             "CNode_Copy");
}

static void revoke(void)
{
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, original, seL4_WordBits), "CNode_Revoke");
}

static void revoker_main(void *unused)
{
    (void)unused;
    for (;;) {
        seL4_Wait(start, NULL);
        is_revoking = true;
        revoke();
        is_revoking = false;
        seL4_Signal(revoked);
    }
}

static void counter_main(void *unused)
{
    (void)unused;
    for (;;) {
        seL4_Wait(tick, NULL);
        preemptions += is_revoking;
    }
}

/* Signals what is due, and sets the timer for what comes next. */
static void serve(uint64_t *next, uint64_t period)
{
    static unsigned signals;

    do {
        for (uint64_t now = hpet_now(&hpet); *next <= now; *next += period) {
            seL4_Signal(tick);
            if (++signals == MAX_SIGNALS) {
                print("the driver does not keep up\n");
                guest_end();
            }
        }
    } while (!hpet_set(&hpet, *next));
}

static void drive(uint64_t period)
{
    uint64_t next = hpet_now(&hpet) + period;
    seL4_Word badge = 0;

    while (!(badge & BADGE_REVOKED)) {
        serve(&next, period);
        seL4_Wait(events, &badge);
        if (badge & BADGE_TIMER)
            hpet_acknowledge(&hpet);
    }
}

static uint64_t timed_revoke(void)
{
    make_copies();
    const uint64_t before = hpet_now(&hpet);
    revoke();
    return hpet_now(&hpet) - before;
}

/* Returns how often it was preempted. */
static unsigned preempted_revoke(uint64_t period)
{
    make_copies();
    preemptions = 0;
    seL4_Signal(start);
    drive(period);
    return preemptions;
}

static void create(struct thread *thread, const char *name, unsigned priority,
                   void (*entry)(void *))
{
    thread_create(thread,
                  &(struct thread_options){.name = name, .priority = priority, .entry = entry});
    thread_resume(thread);
}

void guest_main(void)
{
    struct thread revoker, counter;
    unsigned rounds = 0;

    original = object_new(seL4_EndpointObject, 0);
    for (unsigned i = 0; i < CNODES; i++)
        cnodes[i] = object_new(seL4_CapTableObject, CNODE_BITS);
    events = object_new(seL4_NotificationObject, 0);
    start = object_new(seL4_NotificationObject, 0);
    tick = object_new(seL4_NotificationObject, 0);
    revoked = cap_mint(events, seL4_CanWrite, BADGE_REVOKED);
    hpet_create(&hpet, cap_mint(events, seL4_CanWrite, BADGE_TIMER));
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, DRIVER),
         "TCB_SetPriority");
    create(&counter, "counter", COUNTER, counter_main);
    create(&revoker, "revoker", REVOKER, revoker_main);

    print("A thread revokes %u capabilities; a timer wakes another one meanwhile.\n",
          CNODES << CNODE_BITS);
    while (preempted_revoke(timed_revoke() / (WANTED + 1)) < WANTED)
        if (++rounds == MAX_ROUNDS) {
            print("it was never preempted more than once\n");
            return;
        }
    print("it was preempted more than once\n");
    print("done\n");
}
