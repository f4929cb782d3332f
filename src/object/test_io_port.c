/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/delete.h>
#include <object/io_port.h>
#include <object/testkit_hardware.h>

TEST(deleting_the_last_port_capability_frees_its_range)
{
    struct guest g = guest_boot_default();
    cptr_t ports = g.next_slot++;
    issue_ports(&g, 0x60, 0x64, ports);
    cptr_t copy = guest_copy(&g, ports);
    guest_delete(&g, ports);
    CHECK(!io_ports_are_free(g.k, 0x64, 0x64));
    guest_delete(&g, copy);
    CHECK(io_ports_are_free(g.k, 0, 0xffff));
    issue_ports(&g, 0x60, 0x64, ports);
    while (!slot_revoke(g.k, 0, guest_slot(&g, INITIAL_CAP_IO_PORT_CONTROL)))
        continue;
    CHECK(io_ports_are_free(g.k, 0, 0xffff));
    guest_end(&g);
}

TEST(io_port_access_is_handed_to_the_seat)
{
    struct guest g = guest_boot_default();
    cptr_t ports = g.next_slot++;
    issue_ports(&g, 0x40, 0x47, ports);
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
        call.length = 0;
        CHECK_STR(guest_invoke(&g, call).reason.why,
                  is_out ? "IOPort Out: Truncated message." : "IOPort: Truncated message.");
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
