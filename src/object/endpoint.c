/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint capabilities; the messages themselves are in ipc/endpoint.c. */
#include <object/object_types.h>

#include <abi/message.h>
#include <cap/delete.h>
#include <cap/lookup.h>
#include <ipc/ipc.h>
#include <model/user_error.h>

static struct answer endpoint_invoke(struct call *call)
{
    unsigned rights = call->cap.endpoint.rights;
    if (!(rights & RIGHT_WRITE))
        return answer_because(answer_invalid_capability(0), "decodeInvocation",
                              "Attempted to invoke a read-only endpoint cap #%lu.", call->cptr);
    ipc_send(call->k, call->core, call->caller, call->cap.endpoint.object,
             (struct ipc_send){
                 .may_block = call->may_block,
                 .is_call = call->is_call,
                 .can_grant = rights & RIGHT_GRANT,
                 .can_grant_reply = rights & RIGHT_GRANT_REPLY,
                 .may_donate = call->may_donate,
                 .badge = call->cap.endpoint.badge,
             });
    return answer_ok();
}

/* MCS: the reply object that the thread's register names; 0: there is none. */
static paddr_t find_reply_object(struct kernel *k, struct tcb *tcb)
{
    struct resolution found = lookup_slot(k, tcb, tcb->context.reg[UREG_REPLY]);
    if (!found.slot) {
        user_error(k, "lookupReply", "Reply cap lookup failed");
        return 0;
    }
    if (cap_type(found.slot->cap) == CAP_REPLY_OBJECT)
        return found.slot->cap.reply_object.object;
    user_error(k, "lookupReply", "Cap in reply slot is not a reply cap");
    lookup_note_failure(k, lookup_missing_capability(0));
    return 0;
}

static enum receive_result endpoint_receive(struct kernel *k, unsigned core, struct tcb *tcb,
                                            union cap cap, struct receiving how)
{
    paddr_t reply = 0;
    if (!(cap.endpoint.rights & RIGHT_READ))
        return RECEIVE_IMPOSSIBLE;
    if (k->config.mcs && how.wants_calls) {
        reply = find_reply_object(k, tcb);
        if (!reply)
            return RECEIVE_NO_REPLY;
    } else if (!k->config.mcs) {
        /* whoever still waits for this thread's reply goes on waiting */
        slot_delete_one(k, &tcb->slots[TCB_SLOT_CALLER]);
    }
    ipc_receive(k, core, tcb, cap, how.may_block, reply);
    return RECEIVE_BEGUN;
}

static bool endpoint_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.endpoint.object;
    *ret_size_bits = ENDPOINT_BITS;
    return true;
}

static bool endpoint_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_ENDPOINT && a.endpoint.object == b.endpoint.object;
}

static struct finalised endpoint_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final)
        ipc_cancel_all(k, k->running_core, cap.endpoint.object);
    return finalise_nothing(k, cap, is_final);
}

const struct object_type endpoint_object_type = {
    .name = "endpoint",
    .identify_tag = 4,
    .invoke = endpoint_invoke,
    .receive = endpoint_receive,
    .derive = derive_copy,
    .mask_rights = mask_badged_rights,
    .update_data = update_badge,
    .extent = endpoint_extent,
    .same_region = endpoint_same_region,
    .same_object = same_object_as_region,
    .finalise = endpoint_finalise,
    .cleanup = no_cleanup,
};
