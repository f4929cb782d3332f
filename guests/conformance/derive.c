/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities of which there can be no copy, offered to each method that makes one. */
#include "check.h"

static seL4_CPtr tcb;

static seL4_CPtr used_untyped(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12);

    must(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, ROOT, 0, 0, slot_new(), 1), "Retype");
    return untyped;
}

static void try_caps(seL4_Error (*try)(seL4_CPtr cap))
{
    tcb = object_new(seL4_TCBObject, 0);
    say_error(try(used_untyped()));
    say_error(try(object_new(seL4_X86_PageTableObject, 0)));
    say_error(try(object_new(seL4_X86_PageDirectoryObject, 0)));
    say_error(try(object_new(seL4_X86_PDPTObject, 0)));
    say_error(try(object_new(seL4_X64_PML4Object, 0)));
#ifdef CONFIG_IOMMU
    say_error(try(object_new(seL4_X86_IOPageTableObject, 0)));
#endif
    say_error(try(seL4_CapNull));
}

#define METHOD(name, call)                                                                         \
    static seL4_Error try_##name(seL4_CPtr cap)                                                    \
    {                                                                                              \
        return call;                                                                               \
    }                                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        try_caps(try_##name);                                                                      \
    }

METHOD(copy, copy_cap(slot_new(), cap, seL4_AllRights))
METHOD(mint, mint_cap(slot_new(), cap, 3))
METHOD(move, seL4_CNode_Move(ROOT, slot_new(), DEPTH, ROOT, cap, DEPTH))
METHOD(mutate, seL4_CNode_Mutate(ROOT, slot_new(), DEPTH, ROOT, cap, DEPTH, 0))
METHOD(configure_cspace, tcb_configure(tcb, 0, cap, 0, seL4_CapInitThreadVSpace, 0, seL4_CapNull))
METHOD(configure_vspace, tcb_configure(tcb, 0, ROOT, 0, cap, 0, seL4_CapNull))
METHOD(configure_buffer, tcb_configure(tcb, 0, ROOT, 0, seL4_CapInitThreadVSpace, 0x40000000, cap))
METHOD(set_cspace, seL4_TCB_SetSpace(tcb, 0, cap, 0, seL4_CapInitThreadVSpace, 0))
METHOD(set_vspace, seL4_TCB_SetSpace(tcb, 0, ROOT, 0, cap, 0))
METHOD(set_buffer, seL4_TCB_SetIPCBuffer(tcb, 0x40000000, cap))

static const struct check checks[] = {
    {"DERIVE0001", "no copy of a used untyped, PT, PD, PDPT, PML4, nothing: Copy", copy},
    {"DERIVE0002", "no copy of a used untyped, PT, PD, PDPT, PML4, nothing: Mint", mint},
    {"DERIVE0003", "a used untyped, PT, PD, PDPT, PML4, nothing: Move", move},
    {"DERIVE0004", "a used untyped, PT, PD, PDPT, PML4, nothing: Mutate", mutate},
    {"DERIVE0005", "no copy as CSpace: Configure", configure_cspace},
    {"DERIVE0006", "no copy as VSpace: Configure", configure_vspace},
    {"DERIVE0007", "no copy as IPC buffer: Configure", configure_buffer},
    {"DERIVE0008", "no copy as CSpace: SetSpace", set_cspace},
    {"DERIVE0009", "no copy as VSpace: SetSpace", set_vspace},
    {"DERIVE0010", "no copy as IPC buffer: SetIPCBuffer", set_buffer},
};

const struct check_table derive_checks = CHECK_TABLE(checks);
