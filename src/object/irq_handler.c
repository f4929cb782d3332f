/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQ handlers: the right to one interrupt vector. The kernel masks a vector that an IOAPIC pin or
 * a line of the PIC drives when it signals its notification; Ack unmasks it. One of messages it
 * never masks. Manual, "Hardware I/O", "Interrupt Delivery".
 */
#include <object/irq.h>

#include <abi/message.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <model/console.h>
#include <object/decode.h>
#include <object/object_types.h>

#define FIRST_USER_IRQ 16

void irq_set_masked(struct kernel *k, unsigned vector, bool masked)
{
    struct irq *irq = &k->irqs[vector];
    irq->masked = masked;
    if (irq->kind == IRQ_IOAPIC)
        k->irq_pins[irq->pin].masked = masked;
    k->irq_changes++;
}

struct slot *irq_slot(struct kernel *k, unsigned vector)
{
    return slot_at(k, k->irq_slots + vector * sizeof(struct slot));
}

/* What a debug kernel says, with its own number of the interrupt: the PIC's lines, then vectors. */
static void report(struct kernel *k, const char *what, unsigned vector)
{
    console_print(k, "%s IRQ: %u\n", what, k->config.irq_pic ? vector : vector + FIRST_USER_IRQ);
}

void irq_deliver(struct kernel *k, unsigned core, unsigned vector)
{
    union cap cap = irq_slot(k, vector)->cap;
    enum irq_kind kind = k->irqs[vector].kind;
    if (kind == IRQ_FREE) /* a message that a device goes on sending */
        report(k, "Received disabled", vector);
    else if (cap_type(cap) == CAP_NOTIFICATION) /* with Write: SetNotification has seen to that */
        notification_signal(k, core, cap.notification.object, cap.notification.badge);
    else
        report(k, "Undelivered", vector);
    if (kind == IRQ_IOAPIC || kind == IRQ_PIC) /* messages cannot be masked */
        irq_set_masked(k, vector, true);
}

static struct answer irq_handler_set_notification(struct call *call, unsigned vector)
{
    if (call_is_truncated(call, 0, 1))
        return answer_truncated_message();
    struct slot *source = call->extra[0];
    union cap cap = source->cap;
    if (cap_type(cap) != CAP_NOTIFICATION)
        return answer_because(answer_invalid_capability(0), "decodeIRQHandlerInvocation",
                              "IRQSetHandler: provided cap is not an notification capability.");
    if (!(cap.notification.rights & RIGHT_WRITE))
        return answer_because(answer_invalid_capability(0), "decodeIRQHandlerInvocation",
                              "IRQSetHandler: caller does not have send rights on the endpoint.");
    struct slot *slot = irq_slot(call->k, vector);
    slot_delete_one(call->k, slot);
    slot_insert(call->k, cap, source, slot);
    return answer_ok();
}

static struct answer irq_handler_invoke(struct call *call)
{
    unsigned vector = (unsigned)call->cap.irq_handler.irq;
    switch (call->method) {
    case INV_IRQ_HANDLER_ACK:
        irq_set_masked(call->k, vector, false);
        return answer_ok();
    case INV_IRQ_HANDLER_SET_NOTIFICATION:
        return irq_handler_set_notification(call, vector);
    case INV_IRQ_HANDLER_CLEAR:
        slot_delete_one(call->k, irq_slot(call->k, vector));
        return answer_ok();
    default:
        return answer_because(answer_illegal_operation(), "decodeIRQHandlerInvocation",
                              "IRQHandler: Illegal operation.");
    }
}

static bool irq_handler_same_region(union cap a, union cap b)
{
    return cap_type(b) == CAP_IRQ_HANDLER && a.irq_handler.irq == b.irq_handler.irq;
}

static struct finalised irq_handler_finalise(struct kernel *k, union cap cap, bool is_final)
{
    struct finalised end = finalise_nothing(k, cap, is_final);
    if (is_final) {
        slot_delete_one(k, irq_slot(k, (unsigned)cap.irq_handler.irq));
        end.cleanup = cap;
    }
    return end;
}

static void irq_handler_cleanup(struct kernel *k, union cap cap)
{
    unsigned vector = (unsigned)cap.irq_handler.irq;
    irq_set_masked(k, vector, true);
    k->irqs[vector] = (struct irq){.kind = IRQ_FREE, .masked = true};
}

const struct object_type irq_handler_object_type = {
    .name = "IRQ handler",
    .identify_tag = 16,
    .invoke = irq_handler_invoke,
    .receive = cannot_receive,
    .derive = derive_copy,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = irq_handler_same_region,
    .same_object = same_object_as_region,
    .finalise = irq_handler_finalise,
    .cleanup = irq_handler_cleanup,
};
