/* SPDX-License-Identifier: BSD-2-Clause */
/* ASIDControl: makes ASID pools out of untyped pages. */
#include <abi/object.h>
#include <base/bits.h>
#include <base/memory.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <mem/open_pages.h>
#include <mem/vspace.h>
#include <object/decode.h>
#include <object/object_types.h>

struct new_pool {
    unsigned index;
    struct slot *untyped, *dest;
};

static bool cap_can_become_pool(union cap cap)
{
    return cap_type(cap) == CAP_UNTYPED && cap.untyped.size_bits == ASID_POOL_BITS &&
           !cap.untyped.is_device;
}

static struct answer decode_make_pool(const struct call *call, struct new_pool *pool)
{
    if (call_is_truncated(call, 2, 2))
        return answer_truncated_message();
    pool->index = asid_pool_find_free(call->k);
    pool->untyped = call->extra[0];
    if (pool->index == NUM_ASID_POOLS)
        return answer_because(answer_delete_first(), "decodeX86MMUInvocation",
                              "ASIDControlMakePool: No unallocated pools found.");
    if (!cap_can_become_pool(pool->untyped->cap))
        return answer_invalid_capability(1);
    if (slot_has_children(call->k, pool->untyped))
        return answer_revoke_first();
    return lookup_empty_slot(call->k, call->extra[1]->cap, call_word(call, 0), call_word(call, 1),
                             &pool->dest);
}

static struct answer make_pool(struct call *call)
{
    struct new_pool pool = {.dest = NULL};
    struct answer answer = decode_make_pool(call, &pool);
    if (answer_is_error(answer))
        return answer;

    paddr_t object = pool.untyped->cap.untyped.base;
    pool.untyped->cap.untyped.free_index = bit(ASID_POOL_BITS);
    open_pages_remove(call->k, object, bit(ASID_POOL_BITS));
    mem_zero(kernel_memory(call->k, object), bit(ASID_POOL_BITS));
    union cap cap = {.asid_pool = {
                         .type_ = CAP_ASID_POOL,
                         .object = object & 0xffffffffffff,
                         .asid_base = (pool.index << ASID_POOL_INDEX_BITS) & 0xfff,
                     }};
    slot_insert(call->k, cap, pool.untyped, pool.dest);
    call->k->asid_pools[pool.index] = object;
    return answer_ok();
}

static struct answer asid_control_invoke(struct call *call)
{
    if (call->method != INV_X86_ASID_CONTROL_MAKE_POOL)
        return answer_illegal_operation();
    return make_pool(call);
}

const struct object_type asid_control_object_type = {
    .name = "ASID control",
    .identify_tag = 11,
    .invoke = asid_control_invoke,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = same_region_by_type,
    .same_object = same_object_as_region,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
