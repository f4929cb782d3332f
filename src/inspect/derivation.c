/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation tree. The kernel keeps it as lists of slots in pre-order; whose child a slot is
 * follows from the capabilities (cap/derivation.h).
 */
#include <inspect/views.h>

#include <base/bits.h>
#include <base/text.h>
#include <cap/derivation.h>
#include <errno.h>
#include <inspect/words.h>
#include <stdlib.h>

struct row {
    uint32_t slot;
    uint32_t parent; /* row, or INDEX_NONE */
    uint32_t depth;
    bool is_shown;
};

struct rows {
    struct row *items;
    uint32_t count, room;
};

static bool add_row(const struct view_call *call, struct rows *rows, uint32_t slot, uint32_t before)
{
    const struct inspection *inspection = call->inspection;
    struct slot *here = inspection->slots.items[slot].slot;
    struct row row = {.slot = slot, .parent = before};
    while (row.parent != INDEX_NONE &&
           !slot_is_parent_of(inspection->k,
                              inspection->slots.items[rows->items[row.parent].slot].slot, here))
        row.parent = rows->items[row.parent].parent;
    row.depth = row.parent == INDEX_NONE ? 0 : rows->items[row.parent].depth + 1;
    return LIST_ADD(rows, row);
}

/* One list; a damaged one that runs in circles ends when it has more slots than there are. */
static bool add_list(const struct view_call *call, struct rows *rows, uint32_t slot)
{
    const struct inspection *inspection = call->inspection;
    uint32_t before = INDEX_NONE;
    while (slot != INDEX_NONE && rows->count <= inspection->slots.count) {
        if (!add_row(call, rows, slot, before))
            return false;
        before = rows->count - 1;
        slot = index_map_find(&inspection->slot_at, inspection->slots.items[slot].slot->next);
    }
    return true;
}

static bool find_rows(const struct view_call *call, struct rows *rows)
{
    for (uint32_t i = 0; i < call->inspection->slots.count; i++) {
        const struct slot *slot = call->inspection->slots.items[i].slot;
        if (!cap_is_null(slot->cap) && !slot->prev && !add_list(call, rows, i))
            return false;
    }
    return true;
}

/* --- which are shown ----------------------------------------------------------------------- */

static bool leads_to(const struct view_call *call, const struct row *row, paddr_t object)
{
    union cap cap = call->inspection->slots.items[row->slot].slot->cap;
    paddr_t base;
    unsigned bits;
    return cap_type(cap) != CAP_UNTYPED && cap_object_type(cap)->extent(cap, &base, &bits) &&
           base == object;
}

/* The object's capabilities, what they come from, and what comes from them. */
static void choose(const struct view_call *call, struct rows *rows, paddr_t object)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct row *row = &rows->items[i];
        bool is_below = row->parent != INDEX_NONE && rows->items[row->parent].is_shown &&
                        leads_to(call, &rows->items[row->parent], object);
        row->is_shown = !object || is_below || leads_to(call, row, object);
        if (!row->is_shown)
            continue;
        for (uint32_t p = row->parent; p != INDEX_NONE; p = rows->items[p].parent)
            rows->items[p].is_shown = true;
    }
}

/* --- output -------------------------------------------------------------------------------- */

static const struct report_column columns[] = {
    {"depth", REPORT_RIGHT}, VIEW_CAP_COLUMNS, {"held by", REPORT_LEFT}};

static void show_row(const struct view_call *call, const struct rows *rows, uint32_t index)
{
    const struct row *row = &rows->items[index];
    const struct found_slot *slot = &call->inspection->slots.items[row->slot];
    char words[STATE_BYTES];
    report_number(call->report, row->depth);
    view_cap_cells(call, slot->slot->cap, row->depth);
    view_place_cell(call, row->slot);

    words_cap_object(slot->slot->cap, words, sizeof(words));
    report_node(call->report, (struct report_node){'s', slot->at},
                slot->is_reached ? REPORT_PLAIN : REPORT_BAD, "%s", words);
    if (row->parent != INDEX_NONE)
        report_edge(call->report,
                    (struct report_node){
                        's', call->inspection->slots.items[rows->items[row->parent].slot].at},
                    (struct report_node){'s', slot->at}, REPORT_PLAIN, "");
}

int view_derivation(const struct view_call *call)
{
    int error;
    paddr_t object = view_object_operand(call, &error);
    if (error)
        return error;
    struct rows rows = {0};
    if (!find_rows(call, &rows)) {
        free(rows.items);
        return -ENOMEM;
    }
    choose(call, &rows, object);
    report_begin_table(call->report, "derivation", NULL, columns, ARRAY_LENGTH(columns));
    for (uint32_t i = 0; i < rows.count; i++) {
        if (rows.items[i].is_shown)
            show_row(call, &rows, i);
    }
    report_end_table(call->report);
    free(rows.items);
    return 0;
}
