/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects made and deleted, and many capabilities revoked at once. */
#include "measure.h"

#define COPIES       1000
#define UNTYPED_BITS 21

static seL4_CPtr untyped, slot, original, copies;

#define OBJECT(name, type, bits)                                                                   \
    static void retype_##name(void)                                                                \
    {                                                                                              \
        must(seL4_Untyped_Retype(untyped, type, bits, seL4_CapInitThreadCNode, 0, 0, slot, 1),     \
             "Untyped_Retype");                                                                    \
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, seL4_WordBits), "CNode_Delete");     \
    }
OBJECT(endpoint, seL4_EndpointObject, 0)
OBJECT(notification, seL4_NotificationObject, 0)
OBJECT(tcb, seL4_TCBObject, 0)
OBJECT(cnode, seL4_CapTableObject, 4)
OBJECT(untyped, seL4_UntypedObject, seL4_PageBits)
OBJECT(page, seL4_X86_4K, 0)
OBJECT(large_page, seL4_X86_LargePageObject, 0)
OBJECT(page_table, seL4_X86_PageTableObject, 0)
OBJECT(page_directory, seL4_X86_PageDirectoryObject, 0)
OBJECT(pdpt, seL4_X86_PDPTObject, 0)
OBJECT(pml4, seL4_X64_PML4Object, 0)
#ifdef CONFIG_KERNEL_MCS
OBJECT(sched_context, seL4_SchedContextObject, seL4_MinSchedContextBits)
OBJECT(reply, seL4_ReplyObject, 0)
#endif

static void make_copies(void)
{
    for (unsigned i = 0; i < COPIES; i++)
        must(seL4_CNode_Copy(seL4_CapInitThreadCNode, copies + i, seL4_WordBits,
                             seL4_CapInitThreadCNode, original, seL4_WordBits, seL4_AllRights),
             "CNode_Copy");
}

static void revoke(void)
{
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, original, seL4_WordBits), "CNode_Revoke");
}

void bench_objects(void)
{
    static const struct row rows[] = {
        {.name = "retype-endpoint", .operation = retype_endpoint},
        {.name = "retype-notification", .operation = retype_notification},
        {.name = "retype-tcb", .operation = retype_tcb},
        {.name = "retype-cnode", .operation = retype_cnode},
        {.name = "retype-untyped", .operation = retype_untyped},
        {.name = "retype-page", .operation = retype_page},
        {.name = "retype-large-page", .operation = retype_large_page, .samples = 21},
        {.name = "retype-page-table", .operation = retype_page_table},
        {.name = "retype-page-directory", .operation = retype_page_directory},
        {.name = "retype-pdpt", .operation = retype_pdpt},
        {.name = "retype-pml4", .operation = retype_pml4},
#ifdef CONFIG_KERNEL_MCS
        {.name = "retype-sched-context", .operation = retype_sched_context},
        {.name = "retype-reply", .operation = retype_reply},
#endif
        /* per capability */
        {.name = "revoke-1000",
         .operation = revoke,
         .prepare = make_copies,
         .parts = COPIES,
         .samples = 11},
    };

    untyped = object_new(seL4_UntypedObject, UNTYPED_BITS);
    original = object_new(seL4_EndpointObject, 0);
    slot = slot_new();
    copies = slot_new();
    for (unsigned i = 1; i < COPIES; i++)
        slot_new();
    measure_rows(rows, ARRAY_LENGTH(rows));
}
