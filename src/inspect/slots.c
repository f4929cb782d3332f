/* SPDX-License-Identifier: BSD-2-Clause */
/* All slots: of threads, interrupts, CNodes, and what the derivation tree leads to. */
#include <inspect/inspection.h>

#include <abi/object.h>
#include <base/bits.h>
#include <cap/object_type.h>
#include <sched/refill.h>

static bool add_slot(struct inspection *inspection, struct found_slot slot)
{
    if (!is_aligned(slot.at, SLOT_BITS) ||
        !inspection_is_backed(inspection, slot.at, sizeof(struct slot)))
        return inspection_fail(inspection, "a slot lies outside of memory");
    uint32_t known = index_map_find(&inspection->slot_at, slot.at);
    if (known != INDEX_NONE) {
        struct found_slot *found = &inspection->slots.items[known];
        slot.slot = found->slot;
        slot.cspace = INDEX_NONE;
        if (found->place == PLACE_UNKNOWN)
            *found = slot; /* the derivation tree came first */
        return true;
    }
    slot.slot = slot_at(inspection->k, slot.at);
    slot.cspace = INDEX_NONE;
    if (slot.slot->cap.type >= CAP_TYPE_COUNT)
        return inspection_fail(inspection, "a slot holds what is no capability");
    return index_map_add(&inspection->slot_at, slot.at, inspection->slots.count) &&
           LIST_ADD(&inspection->slots, slot);
}

/* Many capabilities may lead to one CNode. The last slot is added after all others. */
static bool has_slots(const struct inspection *inspection, enum slot_place place, paddr_t container,
                      uint64_t count)
{
    paddr_t last = container + (count - 1) * sizeof(struct slot);
    uint32_t known = count ? index_map_find(&inspection->slot_at, last) : INDEX_NONE;
    if (known == INDEX_NONE)
        return false;
    const struct found_slot *found = &inspection->slots.items[known];
    return found->place == place && found->container == container;
}

static bool add_slots(struct inspection *inspection, enum slot_place place, paddr_t container,
                      uint64_t count)
{
    if (count > UINT32_MAX ||
        !inspection_is_backed(inspection, container, count * sizeof(struct slot)))
        return inspection_fail(inspection, "slots lie outside of memory");
    if (has_slots(inspection, place, container, count))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        struct found_slot slot = {.at = container + i * sizeof(struct slot),
                                  .place = place,
                                  .container = container,
                                  .index = i};
        if (!add_slot(inspection, slot))
            return false;
    }
    return true;
}

static bool add_neighbours(struct inspection *inspection, const struct slot *slot)
{
    const paddr_t links[] = {slot->prev, slot->next};
    for (unsigned i = 0; i < ARRAY_LENGTH(links); i++) {
        if (links[i] && !add_slot(inspection, (struct found_slot){.at = links[i]}))
            return false;
    }
    return true;
}

static bool add_cnode_slots(struct inspection *inspection, union cap cap)
{
    return add_slots(inspection, PLACE_CNODE, cap.cnode.object, bit(cap.cnode.radix));
}

static bool add_zombie_slots(struct inspection *inspection, union cap cap)
{
    return add_slots(inspection, cap.zombie.is_tcb ? PLACE_TCB : PLACE_CNODE, cap.zombie.object,
                     cap.zombie.slots_left);
}

/* A thread's slots have been added already: all threads are known. */
static bool check_tcb(struct inspection *inspection, union cap cap)
{
    return inspection_find_thread(inspection, cap.tcb.object) != INDEX_NONE ||
           inspection_fail(inspection, "a capability leads to a TCB that is none");
}

static bool check_reply(struct inspection *inspection, union cap cap)
{
    return inspection_find_thread(inspection, cap.reply.tcb) != INDEX_NONE ||
           inspection_fail(inspection, "a reply capability leads to a TCB that is none");
}

static bool is_thread_or_none(const struct inspection *inspection, paddr_t at)
{
    return at == 0 || inspection_find_thread(inspection, at) != INDEX_NONE;
}

static bool check_sched_context(struct inspection *inspection, union cap cap)
{
    unsigned bits = (unsigned)cap.sched_context.size_bits;
    const struct sched_context *sc = sched_context_at(inspection->k, cap.sched_context.object);
    bool is_sound = is_thread_or_none(inspection, sc->tcb) && bit(bits) >= SCHED_CONTEXT_BYTES &&
                    sc->refill_max <= refill_capacity(bits) &&
                    (!sched_context_is_active(sc) ||
                     (sc->refill_head < sc->refill_max && sc->refill_tail < sc->refill_max));
    return is_sound || inspection_fail(inspection, "a scheduling context holds what none can hold");
}

static bool check_reply_object(struct inspection *inspection, union cap cap)
{
    paddr_t tcb = reply_at(inspection->k, cap.reply_object.object)->tcb;
    return is_thread_or_none(inspection, tcb) ||
           inspection_fail(inspection, "a reply object leads to a TCB that is none");
}

static bool add_contents(struct inspection *inspection, union cap cap)
{
    static bool (*const contents[CAP_TYPE_COUNT])(struct inspection *, union cap) = {
        [CAP_CNODE] = add_cnode_slots,
        [CAP_TCB] = check_tcb,
        [CAP_REPLY] = check_reply,
        [CAP_REPLY_OBJECT] = check_reply_object,
        [CAP_SCHED_CONTEXT] = check_sched_context,
        [CAP_ZOMBIE] = add_zombie_slots,
    };
    return !contents[cap_type(cap)] || contents[cap_type(cap)](inspection, cap);
}

/* Objects that views look into lie in memory. */
static bool check_extent(struct inspection *inspection, union cap cap)
{
    paddr_t base;
    unsigned bits;
    bool is_device = (cap_type(cap) == CAP_UNTYPED && cap.untyped.is_device) ||
                     (cap_type(cap) == CAP_FRAME && cap.frame.is_device);
    if (is_device || !cap_object_type(cap)->extent(cap, &base, &bits))
        return true;
    return (bits < WORD_BITS && inspection_is_backed(inspection, base, bit(bits))) ||
           inspection_fail(inspection, "a capability leads out of memory");
}

bool inspection_find_slots(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        if (!add_slots(inspection, PLACE_TCB, inspection->threads.items[i].at, TCB_SLOT_COUNT))
            return false;
    }
    if (!add_slots(inspection, PLACE_IRQ, inspection->k->irq_slots, NUM_IRQ_VECTORS))
        return false;
    for (uint32_t i = 0; i < inspection->slots.count; i++) { /* it grows meanwhile */
        struct slot *slot = inspection->slots.items[i].slot;
        if (!check_extent(inspection, slot->cap) || !add_neighbours(inspection, slot) ||
            !add_contents(inspection, slot->cap))
            return false;
    }
    return true;
}
