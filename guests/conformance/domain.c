/* SPDX-License-Identifier: BSD-2-Clause */
/* The domain capability; on a kernel with several domains, what their schedule lets run. */
#include "check.h"

#ifdef CONFIG_KERNEL_MCS
#include "mcs/mcs.h"

#define TICK_MS 2 /* of kernels without MCS */
#endif

static void set(void)
{
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, NONE));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, WORDS(1)));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, WORDS(0)));
    say_error(seL4_DomainSet_Set(seL4_CapDomain, 0, ROOT));
    say_error(seL4_DomainSet_Set(seL4_CapDomain, 0, object_new(seL4_TCBObject, 0)));
    say_error(invoke(seL4_CapDomain, Label_TCB_Suspend, NONE, NONE));
}

#ifdef Label_DomainSet_ScheduleConfigure
static seL4_Error configure(seL4_Word index, seL4_Word domain, seL4_Word ticks)
{
    return seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, index, (seL4_Uint8)domain, ticks);
}

/* A duration: in ticks of the timer, which with MCS kernels are those of the TSC. */
static seL4_Word ticks(seL4_Word count)
{
#ifdef CONFIG_KERNEL_MCS
    return count * TICK_MS * 1000 * tsc_mhz();
#else
    return count;
#endif
}

static void schedule(void)
{
    say_error(invoke(seL4_CapDomain, Label_DomainSet_ScheduleConfigure, NONE, WORDS(0, 0)));
    say_error(configure(99, 0, 5));
    say_error(configure(0, 1, 5));
    say_error(configure(0, 0, (seL4_Word)1 << 56));
    say_error(configure(0, 0, 0));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_ScheduleSetStart, NONE, NONE));
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 99));
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 1));
}

static void schedule_set(void)
{
    say_error(configure(0, 0, ticks(5)));
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0));
}
#endif

#if CONFIG_NUM_DOMAINS > 1
/* --- several domains ------------------------------------------------------------------------- */

#define NO_END (((seL4_Word)1 << 56) - 1)

static seL4_CPtr ntfn;

struct entry {
    seL4_Word domain, ticks;
};

/* The schedule from its first entry on; what stood behind it is cut off. */
static void schedule_is(const struct entry *entries, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        must(configure(i, entries[i].domain,
                       entries[i].ticks == NO_END ? NO_END : ticks(entries[i].ticks)),
             "ScheduleConfigure");
    must(configure(count, 0, 0), "ScheduleConfigure");
}

#define SCHEDULE(...)                                                                              \
    schedule_is((const struct entry[]){__VA_ARGS__},                                               \
                ARRAY_LENGTH(((const struct entry[]){__VA_ARGS__})))

static void start_at(seL4_Word index)
{
    must(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, index), "ScheduleSetStart");
}

static void move(unsigned n, seL4_Word domain)
{
    must(seL4_DomainSet_Set(seL4_CapDomain, (seL4_Uint8)domain, worker_thread(n)->tcb), "Set");
}

static void start(unsigned n, seL4_Word domain, void (*entry)(void *), const char *argument)
{
    worker_start(n, entry, (void *)(seL4_Word)argument);
    move(n, domain);
}

/* All of domain 0 again, for ever; what workers were about to do is done. */
static void finish(void)
{
    struct event event;

    SCHEDULE({0, NO_END});
    start_at(0);
    for (unsigned n = 0; n < WORKERS; n++)
        move(n, 0);
    do
        event_poll(&event);
    while (event.badge != 0);
}

static void wait_for_workers(unsigned count)
{
    struct event event;

    for (unsigned i = 0; i < count; i++)
        event_wait(&event);
}

static void once(void *argument)
{
    say("%s", (const char *)argument);
}

static void set_ranges(void)
{
    const seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
    static const seL4_Word domains[] = {3, CONFIG_NUM_DOMAINS, 256, ~(seL4_Word)0};

    for (unsigned i = 0; i < ARRAY_LENGTH(domains); i++)
        say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, CAPS(tcb), WORDS(domains[i])));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, WORDS(CONFIG_NUM_DOMAINS)));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, NONE, WORDS(3)));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, CAPS(ROOT), WORDS(3)));
    say_error(invoke(seL4_CapDomain, Label_DomainSet_Set, CAPS(slot_new()), WORDS(3)));
}

static void schedule_ranges(void)
{
    const seL4_Word last = CONFIG_NUM_DOMAIN_SCHEDULES - 2;
    static const struct entry entries[] = {
        {CONFIG_NUM_DOMAINS - 1, NO_END}, {CONFIG_NUM_DOMAINS, 1}, {1, NO_END + 1}, {1, 0}, {0, 0},
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(entries); i++)
        say_error(invoke(seL4_CapDomain, Label_DomainSet_ScheduleConfigure, NONE,
                         WORDS(last, entries[i].domain, entries[i].ticks)));
    say(";");
    for (seL4_Word index = last + 1; index < last + 3; index++) {
        say_error(configure(index, CONFIG_NUM_DOMAINS, 1));
        say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, index));
    }
    say_error(seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, last));
    say_error(configure(0, 0, 0));
}

static void moved(void)
{
    struct event event;

    start(0, 1, once, "a");
    for (unsigned domain = 3; domain < 4; domain--) {
        say("domain %u:", domain);
        move(0, domain);
        event_poll(&event);
    }
    finish();
}

/* The root task moves itself away: it goes on when its domain's turn comes. */
static void moves_itself(void)
{
    start(0, 0, once, "a");
    start(1, 1, once, "b");
    SCHEDULE({0, 2}, {1, 2}, {2, 2});
    start_at(0);
    must(seL4_DomainSet_Set(seL4_CapDomain, 2, seL4_CapInitThreadTCB), "Set");
    say("root");
    must(seL4_DomainSet_Set(seL4_CapDomain, 0, seL4_CapInitThreadTCB), "Set");
    finish();
}

static void in_turn(void)
{
    start(0, 1, once, "domain 1");
    start(1, 2, once, "domain 2");
    start(2, 3, once, "domain 3");
    SCHEDULE({0, 1}, {2, 1}, {1, 1});
    start_at(0);
    wait_for_workers(2);
    say("the rest:");
    finish();
}

/* The first entry is behind the start: it has no turn, until the schedule starts there. */
static void set_start(void)
{
    start(0, 1, once, "domain 1");
    start(1, 2, once, "domain 2");
    SCHEDULE({1, 1}, {0, 2}, {2, 1});
    start_at(1);
    wait_for_workers(1);
    say("start");
    start_at(0);
    say("started");
    finish();
}

static void wait_and_mark(void *argument)
{
    seL4_Wait(ntfn, NULL);
    once(argument);
}

static void signal_other(void *argument)
{
    say("(");
    seL4_Signal(ntfn);
    say("%s )", (const char *)argument);
}

static void signal_across(void)
{
    ntfn = object_new(seL4_NotificationObject, 0);
    start(1, 0, wait_and_mark, "woken");
    settle();
    move(1, 1);
    must(seL4_TCB_SetPriority(worker_thread(1)->tcb, seL4_CapInitThreadTCB, seL4_MaxPrio),
         "SetPriority");
    start(0, 0, signal_other, "sent");
    SCHEDULE({0, 3}, {1, 1});
    start_at(0);
    wait_for_workers(2);
    finish();
}

static void delete_long(void *argument)
{
    say("(");
    must(delete_cap((seL4_CPtr)argument), "Delete");
    say(")");
}

static void look_at_slot(void *argument)
{
    say("domain 1 sees");
    say_cap((seL4_CPtr)argument);
}

/* A time slice is 5 ticks. */
static void deletion(void)
{
    void *slot = (void *)long_to_delete();

    worker_start(0, delete_long, slot);
    worker_start(1, look_at_slot, slot);
    move(1, 1);
    SCHEDULE({0, 6}, {1, 1});
    start_at(0);
    wait_for_workers(2);
    finish();
}

static struct thread made;

static void make_thread(void *argument)
{
    thread_create(&made, &(struct thread_options){.name = "made",
                                                  .priority = WORKER_PRIORITY,
                                                  .entry = once,
                                                  .argument = argument});
}

static void domain_of_creator(void)
{
    start(0, 1, make_thread, "made runs");
    SCHEDULE({0, 1}, {1, 1});
    start_at(0);
    wait_for_workers(1);
    finish();
    thread_resume(&made);
    settle();
    say("in domain 0:");
    must(seL4_DomainSet_Set(seL4_CapDomain, 0, made.tcb), "Set");
    settle();
}
#endif

static const struct check checks[] = {
    {"DOMAIN0001", "Set: too short, bad domain, no thread, a CNode, a thread; a bad label", set},
#ifdef Label_DomainSet_ScheduleConfigure
    {"DOMAIN0002", "ScheduleConfigure and ScheduleSetStart: what is refused", schedule},
    {"DOMAIN0003", "ScheduleConfigure and ScheduleSetStart of the one entry", schedule_set},
#endif
#if CONFIG_NUM_DOMAINS > 1
    {"DOMAIN0004", "Set: domains that there are and are not, and the order", set_ranges},
    {"DOMAIN0005", "ScheduleConfigure, ScheduleSetStart: the last entry, values out of range",
     schedule_ranges},
    {"DOMAIN0006", "a ready thread is moved from domain to domain", moved},
    {"DOMAIN0007", "the current thread moves itself", moves_itself},
    {"DOMAIN0008", "a schedule of three domains, and one that is not in it", in_turn},
    {"DOMAIN0009", "ScheduleSetStart behind an entry, and at it", set_start},
    {"DOMAIN0010", "a signal to a higher thread of another domain", signal_across},
    {"DOMAIN0011", "a Delete that takes longer than its domain's turn", deletion},
    {"DOMAIN0012", "a thread made by one of another domain", domain_of_creator},
#endif
};

const struct check_table domain_checks = CHECK_TABLE_OFTEN(checks);
