/* SPDX-License-Identifier: BSD-2-Clause */
#include <cap/lookup.h>

#include <base/bits.h>

struct lookup_failure lookup_note_failure(struct kernel *k, struct lookup_failure failure)
{
    k->lookup_failure = failure;
    return failure;
}

struct answer lookup_failed(struct kernel *k, bool is_source, struct lookup_failure failure)
{
    return answer_failed_lookup(is_source, lookup_note_failure(k, failure));
}

static struct resolution resolution_failed(struct kernel *k, struct lookup_failure failure)
{
    return (struct resolution){.slot = NULL, .failure = lookup_note_failure(k, failure)};
}

struct resolution lookup_resolve(struct kernel *k, union cap root, cptr_t cptr, unsigned depth)
{
    unsigned bits_left = depth;

    if (cap_type(root) != CAP_CNODE)
        return resolution_failed(k, lookup_invalid_root());
    struct slot *slot = lookup_walk(k, &root, cptr, &bits_left);
    if (slot)
        return (struct resolution){.slot = slot, .bits_left = bits_left};
    unsigned guard_size = root.cnode.guard_size;
    if (!lookup_guard_fits(root, bits_left, cptr))
        return resolution_failed(k, lookup_guard_mismatch(bits_left, root.cnode.guard, guard_size));
    return resolution_failed(k, lookup_depth_mismatch(bits_left, guard_size + root.cnode.radix));
}

struct resolution lookup_slot(struct kernel *k, struct tcb *tcb, cptr_t cptr)
{
    return lookup_resolve(k, tcb->slots[TCB_SLOT_CTABLE].cap, cptr, WORD_BITS);
}

struct answer lookup_operand_slot(struct kernel *k, bool is_source, union cap root, cptr_t index,
                                  word_t depth, struct slot **ret_slot)
{
    if (cap_type(root) != CAP_CNODE)
        return lookup_failed(k, is_source, lookup_invalid_root());
    if (depth < 1 || depth > WORD_BITS)
        return answer_range_error(1, WORD_BITS);

    struct resolution found = lookup_resolve(k, root, index, (unsigned)depth);
    if (!found.slot)
        return answer_failed_lookup(is_source, found.failure);
    if (found.bits_left != 0)
        return lookup_failed(k, is_source, lookup_depth_mismatch(found.bits_left, 0));
    *ret_slot = found.slot;
    return answer_ok();
}

struct answer lookup_empty_slot(struct kernel *k, union cap root, cptr_t index, word_t depth,
                                struct slot **ret_slot)
{
    struct slot *slot;
    struct answer answer = lookup_operand_slot(k, false, root, index, depth, &slot);
    if (answer_is_error(answer))
        return answer;
    if (!cap_is_null(slot->cap))
        return answer_delete_first();
    *ret_slot = slot;
    return answer_ok();
}
