/* SPDX-License-Identifier: BSD-2-Clause */
/* Notification capabilities; the signals themselves are in ipc/notification.c. */
#include <object/object_types.h>

#include <abi/message.h>
#include <ipc/ipc.h>
#include <sched/sched.h>

#define NOTIFICATION_BITS 5

static struct answer notification_invoke(struct call *call)
{
    if (!(call->cap.notification.rights & RIGHT_WRITE))
        return answer_because(answer_invalid_capability(0), "decodeInvocation",
                              "Attempted to invoke a read-only notification cap #%lu.", call->cptr);
    notification_signal(call->k, call->core, call->cap.notification.object,
                        call->cap.notification.badge);
    return answer_ok();
}

/* Of a bound notification only its own thread receives. */
static enum receive_result notification_receive_method(struct kernel *k, unsigned core,
                                                       struct tcb *tcb, union cap cap,
                                                       struct receiving how)
{
    paddr_t notification = cap.notification.object;
    const struct tcb *bound = tcb_at(k, notification_at(k, notification)->bound_tcb);
    if (!(cap.notification.rights & RIGHT_READ) || (bound && bound != tcb))
        return RECEIVE_IMPOSSIBLE;
    notification_receive(k, core, tcb, notification, how.may_block);
    return RECEIVE_BEGUN;
}

/* At the least: with MCS it is twice as large, which no capability says. */
static bool notification_extent(union cap cap, paddr_t *ret_base, unsigned *ret_size_bits)
{
    *ret_base = cap.notification.object;
    *ret_size_bits = NOTIFICATION_BITS;
    return true;
}

static bool notification_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_NOTIFICATION && a.notification.object == b.notification.object;
}

static void unbind_sched_context(struct kernel *k, paddr_t notification)
{
    struct sched_context *sc = sched_context_at(k, *notification_sched_context(k, notification));
    if (sc)
        sched_context_unbind_notification(k, sc);
}

static struct finalised notification_finalise(struct kernel *k, union cap cap, bool is_final)
{
    if (is_final) {
        paddr_t notification = cap.notification.object;
        struct tcb *bound = tcb_at(k, notification_at(k, notification)->bound_tcb);
        if (k->config.mcs)
            unbind_sched_context(k, notification);
        if (bound)
            notification_unbind(k, bound);
        notification_cancel_all(k, k->running_core, notification);
    }
    return finalise_nothing(k, cap, is_final);
}

const struct object_type notification_object_type = {
    .name = "notification",
    .identify_tag = 6,
    .invoke = notification_invoke,
    .receive = notification_receive_method,
    .derive = derive_copy,
    .mask_rights = mask_badged_rights,
    .update_data = update_badge,
    .extent = notification_extent,
    .same_region = notification_same_region,
    .same_object = same_object_as_region,
    .finalise = notification_finalise,
    .cleanup = no_cleanup,
};
