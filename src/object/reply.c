/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply capabilities of the non-MCS kernel: one use, made by receiving a Call. */
#include <object/object_types.h>

#include <abi/message.h>
#include <ipc/ipc.h>

static struct answer reply_invoke(struct call *call)
{
    if (call->cap.reply.is_master)
        return answer_because(answer_invalid_capability(0), "decodeInvocation",
                              "Attempted to invoke an invalid reply cap #%lu.", call->cptr);
    reply_send(call->k, call->core, call->caller, tcb_at(call->k, call->cap.reply.tcb), call->slot,
               call->cap.reply.can_grant);
    return answer_ok();
}

static union cap reply_mask_rights(union cap cap, word_t rights)
{
    cap.reply.can_grant = cap.reply.can_grant && (rights & RIGHT_GRANT);
    return cap;
}

static bool reply_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_REPLY && a.reply.tcb == b.reply.tcb;
}

const struct object_type reply_object_type = {
    .name = "reply",
    .identify_tag = 8,
    .invoke = reply_invoke,
    .receive = cannot_receive,
    .derive = derive_null,
    .mask_rights = reply_mask_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = reply_same_region,
    .same_object = same_object_as_region,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
