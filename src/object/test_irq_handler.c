/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/message.h>
#include <cap/derivation.h>
#include <model/console.h>
#include <object/irq.h>
#include <object/testkit_hardware.h>
#include <stdio.h>

static struct answer set_notification(struct guest *g, cptr_t handler, cptr_t notification)
{
    return guest_invoke(g, (struct guest_call){.cap = handler,
                                               .method = INV_IRQ_HANDLER_SET_NOTIFICATION,
                                               EXTRA(notification)});
}

TEST(irq_handler_notification)
{
    struct guest g = guest_boot_default();
    cptr_t handler = g.next_slot++;
    guest_invoke(&g, get_ioapic(handler, 2, 5));
    cptr_t notification = guest_make(&g, OBJECT_NOTIFICATION, 0);
    cptr_t read_only = guest_copy(&g, notification);
    struct slot *slot = guest_slot(&g, read_only);
    slot->cap = cap_mask_rights(slot->cap, RIGHT_READ);
    CHECK_ANSWER(call_plain(&g, handler, INV_IRQ_HANDLER_SET_NOTIFICATION),
                 answer_truncated_message());
    CHECK_ANSWER(set_notification(&g, handler, handler), answer_invalid_capability(0));
    CHECK_ANSWER(set_notification(&g, handler, read_only), answer_invalid_capability(0));
    CHECK_ANSWER(set_notification(&g, handler, notification), answer_ok());
    CHECK_EQ(irq_slot(g.k, 5)->cap.notification.object,
             guest_cap(&g, notification).notification.object);
    CHECK_ANSWER(set_notification(&g, handler, notification), answer_ok());
    CHECK_ANSWER(call_plain(&g, handler, INV_IRQ_HANDLER_CLEAR), answer_ok());
    CHECK(slot_is_empty(irq_slot(g.k, 5)));
    CHECK_ANSWER(call_plain(&g, handler, INV_IRQ_HANDLER_CLEAR), answer_ok());
    CHECK_ANSWER(call_plain(&g, handler, INV_IRQ_CONTROL_GET), answer_illegal_operation());
    guest_end(&g);
}

TEST(irq_handler_ack_unmasks)
{
    struct guest g = guest_boot_default();
    cptr_t handler = g.next_slot++;
    guest_invoke(&g, get_ioapic(handler, 2, 5));
    irq_set_masked(g.k, 5, true);
    uint64_t changes = g.k->irq_changes;
    CHECK_ANSWER(call_plain(&g, handler, INV_IRQ_HANDLER_ACK), answer_ok());
    CHECK(!g.k->irqs[5].masked);
    CHECK_EQ(g.k->irq_changes, changes + 1);
    guest_end(&g);
}

/* What the kernel has printed since the last time. */
static const char *printed(struct guest *g)
{
    static char text[64];
    const char *said;
    uint32_t length = console_take(g->k, &said);
    snprintf(text, sizeof(text), "%.*s", (int)length, said);
    return text;
}

TEST(an_interrupt_masks_a_pin_but_no_message)
{
    struct guest g = guest_boot_default();
    cptr_t pin = g.next_slot++, message = g.next_slot++;
    cptr_t notification = guest_make(&g, OBJECT_NOTIFICATION, 0);
    guest_invoke(&g, get_ioapic(pin, 2, 5));
    guest_invoke(&g, get_msi(message, 6));
    CHECK_EQ(g.k->irqs[6].kind, IRQ_MSI);
    set_notification(&g, pin, notification);
    set_notification(&g, message, notification);
    printed(&g);
    irq_deliver(g.k, 0, 5);
    irq_deliver(g.k, 0, 6);
    CHECK(g.k->irqs[5].masked);
    CHECK(!g.k->irqs[6].masked);
    CHECK_STR(printed(&g), "");
    guest_end(&g);
}

TEST(a_line_of_the_pic_is_masked_until_its_ack)
{
    enum { LINE = 5 };
    struct kernel_config config = kernel_config_default();
    config.irq_pic = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    cptr_t handler = g.next_slot++;
    guest_invoke(&g, (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                                         .method = INV_IRQ_CONTROL_GET,
                                         WORDS(LINE, handler, 64),
                                         EXTRA(INITIAL_CAP_CNODE)});
    CHECK(!g.k->irqs[LINE].masked);
    printed(&g);
    irq_deliver(g.k, 0, LINE);
    CHECK_STR(printed(&g), "Undelivered IRQ: 5\n");
    CHECK(g.k->irqs[LINE].masked);
    uint64_t changes = g.k->irq_changes;
    CHECK_ANSWER(call_plain(&g, handler, INV_IRQ_HANDLER_ACK), answer_ok());
    CHECK(!g.k->irqs[LINE].masked);
    CHECK_EQ(g.k->irq_changes, changes + 1);
    guest_end(&g);
}

TEST(an_interrupt_that_nobody_gets_is_reported)
{
    struct guest g = guest_boot_default();
    cptr_t handler = g.next_slot++;
    guest_invoke(&g, get_ioapic(handler, 2, 5));
    printed(&g);
    irq_deliver(g.k, 0, 5);
    CHECK_STR(printed(&g), "Undelivered IRQ: 21\n");
    CHECK(g.k->irqs[5].masked);
    irq_deliver(g.k, 0, 6);
    CHECK_STR(printed(&g), "Received disabled IRQ: 22\n");
    CHECK_EQ(g.k->irqs[6].kind, IRQ_FREE);
    guest_end(&g);
}

TEST(deleting_the_last_irq_handler_frees_the_vector)
{
    struct guest g = guest_boot_default();
    cptr_t handler = g.next_slot++;
    guest_invoke(&g, get_ioapic(handler, 2, 5));
    set_notification(&g, handler, guest_make(&g, OBJECT_NOTIFICATION, 0));
    cptr_t copy = guest_copy(&g, handler);
    guest_delete(&g, handler);
    CHECK_EQ(g.k->irqs[5].kind, IRQ_IOAPIC);
    CHECK(!slot_is_empty(irq_slot(g.k, 5)));
    guest_delete(&g, copy);
    CHECK_EQ(g.k->irqs[5].kind, IRQ_FREE);
    CHECK(g.k->irqs[5].masked);
    CHECK(slot_is_empty(irq_slot(g.k, 5)));
    CHECK_ANSWER(guest_invoke(&g, get_ioapic(handler, 2, 5)), answer_ok());
    guest_end(&g);
}
