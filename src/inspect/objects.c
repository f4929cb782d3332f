/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects: whatever has a place in memory and a capability to it. */
#include <inspect/inspection.h>

#include <base/bits.h>
#include <cap/object_type.h>
#include <stdlib.h>

/* Untypeds begin where what is made of them does; an object's type is told by its address alone. */
static uint64_t object_key(union cap cap, paddr_t base, unsigned size_bits)
{
    return base | (uint64_t)size_bits << 48 | (uint64_t)(cap_type(cap) + 1) << 56;
}

uint32_t inspection_find_object(const struct inspection *inspection, union cap cap)
{
    paddr_t base;
    unsigned bits;
    if (!cap_object_type(cap)->extent(cap, &base, &bits))
        return INDEX_NONE;
    return index_map_find(&inspection->object_at, object_key(cap, base, bits));
}

/* Of two capabilities to one untyped the older one counts as full: the other allocates. */
static void merge(struct found_object *object, union cap cap)
{
    object->caps++;
    if (cap_type(cap) == CAP_UNTYPED && cap.untyped.free_index < object->cap.untyped.free_index)
        object->cap = cap;
}

static bool add_object(struct inspection *inspection, union cap cap)
{
    struct found_object object = {
        .cap = cap, .caps = 1, .slot = INDEX_NONE, .parent = INDEX_NONE, .owner = INDEX_NONE};
    unsigned bits;
    if (!cap_object_type(cap)->extent(cap, &object.base, &bits))
        return true;
    object.size_bits = (uint8_t)bits;
    uint64_t key = object_key(cap, object.base, bits);
    uint32_t known = index_map_find(&inspection->object_at, key);
    if (known != INDEX_NONE) {
        merge(&inspection->objects.items[known], cap);
        return true;
    }
    return index_map_add(&inspection->object_at, key, inspection->objects.count) &&
           LIST_ADD(&inspection->objects, object);
}

/* By address; of two at one address the larger first, and an untyped before what fills it. */
static int compare(const void *a, const void *b)
{
    const struct found_object *x = a, *y = b;
    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    if (x->size_bits != y->size_bits)
        return x->size_bits > y->size_bits ? -1 : 1;
    return (cap_type(y->cap) == CAP_UNTYPED) - (cap_type(x->cap) == CAP_UNTYPED);
}

static bool contains(const struct found_object *untyped, const struct found_object *object)
{
    return object->base - untyped->base < bit(untyped->size_bits);
}

/* An untyped's parent is the one around it: the last one before it that has not ended. */
static void find_parents(struct inspection *inspection)
{
    struct found_object *objects = inspection->objects.items;
    uint32_t parent = INDEX_NONE;
    for (uint32_t i = 0; i < inspection->objects.count; i++) {
        while (parent != INDEX_NONE && !contains(&objects[parent], &objects[i]))
            parent = objects[parent].parent;
        objects[i].parent = parent;
        if (cap_type(objects[i].cap) == CAP_UNTYPED)
            parent = i;
    }
}

bool inspection_find_objects(struct inspection *inspection)
{
    for (uint32_t i = 0; i < inspection->slots.count; i++) {
        if (!add_object(inspection, inspection->slots.items[i].slot->cap))
            return false;
    }
    struct found_object *objects = inspection->objects.items;
    if (inspection->objects.count > 0)
        qsort(objects, inspection->objects.count, sizeof(*objects), compare);
    index_map_free(&inspection->object_at);
    for (uint32_t i = 0; i < inspection->objects.count; i++) {
        if (!index_map_add(&inspection->object_at,
                           object_key(objects[i].cap, objects[i].base, objects[i].size_bits), i))
            return false;
    }
    find_parents(inspection);
    return true;
}
