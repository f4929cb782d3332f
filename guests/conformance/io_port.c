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

static void truncated_methods(void)
{
    const seL4_CPtr slot = slot_new();
    const seL4_Word in[] = {Label_X86_IOPort_In8, Label_X86_IOPort_In16, Label_X86_IOPort_In32};
    const seL4_Word out[] = {Label_X86_IOPort_Out8, Label_X86_IOPort_Out16, Label_X86_IOPort_Out32};

    must(issue(slot, 0x80, 0x83), "Issue");
    for (unsigned i = 0; i < ARRAY_LENGTH(in); i++) {
        say_error(invoke(slot, in[i], NONE, NONE));
        say_error(invoke(slot, out[i], NONE, WORDS(0x90)));
        say_error(invoke(slot, out[i], NONE, WORDS(0x90, 1)));
        say_error(invoke(slot, in[i], NONE, WORDS(0x90)));
    }
    must(delete_cap(slot), "Delete");
}

/* The latch of the second DMA channel's page: what is written can be read. */
static void access_sizes(void)
{
    const seL4_CPtr slot = slot_new();
    seL4_X86_IOPort_In8_t byte;

    must(issue(slot, 0x80, 0x8f), "Issue");
    say_error(seL4_X86_IOPort_Out8(slot, 0x80, 0x1ff));
    say_error(seL4_X86_IOPort_Out16(slot, 0x84, 0x12345));
    say_error(seL4_X86_IOPort_Out32(slot, 0x8c, 0x123456789));
    byte = seL4_X86_IOPort_In8(slot, 0x80);
    say_error((seL4_Error)byte.error);
    say_error((seL4_Error)seL4_X86_IOPort_In16(slot, 0x84).error);
    say_error((seL4_Error)seL4_X86_IOPort_In32(slot, 0x8c).error);
    say_error((seL4_Error)seL4_X86_IOPort_In8(slot, (seL4_Uint16)0x10080).error);
    must(delete_cap(slot), "Delete");
}

/* Not by Call: the access is made, nothing is answered. */
static void not_called(void)
{
    const seL4_CPtr slot = slot_new();

    must(issue(slot, 0x80, 0x83), "Issue");
    seL4_SetMR(0, 0x80);
    seL4_SetMR(1, 0x77);
    seL4_Send(slot, seL4_MessageInfo_new(Label_X86_IOPort_Out8, 0, 0, 2));
    seL4_NBSend(slot, seL4_MessageInfo_new(Label_X86_IOPort_In8, 0, 0, 1));
    say("%lx %lx", seL4_GetMR(0), seL4_GetMR(1));
    must(delete_cap(slot), "Delete");
}

static const struct check checks[] = {
    {"PORT0001", "messages too short, labels that there are not", truncated},
    {"PORT0002", "Issue: last before first, full slot, both, depth 0", issue_errors},
    {"PORT0003", "Issue of ports that are issued", overlap},
    {"PORT0004", "Issue looks at 16 bits of a port's number", masked_ports},
    {"PORT0005", "ports outside the capability's, in part too", outside},
    {"PORT0006", "the last ports", last_port},
    {"PORT0007", "a copy of a port capability, and Revoke of IOPortControl", copies},
    {"PORT0008", "each method too short, and outside the capability's ports", truncated_methods},
    {"PORT0009", "each size of access", access_sizes},
    {"PORT0010", "In and Out by Send and NBSend", not_called},
};

const struct check_table io_port_checks = CHECK_TABLE(checks);
