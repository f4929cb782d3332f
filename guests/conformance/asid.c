/* SPDX-License-Identifier: BSD-2-Clause */
/* ASIDControl and ASID pools. */
#include "check.h"

static seL4_Error make_pool(seL4_CPtr untyped, seL4_CPtr slot)
{
    return seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, slot, DEPTH);
}

static seL4_CPtr new_pml4(void)
{
    return object_new(seL4_X64_PML4Object, 0);
}

static void truncated(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);

    say_error(invoke(seL4_CapASIDControl, Label_X86_ASIDControl_MakePool, CAPS(untyped),
                     WORDS(1, DEPTH)));
    say_error(
        invoke(seL4_CapASIDControl, Label_X86_ASIDControl_MakePool, CAPS(untyped, ROOT), WORDS(1)));
    say_error(invoke(seL4_CapASIDControl, Label_TCB_Suspend, NONE, NONE));
    say_error(invoke(seL4_CapInitThreadASIDPool, Label_X86_ASIDPool_Assign, NONE, NONE));
    say_error(invoke(seL4_CapInitThreadASIDPool, Label_TCB_Suspend, NONE, NONE));
}

static void bad_untyped(void)
{
    const seL4_CPtr used = object_new(seL4_UntypedObject, 12);

    must(seL4_Untyped_Retype(used, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1), "Retype");
    say_error(make_pool(object_new(seL4_UntypedObject, 11), slot_new()));
    say_error(make_pool(object_new(seL4_UntypedObject, 13), slot_new()));
    say_error(make_pool(object_new(seL4_X86_4K, 0), slot_new()));
    say_error(make_pool(slot_new(), slot_new()));
    say_error(make_pool(used, slot_new()));
}

static void bad_slot(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);

    say_error(make_pool(untyped, ROOT));
    say_error(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, slot_new(), 0));
    say_error(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped, untyped, 0, DEPTH));
}

static void assign(void)
{
    const seL4_CPtr pml4 = new_pml4();

    say_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, pml4));
    say_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, pml4));
    say_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, ROOT));
    say_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, slot_new()));
    say_error(
        seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, object_new(seL4_X86_PDPTObject, 0)));
}

static void use_pool(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), pool = slot_new();
    const seL4_CPtr pml4 = new_pml4();

    say_error(make_pool(untyped, pool));
    say_cap(pool);
    say_error(seL4_X86_ASIDPool_Assign(pool, pml4));
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1));
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    say_cap(pool);
    /* the PML4 keeps an ASID that nobody knows */
    say_error(seL4_X86_PDPT_Map(object_new(seL4_X86_PDPTObject, 0), pml4, 0, 0));
    say_error(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, pml4));
}

static void all_pools(void)
{
    seL4_CPtr untypeds[8], pools[8];
    seL4_Error error = seL4_NoError;
    unsigned made;

    for (made = 0; made < 8; made++) {
        untypeds[made] = object_new(seL4_UntypedObject, 12);
        pools[made] = slot_new();
        error = make_pool(untypeds[made], pools[made]);
        if (error != seL4_NoError)
            break;
    }
    say("%u more, then", made);
    say_error(error);
    for (unsigned i = 0; i < made; i++)
        must(seL4_CNode_Revoke(ROOT, untypeds[i], DEPTH), "Revoke");
    say_error(make_pool(untypeds[0], pools[0]));
    must(seL4_CNode_Revoke(ROOT, untypeds[0], DEPTH), "Revoke");
}

/* The same PML4 again and again: each Delete gives its ASID back. */
static void full_pool(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), pool = slot_new();
    const seL4_CPtr memory = object_new(seL4_UntypedObject, 12), slot = slot_new();
    unsigned made;

    must(make_pool(untyped, pool), "MakePool");
    for (made = 0; made < 600; made++) {
        must(seL4_Untyped_Retype(memory, seL4_X64_PML4Object, 0, ROOT, 0, 0, slot, 1), "Retype");
        if (seL4_X86_ASIDPool_Assign(pool, slot) != seL4_NoError)
            break;
        must(delete_cap(slot), "Delete");
    }
    say("%u assigned", made);
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
}

/* One more PML4 than a pool has ASIDs, made 256 at a time. */
static void too_many(void)
{
    const unsigned bits = 10, batch = 256;
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), pool = slot_new();
    const seL4_CPtr memory = object_new(seL4_UntypedObject, 22);
    const seL4_CPtr node = object_new(seL4_CapTableObject, bits), slot = slot_new();
    unsigned made = 0;
    seL4_Error error = seL4_NoError;

    must(make_pool(untyped, pool), "MakePool");
    for (seL4_Word i = 0; i < 3; i++)
        must(seL4_Untyped_Retype(memory, seL4_X64_PML4Object, 0, node, 0, 0, i * batch, batch),
             "Retype");
    for (; made < 3 * batch && error == seL4_NoError; made++) {
        must(seL4_CNode_Move(ROOT, slot, DEPTH, node, made, (seL4_Uint8)bits), "Move");
        error = seL4_X86_ASIDPool_Assign(pool, slot);
        must(seL4_CNode_Move(node, made, (seL4_Uint8)bits, ROOT, slot, DEPTH), "Move");
    }
    say("%u, then", made - 1);
    say_error(error);
    say_error(seL4_X86_ASIDPool_Assign(pool, ROOT));
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    must(seL4_CNode_Revoke(ROOT, memory, DEPTH), "Revoke");
}

static const struct check checks[] = {
    {"ASID0001", "messages too short, labels that there are not", truncated},
    {"ASID0002", "MakePool of 2 KiB, 8 KiB, a frame, an empty slot, a used untyped", bad_untyped},
    {"ASID0003", "MakePool into a full slot, with depth 0, into no CNode", bad_slot},
    {"ASID0004", "Assign: a PML4, again, a CNode, an empty slot, a PDPT", assign},
    {"ASID0005", "a pool of our own, and a PML4 after it is gone", use_pool},
    {"ASID0006", "as many pools as there can be", all_pools},
    {"ASID0007", "ASIDs of deleted PML4s are used again", full_pool},
    {"ASID0008", "one VSpace more than a pool has ASIDs; then what is none", too_many},
};

const struct check_table asid_checks = CHECK_TABLE(checks);
