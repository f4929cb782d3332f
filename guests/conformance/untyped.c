/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped_Retype: what it refuses, in which order, and where objects come to lie. */
#include "check.h"

#define NODE_BITS 4
#define NODE_SIZE (1 << NODE_BITS)

static seL4_CPtr untyped, node;

/* A fresh untyped of 2^bits bytes and a fresh CNode of 16 slots. */
static void fresh(unsigned bits)
{
    untyped = object_new(seL4_UntypedObject, bits);
    node = object_new(seL4_CapTableObject, NODE_BITS);
}

/* Into the fresh CNode. */
static seL4_Error retype(seL4_Word type, seL4_Word bits, seL4_Word offset, seL4_Word count)
{
    return seL4_Untyped_Retype(untyped, type, bits, node, 0, 0, offset, count);
}

static void truncated_words(void)
{
    fresh(12);
    say_error(invoke(untyped, Label_Untyped_Retype, CAPS(node), WORDS(99, 0, 0, 0, 0)));
}

static void truncated_caps(void)
{
    fresh(12);
    say_error(invoke(untyped, Label_Untyped_Retype, NONE, WORDS(99, 0, 0, 0, 0, 1)));
}

static void unknown_label(void)
{
    fresh(12);
    say_error(invoke(untyped, Label_TCB_Suspend, NONE, NONE));
    say_error(invoke(untyped, 0, NONE, NONE));
    say_error(invoke(untyped, 9999, NONE, NONE));
}

static void unknown_type(void)
{
    fresh(12);
    say_error(retype(seL4_ObjectTypeCount, 0, 0, 1));
    say_error(retype(~(seL4_Word)0, 0, 0, 1));
}

static void size_over_word(void)
{
    fresh(12);
    say_error(retype(seL4_UntypedObject, 64, 0, 1));
    say_error(retype(seL4_EndpointObject, 64, 0, 1));
    say_error(retype(seL4_CapTableObject, 43, 0, 1));
    say_error(retype(seL4_UntypedObject, 48, 0, 1));
}

static void size_too_small(void)
{
    fresh(12);
    say_error(retype(seL4_CapTableObject, 0, 0, 1));
    say_error(retype(seL4_UntypedObject, 3, 0, 1));
}

static void size_ignored(void)
{
    fresh(12);
    say_error(retype(seL4_EndpointObject, 47, 0, 1));
    say_error(retype(seL4_X86_4K, 20, 1, 1));
}

static void node_empty_slot(void)
{
    fresh(12);
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, slot_new(), DEPTH, 0, 1));
}

static void node_not_cnode(void)
{
    fresh(12);
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, untyped, DEPTH, 0, 1));
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, untyped, 0, 0, 0, 1));
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, untyped, 0, DEPTH, 0, 1));
}

static void node_bad_depth(void)
{
    fresh(12);
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, node, 65, 0, 1));
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, node, 63, 0, 1));
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, node, 1, 0, 1));
}

static void node_by_index(void)
{
    fresh(12);
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, node, DEPTH, 3, 1));
    say_error(retype(seL4_EndpointObject, 0, 3, 1));
}

static void offset_outside(void)
{
    fresh(12);
    say_error(retype(seL4_EndpointObject, 0, NODE_SIZE, 1));
    say_error(retype(seL4_EndpointObject, 0, ~(seL4_Word)0, 1));
}

static void count_outside(void)
{
    fresh(12);
    say_error(retype(seL4_EndpointObject, 0, 0, 0));
    say_error(retype(seL4_EndpointObject, 0, 0, 257));
}

static void window_outside(void)
{
    fresh(12);
    say_error(retype(seL4_EndpointObject, 0, 0, NODE_SIZE + 1));
    say_error(retype(seL4_EndpointObject, 0, 10, 7));
    say_error(retype(seL4_EndpointObject, 0, 10, 6));
}

static void slot_full(void)
{
    fresh(12);
    say_error(retype(seL4_EndpointObject, 0, 5, 1));
    say_error(retype(seL4_EndpointObject, 0, 4, 2));
    say_error(retype(seL4_EndpointObject, 0, 4, 1));
}

static void order_of_errors(void)
{
    fresh(12);
    say_error(seL4_Untyped_Retype(untyped, 99, 64, untyped, 0, 0, 99, 0));
    say_error(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 64, untyped, 0, 0, 99, 0));
    say_error(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 3, untyped, 0, 0, 99, 0));
    say_error(seL4_Untyped_Retype(untyped, seL4_UntypedObject, 13, untyped, 0, 0, 99, 0));
    say_error(retype(seL4_UntypedObject, 13, 99, 0));
    say_error(retype(seL4_UntypedObject, 13, 0, 0));
    say_error(retype(seL4_UntypedObject, 13, 0, 1));
}

static void no_memory(void)
{
    fresh(12);
    say_error(retype(seL4_UntypedObject, 13, 0, 1));
    say_error(retype(seL4_UntypedObject, 11, 0, 3));
    say_error(retype(seL4_UntypedObject, 10, 0, 1));
    say_error(retype(seL4_UntypedObject, 12, 1, 1));
}

static void alignment(void)
{
    fresh(12);
    say_error(retype(seL4_EndpointObject, 0, 0, 1));
    say_error(retype(seL4_UntypedObject, 11, 1, 1));
    say_error(retype(seL4_EndpointObject, 0, 2, 1));
}

static void fills_exactly(void)
{
    fresh(8);
    say_error(retype(seL4_EndpointObject, 0, 0, NODE_SIZE));
    say_error(delete_cap(slot_new()));
    say_error(seL4_CNode_Delete(node, 3, NODE_BITS));
    say_error(retype(seL4_EndpointObject, 0, 3, 1));
}

static void fan_out(void)
{
    untyped = object_new(seL4_UntypedObject, 12);
    node = object_new(seL4_CapTableObject, 9);
    say_error(retype(seL4_EndpointObject, 0, 0, 256));
}

/* A page that was written is zero again in the next object made of the same memory. */
static void zeroed(void)
{
    const seL4_CPtr frame = slot_new();
    seL4_Word *words;

    untyped = object_new(seL4_UntypedObject, 12);
    for (unsigned i = 0; i < 2; i++) {
        must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, frame, 1), "Retype");
        words = window_open(frame);
        say("%lu", words[511]);
        words[511] = 5;
        window_close();
        must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    }
}

/* The same for the first and the last page of a large one. */
static void zeroed_large(void)
{
    enum { PAGES_BITS = 6, PAGES = 1 << PAGES_BITS };
    static const seL4_Word ends[] = {0, PAGES - 1};
    const seL4_CPtr frame = slot_new();

    untyped = object_new(seL4_UntypedObject, 12 + PAGES_BITS);
    node = object_new(seL4_CapTableObject, PAGES_BITS);
    for (unsigned i = 0; i < 2; i++) {
        must(retype(seL4_X86_4K, 0, 0, PAGES), "Retype");
        for (unsigned end = 0; end < ARRAY_LENGTH(ends); end++) {
            must(seL4_CNode_Copy(ROOT, frame, DEPTH, node, ends[end], PAGES_BITS, seL4_AllRights),
                 "Copy");
            seL4_Word *words = window_open(frame);
            say("%lu %lu", words[0], words[511]);
            words[0] = words[511] = 5;
            window_close();
            must(delete_cap(frame), "Delete");
        }
        must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    }
}

static void revoke_children(void)
{
    const seL4_CPtr child = slot_new(), copy = slot_new();

    untyped = object_new(seL4_UntypedObject, 12);
    must(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, child, 1), "Retype");
    must(copy_cap(copy, child, seL4_AllRights), "Copy");
    say_cap(child);
    say_cap(copy);
    say_error(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    say_cap(child);
    say_cap(copy);
    say_cap(untyped);
}

static void reuse_after_delete(void)
{
    fresh(12);
    say_error(retype(seL4_UntypedObject, 11, 0, 2));
    say_error(retype(seL4_EndpointObject, 0, 2, 1));
    must(seL4_CNode_Delete(node, 0, NODE_BITS), "Delete");
    say_error(retype(seL4_EndpointObject, 0, 2, 1));
    must(seL4_CNode_Delete(node, 1, NODE_BITS), "Delete");
    say_error(retype(seL4_EndpointObject, 0, 2, 1));
}

static seL4_CPtr device_untyped(void)
{
    for (seL4_Word i = 0; i < slot_count(guest_boot_info->untyped); i++)
        if (guest_boot_info->untypedList[i].isDevice &&
            guest_boot_info->untypedList[i].sizeBits >= seL4_PageBits)
            return guest_boot_info->untyped.start + i;
    return seL4_CapNull;
}

static void device_memory(void)
{
    fresh(12);
    untyped = device_untyped();
    say_error(retype(seL4_EndpointObject, 0, 0, 1));
    say_error(retype(seL4_TCBObject, 0, 0, 1));
    say_error(retype(seL4_X86_PageTableObject, 0, 0, 1));
    say_error(retype(seL4_CapTableObject, 4, 0, 1));
    say_error(retype(seL4_X86_4K, 0, 0, 1));
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    say_error(retype(seL4_UntypedObject, 12, 0, 1));
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
}

static void object_types(void)
{
    const seL4_CPtr slot = slot_new();

    untyped = object_new(seL4_UntypedObject, 13);
    for (seL4_Word type = 0; type < seL4_ObjectTypeCount; type++) {
        const seL4_Error error = seL4_Untyped_Retype(untyped, type, 4, ROOT, 0, 0, slot, 1);

        if (error != seL4_NoError)
            say_error(error);
        else
            say_cap(slot);
        must(delete_cap(slot), "Delete");
    }
}

static const struct check checks[] = {
    {"UNTYPED0001", "Retype with five words", truncated_words},
    {"UNTYPED0002", "Retype without a root capability", truncated_caps},
    {"UNTYPED0003", "labels that an untyped does not have", unknown_label},
    {"UNTYPED0004", "Retype to a type that does not exist", unknown_type},
    {"UNTYPED0005", "Retype to objects larger than any", size_over_word},
    {"UNTYPED0006", "Retype to a CNode of one slot, to an untyped of 8 bytes", size_too_small},
    {"UNTYPED0007", "Retype ignores the size of objects that have but one", size_ignored},
    {"UNTYPED0008", "Retype into the CNode in an empty slot", node_empty_slot},
    {"UNTYPED0009", "Retype into what is no CNode: by index, as root, by index in it",
     node_not_cnode},
    {"UNTYPED0010", "Retype with a depth of 65, 63, 1", node_bad_depth},
    {"UNTYPED0011", "Retype into a CNode by index, then the same slot directly", node_by_index},
    {"UNTYPED0012", "Retype to an offset past the CNode", offset_outside},
    {"UNTYPED0013", "Retype to no object, to 257 objects", count_outside},
    {"UNTYPED0014", "Retype to more objects than slots from the offset on", window_outside},
    {"UNTYPED0015", "Retype over a full slot", slot_full},
    {"UNTYPED0016", "Retype with all arguments wrong, corrected one by one", order_of_errors},
    {"UNTYPED0017", "Retype to more than there is, and what is left then", no_memory},
    {"UNTYPED0018", "Retype aligns each object to its size", alignment},
    {"UNTYPED0019", "Retype fills an untyped exactly; one object deleted gives nothing back",
     fills_exactly},
    {"UNTYPED0020", "Retype to 256 objects at once", fan_out},
    {"UNTYPED0021", "new memory is zero, also the second time", zeroed},
    {"UNTYPED0022", "Revoke of an untyped deletes objects and their copies", revoke_children},
    {"UNTYPED0023", "memory is free again when the last child is deleted", reuse_after_delete},
    {"UNTYPED0024", "device memory becomes frames and untypeds only", device_memory},
    {"UNTYPED0025", "each object type in order, size 4", object_types},
    {"UNTYPED0026", "memory of 64 pages is zero, also the second time", zeroed_large},
};

const struct check_table untyped_checks = CHECK_TABLE(checks);
