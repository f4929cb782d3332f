/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CSpaces as their threads see them: each slot with the address that leads there. A CNode that is
 * met a second time is not gone into again; that a CNode holds a capability to itself is usual.
 */
#include <inspect/inspection.h>

#include <base/bits.h>
#include <stdlib.h>

/* A CNode that is being listed; the way there took `depth` bits of the address, `prefix`. */
struct level {
    union cap cnode;
    cptr_t prefix;
    uint8_t depth;
};

struct levels {
    struct level *items;
    uint32_t count, room;
};

static bool is_listed(const struct levels *levels, union cap cnode)
{
    for (uint32_t i = 0; i < levels->count; i++) {
        if (levels->items[i].cnode.cnode.object == cnode.cnode.object)
            return true;
    }
    return false;
}

/* `entry` holds a CNode: lookups go on there if address bits are left for it. */
static bool add_level(struct levels *levels, union cap cnode, cptr_t prefix, unsigned depth)
{
    unsigned bits = (unsigned)cnode.cnode.guard_size + (unsigned)cnode.cnode.radix;
    if (depth + bits > WORD_BITS || bits == 0 || is_listed(levels, cnode))
        return true;
    struct level level = {.cnode = cnode, .prefix = prefix, .depth = (uint8_t)depth};
    return LIST_ADD(levels, level);
}

static cptr_t shift_left(cptr_t value, unsigned bits)
{
    return bits < WORD_BITS ? value << bits : 0;
}

static bool list_level(const struct inspection *inspection, struct cspace *cspace,
                       struct levels *levels, struct level level)
{
    union cap cnode = level.cnode;
    unsigned radix = (unsigned)cnode.cnode.radix, guard_size = (unsigned)cnode.cnode.guard_size;
    unsigned depth = level.depth + guard_size + radix;
    cptr_t prefix = shift_left(level.prefix, guard_size) | (cnode.cnode.guard & mask(guard_size));
    for (uint64_t i = 0; i < bit(radix); i++) {
        paddr_t at = cnode.cnode.object + i * sizeof(struct slot);
        struct cspace_entry entry = {.slot = index_map_find(&inspection->slot_at, at),
                                     .cptr = shift_left(prefix, radix) | i,
                                     .depth = (uint8_t)depth};
        union cap cap = inspection->slots.items[entry.slot].slot->cap;
        if (cap_is_null(cap))
            continue;
        if (!LIST_ADD(cspace, entry))
            return false;
        if (cap_type(cap) == CAP_CNODE && depth < WORD_BITS &&
            !add_level(levels, cap, entry.cptr, depth))
            return false;
    }
    return true;
}

static bool list_cspace(const struct inspection *inspection, struct cspace *cspace)
{
    struct levels levels = {0};
    bool good = add_level(&levels, cspace->root, 0, 0);
    for (uint32_t i = 0; i < levels.count && good; i++) /* it grows meanwhile */
        good = list_level(inspection, cspace, &levels, levels.items[i]);
    free(levels.items);
    return good;
}

/* A slot is known by its address in the CSpace of the oldest thread that has it. */
static void note_places(struct inspection *inspection, uint32_t index)
{
    const struct cspace *cspace = &inspection->cspaces.items[index];
    for (uint32_t i = 0; i < cspace->count; i++) {
        struct found_slot *slot = &inspection->slots.items[cspace->items[i].slot];
        if (slot->cspace == INDEX_NONE) {
            slot->cspace = index;
            slot->entry = i;
        }
    }
}

static bool add_cspace(struct inspection *inspection, uint32_t index)
{
    struct found_thread *thread = &inspection->threads.items[index];
    union cap root = thread->tcb->slots[TCB_SLOT_CTABLE].cap;
    if (cap_type(root) != CAP_CNODE)
        return true;
    for (uint32_t i = 0; i < inspection->cspaces.count; i++) {
        const union cap *known = &inspection->cspaces.items[i].root;
        if (known->word[0] == root.word[0] && known->word[1] == root.word[1]) {
            thread->cspace = i;
            return true;
        }
    }
    struct cspace cspace = {.root = root, .first_thread = index};
    thread->cspace = inspection->cspaces.count;
    if (!LIST_ADD(&inspection->cspaces, cspace) ||
        !list_cspace(inspection, &inspection->cspaces.items[thread->cspace]))
        return false;
    note_places(inspection, thread->cspace);
    return true;
}

bool inspection_find_cspaces(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        if (!add_cspace(inspection, i))
            return false;
    }
    return true;
}
