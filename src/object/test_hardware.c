/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts, I/O ports and domains: methods with every error, in the order in which they win. */
#include <test.h>

#include <abi/bootinfo.h>
#include <abi/message.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <cap/derivation.h>
#include <model/testkit_guest.h>
#include <object/io_port.h>
#include <object/irq.h>

/* --- IRQControl ---------------------------------------------------------------------------- */

static struct guest_call get_ioapic(cptr_t dest, word_t pin, word_t vector)
{
    return (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                               .method = INV_IRQ_CONTROL_GET_IOAPIC,
                               WORDS(dest, 64, 0, pin, 1, 1, vector),
                               EXTRA(INITIAL_CAP_CNODE)};
}

static struct guest_call get_msi(cptr_t dest, word_t vector)
{
    return (struct guest_call){.cap = INITIAL_CAP_IRQ_CONTROL,
                               .method = INV_IRQ_CONTROL_GET_MSI,
                               WORDS(dest, 64, 3, 31, 7, 0x42, vector),
                               EXTRA(INITIAL_CAP_CNODE)};
}

/* The call with one of its words changed. */
static struct answer with_word(struct guest *g, struct guest_call call, unsigned word, word_t value)
{
    call.words[word] = value;
    return guest_invoke(g, call);
}

static struct answer call_plain(struct guest *g, cptr_t cap, enum invocation method)
{
    return guest_invoke(g, (struct guest_call){.cap = cap, .method = method});
}

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
    CHECK(g.k->irqs[10].is_displaced);
    CHECK(!g.k->irqs[11].is_displaced);
    CHECK(!g.k->irqs[12].is_displaced);
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
        CHECK_ANSWER(guest_invoke(&g, call),
                     pic ? answer_range_error(0, 15) : answer_illegal_operation());
        CHECK_ANSWER(with_word(&g, call, 0, 15), pic ? answer_ok() : answer_illegal_operation());
        if (pic) {
            CHECK_ANSWER(with_word(&g, call, 0, 15), answer_revoke_first());
            CHECK_ANSWER(with_word(&g, call, 0, 14), answer_delete_first());
            CHECK_ANSWER(guest_invoke(&g, get_ioapic(dest + 1, 2, 2)), answer_illegal_operation());
            CHECK_ANSWER(guest_invoke(&g, get_msi(dest + 1, 2)), answer_illegal_operation());
            CHECK_EQ(g.k->irqs[15].kind, IRQ_PIC);
        }
        guest_end(&g);
    }
}

/* --- IRQ handlers -------------------------------------------------------------------------- */

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

/* --- I/O ports ----------------------------------------------------------------------------- */

static struct answer issue(struct guest *g, word_t first, word_t last, cptr_t dest)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_IO_PORT_CONTROL,
                                               .method = INV_X86_IO_PORT_CONTROL_ISSUE,
                                               WORDS(first, last, dest, 64),
                                               EXTRA(INITIAL_CAP_CNODE)});
}

TEST(io_port_control_issue)
{
    struct guest g = guest_boot_default();
    cptr_t dest = g.next_slot++;
    struct guest_call call = {.cap = INITIAL_CAP_IO_PORT_CONTROL,
                              .method = INV_X86_IO_PORT_CONTROL_ISSUE,
                              WORDS(0x3f8, 0x3ff, dest),
                              EXTRA(INITIAL_CAP_CNODE)};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 4;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(issue(&g, 0x3f8, 0x3f7, 1), answer_invalid_argument(1));
    CHECK_ANSWER(issue(&g, 0x3f8, 0x3ff, 1), answer_delete_first());
    CHECK_ANSWER(issue(&g, 0x103f8, 0x203ff, dest), answer_ok());
    CHECK_EQ(guest_cap(&g, dest).io_port.first, 0x3f8);
    CHECK_EQ(guest_cap(&g, dest).io_port.last, 0x3ff);
    CHECK_ANSWER(issue(&g, 0x3ff, 0x400, 1), answer_revoke_first());
    CHECK_ANSWER(issue(&g, 0, 0xffff, 1), answer_revoke_first());
    CHECK_ANSWER(issue(&g, 0, 0x3f7, g.next_slot++), answer_ok());
    CHECK_ANSWER(issue(&g, 0x400, 0xffff, g.next_slot++), answer_ok());
    CHECK_ANSWER(call_plain(&g, INITIAL_CAP_IO_PORT_CONTROL, INV_X86_IO_PORT_IN8),
                 answer_illegal_operation());
    guest_end(&g);
}

TEST(deleting_the_last_port_capability_frees_its_range)
{
    struct guest g = guest_boot_default();
    cptr_t ports = g.next_slot++;
    issue(&g, 0x60, 0x64, ports);
    cptr_t copy = guest_copy(&g, ports);
    guest_delete(&g, ports);
    CHECK(!io_ports_are_free(g.k, 0x64, 0x64));
    guest_delete(&g, copy);
    CHECK(io_ports_are_free(g.k, 0, 0xffff));
    issue(&g, 0x60, 0x64, ports);
    while (!slot_revoke(g.k, 0, guest_slot(&g, INITIAL_CAP_IO_PORT_CONTROL)))
        continue;
    CHECK(io_ports_are_free(g.k, 0, 0xffff));
    guest_end(&g);
}

TEST(io_port_access_is_handed_to_the_seat)
{
    struct guest g = guest_boot_default();
    cptr_t ports = g.next_slot++;
    issue(&g, 0x40, 0x47, ports);
    static const struct {
        enum invocation method;
        enum device_access_kind kind;
        unsigned size;
        uint64_t value;
    } cases[] = {
        {INV_X86_IO_PORT_IN8, DEVICE_PORT_IN, 1, 0},
        {INV_X86_IO_PORT_IN16, DEVICE_PORT_IN, 2, 0},
        {INV_X86_IO_PORT_IN32, DEVICE_PORT_IN, 4, 0},
        {INV_X86_IO_PORT_OUT8, DEVICE_PORT_OUT, 1, 0xef},
        {INV_X86_IO_PORT_OUT16, DEVICE_PORT_OUT, 2, 0xbeef},
        {INV_X86_IO_PORT_OUT32, DEVICE_PORT_OUT, 4, 0xdeadbeef},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        bool is_out = cases[i].kind == DEVICE_PORT_OUT;
        struct guest_call call = {
            .cap = ports, .method = cases[i].method, WORDS(0x40, 0x1deadbeef)};
        call.length = is_out ? 1 : 0;
        CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
        call.length++;
        CHECK_EQ(guest_invoke(&g, call).kind, ANSWER_DEVICE);
        const struct device_access *device = &g.k->cores[0].device;
        CHECK_EQ(device->kind, cases[i].kind);
        CHECK_EQ(device->size, cases[i].size);
        CHECK_EQ(device->address, 0x40);
        CHECK_EQ(device->value, cases[i].value);
        CHECK_ANSWER(with_word(&g, call, 0, 0x3f), answer_illegal_operation());
        CHECK_ANSWER(with_word(&g, call, 0, 0x48 - cases[i].size + 1), answer_illegal_operation());
        CHECK_EQ(with_word(&g, call, 0, 0x10048 - cases[i].size).kind, ANSWER_DEVICE);
    }
    CHECK_ANSWER(call_plain(&g, ports, INV_X86_IO_PORT_CONTROL_ISSUE), answer_illegal_operation());
    guest_end(&g);
}

/* --- domains ------------------------------------------------------------------------------- */

static struct guest guest_with_domains(unsigned domains)
{
    struct kernel_config config = kernel_config_default();
    config.num_domains = domains;
    config.num_domain_schedules = 100;
    return guest_boot(config, GUEST_MEMORY_END);
}

static struct answer configure(struct guest *g, word_t index, word_t domain, word_t duration)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_DOMAIN,
                                               .method = INV_DOMAIN_SET_SCHEDULE_CONFIGURE,
                                               WORDS(index, domain, duration)});
}

static struct answer set_start(struct guest *g, word_t index)
{
    return guest_invoke(g, (struct guest_call){.cap = INITIAL_CAP_DOMAIN,
                                               .method = INV_DOMAIN_SET_SCHEDULE_SET_START,
                                               WORDS(index)});
}

TEST(domain_set_set)
{
    struct guest g = guest_with_domains(4);
    cptr_t tcb = guest_make(&g, OBJECT_TCB, 0);
    struct guest_call call = {
        .cap = INITIAL_CAP_DOMAIN, .method = INV_DOMAIN_SET_SET, WORDS(4), EXTRA(tcb)};
    call.length = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    call.length = 1;
    call.caps = 0;
    CHECK_ANSWER(guest_invoke(&g, call), answer_invalid_argument(0));
    CHECK_ANSWER(with_word(&g, call, 0, 0x100), answer_invalid_argument(0));
    CHECK_ANSWER(with_word(&g, call, 0, 3), answer_truncated_message());
    call.caps = 1;
    call.extra[0] = INITIAL_CAP_CNODE;
    CHECK_ANSWER(with_word(&g, call, 0, 3), answer_invalid_argument(1));
    call.extra[0] = tcb;
    CHECK_ANSWER(with_word(&g, call, 0, 3), answer_ok());
    CHECK_EQ(tcb_at(g.k, guest_cap(&g, tcb).tcb.object)->domain, 3);
    CHECK_ANSWER(call_plain(&g, INITIAL_CAP_DOMAIN, INV_TCB_RESUME), answer_illegal_operation());
    guest_end(&g);
}

TEST(domain_schedule_configure)
{
    struct guest g = guest_with_domains(4);
    struct guest_call call = {
        .cap = INITIAL_CAP_DOMAIN, .method = INV_DOMAIN_SET_SCHEDULE_CONFIGURE, WORDS(99, 4, 0)};
    call.length = 2;
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(configure(&g, 99, 4, bit(56)), answer_range_error(0, 98));
    CHECK_ANSWER(configure(&g, 98, 4, bit(56)), answer_range_error(0, 3));
    CHECK_ANSWER(configure(&g, 98, 3, bit(56)), answer_invalid_argument(2));
    CHECK_ANSWER(configure(&g, 0, 3, 0), answer_invalid_argument(1));
    CHECK_ANSWER(configure(&g, 0, 0, 0), answer_invalid_argument(2));
    CHECK_ANSWER(configure(&g, 98, 3, bit(56) - 1), answer_ok());
    CHECK_EQ(g.k->schedule[98].domain, 3);
    CHECK_EQ(g.k->schedule[98].duration, bit(56) - 1);
    CHECK_ANSWER(configure(&g, 98, 0, 0), answer_ok());
    guest_end(&g);
}

TEST(domain_schedule_set_start)
{
    struct guest g = guest_with_domains(4);
    struct guest_call call = {.cap = INITIAL_CAP_DOMAIN,
                              .method = INV_DOMAIN_SET_SCHEDULE_SET_START};
    CHECK_ANSWER(guest_invoke(&g, call), answer_truncated_message());
    CHECK_ANSWER(set_start(&g, 100), answer_range_error(0, 99));
    CHECK_ANSWER(set_start(&g, 99), answer_invalid_argument(0));
    CHECK_ANSWER(set_start(&g, 5), answer_invalid_argument(0));
    configure(&g, 5, 2, 7);
    CHECK_ANSWER(set_start(&g, 5), answer_ok());
    CHECK_EQ(g.k->schedule_start, 5);
    guest_end(&g);
}

/* --- IOSpaces ------------------------------------------------------------------------------ */

TEST(io_page_tables_have_no_methods_without_an_iommu)
{
    struct kernel_config config = kernel_config_default();
    config.iommu = true;
    struct guest g = guest_boot(config, GUEST_MEMORY_END);
    cptr_t table = guest_make(&g, OBJECT_IO_PAGE_TABLE, 0);
    CHECK(table != 0);
    CHECK_ANSWER(call_plain(&g, table, INV_X86_IO_PAGE_TABLE_UNMAP), answer_illegal_operation());
    CHECK_EQ(guest_copy(&g, table), 0);
    guest_delete(&g, table);
    guest_end(&g);
}
