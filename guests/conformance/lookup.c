/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots that a method names by root, index and depth: the same places that there are not, for each
 * such operand of each method.
 */
#include "check.h"

#define NODE_BITS  4
#define GUARD      5
#define GUARD_SIZE 4
#define FULL       2 /* index of an endpoint in the CNode */

static seL4_CPtr endpoint, frame, node, guarded, empty;

static void fresh(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    frame = object_new(seL4_X86_4K, 0);
    node = object_new(seL4_CapTableObject, NODE_BITS);
    guarded = slot_new();
    must(mint_cap(guarded, node, seL4_CNode_CapData_new(GUARD, GUARD_SIZE).words[0]), "Mint");
    must(seL4_CNode_Copy(node, FULL, NODE_BITS, ROOT, endpoint, DEPTH, seL4_AllRights), "Copy");
    empty = slot_new();
}

/* How a method answers to one place: root, index and depth of one of its operands. */
typedef seL4_Error (*try_place)(seL4_CPtr root, seL4_Word index, seL4_Uint8 depth);

static void try_places(try_place try)
{
    const struct {
        seL4_CPtr *root;
        seL4_Word index;
        seL4_Uint8 depth;
    } places[] = {
        {&frame, 1, NODE_BITS},                      /* the root is no CNode */
        {&empty, 1, NODE_BITS},                      /* there is none */
        {&node, 1, 0},                               /* depths that there are not */
        {&node, 1, 65},                              /* */
        {&node, 1, NODE_BITS - 1},                   /* ends in the index */
        {&node, FULL << 2, NODE_BITS + 2},           /* goes on in an endpoint */
        {&guarded, (GUARD + 1) << NODE_BITS | 1, 8}, /* the wrong guard */
        {&guarded, GUARD >> 1, GUARD_SIZE - 1},      /* ends in the guard */
        {&guarded, GUARD << (NODE_BITS - 1), 8 - 1}, /* ends in the index behind it */
        {&guarded, (seL4_Word)(GUARD << NODE_BITS | FULL) << 56, DEPTH}, /* goes on for 56 bits */
    };

    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(places); i++)
        say_error(try(*places[i].root, places[i].index, places[i].depth));
}

/* check_NAME(): the method called with root, index and depth at `place`. */
#define OPERAND(name, call)                                                                        \
    static seL4_Error try_##name(seL4_CPtr root, seL4_Word index, seL4_Uint8 depth)                \
    {                                                                                              \
        return call;                                                                               \
    }                                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        try_places(try_##name);                                                                    \
    }

OPERAND(retype, seL4_Untyped_Retype(object_new(seL4_UntypedObject, 12), seL4_EndpointObject, 0,
                                    root, index, depth, 1, 1))
OPERAND(revoke, seL4_CNode_Revoke(root, index, depth))
OPERAND(delete, seL4_CNode_Delete(root, index, depth))
OPERAND(cancel, seL4_CNode_CancelBadgedSends(root, index, depth))
#ifdef Label_CNode_SaveCaller
OPERAND(save_caller, seL4_CNode_SaveCaller(root, index, depth))
#endif
OPERAND(copy_to, seL4_CNode_Copy(root, index, depth, ROOT, endpoint, DEPTH, seL4_AllRights))
OPERAND(mint_to, seL4_CNode_Mint(root, index, depth, ROOT, endpoint, DEPTH, seL4_AllRights, 1))
OPERAND(move_to, seL4_CNode_Move(root, index, depth, ROOT, endpoint, DEPTH))
OPERAND(mutate_to, seL4_CNode_Mutate(root, index, depth, ROOT, node, DEPTH, 0))
OPERAND(rotate_to,
        seL4_CNode_Rotate(root, index, depth, 0, ROOT, node, DEPTH, 0, ROOT, guarded, DEPTH))
OPERAND(copy_from, seL4_CNode_Copy(ROOT, empty, DEPTH, root, index, depth, seL4_AllRights))
OPERAND(mint_from, seL4_CNode_Mint(ROOT, empty, DEPTH, root, index, depth, seL4_AllRights, 1))
OPERAND(move_from, seL4_CNode_Move(ROOT, empty, DEPTH, root, index, depth))
OPERAND(mutate_from, seL4_CNode_Mutate(ROOT, empty, DEPTH, root, index, depth, 0))
OPERAND(rotate_from,
        seL4_CNode_Rotate(ROOT, empty, DEPTH, 0, ROOT, node, DEPTH, 0, root, index, depth))
OPERAND(rotate_pivot,
        seL4_CNode_Rotate(ROOT, empty, DEPTH, 0, root, index, depth, 0, ROOT, node, DEPTH))
OPERAND(irq_get, seL4_IRQControl_Get(seL4_CapIRQControl, 1, root, index, depth))
OPERAND(ioapic, seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, root, index, depth, 0, 5, 0, 0, 70))
OPERAND(msi, seL4_IRQControl_GetMSI(seL4_CapIRQControl, root, index, depth, 0, 0, 0, 0, 70))
OPERAND(make_pool,
        seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, object_new(seL4_UntypedObject, 12), root,
                                      index, depth))
OPERAND(issue,
        seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, 0x700, 0x701, root, index, depth))

static const struct check checks[] = {
    {"LOOKUP0001", "places that are not: Retype", retype},
    {"LOOKUP0002", "places that are not: Revoke", revoke},
    {"LOOKUP0003", "places that are not: Delete", delete},
    {"LOOKUP0004", "places that are not: CancelBadgedSends", cancel},
#ifdef Label_CNode_SaveCaller
    {"LOOKUP0005", "places that are not: SaveCaller", save_caller},
#endif
    {"LOOKUP0006", "places that are not: Copy to", copy_to},
    {"LOOKUP0007", "places that are not: Mint to", mint_to},
    {"LOOKUP0008", "places that are not: Move to", move_to},
    {"LOOKUP0009", "places that are not: Mutate to", mutate_to},
    {"LOOKUP0010", "places that are not: Rotate to", rotate_to},
    {"LOOKUP0011", "places that are not: Copy from", copy_from},
    {"LOOKUP0012", "places that are not: Mint from", mint_from},
    {"LOOKUP0013", "places that are not: Move from", move_from},
    {"LOOKUP0014", "places that are not: Mutate from", mutate_from},
    {"LOOKUP0015", "places that are not: Rotate from", rotate_from},
    {"LOOKUP0016", "places that are not: Rotate through", rotate_pivot},
    {"LOOKUP0017", "places that are not: IRQControl_Get", irq_get},
    {"LOOKUP0018", "places that are not: GetIOAPIC", ioapic},
    {"LOOKUP0019", "places that are not: GetMSI", msi},
    {"LOOKUP0020", "places that are not: MakePool", make_pool},
    {"LOOKUP0021", "places that are not: IOPortControl_Issue", issue},
};

const struct check_table lookup_checks = CHECK_TABLE(checks);
