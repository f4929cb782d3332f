/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNodes: arrays of slots, and the operations on the capabilities in them. Manual, "Capability
 * Spaces", and the reference of the CNode methods.
 */
#include <object/object_types.h>

#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <object/decode.h>
#include <object/vspace.h>

/* --- methods on one slot ------------------------------------------------------------------- */

static struct answer cnode_delete(struct call *call, struct slot *dest)
{
    return slot_delete(call->k, call->core, dest) ? answer_ok()
                                                  : answer_kind_only(ANSWER_PREEMPTED);
}

static struct answer cnode_revoke(struct call *call, struct slot *dest)
{
    return slot_revoke(call->k, call->core, dest) ? answer_ok()
                                                  : answer_kind_only(ANSWER_PREEMPTED);
}

static struct answer cnode_cancel_badged_sends(struct call *call, struct slot *dest)
{
    union cap cap = dest->cap;
    if (cap_type(cap) != CAP_ENDPOINT || cap.endpoint.rights != RIGHTS_ALL)
        return answer_because(answer_illegal_operation(), "decodeCNodeInvocation",
                              "CNode CancelBadgedSends: Target cap invalid.");
    if (cap.endpoint.badge)
        ipc_cancel_badged_sends(call->k, call->core, cap.endpoint.object, cap.endpoint.badge);
    return answer_ok();
}

static struct answer cnode_save_caller(struct call *call, struct slot *dest)
{
    if (!slot_is_empty(dest))
        return answer_because(answer_delete_first(), "decodeCNodeInvocation",
                              "CNode SaveCaller: Destination slot not empty.");
    struct slot *caller = &call->caller->slots[TCB_SLOT_CALLER];
    if (slot_is_empty(caller))
        return answer_because(answer_ok(), "invokeCNodeSaveCaller",
                              "CNode SaveCaller: Reply cap not present.");
    slot_move(call->k, caller->cap, caller, dest);
    return answer_ok();
}

/* --- methods from a source to a destination ------------------------------------------------ */

/* Copy, Mint, Move and Mutate differ in where their words are and in what they keep. */
struct transfer_method {
    uint8_t min_length;
    bool is_move;
    uint8_t rights_word, data_word; /* 0: none */
    const char *truncated, *not_derived;
};

static const struct transfer_method copy_method = {
    .min_length = 5,
    .rights_word = 4,
    .truncated = "Truncated message for CNode Copy operation.",
    .not_derived = "Error deriving cap for CNode Copy operation.",
};
static const struct transfer_method mint_method = {
    .min_length = 6,
    .rights_word = 4,
    .data_word = 5,
    .truncated = "CNode Mint: Truncated message.",
    .not_derived = "Error deriving cap for CNode Mint operation.",
};
static const struct transfer_method move_method = {.min_length = 4, .is_move = true};
static const struct transfer_method mutate_method = {
    .min_length = 5,
    .is_move = true,
    .data_word = 4,
    .truncated = "CNode Mutate: Truncated message.",
};

static struct answer transfer_failed(struct answer answer, const char *why)
{
    return answer_with_reason(answer,
                              (struct reason){.where = "decodeCNodeInvocation", .why = why});
}

static struct answer transfer_new_cap(const struct call *call, const struct transfer_method *method,
                                      struct slot *source, union cap *ret_cap)
{
    union cap cap = source->cap;
    if (method->rights_word) {
        word_t rights = call_word(call, method->rights_word);
        page_report_write_only(call->k, cap, rights);
        cap = cap_mask_rights(cap, rights);
    }
    if (method->data_word)
        cap = cap_update_data(cap, call_word(call, method->data_word), method->is_move);
    if (!method->is_move) {
        struct answer answer = cap_derive(call->k, source, cap, &cap);
        if (answer_is_error(answer)) {
            answer_report(call->k, &answer); /* both lines are printed */
            return transfer_failed(answer, method->not_derived);
        }
    }
    if (cap_is_null(cap))
        return transfer_failed(answer_illegal_operation(),
                               "CNode Copy/Mint/Move/Mutate: Mutated cap would be invalid.");
    *ret_cap = cap;
    return answer_ok();
}

static struct answer cnode_transfer(struct call *call, struct slot *dest,
                                    const struct transfer_method *method)
{
    if (call->length < 4 || !call->extra[0])
        return transfer_failed(answer_truncated_message(),
                               "CNode Copy/Mint/Move/Mutate: Truncated message.");
    if (!slot_is_empty(dest))
        return transfer_failed(answer_delete_first(),
                               "CNode Copy/Mint/Move/Mutate: Destination not empty.");

    word_t depth = call_word(call, 3);
    struct slot *source = NULL;
    struct answer answer =
        lookup_operand_slot(call->k, true, call->extra[0]->cap, call_word(call, 2), depth, &source);
    if (answer_is_error(answer))
        return transfer_failed(answer, "CNode Copy/Mint/Move/Mutate: Invalid source slot.");
    if (slot_is_empty(source))
        return transfer_failed(
            lookup_failed(call->k, true, lookup_missing_capability((unsigned)depth)),
            "CNode Copy/Mint/Move/Mutate: Source slot invalid or empty.");
    if (call->length < method->min_length)
        return transfer_failed(answer_truncated_message(), method->truncated);

    union cap cap;
    answer = transfer_new_cap(call, method, source, &cap);
    if (answer_is_error(answer))
        return answer;
    if (method->is_move)
        slot_move(call->k, cap, source, dest);
    else
        slot_insert(call->k, cap, source, dest);
    return answer_ok();
}

static struct answer cnode_copy(struct call *call, struct slot *dest)
{
    return cnode_transfer(call, dest, &copy_method);
}

static struct answer cnode_mint(struct call *call, struct slot *dest)
{
    return cnode_transfer(call, dest, &mint_method);
}

static struct answer cnode_move(struct call *call, struct slot *dest)
{
    return cnode_transfer(call, dest, &move_method);
}

static struct answer cnode_mutate(struct call *call, struct slot *dest)
{
    return cnode_transfer(call, dest, &mutate_method);
}

static void rotate(struct kernel *k, struct slot *dest, union cap dest_cap, struct slot *pivot,
                   union cap pivot_cap, struct slot *source)
{
    if (source == dest) {
        slot_swap(k, pivot_cap, source, dest_cap, pivot);
    } else {
        slot_move(k, dest_cap, pivot, dest);
        slot_move(k, pivot_cap, source, pivot);
    }
}

static struct answer cnode_rotate(struct call *call, struct slot *dest)
{
    if (call_is_truncated(call, 8, 2))
        return answer_truncated_message();

    word_t pivot_depth = call_word(call, 4);
    word_t source_depth = call_word(call, 7);
    struct slot *source, *pivot;
    struct answer answer = lookup_operand_slot(call->k, true, call->extra[1]->cap,
                                               call_word(call, 6), source_depth, &source);
    if (answer_is_error(answer))
        return answer;
    answer = lookup_operand_slot(call->k, true, call->extra[0]->cap, call_word(call, 3),
                                 pivot_depth, &pivot);
    if (answer_is_error(answer))
        return answer;

    if (pivot == source || pivot == dest)
        return answer_because(answer_illegal_operation(), "decodeCNodeInvocation",
                              "CNode Rotate: Pivot slot the same as source or dest slot.");
    if (source != dest && !slot_is_empty(dest))
        return answer_delete_first();
    if (slot_is_empty(source))
        return lookup_failed(call->k, true, lookup_missing_capability((unsigned)source_depth));
    if (slot_is_empty(pivot))
        return lookup_failed(call->k, false, lookup_missing_capability((unsigned)pivot_depth));

    union cap pivot_cap = cap_update_data(source->cap, call_word(call, 5), true);
    union cap dest_cap = cap_update_data(pivot->cap, call_word(call, 2), true);
    if (cap_is_null(pivot_cap))
        return answer_because(answer_illegal_operation(), "decodeCNodeInvocation",
                              "CNode Rotate: Source cap invalid.");
    if (cap_is_null(dest_cap))
        return answer_because(answer_illegal_operation(), "decodeCNodeInvocation",
                              "CNode Rotate: Pivot cap invalid.");
    rotate(call->k, dest, dest_cap, pivot, pivot_cap, source);
    return answer_ok();
}

static struct answer (*const cnode_methods[INVOCATION_COUNT])(struct call *, struct slot *) = {
    [INV_CNODE_REVOKE] = cnode_revoke,
    [INV_CNODE_DELETE] = cnode_delete,
    [INV_CNODE_CANCEL_BADGED_SENDS] = cnode_cancel_badged_sends,
    [INV_CNODE_COPY] = cnode_copy,
    [INV_CNODE_MINT] = cnode_mint,
    [INV_CNODE_MOVE] = cnode_move,
    [INV_CNODE_MUTATE] = cnode_mutate,
    [INV_CNODE_ROTATE] = cnode_rotate,
    [INV_CNODE_SAVE_CALLER] = cnode_save_caller,
};

static struct answer cnode_invoke(struct call *call)
{
    if (!cnode_methods[call->method])
        return answer_because(answer_illegal_operation(), "decodeCNodeInvocation",
                              "CNodeCap: Illegal Operation attempted.");
    if (call->length < 2)
        return answer_because(answer_truncated_message(), "decodeCNodeInvocation",
                              "CNode operation: Truncated message.");
    struct slot *dest;
    struct answer answer = lookup_operand_slot(call->k, false, call->cap, call_word(call, 0),
                                               call_word(call, 1), &dest);
    if (answer_is_error(answer))
        return answer_because(answer, "decodeCNodeInvocation",
                              "CNode operation: Target slot invalid.");
    return cnode_methods[call->method](call, dest);
}

/* --- the capability ------------------------------------------------------------------------ */

static union cap cnode_update_data(union cap cap, word_t data, bool preserve)
{
    (void)preserve;
    unsigned guard_size = cnode_data_guard_size(data);
    if (guard_size + cap.cnode.radix > WORD_BITS)
        return cap_null();
    cap.cnode.guard_size = guard_size;
    cap.cnode.guard = cnode_data_guard(data) & mask(guard_size);
    return cap;
}

static bool cnode_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.cnode.object;
    *ret_size_bits = (unsigned)cap.cnode.radix + SLOT_BITS;
    return true;
}

static bool cnode_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_CNODE && a.cnode.object == b.cnode.object &&
           a.cnode.radix == b.cnode.radix;
}

static struct finalised cnode_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (!is_final)
        return finalise_nothing(k, cap, is_final);
    union cap zombie = cap_null();
    zombie.type = CAP_ZOMBIE;
    zombie.zombie.radix = cap.cnode.radix;
    zombie.zombie.object = cap.cnode.object;
    zombie.zombie.slots_left = bit(cap.cnode.radix);
    return (struct finalised){.remainder = zombie, .cleanup = cap_null()};
}

const struct object_type cnode_object_type = {
    .name = "cnode",
    .identify_tag = 10,
    .invoke = cnode_invoke,
    .second_phase_only = "cnode",
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = cnode_update_data,
    .extent = cnode_extent,
    .same_region = cnode_same_region,
    .same_object = same_object_as_region,
    .finalise = cnode_finalise,
    .cleanup = no_cleanup,
};
