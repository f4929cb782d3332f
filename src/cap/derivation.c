/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation tree is the list of slots in pre-order. There are no parent links: whether a slot
 * is a child of an earlier one follows from the capabilities (same region) and two marks,
 * revocable and first_badged.
 */
#include <cap/derivation.h>

#include <base/assert.h>
#include <base/bits.h>
#include <model/page_map.h>

static void slot_set_links(struct slot *slot, paddr_t prev, paddr_t next)
{
    slot->prev = prev;
    slot->next = next;
}

/* Makes the neighbours of `slot` point to it. */
static void slot_link_neighbours(struct kernel *k, struct slot *slot)
{
    paddr_t here = kernel_paddr(k, slot);
    if (slot->prev)
        slot_at(k, slot->prev)->next = here;
    if (slot->next)
        slot_at(k, slot->next)->prev = here;
}

/* Before it holds a capability: its page is not one of empty slots any more. */
static void slot_note(struct kernel *k, const struct slot *slot)
{
    page_map_add(k, PAGES_WITH_SLOTS, kernel_paddr(k, slot));
}

static void slot_clear(struct slot *slot)
{
    *slot = (struct slot){.cap = cap_null()};
}

/* A copy may have children of its own if it adds something to the original: a badge, a range. */
static bool cap_is_revocable_copy(union cap copy, union cap original)
{
    switch (cap_type(copy)) {
    case CAP_ENDPOINT:
    case CAP_NOTIFICATION:
        return copy.endpoint.badge != original.endpoint.badge;
    case CAP_IRQ_HANDLER:
        return cap_type(original) == CAP_IRQ_CONTROL;
    case CAP_IO_PORT:
        return cap_type(original) == CAP_IO_PORT_CONTROL;
    case CAP_UNTYPED:
        return true;
    default:
        return false;
    }
}

/* Two capabilities to one untyped: the older one must not hand out what the newer one has. */
static void untyped_mark_full(struct slot *source, union cap copy)
{
    if (cap_type(copy) == CAP_UNTYPED)
        source->cap.untyped.free_index = bit(copy.untyped.size_bits);
}

static void slot_insert_after(struct kernel *k, struct slot *previous, struct slot *slot)
{
    slot_note(k, slot);
    slot_set_links(slot, kernel_paddr(k, previous), previous->next);
    slot_link_neighbours(k, slot);
}

void slot_insert(struct kernel *k, union cap cap, struct slot *source, struct slot *dest)
{
    ASSERT(slot_is_empty(dest));
    bool revocable = cap_is_revocable_copy(cap, source->cap);
    untyped_mark_full(source, cap);
    slot_insert_after(k, source, dest);
    dest->cap = cap;
    dest->revocable = revocable;
    dest->first_badged = revocable;
}

void slot_insert_new(struct kernel *k, union cap cap, struct slot *parent, struct slot *dest)
{
    ASSERT(slot_is_empty(dest));
    slot_insert_after(k, parent, dest);
    dest->cap = cap;
    dest->revocable = true;
    dest->first_badged = true;
}

void slot_insert_root(struct kernel *k, struct slot *dest, union cap cap)
{
    slot_note(k, dest);
    *dest = (struct slot){.cap = cap, .revocable = true, .first_badged = true};
}

void slot_move(struct kernel *k, union cap cap, struct slot *source, struct slot *dest)
{
    ASSERT(slot_is_empty(dest));
    slot_note(k, dest);
    *dest = *source;
    dest->cap = cap;
    slot_clear(source);
    slot_link_neighbours(k, dest);
}

void slot_swap(struct kernel *k, union cap cap_a, struct slot *a, union cap cap_b, struct slot *b)
{
    struct slot was_a = *a;
    struct slot was_b = *b;
    paddr_t at_a = kernel_paddr(k, a);
    paddr_t at_b = kernel_paddr(k, b);

    slot_note(k, a);
    slot_note(k, b);
    *a = was_b;
    a->cap = cap_b;
    *b = was_a;
    b->cap = cap_a;
    /* neighbours of each other: their links would point at themselves */
    if (was_a.next == at_b) {
        a->prev = at_b;
        b->next = at_a;
    } else if (was_b.next == at_a) {
        b->prev = at_a;
        a->next = at_b;
    }
    slot_link_neighbours(k, a);
    slot_link_neighbours(k, b);
}

void slot_remove(struct kernel *k, struct slot *slot)
{
    struct slot *next = slot_at(k, slot->next);
    if (slot->prev)
        slot_at(k, slot->prev)->next = slot->next;
    if (next) {
        next->prev = slot->prev;
        /* the border between two mints with one badge stays where it is */
        next->first_badged |= slot->first_badged;
    }
    slot_clear(slot);
}

bool slot_is_empty(const struct slot *slot)
{
    return cap_is_null(slot->cap);
}

bool slot_is_parent_of(struct kernel *k, struct slot *a, struct slot *b)
{
    (void)k;
    if (!a->revocable || !cap_same_region(a->cap, b->cap))
        return false;
    if (cap_type(a->cap) != CAP_ENDPOINT && cap_type(a->cap) != CAP_NOTIFICATION)
        return true;
    /* a badged original owns the copies with its badge, up to the next badged original */
    word_t badge = a->cap.endpoint.badge;
    return badge == 0 || (badge == b->cap.endpoint.badge && !b->first_badged);
}

bool slot_has_children(struct kernel *k, struct slot *slot)
{
    struct slot *next = slot_at(k, slot->next);
    return next && slot_is_parent_of(k, slot, next);
}

bool slot_is_final(struct kernel *k, struct slot *slot)
{
    struct slot *prev = slot_at(k, slot->prev);
    struct slot *next = slot_at(k, slot->next);
    return !(prev && cap_same_object(prev->cap, slot->cap)) &&
           !(next && cap_same_object(slot->cap, next->cap));
}

bool slot_is_long_running_delete(struct kernel *k, struct slot *slot)
{
    switch (cap_type(slot->cap)) {
    case CAP_TCB:
    case CAP_CNODE:
    case CAP_ZOMBIE:
        return slot_is_final(k, slot);
    default:
        return false;
    }
}

struct answer cap_derive(struct kernel *k, struct slot *slot, union cap cap, union cap *ret_cap)
{
    return cap_object_type(cap)->derive(k, slot, cap, ret_cap);
}

union cap cap_mask_rights(union cap cap, word_t rights)
{
    return cap_object_type(cap)->mask_rights(cap, rights);
}

union cap cap_update_data(union cap cap, word_t data, bool preserve)
{
    return cap_object_type(cap)->update_data(cap, data, preserve);
}

bool cap_same_region(union cap a, union cap b)
{
    return cap_object_type(a)->same_region(a, b);
}

bool cap_same_object(union cap a, union cap b)
{
    return cap_object_type(a)->same_object(a, b);
}
