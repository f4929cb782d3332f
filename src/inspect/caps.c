/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities: of a thread by address, and wherever there are any. */
#include <inspect/views.h>

#include <base/bits.h>
#include <cap/object_type.h>
#include <errno.h>

static const struct report_column root_columns[] = {{"slot", REPORT_LEFT}, VIEW_CAP_COLUMNS};
static const struct report_column cap_columns[] = {
    {"address", REPORT_LEFT}, {"depth", REPORT_RIGHT}, VIEW_CAP_COLUMNS};
static const struct report_column slot_columns[] = {
    {"held by", REPORT_LEFT}, VIEW_CAP_COLUMNS, {"in reach", REPORT_LEFT}};

static void show_roots(const struct view_call *call, const struct found_thread *thread)
{
    report_begin_table(call->report, "tcb", "In the TCB", root_columns, ARRAY_LENGTH(root_columns));
    for (unsigned i = 0; i < TCB_SLOT_COUNT; i++) {
        if (cap_is_null(thread->tcb->slots[i].cap))
            continue;
        paddr_t at = thread->at + i * sizeof(struct slot);
        view_place_cell(call, index_map_find(&call->inspection->slot_at, at));
        view_cap_cells(call, thread->tcb->slots[i].cap, 0);
    }
    report_end_table(call->report);
}

static void show_cspace(const struct view_call *call, const struct found_thread *thread)
{
    report_begin_table(call->report, "cspace", "In the CSpace", cap_columns,
                       ARRAY_LENGTH(cap_columns));
    const struct cspace *cspace =
        thread->cspace == INDEX_NONE ? NULL : &call->inspection->cspaces.items[thread->cspace];
    for (uint32_t i = 0; cspace && i < cspace->count; i++) {
        const struct cspace_entry *entry = &cspace->items[i];
        report_address(call->report, entry->cptr);
        report_number(call->report, entry->depth);
        view_cap_cells(call, call->inspection->slots.items[entry->slot].slot->cap, 0);
    }
    report_end_table(call->report);
}

int view_caps(const struct view_call *call)
{
    uint32_t thread = view_find_thread(call);
    if (thread == INDEX_NONE)
        return -EINVAL;
    show_roots(call, &call->inspection->threads.items[thread]);
    show_cspace(call, &call->inspection->threads.items[thread]);
    return 0;
}

static bool leads_to(union cap cap, paddr_t object)
{
    paddr_t base;
    unsigned bits;
    return !object || (cap_object_type(cap)->extent(cap, &base, &bits) && base == object);
}

int view_slots(const struct view_call *call)
{
    int error;
    paddr_t object = view_object_operand(call, &error);
    if (error)
        return error;
    report_begin_table(call->report, "slots", NULL, slot_columns, ARRAY_LENGTH(slot_columns));
    for (uint32_t i = 0; i < call->inspection->slots.count; i++) {
        const struct found_slot *slot = &call->inspection->slots.items[i];
        if (cap_is_null(slot->slot->cap) || !leads_to(slot->slot->cap, object))
            continue;
        view_place_cell(call, i);
        view_cap_cells(call, slot->slot->cap, 0);
        report_text(call->report, slot->is_reached ? "yes" : "no");
    }
    report_end_table(call->report);
    return 0;
}
