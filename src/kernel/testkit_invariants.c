/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/testkit_invariants.h>

#include <abi/object.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <kernel/testkit_survey.h>
#include <model/page_map.h>
#include <object/object_types.h>
#include <sched/sched.h>

#include <stdlib.h>

/* --- all slots ----------------------------------------------------------------------------- */

static bool in_memory(const struct kernel *k, paddr_t base, uint64_t size)
{
    return kernel_is_backed(k, base) && kernel_is_backed(k, base + size - 1);
}

static void add_slot(struct survey *s, paddr_t paddr)
{
    REQUIRE(s, is_aligned(paddr, SLOT_BITS));
    REQUIRE(s, in_memory(s->k, paddr, sizeof(struct slot)));
    REQUIRE(s, s->count < SURVEY_MAX_SLOTS);
    if (s->problem || s->seen[paddr / 2048] >> (paddr / 32 % 64) & 1)
        return;
    s->seen[paddr / 2048] |= bit(paddr / 32 % 64);
    s->slot[s->count++] = slot_at(s->k, paddr);
}

static void add_slots(struct survey *s, paddr_t paddr, uint64_t count)
{
    REQUIRE(s, count <= SURVEY_MAX_SLOTS);
    for (uint64_t i = 0; i < count && !s->problem; i++)
        add_slot(s, paddr + i * sizeof(struct slot));
}

static void add_neighbours(struct survey *s, const struct slot *slot)
{
    if (slot->prev)
        add_slot(s, slot->prev);
    if (slot->next)
        add_slot(s, slot->next);
    union cap cap = slot->cap;
    if (cap_type(cap) == CAP_CNODE)
        add_slots(s, cap.cnode.object, bit(cap.cnode.radix));
    else if (cap_type(cap) == CAP_TCB)
        add_slots(s, cap.tcb.object, TCB_SLOT_COUNT);
    else if (cap_type(cap) == CAP_ZOMBIE)
        add_slots(s, cap.zombie.object, cap.zombie.slots_left);
}

static void survey_slots(struct survey *s, const struct slot_array *roots, unsigned count)
{
    struct kernel *k = s->k;
    for (unsigned i = 0; i < count; i++)
        add_slots(s, roots[i].slots, bit(roots[i].radix));
    add_slots(s, k->irq_slots, NUM_IRQ_VECTORS);
    for (struct tcb *tcb = tcb_at(k, k->all_tcbs); tcb; tcb = tcb_at(k, tcb->all_link.next))
        add_slots(s, kernel_paddr(k, tcb), TCB_SLOT_COUNT);
    for (unsigned i = 0; i < s->count && !s->problem; i++)
        add_neighbours(s, s->slot[i]);
}

/* --- capabilities and the derivation tree -------------------------------------------------- */

static bool cap_is_device(union cap cap)
{
    return (cap_type(cap) == CAP_UNTYPED && cap.untyped.is_device) ||
           (cap_type(cap) == CAP_FRAME && cap.frame.is_device);
}

static void check_slot(struct survey *s, const struct slot *slot)
{
    struct kernel *k = s->k;
    paddr_t here = kernel_paddr(k, slot), base = 0;
    unsigned bits = 0;
    REQUIRE(s, slot->cap.type < CAP_TYPE_COUNT);
    if (s->problem)
        return;
    bool empty = slot_is_empty(slot);
    REQUIRE(s, !empty || (!slot->prev && !slot->next && !slot->revocable && !slot->first_badged));
    REQUIRE(s, empty || page_map_has(k, PAGES_WITH_SLOTS, here));
    REQUIRE(s, !slot->prev || slot_at(k, slot->prev)->next == here);
    REQUIRE(s, !slot->next || slot_at(k, slot->next)->prev == here);
    if (!cap_object_type(slot->cap)->extent(slot->cap, &base, &bits))
        return;
    REQUIRE(s, cap_is_device(slot->cap) || in_memory(k, base, bit(bits)));
    REQUIRE(s, cap_is_device(slot->cap) || is_aligned(base, bits));
    if (cap_type(slot->cap) == CAP_UNTYPED)
        REQUIRE(s, slot->cap.untyped.free_index <= bit(bits));
}

/*
 * Descendants follow their ancestor without a gap. (Among badged copies the marks rule; the master
 * I/O space has only those without a device for children, wherever they come.)
 */
static void check_descendants(struct survey *s, struct slot *slot)
{
    struct kernel *k = s->k;
    enum cap_type type = cap_type(slot->cap);
    if ((type == CAP_ENDPOINT || type == CAP_NOTIFICATION) && slot->cap.endpoint.badge)
        return;
    if (type == CAP_IO_SPACE)
        return;
    bool ended = false;
    for (struct slot *b = slot_at(k, slot->next); b; b = slot_at(k, b->next)) {
        bool is_child = slot_is_parent_of(k, slot, b);
        REQUIRE(s, !(ended && is_child));
        ended |= !is_child;
    }
}

/* Whatever is in use is named by a capability in some slot. */
static bool is_named(const struct survey *s, enum cap_type type, paddr_t object)
{
    for (unsigned i = 0; i < s->count; i++) {
        union cap cap = s->slot[i]->cap;
        paddr_t base;
        unsigned bits;
        if (cap_type(cap) == type && cap_object_type(cap)->extent(cap, &base, &bits) &&
            base == object)
            return true;
    }
    return false;
}

struct extent {
    paddr_t base, end;
    enum cap_type type;
};

static int extent_compare(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;
    return x->base != y->base ? (x->base < y->base ? -1 : 1)
                              : (int)(x->end > y->end) - (x->end < y->end);
}

/* Objects are the same or lie apart, and an untyped has used what lies in it. */
static void check_objects(struct survey *s)
{
    static struct extent extents[SURVEY_MAX_SLOTS];
    unsigned count = 0;
    for (unsigned i = 0; i < s->count; i++) {
        union cap cap = s->slot[i]->cap;
        struct extent *e = &extents[count];
        unsigned bits;
        if (cap_type(cap) == CAP_UNTYPED || !cap_object_type(cap)->extent(cap, &e->base, &bits))
            continue;
        e->end = e->base + bit(bits);
        e->type = cap_type(cap);
        count++;
    }
    qsort(extents, count, sizeof(extents[0]), extent_compare);
    for (unsigned i = 0; i + 1 < count; i++) {
        const struct extent *a = &extents[i], *b = &extents[i + 1];
        REQUIRE(s, a->end <= b->base ||
                       (a->base == b->base && a->end == b->end && a->type == b->type));
    }
    for (unsigned i = 0; i < s->count; i++) {
        struct slot *slot = s->slot[i];
        if (cap_type(slot->cap) != CAP_UNTYPED)
            continue;
        paddr_t base = slot->cap.untyped.base, end = base + bit(slot->cap.untyped.size_bits);
        for (unsigned j = 0; j < count; j++) {
            bool inside = extents[j].base >= base && extents[j].end <= end;
            REQUIRE(s, !inside || slot_has_children(s->k, slot));
            REQUIRE(s, !inside || extents[j].end <= base + slot->cap.untyped.free_index);
        }
    }
}

/* --- threads ------------------------------------------------------------------------------- */

static void check_ready_queue(struct survey *s, unsigned core, unsigned domain, unsigned priority)
{
    struct kernel *k = s->k;
    const struct core *c = &k->cores[core];
    paddr_t before = 0, at = c->ready[domain][priority].head;
    bool marked = c->ready_map[domain][priority / 64] >> (priority % 64) & 1;
    REQUIRE(s, marked == (at != 0));
    for (unsigned i = 0; at && i < 10000 && !s->problem; i++) {
        const struct tcb *tcb = tcb_at(k, at);
        REQUIRE(s, tcb->in_ready_queue);
        REQUIRE(s, tcb->core == core && tcb->priority == priority && tcb->domain == domain);
        REQUIRE(s, tcb_may_run(k, tcb));
        REQUIRE(s, tcb->ready_link.prev == before);
        before = at;
        at = tcb->ready_link.next;
    }
    REQUIRE(s, c->ready[domain][priority].tail == before);
}

/*
 * The thread that runs is the right one. A thread that DomainSet_Set brings into the current
 * domain, or SetAffinity to the core, waits for the next decision even if its priority is higher.
 */
static bool is_first_in_line(struct kernel *k, unsigned core, const struct tcb *current)
{
    const struct tcb *ready = sched_first_ready(k, core, k->domain);
    bool may_be_late = k->config.num_domains > 1 || k->num_cores > 1;
    if (!current)
        return !ready || may_be_late;
    return current->domain == k->domain && current->core == core && tcb_may_run(k, current) &&
           !current->in_ready_queue &&
           (!ready || ready->priority <= current->priority || may_be_late);
}

static void check_scheduler(struct survey *s, bool is_settled)
{
    struct kernel *k = s->k;
    for (unsigned core = 0; core < k->num_cores; core++) {
        for (unsigned domain = 0; domain < k->config.num_domains; domain++) {
            for (unsigned priority = 0; priority < MAX_PRIORITIES; priority++)
                check_ready_queue(s, core, domain, priority);
        }
    }
    const struct core *c = &k->cores[k->running_core];
    if (is_settled) {
        REQUIRE(s, !c->reschedule && !c->switch_candidate && !c->slice_over && !c->stall);
        REQUIRE(s, is_first_in_line(k, k->running_core, tcb_at(k, c->current)));
        REQUIRE(s, !k->interrupt_cores);
    }
}

/* It runs on its core, or may do so when the core's unfinished entry ends. */
static bool is_chosen(struct kernel *k, const struct tcb *tcb)
{
    paddr_t here = kernel_paddr(k, tcb);
    for (unsigned core = 0; core < k->num_cores; core++) {
        if (k->cores[core].current == here || k->cores[core].switch_candidate == here)
            return true;
    }
    return false;
}

static void check_replies(struct survey *s, struct tcb *tcb)
{
    struct kernel *k = s->k;
    const struct slot *master = &tcb->slots[TCB_SLOT_REPLY];
    const struct slot *reply = slot_at(k, master->next);
    if (k->config.mcs)
        return;
    REQUIRE(s, !master->prev);
    REQUIRE(s, tcb->state == THREAD_INACTIVE || !slot_is_empty(master));
    if (!reply)
        return;
    REQUIRE(s, tcb->state == THREAD_BLOCKED_ON_REPLY);
    REQUIRE(s, cap_type(reply->cap) == CAP_REPLY && !reply->cap.reply.is_master);
    REQUIRE(s, reply->cap.reply.tcb == kernel_paddr(k, tcb));
    REQUIRE(s, !reply->next);
}

static bool waits_in_queue(const struct tcb *tcb)
{
    return tcb->state == THREAD_BLOCKED_ON_SEND || tcb->state == THREAD_BLOCKED_ON_RECEIVE ||
           tcb->state == THREAD_BLOCKED_ON_NOTIFICATION;
}

static void check_waiter(struct survey *s, const struct tcb *tcb)
{
    struct kernel *k = s->k;
    paddr_t here = kernel_paddr(k, tcb);
    REQUIRE(s, in_memory(k, tcb->blocked_on, 16));
    REQUIRE(s,
            is_named(s,
                     tcb->state == THREAD_BLOCKED_ON_NOTIFICATION ? CAP_NOTIFICATION : CAP_ENDPOINT,
                     tcb->blocked_on));
    if (s->problem)
        return;
    const struct endpoint *ep = endpoint_at(k, tcb->blocked_on);
    paddr_t prev = tcb->endpoint_link.prev, next = tcb->endpoint_link.next;
    REQUIRE(s, prev ? tcb_at(k, prev)->endpoint_link.next == here : ep->head == here);
    REQUIRE(s, next ? tcb_at(k, next)->endpoint_link.prev == here : ep->tail == here);
}

static void check_thread(struct survey *s, struct tcb *tcb, bool is_settled)
{
    struct kernel *k = s->k;
    bool is_current = is_chosen(k, tcb);
    REQUIRE(s, tcb->state <= THREAD_BLOCKED_ON_NOTIFICATION);
    REQUIRE(s, tcb->serial != 0);
    REQUIRE(s, tcb->time_slice >= 1 && tcb->time_slice <= k->config.time_slice);
    REQUIRE(s, tcb->domain < k->config.num_domains && tcb->core < k->num_cores);
    REQUIRE(s, tcb_may_run(k, tcb) || !tcb->in_ready_queue);
    REQUIRE(s, !is_settled || is_current || tcb->in_ready_queue == tcb_may_run(k, tcb));
    if (waits_in_queue(tcb))
        check_waiter(s, tcb);
    check_replies(s, tcb);
    if (tcb->bound_notification)
        REQUIRE(s, notification_at(k, tcb->bound_notification)->bound_tcb == kernel_paddr(k, tcb));
}

static void check_threads(struct survey *s, bool is_settled)
{
    struct kernel *k = s->k;
    paddr_t before = 0;
    for (paddr_t at = k->all_tcbs; at && !s->problem; at = tcb_at(k, at)->all_link.next) {
        struct tcb *tcb = tcb_at(k, at);
        REQUIRE(s, is_aligned(at, TCB_BITS));
        REQUIRE(s, tcb->all_link.prev == before);
        REQUIRE(s, is_named(s, CAP_TCB, at));
        check_thread(s, tcb, is_settled);
        before = at;
    }
}

/* --- endpoints and notifications ----------------------------------------------------------- */

/* The waiters of one object are all in the state that it says, and wait for it. */
static void check_waiters(struct survey *s, paddr_t object, paddr_t head, paddr_t tail,
                          enum thread_state state)
{
    struct kernel *k = s->k;
    paddr_t before = 0, at = head;
    REQUIRE(s, head != 0);
    for (unsigned i = 0; at && i < 10000 && !s->problem; i++) {
        const struct tcb *tcb = tcb_at(k, at);
        REQUIRE(s, tcb->serial != 0 && tcb->state == state && tcb->blocked_on == object);
        REQUIRE(s, tcb->endpoint_link.prev == before);
        REQUIRE(s, !k->config.mcs || !before || tcb_at(k, before)->priority >= tcb->priority);
        before = at;
        at = tcb->endpoint_link.next;
    }
    REQUIRE(s, tail == before);
}

static void check_endpoint(struct survey *s, paddr_t paddr)
{
    const struct endpoint *ep = endpoint_at(s->k, paddr);
    if (ep->state == ENDPOINT_IDLE)
        REQUIRE(s, !ep->head && !ep->tail);
    else
        check_waiters(s, paddr, ep->head, ep->tail,
                      ep->state == ENDPOINT_SENDING ? THREAD_BLOCKED_ON_SEND
                                                    : THREAD_BLOCKED_ON_RECEIVE);
}

static void check_notification(struct survey *s, paddr_t paddr)
{
    const struct notification *n = notification_at(s->k, paddr);
    if (n->state == NOTIFICATION_WAITING)
        check_waiters(s, paddr, n->head, n->tail, THREAD_BLOCKED_ON_NOTIFICATION);
    else
        REQUIRE(s, !n->head && !n->tail);
    if (n->bound_tcb)
        REQUIRE(s, tcb_at(s->k, n->bound_tcb)->serial != 0 &&
                       tcb_at(s->k, n->bound_tcb)->bound_notification == paddr);
}

static void check_object(struct survey *s, union cap cap)
{
    if (cap_type(cap) == CAP_ENDPOINT)
        check_endpoint(s, cap.endpoint.object);
    else if (cap_type(cap) == CAP_NOTIFICATION)
        check_notification(s, cap.notification.object);
    else if (cap_type(cap) == CAP_TCB)
        REQUIRE(s, tcb_at(s->k, cap.tcb.object)->serial != 0);
    else if (cap_type(cap) == CAP_REPLY && !cap.reply.is_master)
        REQUIRE(s, tcb_at(s->k, cap.reply.tcb)->state == THREAD_BLOCKED_ON_REPLY);
    else if (cap_type(cap) == CAP_IRQ_HANDLER)
        REQUIRE(s, s->k->irqs[cap.irq_handler.irq].kind != IRQ_FREE);
}

/* --- all of it ----------------------------------------------------------------------------- */

static void check_all(struct survey *s, bool is_settled)
{
    for (unsigned i = 0; i < s->count && !s->problem; i++)
        check_slot(s, s->slot[i]);
    for (unsigned i = 0; i < s->count && !s->problem; i++) {
        check_descendants(s, s->slot[i]);
        check_object(s, s->slot[i]->cap);
    }
    if (!s->problem)
        check_objects(s);
    check_scheduler(s, is_settled);
    check_threads(s, is_settled);
    if (!s->problem)
        survey_check_mappings(s);
    if (!s->problem)
        survey_check_hardware(s);
    if (!s->problem)
        survey_check_open_pages(s);
    if (!s->problem)
        survey_check_time(s, is_settled);
}

const char *invariants_broken(struct kernel *k, const struct slot_array *roots, unsigned count,
                              bool is_settled, struct budgets *budgets)
{
    static struct survey s;
    paddr_t end = k->memory[k->memory_count - 1].end;
    s.k = k;
    s.count = 0;
    s.budgets = budgets;
    s.problem = NULL;
    s.seen = calloc(end / 2048 + 1, sizeof(uint64_t));
    survey_slots(&s, roots, count);
    if (!s.problem)
        check_all(&s, is_settled);
    free(s.seen);
    return s.problem;
}
