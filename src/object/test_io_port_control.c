/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <object/io_port.h>
#include <object/testkit_hardware.h>

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
    CHECK_ANSWER(issue_ports(&g, 0x3f8, 0x3f7, 1), answer_invalid_argument(1));
    CHECK_ANSWER(issue_ports(&g, 0x3f8, 0x3ff, 1), answer_delete_first());
    CHECK_ANSWER(issue_ports(&g, 0x103f8, 0x203ff, dest), answer_ok());
    CHECK_EQ(guest_cap(&g, dest).io_port.first, 0x3f8);
    CHECK_EQ(guest_cap(&g, dest).io_port.last, 0x3ff);
    CHECK_ANSWER(issue_ports(&g, 0x3ff, 0x400, 1), answer_revoke_first());
    CHECK_ANSWER(issue_ports(&g, 0, 0xffff, 1), answer_revoke_first());
    CHECK_ANSWER(issue_ports(&g, 0, 0x3f7, g.next_slot++), answer_ok());
    CHECK_ANSWER(issue_ports(&g, 0x400, 0xffff, g.next_slot++), answer_ok());
    CHECK_ANSWER(call_plain(&g, INITIAL_CAP_IO_PORT_CONTROL, INV_X86_IO_PORT_IN8),
                 answer_illegal_operation());
    guest_end(&g);
}
