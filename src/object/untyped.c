/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped memory: a range of physical memory and a watermark. Manual, "Kernel Objects", Untyped.
 */
#include <object/object_types.h>

#include <base/assert.h>
#include <base/bits.h>
#include <base/memory.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <mem/open_pages.h>
#include <model/page_map.h>
#include <object/tcb.h>

/* Ranges of at least this many bytes are cleared by the seat, which need not touch untouched pages.
 */
#define SEAT_CLEAR_BYTES (UINT64_C(64) << 10)

struct retype {
    enum object_kind kind;
    unsigned size_bits;   /* Retype's argument */
    unsigned object_bits; /* log2 of what one object takes */
    struct slot *slots;   /* the destination window */
    unsigned count;
    bool reset; /* the untyped has no children: it starts anew */
    paddr_t first;
};

static struct answer retype_failed(struct answer answer, const char *why)
{
    return answer_with_reason(answer,
                              (struct reason){.where = "decodeUntypedInvocation", .why = why});
}

static const char *const too_small[OBJECT_KIND_COUNT] = {
    [OBJECT_UNTYPED] = "Untyped Retype: Requested UntypedItem size too small.",
    [OBJECT_CNODE] = "Untyped Retype: Requested CapTable size too small.",
    [OBJECT_SCHED_CONTEXT] = "Untyped retype: Requested a scheduling context too small.",
};

static struct answer retype_check_type(const struct call *call, struct retype *r)
{
    const struct kernel_config *config = &call->k->config;
    word_t size_bits = call_word(call, 1);

    r->kind = abi_object_kind(config, call_word(call, 0));
    if (!object_can_create(r->kind))
        return retype_failed(answer_invalid_argument(0), "Untyped Retype: Invalid object type.");
    if (size_bits >= WORD_BITS)
        return retype_failed(answer_range_error(0, MAX_UNTYPED_BITS),
                             "Untyped Retype: Invalid object size.");
    r->size_bits = (unsigned)size_bits;
    r->object_bits = abi_object_size_bits(config, r->kind, r->size_bits);
    if (r->object_bits > MAX_UNTYPED_BITS)
        return retype_failed(answer_range_error(0, MAX_UNTYPED_BITS),
                             "Untyped Retype: Invalid object size.");
    if (r->size_bits < abi_object_min_size_bits(config, r->kind))
        return retype_failed(answer_invalid_argument(1), too_small[r->kind]);
    return answer_ok();
}

/* The CNode that takes the new capabilities. */
static struct answer retype_find_node(const struct call *call, union cap *ret_node)
{
    union cap node = call->extra[0]->cap;
    word_t depth = call_word(call, 3);
    if (depth != 0) {
        struct slot *slot;
        struct answer answer =
            lookup_operand_slot(call->k, false, node, call_word(call, 2), depth, &slot);
        if (answer_is_error(answer))
            return retype_failed(answer, "Untyped Retype: Invalid destination address.");
        node = slot->cap;
    }
    if (cap_type(node) != CAP_CNODE)
        return retype_failed(
            lookup_failed(call->k, false, lookup_missing_capability((unsigned)depth)),
            "Untyped Retype: Destination cap invalid or read-only.");
    *ret_node = node;
    return answer_ok();
}

static struct answer retype_check_window(const struct call *call, struct retype *r)
{
    union cap node = cap_null();
    struct answer answer = retype_find_node(call, &node);
    if (answer_is_error(answer))
        return answer;

    word_t size = bit(node.cnode.radix);
    word_t offset = call_word(call, 4);
    word_t count = call_word(call, 5);
    if (offset > size - 1)
        return answer_because(answer_range_error(0, size - 1), "decodeUntypedInvocation",
                              "Untyped Retype: Destination node offset #%lu too large.",
                              reason_int(offset));
    if (count < 1 || count > call->k->config.retype_fan_out_limit)
        return answer_because(
            answer_range_error(1, call->k->config.retype_fan_out_limit), "decodeUntypedInvocation",
            "Untyped Retype: Number of requested objects (%lu) too small or large.",
            reason_int(count));
    if (count > size - offset)
        return retype_failed(answer_range_error(1, size - offset),
                             "Untyped Retype: Requested destination window overruns size of node.");

    struct slot *slots = slot_at(call->k, node.cnode.object);
    r->slots = &slots[offset];
    r->count = (unsigned)count;
    for (unsigned i = 0; i < r->count; i++) {
        if (!slot_is_empty(&r->slots[i]))
            return answer_because(answer_delete_first(), "decodeUntypedInvocation",
                                  "Untyped Retype: Slot #%lu in destination window non-empty.",
                                  reason_int(offset + i));
    }
    return answer_ok();
}

static bool kind_may_be_device(enum object_kind kind)
{
    return kind == OBJECT_UNTYPED || kind == OBJECT_4K_PAGE || kind == OBJECT_LARGE_PAGE ||
           kind == OBJECT_HUGE_PAGE;
}

static struct answer retype_check_memory(const struct call *call, struct retype *r)
{
    union cap untyped = call->cap;
    r->reset = !slot_has_children(call->k, call->slot);
    uint64_t used = r->reset ? 0 : untyped.untyped.free_index;
    uint64_t left = bit(untyped.untyped.size_bits) - used;
    if (left >> r->object_bits < r->count)
        return answer_because(answer_not_enough_memory(left), "decodeUntypedInvocation",
                              "Untyped Retype: Insufficient memory "
                              "(%lu * %lu bytes needed, %lu bytes available).",
                              (word_t)r->count, bit(r->object_bits), left);
    if (untyped.untyped.is_device && !kind_may_be_device(r->kind))
        return retype_failed(answer_invalid_argument(1),
                             "Untyped Retype: Creating kernel objects with device untyped");
    /* the base counts as aligned: above 512 GiB physical addresses are less so than their untyped
     */
    r->first = untyped.untyped.base + align_up(used, r->object_bits);
    return answer_ok();
}

/*
 * Forgets what the untyped was used for and clears it. false: the seat must clear a large range
 * (core->clear) first; the call is then made again and finds the watermark at the bottom.
 */
static bool untyped_reset(struct call *call)
{
    union cap *cap = &call->slot->cap;
    uint64_t used = cap->untyped.free_index;
    cap->untyped.free_index = 0;
    if (cap->untyped.is_device)
        return true;
    open_pages_remove(call->k, cap->untyped.base, used);
    if (used >= PAGE_BYTES) /* on part of a page there may be slots of others as well */
        page_map_set(call->k, PAGES_WITH_SLOTS, cap->untyped.base, align_down(used, PAGE_BITS),
                     false);
    if (used < SEAT_CLEAR_BYTES) {
        mem_zero(kernel_memory(call->k, cap->untyped.base), used);
        return true;
    }
    call->k->cores[call->core].clear =
        (struct memory_region){.base = cap->untyped.base, .end = cap->untyped.base + used};
    return false;
}

static void retype_commit(struct call *call, const struct retype *r)
{
    bool is_device = call->cap.untyped.is_device;
    call->slot->cap.untyped.free_index =
        r->first + ((uint64_t)r->count << r->object_bits) - call->cap.untyped.base;
    for (unsigned i = 0; i < r->count; i++) {
        paddr_t paddr = r->first + ((uint64_t)i << r->object_bits);
        union cap cap = object_create(call->k, call->core, call->caller, r->kind, paddr,
                                      r->size_bits, is_device);
        slot_insert_new(call->k, cap, call->slot, &r->slots[i]);
    }
}

static struct answer untyped_retype(struct call *call)
{
    struct retype r = {0};
    struct answer answer;
    if (call->length < 6 || !call->extra[0])
        return retype_failed(answer_truncated_message(), "Untyped invocation: Truncated message.");
    if (answer = retype_check_type(call, &r), answer_is_error(answer))
        return answer;
    if (answer = retype_check_window(call, &r), answer_is_error(answer))
        return answer;
    if (answer = retype_check_memory(call, &r), answer_is_error(answer))
        return answer;

    if (r.reset && !untyped_reset(call))
        return answer_kind_only(ANSWER_PREEMPTED);
    retype_commit(call, &r);
    return answer_ok();
}

static struct answer untyped_invoke(struct call *call)
{
    if (call->method != INV_UNTYPED_RETYPE)
        return retype_failed(answer_illegal_operation(),
                             "Untyped cap: Illegal operation attempted.");
    return untyped_retype(call);
}

static struct answer untyped_derive(struct kernel *k, struct slot *slot, union cap cap,
                                    union cap *ret_cap)
{
    if (slot_has_children(k, slot))
        return answer_revoke_first();
    *ret_cap = cap;
    return answer_ok();
}

static bool untyped_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.untyped.base;
    *ret_size_bits = cap.untyped.size_bits;
    return true;
}

/* Whatever lies in the range was made from it. */
static bool untyped_same_region(union cap a, union cap b)
{
    paddr_t base;
    unsigned bits;
    if (!cap_object_type(b)->extent(b, &base, &bits))
        return false;
    return a.untyped.base <= base &&
           base + mask(bits) <= (paddr_t)a.untyped.base + mask(a.untyped.size_bits);
}

const struct object_type untyped_object_type = {
    .name = "untyped",
    .identify_tag = 2,
    .invoke = untyped_invoke,
    .receive = cannot_receive,
    .derive = untyped_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = untyped_extent,
    .same_region = untyped_same_region,
    .same_object = same_region_never,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
