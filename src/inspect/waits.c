/* SPDX-License-Identifier: BSD-2-Clause */
#include <inspect/waits.h>

#include <abi/message.h>
#include <errno.h>
#include <host/host.h>
#include <inspect/words.h>
#include <object/irq.h>
#include <sched/sched.h>
#include <stdlib.h>

/* --- who holds what ------------------------------------------------------------------------ */

/* A capability in a CSpace that lets its threads wake others. */
struct holding {
    paddr_t
        object; /* endpoint, notification, reply object; of a reply capability the caller's TCB */
    uint32_t cspace;
    unsigned rights; /* enum cap_rights */
};

struct holdings {
    struct holding *items; /* by object */
    uint32_t count, room;
};

static int compare_holdings(const void *a, const void *b)
{
    const struct holding *x = a, *y = b;
    return x->object != y->object ? (x->object < y->object ? -1 : 1)
                                  : (x->cspace > y->cspace) - (x->cspace < y->cspace);
}

static struct holding held_badged(union cap cap)
{
    return (struct holding){.object = cap.endpoint.object, .rights = (unsigned)cap.endpoint.rights};
}

static struct holding held_reply(union cap cap)
{
    return (struct holding){.object = cap.reply.tcb, .rights = RIGHT_WRITE};
}

static struct holding held_reply_object(union cap cap)
{
    return (struct holding){.object = cap.reply_object.object, .rights = RIGHT_WRITE};
}

static bool add_holding(struct holdings *holdings, union cap cap, uint32_t cspace)
{
    static struct holding (*const held[CAP_TYPE_COUNT])(union cap) = {
        [CAP_ENDPOINT] = held_badged,
        [CAP_NOTIFICATION] = held_badged,
        [CAP_REPLY] = held_reply,
        [CAP_REPLY_OBJECT] = held_reply_object,
    };
    if (!held[cap_type(cap)])
        return true;
    struct holding holding = held[cap_type(cap)](cap);
    holding.cspace = cspace;
    return LIST_ADD(holdings, holding);
}

static bool find_holdings(const struct inspection *inspection, struct holdings *ret_holdings)
{
    for (uint32_t i = 0; i < inspection->cspaces.count; i++) {
        const struct cspace *cspace = &inspection->cspaces.items[i];
        for (uint32_t j = 0; j < cspace->count; j++) {
            union cap cap = inspection->slots.items[cspace->items[j].slot].slot->cap;
            if (!add_holding(ret_holdings, cap, i))
                return false;
        }
    }
    if (ret_holdings->count > 0)
        qsort(ret_holdings->items, ret_holdings->count, sizeof(struct holding), compare_holdings);
    return true;
}

/* The first holding of the object; holdings->count if there is none. */
static uint32_t first_holding(const struct holdings *holdings, paddr_t object)
{
    uint32_t low = 0, high = holdings->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (holdings->items[middle].object < object)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- wakers -------------------------------------------------------------------------------- */

/* Threads of the CSpace, but `self`. */
static bool add_threads(const struct inspection *inspection, uint32_t self, uint32_t cspace,
                        struct wait *wait)
{
    for (uint32_t t = 0; t < inspection->threads.count; t++) {
        if (t != self && inspection->threads.items[t].cspace == cspace && !LIST_ADD(wait, t))
            return false;
    }
    return true;
}

/* Threads but `self` that hold a capability to `object` with one of `rights`. */
static bool add_holders(const struct inspection *inspection, const struct holdings *holdings,
                        uint32_t self, paddr_t object, unsigned rights, struct wait *wait)
{
    uint32_t last = INDEX_NONE; /* those of one CSpace follow each other */
    for (uint32_t i = first_holding(holdings, object);
         i < holdings->count && holdings->items[i].object == object; i++) {
        uint32_t cspace = holdings->items[i].cspace;
        if (!(holdings->items[i].rights & rights) || cspace == last)
            continue;
        if (!add_threads(inspection, self, cspace, wait))
            return false;
        last = cspace;
    }
    return true;
}

static bool interrupt_signals(struct kernel *k, paddr_t notification)
{
    for (unsigned vector = 0; vector <= MAX_USER_VECTOR; vector++) {
        union cap cap = irq_slot(k, vector)->cap;
        if (k->irqs[vector].kind != IRQ_FREE && cap_type(cap) == CAP_NOTIFICATION &&
            cap.notification.object == notification)
            return true;
    }
    return false;
}

static bool add_signallers(const struct inspection *inspection, const struct holdings *holdings,
                           uint32_t self, paddr_t notification, struct wait *wait)
{
    wait->may_be_interrupted |= interrupt_signals(inspection->k, notification);
    return add_holders(inspection, holdings, self, notification, RIGHT_WRITE, wait);
}

static bool add_repliers(const struct inspection *inspection, const struct holdings *holdings,
                         uint32_t self, struct wait *wait)
{
    const struct found_thread *thread = &inspection->threads.items[self];
    const struct tcb *server = words_thread_that_replies(inspection->k, thread->tcb);
    uint32_t number =
        server ? inspection_find_thread(inspection, kernel_paddr(inspection->k, server)) : 0;
    if (server)
        return LIST_ADD(wait, number);
    paddr_t reply = inspection->k->config.mcs ? thread->tcb->reply : thread->at;
    return add_holders(inspection, holdings, self, reply, RIGHT_WRITE, wait);
}

static bool find_wakers(const struct inspection *inspection, const struct holdings *holdings,
                        uint32_t self, struct wait *wait)
{
    const struct tcb *tcb = inspection->threads.items[self].tcb;
    switch (tcb->state) {
    case THREAD_BLOCKED_ON_REPLY:
        return add_repliers(inspection, holdings, self, wait);
    case THREAD_BLOCKED_ON_SEND:
        return add_holders(inspection, holdings, self, tcb->blocked_on, RIGHT_READ, wait);
    case THREAD_BLOCKED_ON_RECEIVE:
        return add_holders(inspection, holdings, self, tcb->blocked_on, RIGHT_WRITE, wait) &&
               (!tcb->bound_notification ||
                add_signallers(inspection, holdings, self, tcb->bound_notification, wait));
    case THREAD_BLOCKED_ON_NOTIFICATION:
        return add_signallers(inspection, holdings, self, tcb->blocked_on, wait);
    default:
        return true;
    }
}

static bool is_of_root_server(const struct inspection *inspection, uint32_t thread)
{
    return inspection->threads.items[thread].cspace == inspection->threads.items[0].cspace;
}

/* The root server's threads are no wakers where there are others. */
static void drop_root_server(const struct inspection *inspection, struct wait *wait)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < wait->count; i++)
        kept += !is_of_root_server(inspection, wait->items[i]);
    if (kept == 0)
        return;
    uint32_t to = 0;
    for (uint32_t i = 0; i < wait->count; i++) {
        if (!is_of_root_server(inspection, wait->items[i]))
            wait->items[to++] = wait->items[i];
    }
    wait->count = to;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A thread may be found twice: by an endpoint, and by the notification that is bound. */
static void sort_wakers(struct wait *wait)
{
    uint32_t kept = 0;
    qsort(wait->items, wait->count, sizeof(uint32_t), compare_numbers);
    for (uint32_t i = 0; i < wait->count; i++) {
        if (kept == 0 || wait->items[kept - 1] != wait->items[i])
            wait->items[kept++] = wait->items[i];
    }
    wait->count = kept;
}

static bool find_all_wakers(const struct inspection *inspection, struct wait *waits)
{
    struct holdings holdings = {0};
    bool good = find_holdings(inspection, &holdings);
    for (uint32_t i = 0; i < inspection->threads.count && good; i++) {
        good = find_wakers(inspection, &holdings, i, &waits[i]);
        if (good && waits[i].count > 0) {
            drop_root_server(inspection, &waits[i]);
            sort_wakers(&waits[i]);
        }
    }
    free(holdings.items);
    return good;
}

/* --- who waits for ever -------------------------------------------------------------------- */

static enum wait_kind first_guess(const struct tcb *tcb, const struct wait *wait)
{
    if (tcb_is_runnable(tcb) || tcb->state == THREAD_INACTIVE)
        return WAIT_NOT;
    if (wait->may_be_interrupted)
        return WAIT_OPEN;
    return wait->count == 0 ? WAIT_FOR_NOBODY : WAIT_BEHIND;
}

static bool can_act(const struct inspection *inspection, const struct wait *waits, uint32_t thread)
{
    return waits[thread].kind == WAIT_OPEN ||
           tcb_is_runnable(inspection->threads.items[thread].tcb);
}

static bool has_waker_that_acts(const struct inspection *inspection, const struct wait *waits,
                                const struct wait *wait)
{
    for (uint32_t i = 0; i < wait->count; i++) {
        if (can_act(inspection, waits, wait->items[i]))
            return true;
    }
    return false;
}

/* What can act wakes others, which then can act: until nothing changes. */
static void spread_hope(const struct inspection *inspection, struct wait *waits)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < inspection->threads.count; i++) {
            if (waits[i].kind == WAIT_BEHIND && has_waker_that_acts(inspection, waits, &waits[i])) {
                waits[i].kind = WAIT_OPEN;
                changed = true;
            }
        }
    }
}

static void find_stopped(const struct inspection *inspection, struct wait *waits)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        bool all_stopped = waits[i].kind == WAIT_BEHIND;
        for (uint32_t j = 0; j < waits[i].count && all_stopped; j++)
            all_stopped =
                inspection->threads.items[waits[i].items[j]].tcb->state == THREAD_INACTIVE;
        if (all_stopped)
            waits[i].kind = WAIT_FOR_STOPPED;
    }
}

/* --- cycles -------------------------------------------------------------------------------- */

/*
 * Tarjan's algorithm for strongly connected parts of the graph of threads that are behind others,
 * with a stack of its own: a guest may have very many threads.
 */
struct visit {
    uint32_t order, low; /* order 0: not visited */
    uint32_t next;       /* waker to look at */
    bool is_open;        /* on the stack of parts that are not complete */
};

struct search {
    const struct inspection *inspection;
    struct wait *waits;
    struct visit *visits;
    uint32_t *path, *open; /* stacks: the way here; visited threads without a part */
    uint32_t path_count, open_count, orders, cycles;
};

static void enter(struct search *s, uint32_t thread)
{
    s->orders++;
    s->visits[thread] =
        (struct visit){.order = s->orders, .low = s->orders, .next = 0, .is_open = true};
    s->path[s->path_count++] = thread;
    s->open[s->open_count++] = thread;
}

static void close_part(struct search *s, uint32_t thread)
{
    bool is_cycle = s->open[s->open_count - 1] != thread;
    s->cycles += is_cycle;
    for (uint32_t member = INDEX_NONE; member != thread;) {
        member = s->open[--s->open_count];
        s->visits[member].is_open = false;
        if (is_cycle) {
            s->waits[member].kind = WAIT_CYCLE;
            s->waits[member].cycle = s->cycles;
        }
    }
}

/* One step of the thread at the end of the path: to its next waker, or back. */
static void step(struct search *s)
{
    uint32_t thread = s->path[s->path_count - 1];
    struct visit *visit = &s->visits[thread];
    const struct wait *wait = &s->waits[thread];
    if (visit->next < wait->count) {
        uint32_t waker = wait->items[visit->next++];
        if (s->visits[waker].is_open && s->visits[waker].order < visit->low)
            visit->low = s->visits[waker].order;
        else if (!s->visits[waker].order && s->waits[waker].kind == WAIT_BEHIND)
            enter(s, waker);
        return;
    }
    if (visit->low == visit->order)
        close_part(s, thread);
    s->path_count--;
    if (s->path_count > 0) {
        struct visit *before = &s->visits[s->path[s->path_count - 1]];
        before->low = visit->low < before->low ? visit->low : before->low;
    }
}

static bool find_cycles(const struct inspection *inspection, struct wait *waits)
{
    uint32_t count = inspection->threads.count;
    struct search s = {.inspection = inspection, .waits = waits};
    s.visits = host_allocate(count + 1, sizeof(*s.visits));
    s.path = host_allocate(count + 1, sizeof(*s.path));
    s.open = host_allocate(count + 1, sizeof(*s.open));
    bool good = s.visits && s.path && s.open;
    for (uint32_t i = 0; i < count && good; i++) {
        if (s.visits[i].order || waits[i].kind != WAIT_BEHIND)
            continue;
        enter(&s, i);
        while (s.path_count > 0)
            step(&s);
    }
    free(s.visits);
    free(s.path);
    free(s.open);
    return good;
}

/* --- all of it ----------------------------------------------------------------------------- */

int waits_find(const struct inspection *inspection, struct wait **ret_waits)
{
    uint32_t count = inspection->threads.count;
    struct wait *waits = host_allocate(count + 1, sizeof(*waits));
    if (!waits)
        return -ENOMEM;
    if (!find_all_wakers(inspection, waits)) {
        waits_free(inspection, waits);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        waits[i].kind = first_guess(inspection->threads.items[i].tcb, &waits[i]);
    spread_hope(inspection, waits);
    find_stopped(inspection, waits);
    if (!find_cycles(inspection, waits)) {
        waits_free(inspection, waits);
        return -ENOMEM;
    }
    *ret_waits = waits;
    return 0;
}

void waits_free(const struct inspection *inspection, struct wait *waits)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++)
        free(waits[i].items);
    free(waits);
}
