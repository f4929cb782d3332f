/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IRQControl: hands out interrupt vectors. On x86 a vector is bound to an IOAPIC pin, to a message
 * of a PCI device, or, with the legacy PIC, to one of its 16 lines. Manual, "Hardware I/O".
 */
#include <abi/message.h>
#include <cap/derivation.h>
#include <cap/lookup.h>
#include <object/decode.h>
#include <object/irq.h>
#include <object/object_types.h>

#define PIC_LINES         16
#define PIC_LAST_LINE     (PIC_LINES - 1)
#define PCI_LAST_BUS      255
#define PCI_LAST_DEVICE   31
#define PCI_LAST_FUNCTION 7

/* Words of GetIOAPIC and GetMSI. */
enum {
    WORD_INDEX = 0,
    WORD_DEPTH = 1,
    WORD_IOAPIC = 2,
    WORD_PIN = 3,
    WORD_LEVEL = 4,
    WORD_POLARITY = 5,
    WORD_PCI_BUS = 2,
    WORD_PCI_DEVICE = 3,
    WORD_PCI_FUNCTION = 4,
    WORD_MSI_HANDLE = 5,
    WORD_VECTOR = 6,
};

/* Function in which the kernel decodes what is not the legacy method. */
#define DECODE "Arch_decodeIRQControlInvocation"

/* A kernel for the PIC has a full stop more to say it with. */
static struct answer illegal_operation(const struct call *call)
{
    if (call->k->config.irq_pic)
        return answer_because(answer_illegal_operation(), DECODE, "IRQControl: Illegal operation.");
    return answer_because(answer_illegal_operation(), DECODE, "IRQControl: Illegal operation");
}

static struct answer check_at_most(word_t value, word_t max)
{
    if (value > max)
        return answer_range_error(0, max);
    return answer_ok();
}

/* The vector becomes what `irq` says, unmasked, and `dest` its handler. */
static struct answer issue(struct call *call, unsigned vector, struct irq irq, struct slot *dest)
{
    if (irq.kind == IRQ_IOAPIC)
        call->k->irq_pins[irq.pin] = (struct irq_pin){
            .is_mapped = true,
            .level_triggered = irq.level_triggered,
            .vector = (uint8_t)vector,
        };
    call->k->irqs[vector] = irq;
    irq_set_masked(call->k, vector, false);
    union cap cap = {.irq_handler = {.type_ = CAP_IRQ_HANDLER, .irq = vector & 0xff}};
    slot_insert(call->k, cap, call->slot, dest);
    return answer_ok();
}

/* The legacy method; of use only where the kernel drives the PIC. */
static struct answer irq_control_get(struct call *call)
{
    if (call_is_truncated(call, 3, 1))
        return answer_truncated_message();
    if (!call->k->config.irq_pic)
        return answer_because(answer_illegal_operation(), "Arch_checkIRQ",
                              "IRQControl: Illegal operation");
    word_t line = call_word(call, 0);
    if (line > PIC_LAST_LINE)
        return answer_because(answer_range_error(0, PIC_LAST_LINE), "Arch_checkIRQ",
                              "IRQControl: IRQ %lu should be in range 0 - %lu", line,
                              (word_t)PIC_LAST_LINE);
    if (call->k->irqs[line].kind != IRQ_FREE)
        return answer_because(answer_revoke_first(), "decodeIRQControlInvocation",
                              "Rejecting request for IRQ %lu. Already active.", line);
    struct slot *dest = NULL;
    struct answer answer = lookup_empty_slot(call->k, call->extra[0]->cap, call_word(call, 1),
                                             call_word(call, 2), &dest);
    if (answer_is_error(answer))
        return answer_with_reason(answer,
                                  (struct reason){
                                      .where = "decodeIRQControlInvocation",
                                      .why = answer.label == SEL4_DELETE_FIRST
                                                 ? "Target slot for new IRQ Handler cap not empty: "
                                                   "cap %lu, IRQ %lu."
                                                 : "Target slot for new IRQ Handler cap invalid: "
                                                   "cap %lu, IRQ %lu.",
                                      .argument = {call->buffer[IPC_BUFFER_CAPS_OR_BADGES], line},
                                  });
    return issue(call, (unsigned)line, (struct irq){.kind = IRQ_PIC, .pin = (uint8_t)line}, dest);
}

/* What GetIOAPIC and GetMSI have in common. */
static struct answer decode_vector(const struct call *call, unsigned *ret_vector,
                                   struct slot **ret_dest)
{
    if (call->k->config.irq_pic)
        return illegal_operation(call);
    if (call_is_truncated(call, 7, 1))
        return answer_because(answer_truncated_message(), DECODE, "IRQControl: Truncated message");
    word_t vector = call_word(call, WORD_VECTOR);
    if (vector > MAX_USER_VECTOR)
        return answer_because(answer_range_error(0, MAX_USER_VECTOR), DECODE,
                              "IRQControl: Invalid irq %lu should be between 0-%lu", vector,
                              (word_t)MAX_USER_VECTOR);
    if (call->k->irqs[vector].kind != IRQ_FREE)
        return answer_because(answer_revoke_first(), DECODE,
                              "IRQControl: IRQ %lu is already active.", vector + PIC_LINES);
    *ret_vector = (unsigned)vector;
    return lookup_empty_slot(call->k, call->extra[0]->cap, call_word(call, WORD_INDEX),
                             call_word(call, WORD_DEPTH), ret_dest);
}

static struct answer check_ioapic(const struct call *call)
{
    static const char where[] = "ioapic_decode_map_pin_to_vector";
    const struct kernel *k = call->k;
    if (k->num_ioapics == 0)
        return answer_because(answer_illegal_operation(), where, "System has no IOAPICs");
    word_t ioapic = call_word(call, WORD_IOAPIC), pin = call_word(call, WORD_PIN);
    word_t level = call_word(call, WORD_LEVEL), polarity = call_word(call, WORD_POLARITY);
    if (ioapic >= k->num_ioapics)
        return answer_because(answer_range_error(0, k->num_ioapics - 1), where,
                              "Invalid IOAPIC %lu, only have %lu", ioapic, (word_t)k->num_ioapics);
    if (pin >= k->ioapic_pins)
        return answer_because(answer_range_error(0, k->ioapic_pins - 1), where,
                              "Invalid IOAPIC pin %lu, there are %lu pins", pin,
                              (word_t)k->ioapic_pins);
    if (level > 1)
        return answer_because(answer_range_error(0, 1), where, "Level should be 0 or 1, not %lu",
                              reason_int(level));
    if (polarity > 1)
        return answer_because(answer_range_error(0, 1), where, "Polarity should be 0 or 1, not %lu",
                              reason_int(polarity));
    return answer_ok();
}

static struct answer irq_control_get_ioapic(struct call *call)
{
    unsigned vector = 0;
    struct slot *dest = NULL;
    struct answer answer = decode_vector(call, &vector, &dest);
    if (!answer_is_error(answer))
        answer = check_ioapic(call);
    if (answer_is_error(answer))
        return answer;
    struct irq irq = {
        .kind = IRQ_IOAPIC,
        .ioapic = (uint8_t)call_word(call, WORD_IOAPIC),
        .pin = (uint8_t)call_word(call, WORD_PIN),
        .level_triggered = call_word(call, WORD_LEVEL) == 1,
        .active_low = call_word(call, WORD_POLARITY) == 1,
    };
    return issue(call, vector, irq, dest);
}

static struct answer check_msi(const struct call *call)
{
    struct answer answer = check_at_most(call_word(call, WORD_PCI_BUS), PCI_LAST_BUS);
    if (!answer_is_error(answer))
        answer = check_at_most(call_word(call, WORD_PCI_DEVICE), PCI_LAST_DEVICE);
    if (!answer_is_error(answer))
        answer = check_at_most(call_word(call, WORD_PCI_FUNCTION), PCI_LAST_FUNCTION);
    return answer;
}

static struct answer irq_control_get_msi(struct call *call)
{
    unsigned vector = 0;
    struct slot *dest = NULL;
    struct answer answer = decode_vector(call, &vector, &dest);
    if (!answer_is_error(answer))
        answer = check_msi(call);
    if (answer_is_error(answer))
        return answer;
    struct irq irq = {
        .kind = IRQ_MSI,
        .pci_bus = (uint8_t)call_word(call, WORD_PCI_BUS),
        .pci_device = (uint8_t)call_word(call, WORD_PCI_DEVICE),
        .pci_function = (uint8_t)call_word(call, WORD_PCI_FUNCTION),
        .msi_handle = call_word(call, WORD_MSI_HANDLE),
    };
    return issue(call, vector, irq, dest);
}

static struct answer irq_control_invoke(struct call *call)
{
    switch (call->method) {
    case INV_IRQ_CONTROL_GET:
        return irq_control_get(call);
    case INV_IRQ_CONTROL_GET_IOAPIC:
        return irq_control_get_ioapic(call);
    case INV_IRQ_CONTROL_GET_MSI:
        return irq_control_get_msi(call);
    default:
        return illegal_operation(call);
    }
}

/* Parent of all handlers, so that revoking it takes every vector back. */
static bool irq_control_same_region(union cap a, union cap b)
{
    (void)a;
    return cap_type(b) == CAP_IRQ_CONTROL || cap_type(b) == CAP_IRQ_HANDLER;
}

const struct object_type irq_control_object_type = {
    .name = "IRQ control",
    .identify_tag = 14,
    .invoke = irq_control_invoke,
    .receive = cannot_receive,
    .derive = derive_null,
    .mask_rights = mask_no_rights,
    .update_data = update_no_data,
    .extent = no_extent,
    .same_region = irq_control_same_region,
    .same_object = same_region_by_type,
    .finalise = finalise_nothing,
    .cleanup = no_cleanup,
};
