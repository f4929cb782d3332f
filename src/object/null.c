/* SPDX-License-Identifier: BSD-2-Clause */
/* The null capability: what an empty slot holds. */
#include <object/object_types.h>

static struct answer null_invoke(struct call *call)
{
    return answer_because(answer_invalid_capability(0), "decodeInvocation",
                          "Attempted to invoke a null cap #%lu.", call->cptr);
}

const struct object_type null_object_type = {
    .name = "null",
    .identify_tag = 0,
    .invoke = null_invoke,
    .receive = cannot_receive,
    .derive = derive_null,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = same_region_never,
    .same_object = same_region_never,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
