/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deletion. An object with slots of its own turns into a zombie, which stays in the slot that held
 * its last capability and shrinks from the end until nothing is left. A zombie met inside another
 * object's slots is swapped outwards (it moves to a slot of the object it stands for), so that
 * deletion never recurses deeper than one level and each step leaves a consistent state.
 */
#include <cap/delete.h>

#include <base/assert.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <model/page_map.h>

static bool slot_finalise(struct kernel *k, unsigned core, struct slot *slot, bool is_exposed,
                          union cap *ret_cleanup);

bool preemption_point(struct kernel *k, unsigned core)
{
    if (++k->cores[core].preemption_work < k->config.max_num_work_units_per_preemption)
        return false;
    k->cores[core].preemption_work = 0;
    return true;
}

/* The slot is empty of its object: take it out of the tree, and free the vector or ports it named.
 */
static void slot_empty(struct kernel *k, struct slot *slot, union cap cleanup)
{
    slot_remove(k, slot);
    if (!cap_is_null(cleanup))
        cap_object_type(cleanup)->cleanup(k, cleanup);
}

static struct slot *zombie_slots(struct kernel *k, union cap zombie)
{
    return slot_at(k, (paddr_t)zombie.zombie.object);
}

/* Nothing is left but, at most, the slot the zombie itself stands in. */
static bool remainder_is_removable(struct kernel *k, union cap remainder, struct slot *slot)
{
    if (cap_is_null(remainder))
        return true;
    ASSERT(cap_type(remainder) == CAP_ZOMBIE);
    return remainder.zombie.slots_left == 0 ||
           (remainder.zombie.slots_left == 1 && zombie_slots(k, remainder) == slot);
}

/* Empties one exposed or hidden slot. false: preempted. */
static bool slot_delete_step(struct kernel *k, unsigned core, struct slot *slot, bool is_exposed)
{
    union cap cleanup = cap_null();
    if (!slot_finalise(k, core, slot, is_exposed, &cleanup))
        return false;
    slot_empty(k, slot, cleanup);
    return true;
}

/*
 * Of a page on which no slot ever held a capability none is looked at, so it costs the host
 * nothing. Each counts as work all the same: how long a deletion takes, others see. False: not such
 * a page.
 */
static bool zombie_skip_page(struct kernel *k, unsigned core, union cap *zombie)
{
    paddr_t slots = zombie->zombie.object;
    word_t left = zombie->zombie.slots_left;
    paddr_t last = slots + (left - 1) * sizeof(struct slot);
    if (page_map_has(k, PAGES_WITH_SLOTS, last))
        return false;
    paddr_t start = max_u64(align_down(last, PAGE_BITS), slots);
    zombie->zombie.slots_left = (start - slots) / sizeof(struct slot);
    k->cores[core].preemption_work += (uint32_t)(left - zombie->zombie.slots_left - 1);
    return true;
}

/*
 * Makes the zombie in `slot` smaller by one slot or an unused page, or moves it outwards. false:
 * preempted.
 *
 * A hidden slot is the last one that a zombie has left. So a zombie that came here by a swap, and
 * whose own slots this slot begins, has no other left: it is gone already.
 */
static bool zombie_reduce(struct kernel *k, unsigned core, struct slot *slot, bool is_exposed)
{
    union cap zombie = slot->cap;
    struct slot *slots = zombie_slots(k, zombie);
    ASSERT(zombie.zombie.slots_left > 0);

    if (!is_exposed) {
        ASSERT(slots != slot);
        slot_swap(k, slots->cap, slots, slot->cap, slot);
        return true;
    }
    if (zombie_skip_page(k, core, &slot->cap))
        return true;
    if (!slot_delete_step(k, core, &slots[zombie.zombie.slots_left - 1], false))
        return false;
    /* the step may have put another zombie here */
    if (zombie_slots(k, slot->cap) == slots)
        slot->cap.zombie.slots_left--;
    return true;
}

/* false: preempted. */
static bool slot_finalise(struct kernel *k, unsigned core, struct slot *slot, bool is_exposed,
                          union cap *ret_cleanup)
{
    while (!slot_is_empty(slot)) {
        struct finalised end =
            cap_object_type(slot->cap)->finalise(k, slot->cap, slot_is_final(k, slot));
        if (end.is_in_use)
            return false;
        if (remainder_is_removable(k, end.remainder, slot)) {
            *ret_cleanup = end.cleanup;
            return true;
        }
        slot->cap = end.remainder;
        if (!zombie_reduce(k, core, slot, is_exposed) || preemption_point(k, core))
            return false;
    }
    *ret_cleanup = cap_null();
    return true;
}

bool slot_delete(struct kernel *k, unsigned core, struct slot *slot)
{
    return slot_delete_step(k, core, slot, true);
}

bool slot_revoke(struct kernel *k, unsigned core, struct slot *slot)
{
    while (slot_has_children(k, slot)) {
        if (!slot_delete(k, core, slot_at(k, slot->next)) || preemption_point(k, core))
            return false;
    }
    return true;
}

void slot_delete_one(struct kernel *k, struct slot *slot)
{
    if (slot_is_empty(slot))
        return;
    struct finalised end =
        cap_object_type(slot->cap)->finalise(k, slot->cap, slot_is_final(k, slot));
    ASSERT(cap_is_null(end.remainder) && cap_is_null(end.cleanup));
    slot_empty(k, slot, cap_null());
}
