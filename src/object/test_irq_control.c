/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <object/irq.h>
#include <object/testkit_hardware.h>

TEST(irq_control_get_ioapic)
{
    struct guest g = guest_boot_default();
    cptr_t handler = g.next_slot++;
    uint64_t changes = g.k->irq_changes;
    CHECK_ANSWER(guest_invoke(&g, get_ioapic(handler, 23, 107)), answer_ok());
    const struct irq *irq = &g.k->irqs[107];
    CHECK_EQ(irq->kind, IRQ_IOAPIC);
    CHECK_EQ(irq->pin, 23);
    CHECK(irq->level_triggered && irq->active_low && !irq->masked);
    CHECK(g.k->irq_changes > changes);
    CHECK_EQ(guest_cap(&g, handler).irq_handler.irq, 107);
    CHECK(slot_is_parent_of(g.k, guest_slot(&g, INITIAL_CAP_IRQ_CONTROL), guest_slot(&g, handler)));
    guest_end(&g);
}

TEST(irq_control_get_ioapic_errors_in_their_order)
{
    struct guest g = guest_boot_default();
    cptr_t dest = g.next_slot;
    guest_invoke(&g, get_ioapic(g.next_slot++, 1, 1));
    struct guest_call call = get_ioapic(dest, 2, 2);
    call.length = 6;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 7;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.caps = 1;
    CHECK_ANSWER(with_word(&g, call, 6, 108), answer_range_error(0, 107));
    CHECK_ANSWER(with_word(&g, call, 6, UINT64_MAX), answer_range_error(0, 107));
    call.words[1] = 0;
    CHECK_ANSWER(with_word(&g, call, 6, 1), answer_revoke_first());
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(1, 64));
    call.words[1] = 64;
    call.words[2] = 1;
    CHECK_ANSWER(guest_invoke(&g, call), answer_delete_first());
    call.words[0] = g.next_slot;
    CHECK_ANSWER(with_word(&g, call, 3, 24), answer_range_error(0, 0));
    call.words[2] = 0;
    call.words[4] = 2;
    CHECK_ANSWER(with_word(&g, call, 3, 24), answer_range_error(0, 23));
    call.words[5] = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_range_error(0, 1));
    CHECK_STR(guest_invoke(&g, call).reason.why, "Level should be 0 or 1, not %lu");
    CHECK_ANSWER(with_word(&g, call, 4, 0), answer_range_error(0, 1));
    CHECK_EQ(g.k->irqs[2].kind, IRQ_FREE);
    g.k->num_ioapics = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_illegal_operation());
    CHECK_ANSWER(call_plain(&g, INITIAL_CAP_IRQ_CONTROL, INV_IRQ_HANDLER_ACK),
                 answer_illegal_operation());
    guest_end(&g);
}

TEST(irq_control_get_msi)
{
    struct guest g = guest_boot_default();
    cptr_t handler = g.next_slot++;
    struct guest_call call = get_msi(handler, 4);
    CHECK_ANSWER(with_word(&g, call, 2, 256), answer_range_error(0, 255));
    CHECK_ANSWER(with_word(&g, call, 3, 32), answer_range_error(0, 31));
    CHECK_ANSWER(with_word(&g, call, 4, 8), answer_range_error(0, 7));
    call.words[4] = 8;
    CHECK_ANSWER(with_word(&g, call, 3, 32), answer_range_error(0, 31));
    call.words[4] = 7;
    CHECK_ANSWER(with_word(&g, call, 6, 108), answer_range_error(0, 107));
    CHECK_ANSWER(guest_invoke(&g, call), answer_ok());
    CHECK_EQ(g.k->irqs[4].kind, IRQ_MSI);
    CHECK_EQ(g.k->irqs[4].pci_device, 31);
    CHECK_EQ(g.k->irqs[4].msi_handle, 0x42);
    CHECK_ANSWER(with_word(&g, call, 0, g.next_slot), answer_revoke_first());
    guest_end(&g);
}

TEST(a_pin_belongs_to_the_vector_that_took_it_last)
{
    struct guest g = guest_boot_default();
    guest_invoke(&g, get_ioapic(g.next_slot++, 2, 10));
    CHECK_ANSWER(guest_invoke(&g, get_ioapic(g.next_slot++, 2, 11)), answer_ok());
    guest_invoke(&g, get_ioapic(g.next_slot++, 3, 12));
    CHECK_EQ(g.k->irq_pins[2].vector, 11);
    CHECK_EQ(g.k->irq_pins[3].vector, 12);
    guest_end(&g);
}

/* The redirection entry is one, and both handlers write its mask. */
TEST(a_handler_without_its_pin_still_masks_it)
{
    struct guest g = guest_boot_default();
    cptr_t first = g.next_slot++, second = g.next_slot++;
    guest_invoke(&g, get_ioapic(first, 2, 10));
    guest_invoke(&g, get_ioapic(second, 2, 11));
    irq_deliver(g.k, 0, 11);
    CHECK(g.k->irq_pins[2].masked);
    uint64_t changes = g.k->irq_changes;
    guest_invoke(&g, (struct guest_call){.cap = first, .method = INV_IRQ_HANDLER_ACK});
    CHECK(!g.k->irq_pins[2].masked);
    CHECK(g.k->irq_changes > changes);
    guest_delete(&g, first);
    CHECK(g.k->irq_pins[2].masked);
    CHECK_EQ(g.k->irq_pins[2].vector, 11);
    guest_delete(&g, second);
    CHECK(g.k->irq_pins[2].is_mapped && g.k->irq_pins[2].masked);
    /* a vector without a handler has no pin to mask */
    irq_set_masked(g.k, 11, false);
    CHECK(g.k->irq_pins[2].masked);
    guest_end(&g);
}

TEST(with_a_pic_there_is_no_ioapic_whatever_the_message)
{
    struct kernel_config config = kernel_config_default();
    config.irq_pic = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    struct guest_call call = get_ioapic(g.next_slot, 2, 2);
    call.length = 6;
    CHECK_ANSWER(guest_invoke(&g, call), answer_illegal_operation());
    guest_end(&g);
}

TEST(irq_control_get_needs_a_pic)
{
    struct kernel_config config = kernel_config_default();
    for (unsigned pic = 0; pic < 2; pic++) {
        config.irq_pic = pic;
        struct guest g = guest_boot(config, GUEST_MEMORY_END);
        cptr_t dest = g.next_slot;
        struct guest_call call = {.cap = INITIAL_CAP_IRQ_CONTROL,
                                  .method = INV_IRQ_CONTROL_GET,
                                  WORDS(16, dest, 64),
                                  EXTRA(INITIAL_CAP_CNODE)};
        call.length = 2;
        CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
        call.length = 3;
        g.k->irqs[16].kind = IRQ_MSI; /* no line of the PIC, but in use */
        CHECK_ANSWER(guest_invoke(&g, call),
                     pic ? answer_range_error(0, 15) : answer_illegal_operation());
        CHECK_ANSWER(with_word(&g, call, 0, 15), pic ? answer_ok() : answer_illegal_operation());
        if (pic) {
            CHECK_ANSWER(with_word(&g, call, 0, 15), answer_revoke_first());
            CHECK_ANSWER(with_word(&g, call, 0, 14), answer_delete_first());
            CHECK_ANSWER(with_word(&g, call, 0, 2), answer_revoke_first()); /* of the second PIC */
            CHECK_ANSWER(guest_invoke(&g, get_ioapic(dest + 1, 2, 2)), answer_illegal_operation());
            CHECK_ANSWER(guest_invoke(&g, get_msi(dest + 1, 2)), answer_illegal_operation());
            CHECK_EQ(g.k->irqs[15].kind, IRQ_PIC);
        }
        guest_end(&g);
    }
}

TEST(revoking_irq_control_takes_all_vectors_back)
{
    struct guest g = guest_boot_default();
    for (word_t vector = 0; vector < 20; vector++)
        guest_invoke(&g, get_msi(g.next_slot++, vector));
    while (!slot_revoke(g.k, 0, guest_slot(&g, INITIAL_CAP_IRQ_CONTROL)))
        continue;
    for (word_t vector = 0; vector < 20; vector++)
        CHECK_EQ(g.k->irqs[vector].kind, IRQ_FREE);
    union cap copy = cap_null();
    CHECK_ANSWER(cap_derive(g.k, guest_slot(&g, INITIAL_CAP_IRQ_CONTROL),
                            guest_cap(&g, INITIAL_CAP_IRQ_CONTROL), &copy),
                 answer_ok());
    CHECK(cap_is_null(copy));
    guest_end(&g);
}
