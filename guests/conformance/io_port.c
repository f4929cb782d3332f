/* SPDX-License-Identifier: BSD-2-Clause */
/* IOPortControl and I/O ports. Port 0x80 shows progress codes of the firmware: nobody minds. */
#include "check.h"

static seL4_Error issue(seL4_CPtr slot, seL4_Word first, seL4_Word last)
{
    return seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, first, last, ROOT, slot, DEPTH);
}

static void truncated(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(invoke(seL4_CapIOPortControl, Label_X86_IOPortControl_Issue, CAPS(ROOT),
                     WORDS(0x80, 0x80, slot)));
    say_error(invoke(seL4_CapIOPortControl, Label_X86_IOPortControl_Issue, NONE,
                     WORDS(0x80, 0x80, slot, DEPTH)));
    say_error(invoke(seL4_CapIOPortControl, Label_TCB_Suspend, NONE, NONE));
    must(issue(slot, 0x80, 0x80), "Issue");
    say_error(invoke(slot, Label_X86_IOPort_In8, NONE, NONE));
    say_error(invoke(slot, Label_X86_IOPort_Out8, NONE, WORDS(0x80)));
    say_error(invoke(slot, Label_TCB_Suspend, NONE, NONE));
    must(delete_cap(slot), "Delete");
}

static void issue_errors(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(issue(slot, 0x81, 0x80));
    say_error(issue(ROOT, 0x81, 0x80));
    say_error(issue(ROOT, 0x80, 0x80));
    say_error(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, 0x80, 0x80, ROOT, slot, 0));
}

static void overlap(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(issue(slot, 0x300, 0x30f));
    say_cap(slot);
    say_error(issue(slot_new(), 0x30f, 0x310));
    say_error(issue(slot_new(), 0x2f0, 0x300));
    say_error(issue(slot_new(), 0x305, 0x305));
    must(delete_cap(slot), "Delete");
    say_error(issue(slot, 0x30f, 0x310));
    must(delete_cap(slot), "Delete");
}

static void masked_ports(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(issue(slot, 0x10300, 0x1030f));
    say_error((seL4_Error)seL4_X86_IOPort_In8(slot, 0x300).error);
    must(delete_cap(slot), "Delete");
}

static void outside(void)
{
    const seL4_CPtr slot = slot_new();

    must(issue(slot, 0x80, 0x83), "Issue");
    say_error(seL4_X86_IOPort_Out8(slot, 0x80, 1));
    say_error(seL4_X86_IOPort_Out8(slot, 0x84, 1));
    say_error(seL4_X86_IOPort_Out8(slot, 0x7f, 1));
    say_error(seL4_X86_IOPort_Out16(slot, 0x83, 1));
    say_error(seL4_X86_IOPort_Out32(slot, 0x81, 1));
    say_error((seL4_Error)seL4_X86_IOPort_In16(slot, 0x83).error);
    say_error((seL4_Error)seL4_X86_IOPort_In32(slot, 0x7f).error);
    must(delete_cap(slot), "Delete");
}

static void last_port(void)
{
    const seL4_CPtr slot = slot_new();

    say_error(issue(slot, 0xfffe, 0xffff));
    say_error((seL4_Error)seL4_X86_IOPort_In8(slot, 0xffff).error);
    say_error((seL4_Error)seL4_X86_IOPort_In16(slot, 0xffff).error);
    must(delete_cap(slot), "Delete");
}

/* Any badge and rights: a port capability has none. */
static void copies(void)
{
    const seL4_CPtr slot = slot_new(), copy = slot_new();

    must(issue(slot, 0x80, 0x80), "Issue");
    say_error(mint_cap(copy, slot, 7));
    must(delete_cap(slot), "Delete");
    say_error(seL4_X86_IOPort_Out8(copy, 0x80, 1));
    say_error(seL4_CNode_Revoke(ROOT, seL4_CapIOPortControl, DEPTH));
    say_cap(copy);
}

static const struct check checks[] = {
    {"PORT0001", "messages too short, labels that there are not", truncated},
    {"PORT0002", "Issue: last before first, full slot, both, depth 0", issue_errors},
    {"PORT0003", "Issue of ports that are issued", overlap},
    {"PORT0004", "Issue looks at 16 bits of a port's number", masked_ports},
    {"PORT0005", "ports outside the capability's, in part too", outside},
    {"PORT0006", "the last ports", last_port},
    {"PORT0007", "a copy of a port capability, and Revoke of IOPortControl", copies},
};

const struct check_table io_port_checks = CHECK_TABLE(checks);
