/* SPDX-License-Identifier: BSD-2-Clause */
/* X86_Page methods. */
#include "check.h"

#define BASE   UINT64_C(0x62000000)
#define VSPACE seL4_CapInitThreadVSpace

static seL4_CPtr frame;

static void fresh(void)
{
    frame = object_new(seL4_X86_4K, 0);
    vspace_make_tables(&root_vspace, BASE);
}

static seL4_Error map(seL4_CPtr page, seL4_CPtr vspace, seL4_Word vaddr)
{
    return seL4_X86_Page_Map(page, vspace, vaddr, seL4_ReadWrite, seL4_X86_Default_VMAttributes);
}

static void truncated(void)
{
    fresh();
    say_error(invoke(frame, Label_X86_Page_Map, CAPS(VSPACE), WORDS(BASE, 3)));
    say_error(invoke(frame, Label_X86_Page_Map, NONE, WORDS(BASE, 3, 0)));
    say_error(invoke(frame, Label_TCB_Suspend, NONE, NONE));
}

static void bad_vspace(void)
{
    fresh();
    say_error(map(frame, ROOT, BASE));
    say_error(map(frame, slot_new(), BASE));
    say_error(map(frame, object_new(seL4_X64_PML4Object, 0), BASE));
}

static void bad_address(void)
{
    fresh();
    say_error(map(frame, VSPACE, BASE + 0x800));
    say_error(map(frame, VSPACE, seL4_UserTop));
    say_error(map(frame, VSPACE, seL4_UserTop - 0x800));
    say_error(map(frame, VSPACE, 0xffffff8000000000));
    say_error(map(frame, VSPACE, 0x800000000000));
    say_error(map(frame, VSPACE, ~(seL4_Word)0xfff));
}

static void missing_tables(void)
{
    struct vspace vspace;

    fresh();
    vspace_create(&vspace);
    say_error(map(frame, vspace.pml4, BASE));
    must(seL4_X86_PDPT_Map(object_new(seL4_X86_PDPTObject, 0), vspace.pml4, BASE,
                           seL4_X86_Default_VMAttributes),
         "PDPT_Map");
    say_error(map(frame, vspace.pml4, BASE));
    must(seL4_X86_PageDirectory_Map(object_new(seL4_X86_PageDirectoryObject, 0), vspace.pml4, BASE,
                                    seL4_X86_Default_VMAttributes),
         "PageDirectory_Map");
    say_error(map(frame, vspace.pml4, BASE));
    must(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), vspace.pml4, BASE,
                                seL4_X86_Default_VMAttributes),
         "PageTable_Map");
    say_error(map(frame, vspace.pml4, BASE));
}

static void map_again(void)
{
    struct vspace vspace;

    fresh();
    vspace_create(&vspace);
    say_error(map(frame, VSPACE, BASE));
    say_error(map(frame, VSPACE, BASE));
    say_error(map(frame, VSPACE, BASE + PAGE_SIZE));
    say_error(map(frame, vspace.pml4, BASE));
    say_error(seL4_X86_Page_Unmap(frame));
    say_error(map(frame, VSPACE, BASE + PAGE_SIZE));
    say_error(seL4_X86_Page_Unmap(frame));
    say_error(seL4_X86_Page_Unmap(frame));
}

/* The page that was there is gone, though its capability does not know; its Unmap is harmless. */
static void map_over(void)
{
    volatile seL4_Word *word = (seL4_Word *)(BASE + 0x10000);
    seL4_CPtr other;

    fresh();
    other = object_new(seL4_X86_4K, 0);
    must(map(frame, VSPACE, (seL4_Word)word), "Map");
    *word = 1;
    say_error(map(other, VSPACE, (seL4_Word)word));
    say("%lu", *word);
    *word = 2;
    say_error(seL4_X86_Page_Unmap(frame));
    say("%lu", *word);
    say_error(seL4_X86_Page_Unmap(other));
    say_error(map(frame, VSPACE, (seL4_Word)word));
    say("%lu", *word);
    must(seL4_X86_Page_Unmap(frame), "Unmap");
}

static void same_frame_twice(void)
{
    volatile seL4_Word *first = (seL4_Word *)(BASE + 0x20000);
    volatile seL4_Word *second = (seL4_Word *)(BASE + 0x21000);
    seL4_CPtr copy;

    fresh();
    copy = slot_new();
    must(map(frame, VSPACE, (seL4_Word)first), "Map");
    must(copy_cap(copy, frame, seL4_AllRights), "Copy");
    say_error(map(copy, VSPACE, (seL4_Word)second));
    *first = 0x77;
    say("%lx", *second);
    must(delete_cap(copy), "Delete");
    say("%lx", *first);
    must(delete_cap(frame), "Delete");
}

static void large_pages(void)
{
    const seL4_CPtr large = object_new(seL4_X86_LargePageObject, 0);
    volatile seL4_Word *word = (seL4_Word *)UINT64_C(0x66000000);

    vspace_make_tables(&root_vspace, BASE);
    say_error(map(large, VSPACE, 0x66001000));
    say_error(map(large, VSPACE, (seL4_Word)word));
    word[1000] = 5;
    say("%lu", word[1000]);
    fresh();
    say_error(map(frame, VSPACE, (seL4_Word)word));
    say_error(seL4_X86_PageTable_Map(object_new(seL4_X86_PageTableObject, 0), VSPACE,
                                     (seL4_Word)word, seL4_X86_Default_VMAttributes));
    say_error(seL4_X86_Page_Unmap(large));
    say_error(map(large, VSPACE, BASE));
}

static void get_address(void)
{
    seL4_X86_Page_GetAddress_t first, second;
    seL4_CPtr untyped, slots;

    untyped = object_new(seL4_UntypedObject, 13);
    slots = slot_new();
    slot_new();
    must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, slots, 2), "Retype");
    first = seL4_X86_Page_GetAddress(slots);
    second = seL4_X86_Page_GetAddress(slots + 1);
    say_error((seL4_Error)first.error);
    say("next to each other: %ld, aligned: %s", second.paddr - first.paddr,
        first.paddr & 0xfff ? "no" : "yes");
}

static void rights(void)
{
    const seL4_CPtr reader = slot_new();
    const volatile seL4_Word *word = (seL4_Word *)(BASE + 0x30000);

    fresh();
    must(copy_cap(reader, frame, seL4_CanRead), "Copy");
    say_error(map(reader, VSPACE, (seL4_Word)word));
    say("%lu", *word);
    say_error(seL4_X86_Page_Map(reader, VSPACE, (seL4_Word)word, seL4_CanRead, 4));
    say_error(seL4_X86_Page_Map(reader, VSPACE, (seL4_Word)word, seL4_CanRead, 7));
    must(delete_cap(reader), "Delete");
}

static const struct check checks[] = {
    {"FRAME0001", "Map too short, without VSpace; a label that a frame does not have", truncated},
    {"FRAME0002", "Map into a CNode, an empty slot, a PML4 without ASID", bad_vspace},
    {"FRAME0003", "Map to bad addresses", bad_address},
    {"FRAME0004", "Map with table after table", missing_tables},
    {"FRAME0005", "Map again: same address, another, another VSpace; Unmap", map_again},
    {"FRAME0006", "Map over another frame", map_over},
    {"FRAME0007", "one frame at two addresses; Delete unmaps one", same_frame_twice},
    {"FRAME0008", "a large page: unaligned, aligned, a frame and a table in it, over a table",
     large_pages},
    {"FRAME0009", "GetAddress", get_address},
    {"FRAME0010", "Map with fewer rights than asked for, with cache attributes", rights},
};

const struct check_table frame_checks = CHECK_TABLE(checks);
