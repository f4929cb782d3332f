/* SPDX-License-Identifier: BSD-2-Clause */
/* Paging structures: PML4, PDPT, page directory, page table. */
#include "check.h"

#define VADDR UINT64_C(0x4080604000)

static struct vspace vspace;
static seL4_CPtr pdpt, directory, table;

static void fresh(void)
{
    vspace_create(&vspace);
    pdpt = object_new(seL4_X86_PDPTObject, 0);
    directory = object_new(seL4_X86_PageDirectoryObject, 0);
    table = object_new(seL4_X86_PageTableObject, 0);
}

static seL4_Error map_pdpt(seL4_CPtr cap, seL4_CPtr into, seL4_Word vaddr)
{
    return seL4_X86_PDPT_Map(cap, into, vaddr, seL4_X86_Default_VMAttributes);
}

static seL4_Error map_directory(seL4_CPtr cap, seL4_CPtr into, seL4_Word vaddr)
{
    return seL4_X86_PageDirectory_Map(cap, into, vaddr, seL4_X86_Default_VMAttributes);
}

static seL4_Error map_table(seL4_CPtr cap, seL4_CPtr into, seL4_Word vaddr)
{
    return seL4_X86_PageTable_Map(cap, into, vaddr, seL4_X86_Default_VMAttributes);
}

static void map_all(void)
{
    fresh();
    must(map_pdpt(pdpt, vspace.pml4, VADDR), "PDPT_Map");
    must(map_directory(directory, vspace.pml4, VADDR), "PageDirectory_Map");
    must(map_table(table, vspace.pml4, VADDR), "PageTable_Map");
}

static void truncated(void)
{
    fresh();
    say_error(invoke(table, Label_X86_PageTable_Map, CAPS(vspace.pml4), WORDS(VADDR)));
    say_error(invoke(table, Label_X86_PageTable_Map, NONE, WORDS(VADDR, 0)));
    say_error(invoke(directory, Label_X86_PageDirectory_Map, NONE, WORDS(VADDR, 0)));
    say_error(invoke(pdpt, Label_X86_PDPT_Map, NONE, WORDS(VADDR, 0)));
    say_error(invoke(table, Label_X86_PageDirectory_Map, CAPS(vspace.pml4), WORDS(VADDR, 0)));
    say_error(invoke(vspace.pml4, Label_X86_PDPT_Map, CAPS(vspace.pml4), WORDS(VADDR, 0)));
}

static void bad_vspace(void)
{
    fresh();
    say_error(map_pdpt(pdpt, ROOT, VADDR));
    say_error(map_pdpt(pdpt, object_new(seL4_X64_PML4Object, 0), VADDR));
    say_error(map_directory(directory, slot_new(), VADDR));
    say_error(map_table(table, pdpt, VADDR));
}

static void bad_address(void)
{
    fresh();
    say_error(map_pdpt(pdpt, vspace.pml4, 0x800000000000));
    say_error(map_directory(directory, vspace.pml4, 0x800000000000));
    say_error(map_table(table, vspace.pml4, 0x800000000000));
    say_error(map_table(table, vspace.pml4, ~(seL4_Word)0));
}

static void missing_upper(void)
{
    fresh();
    say_error(map_table(table, vspace.pml4, VADDR));
    say_error(map_directory(directory, vspace.pml4, VADDR));
    must(map_pdpt(pdpt, vspace.pml4, VADDR), "PDPT_Map");
    say_error(map_table(table, vspace.pml4, VADDR));
}

static void rounded_down(void)
{
    fresh();
    say_error(map_pdpt(pdpt, vspace.pml4, VADDR + 123));
    say_error(map_directory(directory, vspace.pml4, VADDR + 456));
    say_error(map_table(table, vspace.pml4, VADDR + 789));
}

static void occupied(void)
{
    map_all();
    say_error(map_pdpt(object_new(seL4_X86_PDPTObject, 0), vspace.pml4, VADDR));
    say_error(map_directory(object_new(seL4_X86_PageDirectoryObject, 0), vspace.pml4, VADDR));
    say_error(map_table(object_new(seL4_X86_PageTableObject, 0), vspace.pml4, VADDR));
}

static void map_again(void)
{
    map_all();
    say_error(map_pdpt(pdpt, vspace.pml4, VADDR));
    say_error(map_directory(directory, vspace.pml4, VADDR));
    say_error(map_table(table, vspace.pml4, VADDR + 0x200000));
}

static void unmap(void)
{
    map_all();
    say_error(seL4_X86_PageTable_Unmap(table));
    say_error(seL4_X86_PageTable_Unmap(table));
    say_error(map_table(table, vspace.pml4, VADDR + 0x200000));
    say_error(seL4_X86_PageDirectory_Unmap(directory));
    say_error(seL4_X86_PageTable_Unmap(table));
    say_error(seL4_X86_PDPT_Unmap(pdpt));
    say_error(map_pdpt(pdpt, vspace.pml4, VADDR));
}

static void unmap_copied(void)
{
    const seL4_CPtr copy = slot_new();

    map_all();
    say_error(copy_cap(copy, table, seL4_AllRights));
    say_error(seL4_X86_PageTable_Unmap(table));
    say_error(seL4_X86_PageTable_Unmap(copy));
    must(delete_cap(copy), "Delete");
    say_error(seL4_X86_PageTable_Unmap(table));
}

/* Deleting the VSpace leaves the tables: they are free for another one. */
static void delete_vspace(void)
{
    struct vspace other;

    map_all();
    must(delete_cap(vspace.pml4), "Delete");
    vspace_create(&other);
    say_error(map_pdpt(pdpt, other.pml4, VADDR));
    say_error(seL4_X86_PDPT_Unmap(pdpt));
    say_error(map_pdpt(pdpt, other.pml4, VADDR));
}

/* A table that goes away takes its pages along; the frame still believes that it is mapped. */
static void table_takes_pages(void)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);

    map_all();
    must(seL4_X86_Page_Map(frame, vspace.pml4, VADDR, seL4_ReadWrite, 0), "Page_Map");
    must(seL4_X86_PageTable_Unmap(table), "PageTable_Unmap");
    must(map_table(table, vspace.pml4, VADDR), "PageTable_Map");
    say_error(seL4_X86_Page_Map(frame, vspace.pml4, VADDR + PAGE_SIZE, seL4_ReadWrite, 0));
    say_error(seL4_X86_Page_Unmap(frame));
    say_error(seL4_X86_Page_Map(frame, vspace.pml4, VADDR + PAGE_SIZE, seL4_ReadWrite, 0));
}

/* --- VSpaces whose ASID is not theirs any more --------------------------------------------------
 */

static void map_into(seL4_CPtr pml4)
{
    fresh();
    say_error(map_pdpt(pdpt, pml4, VADDR));
    say_error(map_directory(directory, pml4, VADDR));
    say_error(map_table(table, pml4, VADDR));
    say_error(seL4_X86_Page_Map(object_new(seL4_X86_4K, 0), pml4, VADDR, seL4_ReadWrite, 0));
}

/* The pool goes away and comes again: another VSpace gets the ASID. */
static void lost_asid(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, 12), pool = slot_new();
    const seL4_CPtr first = object_new(seL4_X64_PML4Object, 0);
    const seL4_CPtr second = object_new(seL4_X64_PML4Object, 0);

    must(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, DEPTH),
         "MakePool");
    must(seL4_X86_ASIDPool_Assign(pool, first), "Assign");
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    map_into(first);
    must(seL4_X86_ASIDControl_MakePool(seL4_CapASIDControl, untyped, ROOT, pool, DEPTH),
         "MakePool");
    must(seL4_X86_ASIDPool_Assign(pool, second), "Assign");
    map_into(first);
    map_into(second);
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
}

static void unmap_copied_upper(void)
{
    const seL4_CPtr copies[] = {slot_new(), slot_new()};

    map_all();
    say_error(copy_cap(copies[0], directory, seL4_AllRights));
    say_error(copy_cap(copies[1], pdpt, seL4_AllRights));
    say_error(seL4_X86_PageDirectory_Unmap(directory));
    say_error(seL4_X86_PDPT_Unmap(pdpt));
    must(delete_cap(directory), "Delete");
    must(delete_cap(pdpt), "Delete");
    say_error(seL4_X86_PageDirectory_Unmap(copies[0]));
    say_error(seL4_X86_PDPT_Unmap(copies[1]));
}

static void truncated_words(void)
{
    fresh();
    say_error(invoke(pdpt, Label_X86_PDPT_Map, CAPS(vspace.pml4), WORDS(VADDR)));
    say_error(invoke(directory, Label_X86_PageDirectory_Map, CAPS(vspace.pml4), WORDS(VADDR)));
    map_all();
    say_error(invoke(pdpt, Label_X86_PDPT_Map, CAPS(vspace.pml4), WORDS(VADDR)));
    say_error(map_pdpt(pdpt, ROOT, VADDR));
    say_error(map_directory(directory, ROOT, VADDR));
    say_error(map_table(table, ROOT, ~(seL4_Word)0));
}

static const struct check checks[] = {
    {"PAGING0001", "messages too short; labels of another level", truncated},
    {"PAGING0002", "Map into what is no VSpace", bad_vspace},
    {"PAGING0003", "Map outside user space", bad_address},
    {"PAGING0004", "Map without the level above", missing_upper},
    {"PAGING0005", "Map rounds the address down", rounded_down},
    {"PAGING0006", "Map where there is a table already", occupied},
    {"PAGING0007", "Map of a mapped table", map_again},
    {"PAGING0008", "Unmap at all levels, twice, out of order", unmap},
    {"PAGING0009", "Unmap of a table that has been copied", unmap_copied},
    {"PAGING0010", "tables of a deleted VSpace", delete_vspace},
    {"PAGING0011", "a frame whose table has gone", table_takes_pages},
    {"PAGING0012", "Map into a VSpace whose ASID pool is gone, whose ASID is another's", lost_asid},
    {"PAGING0013", "Unmap of a PD and a PDPT that have been copied", unmap_copied_upper},
    {"PAGING0014", "Map: too short comes before mapped, mapped before no VSpace", truncated_words},
};

const struct check_table paging_checks = CHECK_TABLE(checks);
