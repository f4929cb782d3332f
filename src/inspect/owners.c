/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To which VSpace an object belongs: to the one that it is mapped into, whose thread it is, or in
 * whose threads' CSpaces there is a capability to it. A root server keeps capabilities to all that
 * it made: what another one has as well belongs to that; what two others have is shared. What
 * nobody can get at belongs to nobody.
 */
#include <inspect/inspection.h>

#include <host/host.h>
#include <inspect/space.h>
#include <mem/vspace.h>
#include <stdlib.h>

#define ROOT_VSPACE 0 /* of the oldest thread */

static void add_owner(struct inspection *inspection, uint32_t object, uint32_t vspace)
{
    if (object == INDEX_NONE || vspace == INDEX_NONE)
        return;
    uint32_t *owner = &inspection->objects.items[object].owner;
    if (*owner == INDEX_NONE || *owner == ROOT_VSPACE)
        *owner = vspace;
    else if (*owner != vspace && vspace != ROOT_VSPACE)
        *owner = OWNER_SHARED;
}

static uint32_t vspace_of_asid(const struct inspection *inspection, unsigned asid)
{
    paddr_t root = asid_vspace(inspection->k, asid);
    for (uint32_t i = 0; root && i < inspection->vspaces.count; i++) {
        if (inspection->vspaces.items[i].root == root)
            return i;
    }
    return INDEX_NONE;
}

/* --- use ----------------------------------------------------------------------------------- */

static uint32_t vspace_of_frame(const struct inspection *inspection, union cap cap)
{
    uint32_t vspace = cap.frame.map_type == FRAME_MAP_VSPACE
                          ? vspace_of_asid(inspection, cap.frame.asid)
                          : INDEX_NONE;
    bool is_there =
        vspace != INDEX_NONE && space_maps(inspection->k, inspection->vspaces.items[vspace].root,
                                           frame_cap_vaddr(cap), frame_cap_paddr(cap));
    return is_there ? vspace : INDEX_NONE;
}

static uint32_t vspace_of_table(const struct inspection *inspection, union cap cap)
{
    return cap.paging.is_mapped ? vspace_of_asid(inspection, cap.paging.asid) : INDEX_NONE;
}

static uint32_t vspace_of_root(const struct inspection *inspection, union cap cap)
{
    return cap.pml4.is_mapped ? vspace_of_asid(inspection, cap.pml4.asid) : INDEX_NONE;
}

static uint32_t vspace_of_tcb(const struct inspection *inspection, union cap cap)
{
    return inspection->threads.items[inspection_find_thread(inspection, cap.tcb.object)].vspace;
}

static uint32_t (*const uses[CAP_TYPE_COUNT])(const struct inspection *, union cap) = {
    [CAP_FRAME] = vspace_of_frame,
    [CAP_PAGE_TABLE] = vspace_of_table,
    [CAP_PAGE_DIRECTORY] = vspace_of_table,
    [CAP_PDPT] = vspace_of_table,
    [CAP_PML4] = vspace_of_root,
    [CAP_TCB] = vspace_of_tcb,
};

static void own_by_use(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->slots.count; i++) {
        union cap cap = inspection->slots.items[i].slot->cap;
        if (uses[cap_type(cap)])
            add_owner(inspection, inspection_find_object(inspection, cap),
                      uses[cap_type(cap)](inspection, cap));
    }
}

/* --- capabilities -------------------------------------------------------------------------- */

static void own_cspace(struct inspection *inspection, const struct cspace *cspace, uint32_t vspace,
                       const bool *is_used)
{
    add_owner(inspection, inspection_find_object(inspection, cspace->root), vspace);
    for (uint32_t i = 0; i < cspace->count; i++) {
        union cap cap = inspection->slots.items[cspace->items[i].slot].slot->cap;
        uint32_t object = inspection_find_object(inspection, cap);
        if (object != INDEX_NONE && !is_used[object])
            add_owner(inspection, object, vspace);
    }
}

/* Most threads share CSpace and VSpace with the first one that has the CSpace. */
static bool is_like_an_older_one(const struct inspection *inspection, uint32_t index)
{
    const struct found_thread *thread = &inspection->threads.items[index];
    uint32_t first = inspection->cspaces.items[thread->cspace].first_thread;
    return first < index && inspection->threads.items[first].vspace == thread->vspace;
}

bool inspection_find_owners(struct inspection *inspection)
{
    bool *is_used = host_allocate(inspection->objects.count + 1, sizeof(*is_used));
    if (!is_used)
        return false;
    own_by_use(inspection);
    for (uint32_t i = 0; i < inspection->objects.count; i++)
        is_used[i] = inspection->objects.items[i].owner != INDEX_NONE;
    for (uint32_t i = 0; i < inspection->threads.count; i++) {
        const struct found_thread *thread = &inspection->threads.items[i];
        if (thread->cspace != INDEX_NONE && !is_like_an_older_one(inspection, i))
            own_cspace(inspection, &inspection->cspaces.items[thread->cspace], thread->vspace,
                       is_used);
    }
    free(is_used);
    for (uint32_t i = 0; i < inspection->objects.count; i++) {
        if (!inspection->objects.items[i].is_used)
            inspection->objects.items[i].owner = INDEX_NONE;
    }
    return true;
}
