/* SPDX-License-Identifier: BSD-2-Clause */
/* The PML4: root of a VSpace. It has no methods; others map into it, an ASID pool names it. */
#include <object/vspace.h>

#include <cap/derivation.h>
#include <cap/lookup.h>
#include <mem/vspace.h>
#include <object/object_types.h>

bool cap_is_vspace_root(union cap cap)
{
    return cap_type(cap) == CAP_PML4 && cap.pml4.is_mapped;
}

struct answer vspace_check_asid(struct kernel *k, union cap root)
{
    paddr_t vspace = asid_vspace(k, (unsigned)root.pml4.asid);
    if (!vspace)
        return lookup_failed(k, false, lookup_invalid_root());
    if (vspace != root.pml4.object)
        return answer_invalid_capability(1);
    return answer_ok();
}

struct answer answer_missing_table(struct kernel *k, unsigned missing_bits)
{
    return lookup_failed(k, false, lookup_missing_capability(missing_bits));
}

static struct answer vspace_derive(struct kernel *k, struct slot *slot, union cap cap,
                                   union cap *ret_cap)
{
    if (!cap_is_vspace_root(cap))
        return answer_because(answer_illegal_operation(), "Mode_deriveCap",
                              "Deriving a PML4 cap without an assigned ASID");
    return derive_copy(k, slot, cap, ret_cap);
}

static bool vspace_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.pml4.object;
    *ret_size_bits = PAGE_BITS;
    return true;
}

static bool vspace_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_PML4 && a.pml4.object == b.pml4.object;
}

static struct finalised vspace_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final)
        asid_release(k, (unsigned)cap.pml4.asid, cap.pml4.object);
    return finalise_nothing(k, cap, is_final);
}

const struct object_type vspace_object_type = {
    .name = "PML4",
    .identify_tag = 9,
    .invoke = invoke_no_method,
    .receive = cannot_receive,
    .derive = vspace_derive,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = vspace_extent,
    .same_region = vspace_same_region,
    .same_object = same_object_as_region,
    .finalise = vspace_finalise,
    .cleanup = no_cleanup,
};
