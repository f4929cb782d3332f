/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages mapped, written to and taken away again, one by one and many in a row. */
#include "measure.h"
#include "vspace.h"

#define PAGE       UINT64_C(0x34000000)
#define MANY_PAGES UINT64_C(0x38000000) /* one page table's worth */
#define MANY       512
#define MANY_BITS  21 /* of all of them */

static seL4_CPtr frame, untyped, first_slot;

static void map(seL4_CPtr cap, seL4_Word vaddr)
{
    must(seL4_X86_Page_Map(cap, seL4_CapInitThreadVSpace, vaddr, seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
}

static void map_unmap(void)
{
    map(frame, PAGE);
    must(seL4_X86_Page_Unmap(frame), "Page_Unmap");
}

static void map_touch_unmap(void)
{
    map(frame, PAGE);
    *(volatile char *)PAGE = 1;
    must(seL4_X86_Page_Unmap(frame), "Page_Unmap");
}

static void make_many(void)
{
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, untyped, seL4_WordBits), "CNode_Revoke");
    for (unsigned done = 0; done < MANY; done += 256)
        must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, seL4_CapInitThreadCNode, 0, 0,
                                 first_slot + done, 256),
             "Untyped_Retype");
}

static void unmap_many(void)
{
    for (unsigned i = 0; i < MANY; i++)
        must(seL4_X86_Page_Unmap(first_slot + i), "Page_Unmap");
}

static void map_many(void)
{
    for (unsigned i = 0; i < MANY; i++)
        map(first_slot + i, MANY_PAGES + i * PAGE_SIZE);
    for (unsigned i = 0; i < MANY; i++)
        *(volatile char *)(MANY_PAGES + i * PAGE_SIZE) = 1;
}

void bench_memory(void)
{
    static const struct row rows[] = {
        {.name = "map-unmap", .operation = map_unmap},
        {.name = "map-touch-unmap", .operation = map_touch_unmap},
        /* 512 in a row, then all touched; per page */
        {.name = "map-512-fresh",
         .operation = map_many,
         .prepare = make_many,
         .parts = MANY,
         .samples = 11},
        {.name = "map-512-warm",
         .operation = map_many,
         .prepare = unmap_many,
         .parts = MANY,
         .samples = 21},
    };

    frame = object_new(seL4_X86_4K, 0);
    untyped = object_new(seL4_UntypedObject, MANY_BITS);
    first_slot = slot_new();
    for (unsigned i = 1; i < MANY; i++)
        slot_new();
    vspace_make_tables(&root_vspace, PAGE);
    vspace_make_tables(&root_vspace, MANY_PAGES);
    measure_rows(rows, ARRAY_LENGTH(rows));
    must(seL4_CNode_Revoke(seL4_CapInitThreadCNode, untyped, seL4_WordBits), "CNode_Revoke");
}
