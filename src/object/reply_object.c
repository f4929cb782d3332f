/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply objects of the MCS kernel: to invoke one is to reply. Its stack is in ipc/reply_object.c.
 */
#include <object/object_types.h>

#include <abi/message.h>
#include <ipc/ipc.h>

#define REPLY_BITS 5

static struct answer reply_object_invoke(struct call *call)
{
    reply_object_send(call->k, call->core, call->caller, call->cap.reply_object.object,
                      call->cap.reply_object.can_grant);
    return answer_ok();
}

static union cap reply_object_mask_rights(union cap cap, word_t rights)
{
    cap.reply_object.can_grant = cap.reply_object.can_grant && (rights & RIGHT_GRANT);
    return cap;
}

static bool reply_object_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.reply_object.object;
    *ret_size_bits = REPLY_BITS;
    return true;
}

static bool reply_object_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_REPLY_OBJECT && a.reply_object.object == b.reply_object.object;
}

static struct finalised reply_object_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final)
        reply_object_end(k, k->running_core, cap.reply_object.object);
    return finalise_nothing(k, cap, is_final);
}

const struct object_type reply_object_object_type = {
    .name = "reply",
    .identify_tag = 8,
    .invoke = reply_object_invoke,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = reply_object_mask_rights,
    .update_data = update_no_data,
    .extent = reply_object_extent,
    .same_region = reply_object_same_region,
    .same_object = same_object_as_region,
    .finalise = reply_object_finalise,
    .cleanup = no_cleanup,
};
