/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * More mappings than the host may have room for: 70,000 pages, none of which continues its
 * neighbour. Linux holds 65,509 areas of memory in a process.
 */
#include "vspace.h"

#define BASE       UINT64_C(0x100000000)
#define PAGES      70000
#define STORE_BITS 17 /* slots for the frame capabilities: one mapping each */

static seL4_Word page_at(unsigned n)
{
    return BASE + n * PAGE_SIZE;
}

static void map_table(seL4_Word address)
{
    must(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), root_vspace.pml4, address,
                                seL4_X86_Default_VMAttributes),
         "PageTable_Map");
}

static void map_directory(void)
{
    vspace_make_tables(&root_vspace, BASE);
    for (unsigned n = 512; n < PAGES; n += 512)
        map_table(page_at(n));
}

/* A copy of the frame's capability, mapped and put aside. */
static void map_page(seL4_CPtr store, seL4_CPtr slot, seL4_CPtr frame, unsigned n)
{
    const seL4_CPtr root = seL4_CapInitThreadCNode;

    must(seL4_CNode_Copy(root, slot, seL4_WordBits, root, frame, seL4_WordBits, seL4_AllRights),
         "CNode_Copy");
    must(seL4_X86_Page_Map(slot, root_vspace.pml4, page_at(n), seL4_ReadWrite,
                           seL4_X86_Default_VMAttributes),
         "Page_Map");
    must(seL4_CNode_Move(store, n, STORE_BITS, root, slot, seL4_WordBits), "CNode_Move");
}

static void read_pages(unsigned count)
{
    unsigned wrong = 0;

    for (unsigned n = 0; n < count; n++)
        wrong += *(volatile seL4_Word *)page_at(n) != 100 + n % 2;
    print("%u pages read, %u of them wrong\n", count, wrong);
}

void guest_main(void)
{
    const seL4_CPtr store = object_new(seL4_CapTableObject, STORE_BITS);
    /* the page between the two keeps neighbours from being one range of memory */
    const seL4_CPtr frames[] = {object_new(seL4_X86_4K, 0), object_new(seL4_X86_4K, 0),
                                object_new(seL4_X86_4K, 0)};
    const seL4_CPtr slot = slot_new();

    map_directory();
    for (unsigned n = 0; n < PAGES; n++)
        map_page(store, slot, frames[n % 2 * 2], n);
    *(volatile seL4_Word *)page_at(0) = 100;
    *(volatile seL4_Word *)page_at(1) = 101;
    read_pages(PAGES);
    read_pages(1000); /* which may have had to make room */
    print("Goodbye.\n");
}
