/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoint capabilities; the messages themselves are in ipc/endpoint.c. */
#include <object/object_types.h>

#include <abi/message.h>
#include <cap/delete.h>
#include <ipc/ipc.h>

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
                 .badge = call->cap.endpoint.badge,
             });
    return answer_ok();
}

/* Whoever still waits for this thread's reply goes on waiting. */
static bool endpoint_receive(struct kernel *k, unsigned core, struct tcb *tcb, union cap cap,
                             bool may_block)
{
    if (!(cap.endpoint.rights & RIGHT_READ))
        return false;
    slot_delete_one(k, &tcb->slots[TCB_SLOT_CALLER]);
    ipc_receive(k, core, tcb, cap, may_block);
    return true;
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
