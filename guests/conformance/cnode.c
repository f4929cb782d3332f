/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode methods: lookup, Copy, Mint, Move, Mutate, Rotate, Delete, Revoke, CancelBadgedSends. */
#include "check.h"

#define NODE_BITS 4

static seL4_CPtr endpoint, dest, node;

static void fresh(void)
{
    endpoint = object_new(seL4_EndpointObject, 0);
    node = object_new(seL4_CapTableObject, NODE_BITS);
    dest = slot_new();
}

/* --- lookup ---------------------------------------------------------------------------------- */

static void dest_depth(void)
{
    fresh();
    for (seL4_Word depth = 0; depth <= 66; depth += 65)
        say_error(
            seL4_CNode_Copy(ROOT, dest, (seL4_Uint8)depth, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(ROOT, dest, 255, ROOT, endpoint, DEPTH, seL4_AllRights));
}

static void source_depth(void)
{
    fresh();
    say_error(seL4_CNode_Copy(ROOT, dest, DEPTH, ROOT, endpoint, 0, seL4_AllRights));
    say_error(seL4_CNode_Copy(ROOT, dest, DEPTH, ROOT, endpoint, 65, seL4_AllRights));
}

static void depth_mismatch(void)
{
    fresh();
    for (seL4_Word depth = NODE_BITS - 1; depth <= NODE_BITS + 1; depth++)
        say_error(
            seL4_CNode_Copy(node, 0, (seL4_Uint8)depth, ROOT, endpoint, DEPTH, seL4_AllRights));
}

static void depth_through_object(void)
{
    fresh();
    must(seL4_CNode_Copy(node, 2, NODE_BITS, ROOT, endpoint, DEPTH, seL4_AllRights), "Copy");
    say_error(seL4_CNode_Delete(node, 2 << 5, NODE_BITS + 5));
    say_error(seL4_CNode_Delete(node, 3 << 5, NODE_BITS + 5));
}

static void two_levels(void)
{
    fresh();
    must(seL4_CNode_Copy(node, 7, NODE_BITS, ROOT, node, DEPTH, seL4_AllRights), "Copy");
    say_error(seL4_CNode_Copy(node, 7 << 4 | 1, 8, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Delete(node, 1, NODE_BITS));
    say_error(seL4_CNode_Copy(node, 0x771, 12, ROOT, endpoint, DEPTH, seL4_AllRights));
}

static void index_high_bits(void)
{
    fresh();
    say_error(seL4_CNode_Copy(node, 0xff3, NODE_BITS, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(node, 3, NODE_BITS, ROOT, endpoint, DEPTH, seL4_AllRights));
}

static void guard(void)
{
    fresh();
    must(seL4_CNode_Mint(ROOT, dest, DEPTH, ROOT, node, DEPTH, seL4_AllRights,
                         seL4_CNode_CapData_new(5, 4).words[0]),
         "Mint");
    say_error(seL4_CNode_Copy(dest, 5 << 4, 8, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(dest, 6 << 4, 8, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(dest, 1, 3, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(dest, 5 << 2, 6, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(dest, 0x56, 9, ROOT, endpoint, DEPTH, seL4_AllRights));
}

static void root_not_cnode(void)
{
    fresh();
    say_error(seL4_CNode_Copy(ROOT, dest, DEPTH, endpoint, 0, DEPTH, seL4_AllRights));
    say_error(seL4_CNode_Copy(ROOT, dest, DEPTH, slot_new(), 0, DEPTH, seL4_AllRights));
}

/* --- Copy and Mint --------------------------------------------------------------------------- */

static void truncated(void)
{
    fresh();
    say_error(invoke(ROOT, Label_CNode_Delete, NONE, WORDS(dest)));
    say_error(invoke(ROOT, Label_CNode_Copy, NONE, WORDS(dest, DEPTH, endpoint, DEPTH, 15)));
    say_error(invoke(ROOT, Label_CNode_Copy, CAPS(ROOT), WORDS(dest, DEPTH, endpoint)));
    say_error(invoke(ROOT, Label_CNode_Copy, CAPS(ROOT), WORDS(dest, DEPTH, endpoint, DEPTH)));
    say_error(invoke(ROOT, Label_CNode_Mint, CAPS(ROOT), WORDS(dest, DEPTH, endpoint, DEPTH, 15)));
    say_error(invoke(ROOT, Label_CNode_Mutate, CAPS(ROOT), WORDS(dest, DEPTH, endpoint, DEPTH)));
    say_error(
        invoke(ROOT, Label_CNode_Rotate, CAPS(ROOT, ROOT), WORDS(dest, DEPTH, 0, 0, 0, 0, 0)));
    say_error(invoke(ROOT, Label_CNode_Rotate, CAPS(ROOT), WORDS(dest, DEPTH, 0, 0, 0, 0, 0, 0)));
}

static void unknown_label(void)
{
    say_error(invoke(ROOT, Label_TCB_Suspend, NONE, NONE));
    say_error(invoke(ROOT, 9999, NONE, WORDS(1, 2)));
}

static void copy_empty(void)
{
    fresh();
    say_error(copy_cap(dest, slot_new(), seL4_AllRights));
}

static void copy_over_full(void)
{
    fresh();
    say_error(copy_cap(endpoint, endpoint, seL4_AllRights));
    say_error(copy_cap(endpoint, slot_new(), seL4_AllRights));
}

static void copy_works(void)
{
    fresh();
    say_error(copy_cap(dest, endpoint, seL4_AllRights));
    say_cap(dest);
}

static void copy_untyped(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);
    const seL4_CPtr copy = slot_new(), child = slot_new();

    say_error(copy_cap(copy, untyped, seL4_AllRights));
    say_error(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, child, 1));
    say_error(seL4_Untyped_Retype(copy, seL4_EndpointObject, 0, ROOT, 0, 0, child, 1));
    say_error(copy_cap(slot_new(), copy, seL4_AllRights));
    say_error(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    say_cap(copy);
    say_cap(child);
}

static void copy_paging(void)
{
    say_error(copy_cap(slot_new(), object_new(seL4_X86_PageTableObject, 0), seL4_AllRights));
    say_error(copy_cap(slot_new(), object_new(seL4_X86_PageDirectoryObject, 0), seL4_AllRights));
    say_error(copy_cap(slot_new(), object_new(seL4_X86_PDPTObject, 0), seL4_AllRights));
    say_error(copy_cap(slot_new(), object_new(seL4_X64_PML4Object, 0), seL4_AllRights));
    say_error(copy_cap(slot_new(), seL4_CapInitThreadVSpace, seL4_AllRights));
    say_error(copy_cap(slot_new(), object_new(seL4_X86_4K, 0), seL4_AllRights));
}

static void copy_control(void)
{
    fresh();
    say_error(copy_cap(dest, seL4_CapIRQControl, seL4_AllRights));
    say_error(copy_cap(dest, seL4_CapIOPortControl, seL4_AllRights));
    say_error(copy_cap(dest, seL4_CapASIDControl, seL4_AllRights));
    say_error(copy_cap(slot_new(), seL4_CapInitThreadASIDPool, seL4_AllRights));
    say_error(copy_cap(slot_new(), seL4_CapDomain, seL4_AllRights));
}

static void mint_badges(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);

    fresh();
    say_error(mint_cap(dest, endpoint, 7));
    say_error(mint_cap(slot_new(), dest, 8));
    say_error(mint_cap(slot_new(), dest, 7));
    say_error(mint_cap(slot_new(), dest, 0));
    say_error(copy_cap(slot_new(), dest, seL4_AllRights));
    say_error(mint_cap(slot_new(), ntfn, ~(seL4_Word)0));
}

static void mint_guard(void)
{
    fresh();
    say_error(mint_cap(dest, node, seL4_CNode_CapData_new(0, 60).words[0]));
    say_error(mint_cap(slot_new(), node, seL4_CNode_CapData_new(0, 61).words[0]));
    say_error(mint_cap(slot_new(), node, seL4_CNode_CapData_new(~(seL4_Word)0 >> 6, 2).words[0]));
}

static void mint_ignored(void)
{
    say_error(mint_cap(slot_new(), seL4_CapInitThreadTCB, 5));
    say_error(mint_cap(slot_new(), object_new(seL4_X86_4K, 0), 5));
    say_error(mint_cap(slot_new(), object_new(seL4_UntypedObject, 12), 5));
}

/* --- Move, Mutate, Rotate -------------------------------------------------------------------- */

static void move(void)
{
    fresh();
    say_error(seL4_CNode_Move(ROOT, dest, DEPTH, ROOT, endpoint, DEPTH));
    say_cap(endpoint);
    say_cap(dest);
    say_error(seL4_CNode_Move(ROOT, slot_new(), DEPTH, ROOT, endpoint, DEPTH));
    say_error(seL4_CNode_Move(ROOT, dest, DEPTH, ROOT, dest, DEPTH));
}

static void move_control(void)
{
    fresh();
    say_error(seL4_CNode_Move(ROOT, dest, DEPTH, ROOT, seL4_CapIRQControl, DEPTH));
    say_error(seL4_CNode_Move(ROOT, seL4_CapIRQControl, DEPTH, ROOT, dest, DEPTH));
}

static void move_keeps_badge(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr badged = cap_mint(ntfn, seL4_AllRights, 0x42);
    seL4_Word badge;

    fresh();
    say_error(seL4_CNode_Move(ROOT, dest, DEPTH, ROOT, badged, DEPTH));
    seL4_Signal(dest);
    seL4_Poll(ntfn, &badge);
    say("badge 0x%lx", badge);
}

static void mutate(void)
{
    const seL4_Word bad_guard = seL4_CNode_CapData_new(0, 61).words[0];

    fresh();
    say_error(seL4_CNode_Mutate(ROOT, dest, DEPTH, ROOT, endpoint, DEPTH, 5));
    say_error(seL4_CNode_Mutate(ROOT, dest, DEPTH, ROOT, node, DEPTH, bad_guard));
    say_error(seL4_CNode_Mutate(ROOT, dest, DEPTH, ROOT, node, DEPTH,
                                seL4_CNode_CapData_new(1, 4).words[0]));
    say_cap(node);
    say_error(seL4_CNode_Copy(dest, 0x10, 8, ROOT, endpoint, DEPTH, seL4_AllRights));
}

static seL4_Error rotate(seL4_CPtr to, seL4_CPtr pivot, seL4_CPtr from)
{
    return seL4_CNode_Rotate(ROOT, to, DEPTH, 0, ROOT, pivot, DEPTH, 0, ROOT, from, DEPTH);
}

static void rotate_works(void)
{
    seL4_CPtr frame, untyped;

    fresh();
    frame = object_new(seL4_X86_4K, 0);
    untyped = object_new(seL4_UntypedObject, 12);
    say_error(rotate(dest, untyped, frame));
    say_cap(dest);
    say_cap(untyped);
    say_cap(frame);
    say_error(rotate(dest, untyped, dest));
    say_cap(dest);
    say_cap(untyped);
}

static void rotate_errors(void)
{
    seL4_CPtr frame, untyped;

    fresh();
    frame = object_new(seL4_X86_4K, 0);
    untyped = object_new(seL4_UntypedObject, 12);
    say_error(rotate(dest, frame, frame));
    say_error(rotate(frame, frame, untyped));
    say_error(rotate(endpoint, untyped, frame));
    say_error(rotate(dest, untyped, slot_new()));
    say_error(rotate(dest, slot_new(), frame));
    say_error(rotate(dest, endpoint, frame));
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, 0, ROOT, untyped, DEPTH, 0, ROOT, frame, 0));
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, 0, ROOT, untyped, 0, 0, ROOT, frame, DEPTH));
}

/* --- Delete and Revoke ----------------------------------------------------------------------- */

static void delete_slots(void)
{
    fresh();
    say_error(delete_cap(dest));
    say_error(delete_cap(endpoint));
    say_cap(endpoint);
    say_error(seL4_CNode_Revoke(ROOT, dest, DEPTH));
}

static void revoke_copies(void)
{
    seL4_CPtr second, badged, of_badged;

    fresh();
    second = slot_new();
    badged = slot_new();
    of_badged = slot_new();
    must(copy_cap(dest, endpoint, seL4_AllRights), "Copy");
    must(copy_cap(second, dest, seL4_AllRights), "Copy");
    must(mint_cap(badged, endpoint, 3), "Mint");
    must(copy_cap(of_badged, badged, seL4_AllRights), "Copy");
    say_error(seL4_CNode_Revoke(ROOT, dest, DEPTH));
    say_cap(second);
    say_error(seL4_CNode_Revoke(ROOT, badged, DEPTH));
    say_cap(badged);
    say_cap(of_badged);
    say_error(seL4_CNode_Revoke(ROOT, endpoint, DEPTH));
    say_cap(endpoint);
    say_cap(dest);
    say_cap(second);
    say_cap(badged);
}

/* A badged capability made after another one with the same badge is not its child. */
static void revoke_same_badge(void)
{
    seL4_CPtr other;

    fresh();
    other = slot_new();
    must(mint_cap(dest, endpoint, 9), "Mint");
    must(mint_cap(other, endpoint, 9), "Mint");
    say_error(seL4_CNode_Revoke(ROOT, dest, DEPTH));
    say_cap(other);
    say_error(seL4_CNode_Revoke(ROOT, other, DEPTH));
    say_cap(dest);
}

static void revoke_after_move(void)
{
    seL4_CPtr copy;

    fresh();
    copy = slot_new();
    must(copy_cap(copy, endpoint, seL4_AllRights), "Copy");
    must(seL4_CNode_Move(ROOT, dest, DEPTH, ROOT, endpoint, DEPTH), "Move");
    say_error(seL4_CNode_Revoke(ROOT, dest, DEPTH));
    say_cap(copy);
    say_cap(dest);
}

static void delete_cnode(void)
{
    seL4_CPtr copy;

    fresh();
    copy = slot_new();
    must(seL4_CNode_Move(node, 1, NODE_BITS, ROOT, endpoint, DEPTH), "Move");
    must(seL4_CNode_Copy(ROOT, copy, DEPTH, node, 1, NODE_BITS, seL4_AllRights), "Copy");
    must(seL4_CNode_Copy(node, 2, NODE_BITS, ROOT, node, DEPTH, seL4_AllRights), "Copy");
    say_error(delete_cap(node));
    say_cap(node);
    say_cap(copy);
}

/* The last capability to it is inside: nothing can reach it any more, and it goes away. */
static void move_cnode_into_itself(void)
{
    fresh();
    must(copy_cap(dest, node, seL4_AllRights), "Copy");
    say_error(seL4_CNode_Move(node, 0, NODE_BITS, ROOT, node, DEPTH));
    say_error(seL4_CNode_Copy(dest, 1, NODE_BITS, ROOT, endpoint, DEPTH, seL4_AllRights));
    say_error(delete_cap(dest));
    say_cap(dest);
}

/* More than the kernel deletes without looking whether an interrupt waits. */
static void revoke_many(void)
{
    const unsigned bits = 10;
    const seL4_CPtr large = object_new(seL4_CapTableObject, bits);
    seL4_Word left = 0;

    fresh();
    for (seL4_Word i = 0; i < (seL4_Word)1 << bits; i++)
        must(seL4_CNode_Mint(large, i, (seL4_Uint8)bits, ROOT, endpoint, DEPTH, seL4_AllRights,
                             i + 1),
             "Mint");
    say_error(seL4_CNode_Revoke(ROOT, endpoint, DEPTH));
    for (seL4_Word i = 0; i < (seL4_Word)1 << bits; i++)
        if (seL4_CNode_Copy(large, i, (seL4_Uint8)bits, ROOT, endpoint, DEPTH, seL4_AllRights) !=
            seL4_NoError)
            left++;
    say("%lu left", left);
    say_error(delete_cap(large));
}

static void cancel_badged_sends(void)
{
    fresh();
    say_error(seL4_CNode_CancelBadgedSends(ROOT, endpoint, DEPTH));
    must(copy_cap(dest, endpoint, seL4_ReadWrite), "Copy");
    say_error(seL4_CNode_CancelBadgedSends(ROOT, dest, DEPTH));
    say_error(seL4_CNode_CancelBadgedSends(ROOT, node, DEPTH));
    say_error(seL4_CNode_CancelBadgedSends(ROOT, slot_new(), DEPTH));
    say_error(seL4_CNode_CancelBadgedSends(ROOT, endpoint, 0));
}

/* --- rights ---------------------------------------------------------------------------------- */

static void rights_shrink(void)
{
    const seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
    const seL4_CPtr reader = slot_new(), again = slot_new();
    seL4_Word badge;

    say_error(copy_cap(reader, ntfn, seL4_CanRead));
    say_error(copy_cap(again, reader, seL4_AllRights));
    say_error(invoke(again, 0, NONE, NONE));
    seL4_Signal(again);
    seL4_Poll(ntfn, &badge);
    say("badge %lu", badge);
}

/* --- what Copy, Mint, Move and Mutate refuse alike ----------------------------------------------
 */

enum transfer { COPY, MINT, MOVE, MUTATE };

static const struct {
    seL4_Word label, words;
} transfers[] = {[COPY] = {Label_CNode_Copy, 5},
                 [MINT] = {Label_CNode_Mint, 6},
                 [MOVE] = {Label_CNode_Move, 4},
                 [MUTATE] = {Label_CNode_Mutate, 5}};

static seL4_Error transfer(unsigned i, seL4_CPtr to, seL4_CPtr from, seL4_Word words)
{
    const seL4_Word message[] = {to, DEPTH, from, DEPTH, 15, 0};

    return invoke(ROOT, transfers[i].label, CAPS(ROOT),
                  (struct words){.count = (unsigned)words, .words = message});
}

static void transfer_slots(void)
{
    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(transfers); i++) {
        say_error(transfer(i, node, dest, 6));
        say_error(transfer(i, dest, slot_new(), 6));
        say_error(transfer(i, endpoint, endpoint, 6));
    }
}

static void transfer_too_short(unsigned i)
{
    for (seL4_Word words = 1; words < transfers[i].words; words++)
        say_error(transfer(i, dest, endpoint, words));
}

/* Alone: Move has no words but those that all four methods have. */
static void move_lengths(void)
{
    fresh();
    transfer_too_short(MOVE);
}

static void transfer_lengths(void)
{
    fresh();
    for (unsigned i = 0; i < ARRAY_LENGTH(transfers); i++)
        if (i != MOVE)
            transfer_too_short(i);
    say_error(invoke(ROOT, Label_CNode_Revoke, NONE, WORDS(dest)));
    say_error(invoke(ROOT, Label_CNode_CancelBadgedSends, NONE, WORDS(dest)));
#ifdef Label_CNode_SaveCaller
    say_error(invoke(ROOT, Label_CNode_SaveCaller, NONE, WORDS(dest)));
#endif
    say_error(invoke(ROOT, Label_CNode_Rotate, NONE, WORDS(dest)));
}

/* A badge on an endpoint cannot change on the way: neither at the source nor at the pivot. */
static void rotate_data(void)
{
    const seL4_Word bad_guard = seL4_CNode_CapData_new(0, 61).words[0];

    fresh();
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, 0, ROOT, node, DEPTH, 0, ROOT, endpoint, DEPTH));
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, 0, ROOT, endpoint, DEPTH, 0, ROOT, node, DEPTH));
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, bad_guard, ROOT, node, DEPTH, 0, ROOT,
                                object_new(seL4_X86_4K, 0), DEPTH));
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, 0, ROOT, object_new(seL4_X86_4K, 0), DEPTH,
                                bad_guard, ROOT, node, DEPTH));
    say_error(seL4_CNode_Rotate(ROOT, dest, DEPTH, bad_guard, ROOT, object_new(seL4_X86_4K, 0),
                                DEPTH, 7, ROOT, object_new(seL4_UntypedObject, 12), DEPTH));
}

static const struct check checks[] = {
    {"CNODE0001", "Copy with destination depths 0, 65, 255", dest_depth},
    {"CNODE0002", "Copy with source depths 0, 65", source_depth},
    {"CNODE0003", "Copy into a CNode of 4 bits with depths 3, 4, 5", depth_mismatch},
    {"CNODE0004", "lookup that goes on through an endpoint, through an empty slot",
     depth_through_object},
    {"CNODE0005", "lookup through two and three levels", two_levels},
    {"CNODE0006", "bits of the index above the depth do not count", index_high_bits},
    {"CNODE0007", "a guard: matched, wrong, longer than the depth, radix cut, slot passed", guard},
    {"CNODE0008", "the source root is no CNode, is empty", root_not_cnode},
    {"CNODE0009", "messages too short for Delete, Copy, Mint, Mutate, Rotate", truncated},
    {"CNODE0010", "labels that a CNode does not have", unknown_label},
    {"CNODE0011", "Copy of an empty slot", copy_empty},
    {"CNODE0012", "Copy into a full slot: of a full one, of an empty one", copy_over_full},
    {"CNODE0013", "Copy of an endpoint", copy_works},
    {"CNODE0014", "Copy of an untyped uses it up; with children it is refused", copy_untyped},
    {"CNODE0015", "Copy of unmapped PT, PD, PDPT, PML4; of a PML4 with ASID, of a frame",
     copy_paging},
    {"CNODE0016", "Copy of control capabilities: IRQ, I/O port, ASID, ASID pool, domain",
     copy_control},
    {"CNODE0017", "Mint badges once only", mint_badges},
    {"CNODE0018", "Mint a guard that fits, one too long, one cut to its size", mint_guard},
    {"CNODE0019", "Mint ignores the badge for a TCB, a frame, an untyped", mint_ignored},
    {"CNODE0020", "Move, and what is refused then", move},
    {"CNODE0021", "Move of a control capability there and back", move_control},
    {"CNODE0022", "Move keeps the badge", move_keeps_badge},
    {"CNODE0023", "Mutate of an endpoint, with a bad guard, with a good one", mutate},
    {"CNODE0024", "Rotate of three slots, of two", rotate_works},
    {"CNODE0025", "Rotate: what is refused", rotate_errors},
    {"CNODE0026", "Delete and Revoke of empty slots", delete_slots},
    {"CNODE0027", "Revoke of a copy, of a badged one, of the original", revoke_copies},
    {"CNODE0028", "Revoke of one of two badged capabilities with the same badge",
     revoke_same_badge},
    {"CNODE0029", "Revoke after Move still deletes the copies", revoke_after_move},
    {"CNODE0030", "Delete of a CNode that holds a capability to itself", delete_cnode},
    {"CNODE0031", "a CNode moved into itself", move_cnode_into_itself},
    {"CNODE0032", "CancelBadgedSends: all rights, some, a CNode, an empty slot, depth 0",
     cancel_badged_sends},
    {"CNODE0033", "rights taken away do not come back", rights_shrink},
    {"CNODE0034", "Revoke of 1024 capabilities, Delete of a CNode of as many", revoke_many},
    {"CNODE0035", "Copy, Mint, Move, Mutate: full destination, empty source, both the same",
     transfer_slots},
    {"CNODE0036", "messages of each length that is too short, method by method", transfer_lengths},
    {"CNODE0037", "Rotate with badges and guards that cannot be", rotate_data},
    {"CNODE0038", "messages of each length that is too short, Move", move_lengths},
};

const struct check_table cnode_checks = CHECK_TABLE(checks);
