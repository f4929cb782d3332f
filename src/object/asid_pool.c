/* SPDX-License-Identifier: BSD-2-Clause */
/* ASID pools: 512 address-space identifiers each. A VSpace without one can neither map nor run. */
#include <abi/object.h>
#include <base/bits.h>
#include <cap/lookup.h>
#include <mem/vspace.h>
#include <object/decode.h>
#include <object/object_types.h>
#include <object/vspace.h>

/* A root that never had an ASID: one whose pool has gone stays useless. */
static bool cap_wants_asid(union cap cap)
{
    return cap_type(cap) == CAP_PML4 && !cap.pml4.is_mapped;
}

static struct answer decode_assign(const struct call *call, unsigned *ret_asid)
{
    if (call_is_truncated(call, 0, 1))
        return answer_truncated_message();
    if (!cap_wants_asid(call->extra[0]->cap))
        return answer_because(answer_invalid_capability(1), "decodeX86MMUInvocation",
                              "X86ASIDPool: Invalid vspace root.");
    unsigned base = (unsigned)call->cap.asid_pool.asid_base;
    paddr_t pool = call->k->asid_pools[base >> ASID_POOL_INDEX_BITS];
    if (!pool)
        return lookup_failed(call->k, false, lookup_invalid_root());
    if (pool != call->cap.asid_pool.object)
        return answer_invalid_capability(0);
    unsigned asid = asid_find_free(call->k, base);
    if (!asid)
        return answer_delete_first();
    *ret_asid = asid;
    return answer_ok();
}

static struct answer asid_pool_invoke(struct call *call)
{
    if (call->method != INV_X86_ASID_POOL_ASSIGN)
        return answer_illegal_operation();
    unsigned asid = 0;
    struct answer answer = decode_assign(call, &asid);
    if (answer_is_error(answer))
        return answer;

    union cap *root = &call->extra[0]->cap;
    root->pml4.asid = asid & 0xfff;
    root->pml4.is_mapped = 1;
    asid_assign(call->k, asid, root->pml4.object);
    return answer_ok();
}

static bool asid_pool_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.asid_pool.object;
    *ret_size_bits = ASID_POOL_BITS;
    return true;
}

static bool asid_pool_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_ASID_POOL && a.asid_pool.object == b.asid_pool.object;
}

static struct finalised asid_pool_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final)
        asid_pool_delete(k, (unsigned)cap.asid_pool.asid_base, cap.asid_pool.object);
    return finalise_nothing(k, cap, is_final);
}

const struct object_type asid_pool_object_type = {
    .name = "ASID pool",
    .identify_tag = 13,
    .invoke = asid_pool_invoke,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = asid_pool_extent,
    .same_region = asid_pool_same_region,
    .same_object = same_object_as_region,
    .finalise = asid_pool_finalise,
    .cleanup = no_cleanup,
};
