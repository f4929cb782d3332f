/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What threads can get at, in any number of steps: they and the interrupts are where it begins.
 * A thread that is stopped (inactive) may only act if another one can get at its TCB. That an
 * untyped could be revoked does not count as a way to what was made of it.
 */
#include <inspect/inspection.h>

#include <base/bits.h>
#include <inspect/space.h>
#include <mem/vspace.h>
#include <stdlib.h>

struct work {
    uint32_t *items; /* objects that were reached and not gone into yet */
    uint32_t count, room;
};

static bool reach_object(struct inspection *inspection, struct work *work, union cap cap)
{
    uint32_t index = inspection_find_object(inspection, cap);
    if (index == INDEX_NONE || inspection->objects.items[index].is_reached)
        return true;
    inspection->objects.items[index].is_reached = true;
    return LIST_ADD(work, index);
}

static bool reach_slot(struct inspection *inspection, struct work *work, paddr_t at)
{
    uint32_t index = index_map_find(&inspection->slot_at, at);
    if (index == INDEX_NONE)
        return true;
    struct found_slot *found = &inspection->slots.items[index];
    found->is_reached = true;
    return reach_object(inspection, work, found->slot->cap);
}

static bool reach_slots(struct inspection *inspection, struct work *work, paddr_t base,
                        uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!reach_slot(inspection, work, base + i * sizeof(struct slot)))
            return false;
    }
    return true;
}

static bool reach_cnode(struct inspection *inspection, struct work *work, union cap cap)
{
    return reach_slots(inspection, work, cap.cnode.object, bit(cap.cnode.radix));
}

static bool reach_tcb(struct inspection *inspection, struct work *work, union cap cap)
{
    return reach_slots(inspection, work, cap.tcb.object, TCB_SLOT_COUNT);
}

static bool reach_zombie(struct inspection *inspection, struct work *work, union cap cap)
{
    return reach_slots(inspection, work, cap.zombie.object, cap.zombie.slots_left);
}

static bool reach_contents(struct inspection *inspection, struct work *work, union cap cap)
{
    static bool (*const contents[CAP_TYPE_COUNT])(struct inspection *, struct work *, union cap) = {
        [CAP_CNODE] = reach_cnode,
        [CAP_TCB] = reach_tcb,
        [CAP_ZOMBIE] = reach_zombie,
    };
    return !contents[cap_type(cap)] || contents[cap_type(cap)](inspection, work, cap);
}

static bool begin(struct inspection *inspection, struct work *work)
{
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        const struct found_thread *thread = &inspection->threads.items[i];
        union cap cap = {.tcb = {.type_ = CAP_TCB, .object = thread->at}};
        if (thread->tcb->state != THREAD_INACTIVE && !reach_object(inspection, work, cap))
            return false;
    }
    return reach_slots(inspection, work, inspection->k->irq_slots, NUM_IRQ_VECTORS);
}

/* --- memory that is used without a capability in reach ------------------------------------- */

static bool is_reached_vspace(const struct inspection *inspection, unsigned asid, paddr_t *ret_root)
{
    *ret_root = asid_vspace(inspection->k, asid);
    union cap root = {.pml4 = {.type_ = CAP_PML4, .object = *ret_root}};
    uint32_t index = *ret_root ? inspection_find_object(inspection, root) : INDEX_NONE;
    return index != INDEX_NONE && inspection->objects.items[index].is_reached;
}

static bool is_mapped_frame(const struct inspection *inspection, union cap cap)
{
    paddr_t root;
    if (cap.frame.map_type == FRAME_MAP_NONE)
        return false;
    if (cap.frame.map_type != FRAME_MAP_VSPACE)
        return true; /* a device may use it */
    return is_reached_vspace(inspection, cap.frame.asid, &root) &&
           space_maps(inspection->k, root, frame_cap_vaddr(cap), frame_cap_paddr(cap));
}

static bool is_mapped_table(const struct inspection *inspection, union cap cap)
{
    paddr_t root;
    return cap.paging.is_mapped && is_reached_vspace(inspection, cap.paging.asid, &root);
}

static bool is_mapped_io_table(const struct inspection *inspection, union cap cap)
{
    (void)inspection;
    return cap.io_page_table.is_mapped;
}

static bool is_in_the_kernel(const struct inspection *inspection, union cap cap)
{
    (void)inspection;
    (void)cap;
    return true;
}

static bool (*const uses[CAP_TYPE_COUNT])(const struct inspection *, union cap) = {
    [CAP_FRAME] = is_mapped_frame,
    [CAP_PAGE_TABLE] = is_mapped_table,
    [CAP_PAGE_DIRECTORY] = is_mapped_table,
    [CAP_PDPT] = is_mapped_table,
    [CAP_IO_PAGE_TABLE] = is_mapped_io_table,
    [CAP_ASID_POOL] = is_in_the_kernel,
};

static bool is_in_use(const struct inspection *inspection, union cap cap)
{
    return uses[cap_type(cap)] && uses[cap_type(cap)](inspection, cap);
}

static void note_holder(const struct inspection *inspection, struct found_object *object,
                        uint32_t slot)
{
    const struct found_slot *slots = inspection->slots.items;
    if (object->slot == INDEX_NONE || (slots[slot].is_reached && !slots[object->slot].is_reached))
        object->slot = slot;
}

static void note_use(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->slots.count; i++) {
        union cap cap = inspection->slots.items[i].slot->cap;
        uint32_t index = inspection_find_object(inspection, cap);
        if (index == INDEX_NONE)
            continue;
        struct found_object *object = &inspection->objects.items[index];
        note_holder(inspection, object, i);
        object->is_used = object->is_used || object->is_reached || is_in_use(inspection, cap);
    }
}

bool inspection_reach(struct inspection *inspection)
{
    struct work work = {0};
    bool good = begin(inspection, &work);
    for (uint32_t i = 0; i < work.count && good; i++) /* it grows meanwhile */
        good = reach_contents(inspection, &work, inspection->objects.items[work.items[i]].cap);
    free(work.items);
    if (good)
        note_use(inspection);
    return good;
}
