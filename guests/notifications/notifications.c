/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One notification for many sources. Each source signals through a capability with its own badge;
 * the notification is a word that badges are ORed into, and a Wait takes them all at once. Here the
 * sources are three threads and the timer's interrupt. Bound to a thread, a notification reaches it
 * even while it waits for messages at an endpoint.
 */
#include "pit.h"
#include "thread.h"

enum priority {
    IDLE = 50,
    COLLECTOR = 100,
    SIGNALLER = 150,
};

enum badge {
    BADGE_SIGNALLER = 0x1, /* << number of the signaller */
    BADGE_TIMER = 0x100,
    BADGE_CALLER = 0x200,
};

#define SIGNALLERS     3
#define ALL_SIGNALLERS ((BADGE_SIGNALLER << SIGNALLERS) - 1)
#define TICK_US        5000

struct signaller {
    struct thread thread;
    seL4_CPtr start; /* it waits for this one */
    seL4_CPtr out;   /* and then signals the fan-in */
};

static struct signaller signallers[SIGNALLERS];
static struct pit pit;
static seL4_CPtr fan_in;
static volatile seL4_Word idle_steps;

static void signaller_main(void *argument)
{
    const struct signaller *signaller = argument;

    for (;;) {
        seL4_Wait(signaller->start, NULL);
        seL4_Signal(signaller->out);
    }
}

static void create_signallers(void)
{
    static const char *const names[SIGNALLERS] = {"red", "green", "blue"};

    for (unsigned i = 0; i < SIGNALLERS; i++) {
        signallers[i].start = object_new(seL4_NotificationObject, 0);
        signallers[i].out = cap_mint(fan_in, seL4_CanWrite, (seL4_Word)BADGE_SIGNALLER << i);
        thread_create(&signallers[i].thread, &(struct thread_options){
                                                 .name = names[i],
                                                 .priority = SIGNALLER,
                                                 .entry = signaller_main,
                                                 .argument = &signallers[i],
                                             });
        thread_resume(&signallers[i].thread);
    }
}

/* Each signaller has a higher priority: it has signalled before the next line runs. */
static void start_signallers(void)
{
    for (unsigned i = 0; i < SIGNALLERS; i++)
        seL4_Signal(signallers[i].start);
}

static seL4_Word wait_fan_in(void)
{
    seL4_Word badge;

    seL4_Wait(fan_in, &badge);
    return badge;
}

static void acknowledge(void)
{
    must(seL4_IRQHandler_Ack(pit.irq), "IRQHandler_Ack");
}

/* --- what is shown --------------------------------------------------------------------------- */

static void show_one_source(void)
{
    print("-- one thread\n");
    seL4_Signal(signallers[1].start);
    print("badge 0x%lx\n", wait_fan_in());
}

static void show_threads(void)
{
    seL4_Word badge;

    print("-- three threads, before anyone waits\n");
    start_signallers();
    print("badge 0x%lx\n", wait_fan_in());
    seL4_Poll(fan_in, &badge);
    print("and nothing is left: badge 0x%lx\n", badge);
}

static void show_same_twice(void)
{
    print("-- the same thread three times\n");
    for (unsigned i = 0; i < 3; i++)
        seL4_Signal(signallers[2].start);
    print("badge 0x%lx: a notification does not count\n", wait_fan_in());
}

static seL4_Word wait_tick(void)
{
    seL4_Word badge;

    pit_start(&pit, TICK_US);
    badge = wait_fan_in();
    acknowledge();
    return badge;
}

static void show_timer(void)
{
    const seL4_Word before = idle_steps;

    print("-- the timer's interrupt\n");
    for (unsigned i = 1; i <= 3; i++)
        print("tick %u: badge 0x%lx\n", i, wait_tick());
    /* on a busy host a tick may be over before the root task waits */
    while (idle_steps == before)
        wait_tick();
    print("while the root task waited the spinner ran\n");
}

/* When the interrupt comes is not known: collect until every source has been heard. */
static void show_fan_in(void)
{
    seL4_Word heard = 0;

    print("-- threads and timer\n");
    pit_start(&pit, TICK_US);
    start_signallers();
    while (heard != (ALL_SIGNALLERS | BADGE_TIMER))
        heard |= wait_fan_in();
    acknowledge();
    print("heard 0x%lx\n", heard);
}

static void caller_main(void *argument)
{
    const seL4_CPtr endpoint = (seL4_CPtr)argument;

    seL4_SetMR(0, 1234);
    seL4_Call(endpoint, seL4_MessageInfo_new(1, 0, 0, 1));
    print("caller: the reply says %lu\n", seL4_GetMR(0));
}

static void receive(seL4_CPtr endpoint)
{
    seL4_MessageInfo_t message;
    seL4_Word badge;

    message = seL4_Recv(endpoint, &badge);
    print("Recv: badge 0x%lx, label %lu, %lu words\n", badge, seL4_MessageInfo_get_label(message),
          seL4_MessageInfo_get_length(message));
}

/* As in a driver's loop: requests and interrupts come out of the same Recv. */
static void show_bound(void)
{
    const seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
    const seL4_CPtr badged = cap_mint(endpoint, seL4_AllRights, BADGE_CALLER);
    struct thread caller;

    print("-- bound to a thread that receives messages\n");
    must(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, fan_in), "TCB_BindNotification");
    thread_create(&caller, &(struct thread_options){.name = "caller",
                                                    .priority = SIGNALLER,
                                                    .entry = caller_main,
                                                    .argument = (void *)badged});
    thread_resume(&caller);
    receive(endpoint);
    seL4_SetMR(0, seL4_GetMR(0) + 1);
    seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 1));
    seL4_Signal(signallers[0].start);
    receive(endpoint);
    pit_start(&pit, TICK_US);
    receive(endpoint);
    acknowledge();
    must(seL4_TCB_UnbindNotification(seL4_CapInitThreadTCB), "TCB_UnbindNotification");
}

/* Takes whatever processor time is left. */
static void idle_main(void *argument)
{
    (void)argument;
    for (;;)
        idle_steps++;
}

void guest_main(void)
{
    struct thread idle;

    fan_in = object_new(seL4_NotificationObject, 0);
    pit_create(&pit, cap_mint(fan_in, seL4_CanWrite, BADGE_TIMER));
    create_signallers();
    thread_create(
        &idle, &(struct thread_options){.name = "spinner", .priority = IDLE, .entry = idle_main});
    thread_resume(&idle);
    print("The root task collects, at a lower priority than those who signal.\n");
    must(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, COLLECTOR),
         "TCB_SetPriority");

    show_one_source();
    show_threads();
    show_same_twice();
    show_timer();
    show_fan_in();
    show_bound();
    print("done\n");
}
