/* SPDX-License-Identifier: BSD-2-Clause */
/* A zombie: an object with slots whose last capability was deleted (cap/delete.c empties it). */
#include <object/object_types.h>

static struct answer zombie_invoke(struct call *call)
{
    return answer_because(answer_invalid_capability(0), "decodeInvocation",
                          "Attempted to invoke a zombie cap #%lu.", call->cptr);
}

static struct finalised zombie_finalise(struct kernel *k, union cap cap, bool is_final)
{
    (void)k;
    (void)is_final;
    return (struct finalised){.remainder = cap, .cleanup = cap_null()};
}

static bool zombie_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.zombie.object;
    *ret_size_bits = cap.zombie.is_tcb ? TCB_BITS : (unsigned)cap.zombie.radix + SLOT_BITS;
    return true;
}

const struct object_type zombie_object_type = {
    .name = "zombie",
    .identify_tag = 18,
    .invoke = zombie_invoke,
    .receive = cannot_receive,
    .derive = derive_null,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = zombie_extent,
    .same_region = same_region_never,
    .same_object = same_region_never,
    .finalise = zombie_finalise,
    .cleanup = no_cleanup,
};
