/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: what untypeds were made into, whose it is, and what is leaked. Two things are leaks:
 * objects that no thread can get at (is_used), which only Revoke of their untyped gives back; and
 * memory below an untyped's watermark in which no object is left, which comes back when the last
 * of the untyped's objects goes.
 */
#include <inspect/views.h>

#include <base/bits.h>
#include <base/text.h>
#include <cap/object_type.h>
#include <errno.h>
#include <host/host.h>
#include <inspect/words.h>
#include <stdlib.h>

/* What lies directly in an untyped. */
struct contents {
    uint32_t by_type[CAP_TYPE_COUNT];
    uint32_t count;
    uint64_t bytes;
    uint64_t lost; /* below the watermark, in no object, and not for alignment */
    paddr_t end;   /* of what was added last */
};

static bool is_untyped(const struct found_object *object)
{
    return cap_type(object->cap) == CAP_UNTYPED;
}

/* Children come by address. */
static void add_child(struct contents *contents, const struct found_object *child)
{
    if (align_up(contents->end, child->size_bits) < child->base)
        contents->lost += child->base - contents->end;
    contents->by_type[cap_type(child->cap)]++;
    contents->count++;
    contents->bytes += bit(child->size_bits);
    contents->end = child->base + bit(child->size_bits);
}

/* One for each object; those of untypeds are filled. NULL: no memory. */
static struct contents *find_contents(const struct inspection *inspection)
{
    uint32_t count = inspection->objects.count;
    const struct found_object *objects = inspection->objects.items;
    struct contents *contents = host_allocate(count + 1, sizeof(*contents));
    if (!contents)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        contents[i].end = objects[i].base;
    for (uint32_t i = 0; i < count; i++) {
        if (objects[i].parent != INDEX_NONE)
            add_child(&contents[objects[i].parent], &objects[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        paddr_t mark = objects[i].base + objects[i].cap.untyped.free_index;
        if (is_untyped(&objects[i]) && contents[i].count > 0 && mark > contents[i].end)
            contents[i].lost += mark - contents[i].end;
    }
    return contents;
}

/* Without children the next Retype starts at the bottom again. */
static uint64_t free_bytes(const struct found_object *untyped, const struct contents *contents)
{
    uint64_t size = bit(untyped->size_bits);
    return contents->count ? size - untyped->cap.untyped.free_index : size;
}

/* --- untypeds ------------------------------------------------------------------------------ */

static const struct report_column untyped_columns[] = {
    {"untyped", REPORT_LEFT},  {"size", REPORT_RIGHT}, {"used", REPORT_RIGHT},
    {"lost", REPORT_RIGHT},    {"free", REPORT_RIGHT}, {"held by", REPORT_LEFT},
    {"children", REPORT_LEFT},
};

static void children_cell(const struct view_call *call, const struct contents *contents)
{
    char words[256] = "";
    size_t length = 0;
    for (enum cap_type type = CAP_NULL; type < CAP_TYPE_COUNT; type++) {
        if (contents->by_type[type])
            length +=
                text_format(words + length, sizeof(words) - length, "%s%u %s", length ? ", " : "",
                            contents->by_type[type], object_types[type]->name);
    }
    if (length)
        report_text(call->report, "%s", words);
    else
        report_nothing(call->report);
}

static void show_untyped(const struct view_call *call, uint32_t index,
                         const struct contents *contents)
{
    const struct found_object *object = &call->inspection->objects.items[index];
    unsigned depth = 0;
    char words[32];
    for (uint32_t p = object->parent; p != INDEX_NONE;
         p = call->inspection->objects.items[p].parent)
        depth++;
    text_format(words, sizeof(words), "0x%lx%s", object->base,
                object->cap.untyped.is_device ? " (device)" : "");
    report_branch(call->report, depth, words);
    report_bytes(call->report, bit(object->size_bits));
    report_bytes(call->report, contents->count ? object->cap.untyped.free_index : 0);
    report_bytes(call->report, contents->lost);
    report_bytes(call->report, free_bytes(object, contents));
    view_place_cell(call, object->slot);
    children_cell(call, contents);
}

/* Of devices those that something was made of: a PC has dozens that nobody ever uses. */
static void show_untypeds(const struct view_call *call, const struct contents *contents)
{
    report_begin_table(call->report, "untypeds", "Untyped memory", untyped_columns,
                       ARRAY_LENGTH(untyped_columns));
    for (uint32_t i = 0; i < call->inspection->objects.count; i++) {
        const struct found_object *object = &call->inspection->objects.items[i];
        if (is_untyped(object) && (!object->cap.untyped.is_device || contents[i].count))
            show_untyped(call, i, &contents[i]);
    }
    report_end_table(call->report);
}

/* --- memory by owner ----------------------------------------------------------------------- */

enum memory_class {
    MEMORY_OTHERS, /* what class_of[] does not name */
    MEMORY_FRAMES,
    MEMORY_TABLES,
    MEMORY_CNODES,
    MEMORY_TCBS,
    MEMORY_FREE,
    MEMORY_CLASSES,
};

static const struct report_column owner_columns[] = {
    {"owner", REPORT_LEFT},   {"frames", REPORT_RIGHT}, {"tables", REPORT_RIGHT},
    {"cnodes", REPORT_RIGHT}, {"tcbs", REPORT_RIGHT},   {"free untyped", REPORT_RIGHT},
    {"others", REPORT_RIGHT}, {"total", REPORT_RIGHT},
};

static const uint8_t class_of[CAP_TYPE_COUNT] = {
    [CAP_FRAME] = MEMORY_FRAMES,          [CAP_PAGE_TABLE] = MEMORY_TABLES,
    [CAP_PAGE_DIRECTORY] = MEMORY_TABLES, [CAP_PDPT] = MEMORY_TABLES,
    [CAP_PML4] = MEMORY_TABLES,           [CAP_IO_PAGE_TABLE] = MEMORY_TABLES,
    [CAP_CNODE] = MEMORY_CNODES,          [CAP_TCB] = MEMORY_TCBS,
    [CAP_UNTYPED] = MEMORY_FREE,
};

static bool is_device(union cap cap)
{
    return (cap_type(cap) == CAP_FRAME && cap.frame.is_device) ||
           (cap_type(cap) == CAP_UNTYPED && cap.untyped.is_device);
}

static void show_owner(const struct view_call *call, uint32_t owner,
                       const struct contents *contents)
{
    uint64_t bytes[MEMORY_CLASSES] = {0}, total = 0;
    for (uint32_t i = 0; i < call->inspection->objects.count; i++) {
        const struct found_object *object = &call->inspection->objects.items[i];
        if (object->owner == owner && !is_device(object->cap))
            bytes[class_of[cap_type(object->cap)]] +=
                is_untyped(object) ? free_bytes(object, &contents[i]) : bit(object->size_bits);
    }
    for (unsigned i = 0; i < MEMORY_CLASSES; i++)
        total += bytes[i];
    if (total == 0)
        return;
    if (owner == INDEX_NONE)
        report_text(call->report, "(leaked)");
    else
        view_owner_cell(call, owner);
    for (unsigned i = MEMORY_OTHERS + 1; i < MEMORY_CLASSES; i++)
        report_bytes(call->report, bytes[i]);
    report_bytes(call->report, bytes[MEMORY_OTHERS]);
    report_bytes(call->report, total);
}

static void show_owners(const struct view_call *call, const struct contents *contents)
{
    report_begin_table(call->report, "memory", "Memory by owner (a VSpace)", owner_columns,
                       ARRAY_LENGTH(owner_columns));
    for (uint32_t i = 0; i < call->inspection->vspaces.count; i++)
        show_owner(call, i, contents);
    show_owner(call, OWNER_SHARED, contents);
    show_owner(call, INDEX_NONE, contents);
    report_end_table(call->report);
}

/* --- leaks --------------------------------------------------------------------------------- */

static const struct report_column leak_columns[] = {
    {"bytes", REPORT_RIGHT}, {"what", REPORT_LEFT},    {"count", REPORT_RIGHT},
    {"why", REPORT_LEFT},    {"untyped", REPORT_LEFT}, {"untyped held by", REPORT_LEFT},
};

/* Objects out of reach of one type, in one untyped, held by the same kind of object: one line. */
struct leak {
    enum cap_type type;
    uint32_t parent, slot; /* slot: that holds a capability to the first of them */
    uint32_t count;
    uint64_t bytes;
    bool has_others; /* not one CNode or TCB has all of them */
};

struct leaks {
    struct leak *items;
    uint32_t count, room;
};

static bool is_alike(const struct inspection *inspection, const struct leak *a,
                     const struct leak *b)
{
    return a->type == b->type && a->parent == b->parent &&
           inspection->slots.items[a->slot].place == inspection->slots.items[b->slot].place;
}

static bool add_leak(const struct inspection *inspection, struct leaks *leaks, struct leak leak)
{
    for (uint32_t i = leaks->count; i-- > 0;) {
        struct leak *known = &leaks->items[i];
        if (!is_alike(inspection, known, &leak))
            continue;
        known->count++;
        known->bytes += leak.bytes;
        known->has_others |= inspection->slots.items[known->slot].container !=
                             inspection->slots.items[leak.slot].container;
        return true;
    }
    return LIST_ADD(leaks, leak);
}

/* In the order of slots: what one CNode holds stays together. */
static bool find_leaks(const struct inspection *inspection, struct leaks *leaks)
{
    bool *seen = host_allocate(inspection->objects.count + 1, sizeof(*seen));
    bool good = seen != NULL;
    for (uint32_t i = 0; i < inspection->slots.count && good; i++) {
        uint32_t index = inspection_find_object(inspection, inspection->slots.items[i].slot->cap);
        if (index == INDEX_NONE || seen[index] || inspection->objects.items[index].is_used)
            continue;
        const struct found_object *object = &inspection->objects.items[index];
        seen[index] = true;
        good = add_leak(inspection, leaks,
                        (struct leak){.type = cap_type(object->cap),
                                      .parent = object->parent,
                                      .slot = i,
                                      .count = 1,
                                      .bytes = bit(object->size_bits)});
    }
    free(seen);
    return good;
}

static void untyped_cells(const struct view_call *call, uint32_t untyped)
{
    if (untyped == INDEX_NONE) {
        report_nothing(call->report);
        report_nothing(call->report);
        return;
    }
    report_address(call->report, call->inspection->objects.items[untyped].base);
    view_place_cell(call, call->inspection->objects.items[untyped].slot);
}

static void reason_cell(const struct view_call *call, const struct leak *leak)
{
    const struct found_slot *slot = &call->inspection->slots.items[leak->slot];
    const char *others = leak->has_others ? " (and others)" : "";
    char label[THREAD_LABEL_BYTES];
    if (slot->place == PLACE_CNODE) {
        report_text(call->report, "only cnode 0x%lx%s leads there, out of every thread's reach",
                    slot->container, others);
    } else if (slot->place == PLACE_TCB) {
        words_thread(tcb_at(call->inspection->k, slot->container), label, sizeof(label));
        report_text(call->report, "only the TCB of %s%s leads there, out of every thread's reach",
                    label, others);
    } else {
        report_text(call->report, "out of every thread's reach");
    }
}

static void show_leak(const struct view_call *call, const struct leak *leak)
{
    report_bytes(call->report, leak->bytes);
    report_text(call->report, "%s", object_types[leak->type]->name);
    report_number(call->report, leak->count);
    reason_cell(call, leak);
    untyped_cells(call, leak->parent);
}

static void show_lost(const struct view_call *call, uint32_t untyped, uint64_t bytes)
{
    report_bytes(call->report, bytes);
    report_text(call->report, "freed memory");
    report_nothing(call->report);
    report_text(call->report,
                "its objects are gone, but others keep the untyped from starting anew");
    untyped_cells(call, untyped);
}

static int show_leaks(const struct view_call *call, const struct contents *contents)
{
    struct leaks leaks = {0};
    if (!find_leaks(call->inspection, &leaks)) {
        free(leaks.items);
        return -ENOMEM;
    }
    report_begin_table(call->report, "leaks", "Leaked", leak_columns, ARRAY_LENGTH(leak_columns));
    for (uint32_t i = 0; i < leaks.count; i++)
        show_leak(call, &leaks.items[i]);
    for (uint32_t i = 0; i < call->inspection->objects.count; i++) {
        if (contents[i].lost && !is_device(call->inspection->objects.items[i].cap))
            show_lost(call, i, contents[i].lost);
    }
    report_end_table(call->report);
    free(leaks.items);
    return 0;
}

int view_untyped(const struct view_call *call)
{
    struct contents *contents = find_contents(call->inspection);
    if (!contents)
        return -ENOMEM;
    show_untypeds(call, contents);
    show_owners(call, contents);
    int error = show_leaks(call, contents);
    free(contents);
    return error;
}
