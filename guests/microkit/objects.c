/* SPDX-License-Identifier: BSD-2-Clause */
#include "objects.h"

#define MAX_OBJECTS  512
#define MAX_UNTYPEDS 512
#define SKIP_SLOTS   2

static struct planned {
    seL4_Word type, size_bits, paddr;
    unsigned bits;
    seL4_CPtr slot;
    bool is_made;
} planned[MAX_OBJECTS];
static unsigned count, placed, next_placed;

/* Untypeds that were only made to come further on in memory: the last two are kept. */
static seL4_CPtr skip_slots[SKIP_SLOTS];
static bool skip_is_used[SKIP_SLOTS];
static unsigned next_skip;

seL4_CPtr object_plan(seL4_Word type, unsigned bits, seL4_Word size_bits, seL4_Word paddr)
{
    if (count == MAX_OBJECTS)
        must(seL4_NotEnoughMemory, "too many objects");
    planned[count] = (struct planned){
        .type = type, .size_bits = size_bits, .paddr = paddr, .bits = bits, .slot = slot_new()};
    placed += paddr != ANYWHERE;
    return planned[count++].slot;
}

static void retype(seL4_CPtr untyped, seL4_Word type, seL4_Word size_bits, seL4_CPtr slot)
{
    must(seL4_Untyped_Retype(untyped, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),
         "Untyped_Retype");
}

static void skip(seL4_CPtr untyped, unsigned bits)
{
    const seL4_CPtr slot = skip_slots[next_skip];

    if (skip_is_used[next_skip])
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, seL4_WordBits), "CNode_Delete");
    retype(untyped, seL4_UntypedObject, bits, slot);
    skip_is_used[next_skip] = true;
    next_skip = (next_skip + 1) % SKIP_SLOTS;
}

/* The largest object without a place that is not larger than that; NULL: there is none. */
static struct planned *find_fitting(unsigned max_bits)
{
    struct planned *best = NULL;

    for (unsigned i = placed; i < count; i++)
        if (!planned[i].is_made && planned[i].bits <= max_bits &&
            (best == NULL || planned[i].bits > best->bits))
            best = &planned[i];
    return best;
}

/* What can begin at `at` of an untyped that begins at `start`, and end before `target`. */
static unsigned largest_bits(seL4_Word start, seL4_Word at, seL4_Word target)
{
    const unsigned distance = 63 - (unsigned)__builtin_clzl(target - at);
    const unsigned alignment = at == start ? 63 : (unsigned)__builtin_ctzl(at - start);

    return alignment < distance ? alignment : distance;
}

/* Fills an untyped from `at` to `target`; returns where it has come to. */
static seL4_Word fill(seL4_CPtr untyped, const seL4_UntypedDesc *about, seL4_Word at,
                      seL4_Word target, bool must_arrive)
{
    while (at < target) {
        const unsigned bits = largest_bits(about->paddr, at, target);
        struct planned *object = about->isDevice ? NULL : find_fitting(bits);

        if (object != NULL) {
            retype(untyped, object->type, object->size_bits, object->slot);
            object->is_made = true;
            at += (seL4_Word)1 << object->bits;
        } else if (must_arrive) {
            skip(untyped, bits);
            at += (seL4_Word)1 << bits;
        } else {
            return target;
        }
    }
    return at;
}

static void use_untyped(seL4_CPtr untyped, const seL4_UntypedDesc *about)
{
    const seL4_Word end = about->paddr + ((seL4_Word)1 << about->sizeBits);
    seL4_Word at = about->paddr;

    while (next_placed < placed && planned[next_placed].paddr < end) {
        struct planned *object = &planned[next_placed++];

        fill(untyped, about, at, object->paddr, true);
        retype(untyped, object->type, object->size_bits, object->slot);
        object->is_made = true;
        at = object->paddr + ((seL4_Word)1 << object->bits);
    }
    fill(untyped, about, at, end, false);
}

void objects_create(void)
{
    const seL4_Word untypeds = slot_count(guest_boot_info->untyped);
    static bool is_used[MAX_UNTYPEDS];

    for (unsigned i = 0; i < SKIP_SLOTS; i++)
        skip_slots[i] = slot_new();
    for (seL4_Word n = 0; n < untypeds; n++) {
        seL4_Word next = untypeds;

        for (seL4_Word i = 0; i < untypeds; i++)
            if (!is_used[i] && (next == untypeds || guest_boot_info->untypedList[i].paddr <
                                                        guest_boot_info->untypedList[next].paddr))
                next = i;
        is_used[next] = true;
        use_untyped(guest_boot_info->untyped.start + next, &guest_boot_info->untypedList[next]);
    }
    for (unsigned i = 0; i < count; i++)
        must(planned[i].is_made ? seL4_NoError : seL4_NotEnoughMemory, "an object");
}
