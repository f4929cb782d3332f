/* SPDX-License-Identifier: BSD-2-Clause */
/* IOSpaces, I/O page tables and Page_MapIO. Devices of which there are none serve as well. */
#include "check.h"

#ifdef CONFIG_IOMMU

#define LEVELS      3
#define DOMAIN      5
#define ADDRESS     UINT64_C(0x40201000) /* entry 1 of each of three tables */
#define NEXT_PAGE   0x1000
#define NEXT_LAST   0x200000   /* what the last table covers */
#define NEXT_SECOND 0x40000000 /* and that above it */
#define ENTRY_BITS  0xfff
#define ENTRY_WRITE 0x2
#define VADDR       UINT64_C(0x63000000)

static seL4_CPtr space, tables[LEVELS], page;

static seL4_CPtr new_table(void)
{
    return object_new(seL4_X86_IOPageTableObject, 0);
}

static seL4_Error map_table(seL4_CPtr table, seL4_Word address)
{
    return seL4_X86_IOPageTable_Map(table, space, address);
}

static seL4_Error map_page(seL4_CPtr frame, seL4_Word address)
{
    return seL4_X86_Page_MapIO(frame, space, seL4_ReadWrite, address);
}

/* An I/O space for a device that no check has used, three tables and a page; nothing is mapped. */
static void fresh(void)
{
    static seL4_Word device = 0x800;

    space = slot_new();
    must(mint_cap(space, seL4_CapIOSpace, DOMAIN << 16 | device++), "Mint of an IOSpace");
    for (unsigned i = 0; i < LEVELS; i++)
        tables[i] = new_table();
    page = object_new(seL4_X86_4K, 0);
}

static void map_tables(void)
{
    fresh();
    for (unsigned i = 0; i < LEVELS; i++)
        must(map_table(tables[i], ADDRESS), "IOPageTable_Map");
}

static void map_all(void)
{
    map_tables();
    must(map_page(page, ADDRESS), "Page_MapIO");
}

/* A failed lookup tells of the last one there was: let that be one that is known. */
static void forget_lookups(void)
{
    copy_cap(slot_new(), slot_new(), seL4_AllRights);
}

/* --- IOSpace --------------------------------------------------------------------------------- */

static void boot_state(void)
{
    say("%lu", guest_boot_info->numIOPTLevels);
    say_cap(seL4_CapIOSpace);
    fresh();
    say_cap(space);
    say_cap(tables[0]);
}

static void no_methods(void)
{
    fresh();
    say_error(invoke(space, Label_X86_IOPageTable_Map, CAPS(space), WORDS(0)));
    say_error(invoke(space, Label_X86_Page_MapIO, NONE, NONE));
    say_error(invoke(seL4_CapIOSpace, Label_TCB_Suspend, NONE, NONE));
}

static void mint(void)
{
    const seL4_CPtr slot = slot_new(), other = slot_new();

    say_error(mint_cap(slot, seL4_CapIOSpace, 0x700));
    say_error(mint_cap(slot, seL4_CapIOSpace, 0));
    say_error(mint_cap(slot, seL4_CapIOSpace, 0xffff0000));
    say_error(mint_cap(other, slot, 1 << 16 | 0x701));
    must(delete_cap(slot), "Delete");
    say_error(mint_cap(slot, other, 2 << 16 | 0x701));
    say_error(mint_cap(slot, other, 2 << 16));
    say_error(copy_cap(slot, other, seL4_CanRead));
    say_error(seL4_CNode_Mutate(ROOT, slot_new(), DEPTH, ROOT, slot, DEPTH, 2 << 16 | 0x702));
    say_error(
        seL4_CNode_Mutate(ROOT, slot_new(), DEPTH, ROOT, seL4_CapIOSpace, DEPTH, 2 << 16 | 0x702));
    say_cap(seL4_CapIOSpace);
    say_error(mint_cap(slot_new(), seL4_CapIOSpace, UINT64_C(0x123400010703)));
}

/* Two capabilities of one device, each minted from the master: neither is the other's child. */
static void revoke(void)
{
    const seL4_CPtr same = slot_new();

    map_all();
    must(copy_cap(same, space, seL4_AllRights), "Copy");
    say_error(seL4_CNode_Revoke(ROOT, space, DEPTH));
    say_cap(same);
    say_error(seL4_CNode_Revoke(ROOT, seL4_CapIOSpace, DEPTH));
    say_cap(space);
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
}

static void delete_space(void)
{
    const seL4_CPtr copy = slot_new();

    map_all();
    must(copy_cap(copy, space, seL4_AllRights), "Copy");
    say_error(delete_cap(space));
    space = copy;
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
    must(mint_cap(slot_new(), seL4_CapIOSpace, 9 << 16 | 0x710), "Mint");
    say_error(delete_cap(copy));
    say_error(seL4_X86_Page_Unmap(page));
    for (unsigned i = 0; i < LEVELS; i++)
        say_error(seL4_X86_IOPageTable_Unmap(tables[i]));
}

/* --- tables ---------------------------------------------------------------------------------- */

static void table_truncated(void)
{
    fresh();
    say_error(invoke(tables[0], Label_X86_IOPageTable_Map, CAPS(space), NONE));
    say_error(invoke(tables[0], Label_X86_IOPageTable_Map, NONE, WORDS(0)));
    say_error(invoke(tables[0], Label_X86_Page_MapIO, CAPS(space), WORDS(0, 0)));
    say_error(invoke(tables[0], Label_TCB_Suspend, NONE, NONE));
}

static void table_bad_space(void)
{
    fresh();
    say_error(seL4_X86_IOPageTable_Map(tables[0], ROOT, 0));
    say_error(seL4_X86_IOPageTable_Map(tables[0], slot_new(), 0));
    say_error(seL4_X86_IOPageTable_Map(tables[0], seL4_CapIOSpace, 0));
    must(map_table(tables[0], 0), "IOPageTable_Map");
    say_error(seL4_X86_IOPageTable_Map(tables[0], ROOT, 0));
    say_error(map_table(tables[0], 0));
}

static void table_copies(void)
{
    const seL4_CPtr copy = slot_new();

    fresh();
    say_error(copy_cap(copy, tables[0], seL4_AllRights));
    must(map_table(tables[0], 0), "IOPageTable_Map");
    say_error(mint_cap(copy, tables[0], 7));
    say_error(delete_cap(tables[0]));
    forget_lookups();
    say_error(map_page(page, ADDRESS));
    say_error(map_table(tables[1], ADDRESS));
    say_error(seL4_X86_IOPageTable_Unmap(copy));
    say_error(map_table(copy, ADDRESS));
    say_error(map_table(tables[2], ADDRESS));
}

/* Of two capabilities each has its own idea whether the table is mapped. */
static void table_unmap_copied(void)
{
    const seL4_CPtr copy = slot_new();

    fresh();
    must(map_table(tables[0], 0), "IOPageTable_Map");
    must(copy_cap(copy, tables[0], seL4_AllRights), "Copy");
    say_error(seL4_X86_IOPageTable_Unmap(tables[0]));
    say_error(map_table(copy, 0));
    say_error(map_table(tables[1], 0));
    say_error(seL4_X86_IOPageTable_Unmap(copy));
    say_error(map_table(copy, ADDRESS));
}

static void one_table_more(void)
{
    const seL4_CPtr fourth = new_table();

    map_tables();
    say_error(map_table(fourth, ADDRESS));
    say_error(map_table(new_table(), ADDRESS));
    say_error(map_page(page, ADDRESS & ~UINT64_C(0x1fffff)));
    say_error(seL4_X86_IOPageTable_Unmap(fourth));
    say_error(map_page(page, ADDRESS & ~UINT64_C(0x1fffff)));
}

static void table_addresses(void)
{
    map_tables();
    say_error(map_table(new_table(), ADDRESS + NEXT_LAST));
    forget_lookups();
    say_error(map_page(page, ADDRESS + 2 * NEXT_LAST));
    say_error(map_page(page, ADDRESS + NEXT_LAST));
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS + NEXT_LAST + (UINT64_C(1) << 39)));
}

/* A table that was taken out keeps what is mapped in it. */
static void table_keeps(void)
{
    map_all();
    say_error(seL4_X86_IOPageTable_Unmap(tables[0]));
    forget_lookups();
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
    say_error(map_table(tables[0], 0));
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
    say_error(seL4_X86_IOPageTable_Unmap(tables[2]));
    forget_lookups();
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
    say_error(map_table(tables[2], ADDRESS + NEXT_LAST));
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS + NEXT_LAST));
}

/* What is no longer where its capability says is left alone. */
static void table_overmapped(void)
{
    const seL4_CPtr other = new_table();

    map_tables();
    say_error(seL4_X86_IOPageTable_Unmap(tables[0]));
    say_error(map_table(other, 0));
    say_error(seL4_X86_IOPageTable_Unmap(tables[2]));
    say_error(seL4_X86_IOPageTable_Unmap(tables[1]));
    say_error(map_table(tables[1], ADDRESS));
    say_error(map_table(tables[2], ADDRESS));
    say_error(map_page(page, ADDRESS));
}

static void delete_table(void)
{
    map_all();
    say_error(delete_cap(tables[1]));
    forget_lookups();
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
    say_error(seL4_X86_Page_Unmap(page));
    say_error(map_table(new_table(), ADDRESS));
    say_error(map_page(page, ADDRESS));
}

static void table_objects(void)
{
    const seL4_CPtr slot = slot_new(), untyped = object_new(seL4_UntypedObject, 13);

    fresh();
    say_error(seL4_Untyped_Retype(guest_boot_info->untyped.start, seL4_X86_IOPageTableObject, 0,
                                  ROOT, 0, 0, slot, 1));
    say_error(seL4_Untyped_Retype(untyped, seL4_X86_IOPageTableObject, 63, ROOT, 0, 0, slot, 1));
    say_error(seL4_X86_IOPageTable_Map(slot, space, 0));
    say_error(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, slot_new(), 2));
    say_error(seL4_CNode_Revoke(ROOT, untyped, DEPTH));
    say_cap(slot);
    forget_lookups();
    say_error(map_page(page, 0));
    say_error(map_table(tables[0], 0));
}

static void table_truncated_mapped(void)
{
    fresh();
    must(map_table(tables[0], 0), "IOPageTable_Map");
    say_error(invoke(tables[0], Label_X86_IOPageTable_Map, CAPS(space), NONE));
    say_error(invoke(tables[0], Label_X86_IOPageTable_Map, NONE, WORDS(0)));
    say_error(invoke(tables[0], Label_X86_IOPageTable_Map, CAPS(ROOT), WORDS(0)));
}

/* The last capability to go says that the table is where it no longer is: it stays in its place. */
static void leave_table_linked(seL4_CPtr untyped)
{
    const seL4_CPtr table = slot_new(), copy = slot_new();

    must(seL4_Untyped_Retype(untyped, seL4_X86_IOPageTableObject, 0, ROOT, 0, 0, table, 1),
         "Untyped_Retype");
    must(map_table(tables[0], 0), "IOPageTable_Map");
    must(map_table(table, ADDRESS), "IOPageTable_Map");
    must(copy_cap(copy, table, seL4_AllRights), "Copy");
    say_error(seL4_X86_IOPageTable_Unmap(table));
    say_error(map_table(table, ADDRESS + NEXT_SECOND));
    say_error(delete_cap(table));
    say_error(delete_cap(copy));
}

/* The frame's second word is an entry of the table that lay there. */
static void table_is_frame(void)
{
    const seL4_CPtr untyped = object_new(seL4_UntypedObject, seL4_PageBits), frame = slot_new();
    volatile seL4_Word *entry;

    fresh();
    leave_table_linked(untyped);
    must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, ROOT, 0, 0, frame, 1), "Untyped_Retype");
    entry = (seL4_Word *)window_open(frame) + 1;
    say("0x%lx", *entry);
    say_error(map_table(tables[1], ADDRESS + NEXT_SECOND));
    say("0x%lx", *entry & ENTRY_BITS);
    say_error(map_page(page, ADDRESS + NEXT_SECOND));
    *entry &= ~(seL4_Word)ENTRY_WRITE;
    forget_lookups();
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS + NEXT_SECOND + NEXT_PAGE));
    say_error(map_table(tables[2], ADDRESS + NEXT_SECOND));
    say_error(seL4_X86_Page_Unmap(page));
    say("0x%lx", *entry & ENTRY_BITS);
    say_error(seL4_X86_IOPageTable_Unmap(tables[1]));
    say("0x%lx", *entry);
    say_error(map_table(tables[2], ADDRESS + NEXT_SECOND));
    say("0x%lx", *entry & ENTRY_BITS);
    window_close();
    must(delete_cap(space), "Delete"); /* nobody goes this way again */
}

/* --- pages ----------------------------------------------------------------------------------- */

static void page_truncated(void)
{
    fresh();
    say_error(invoke(page, Label_X86_Page_MapIO, CAPS(space), WORDS(3)));
    say_error(invoke(page, Label_X86_Page_MapIO, NONE, WORDS(3, 0)));
}

/* Of device memory, which no other check needs: RAM is short. */
static seL4_CPtr device_untyped(void)
{
    const seL4_BootInfo *info = guest_boot_info;

    for (seL4_Word i = 0; i < slot_count(info->untyped); i++) {
        if (info->untypedList[i].isDevice &&
            info->untypedList[i].sizeBits >= seL4_LargePageBits + 1)
            return info->untyped.start + i;
    }
    return seL4_CapNull;
}

static void page_bad_capability(void)
{
    const seL4_CPtr large = slot_new(), untyped = device_untyped();

    fresh();
    must(seL4_Untyped_Retype(untyped, seL4_X86_LargePageObject, 0, ROOT, 0, 0, large, 1),
         "Untyped_Retype");
    say_error(map_page(large, 0));
    must(seL4_CNode_Revoke(ROOT, untyped, DEPTH), "Revoke");
    say_error(seL4_X86_Page_MapIO(page, ROOT, seL4_ReadWrite, 0));
    say_error(seL4_X86_Page_MapIO(page, slot_new(), seL4_ReadWrite, 0));
    say_error(seL4_X86_Page_MapIO(page, seL4_CapIOSpace, seL4_ReadWrite, 0));
}

static void page_missing_tables(void)
{
    fresh();
    for (unsigned i = 0; i <= LEVELS; i++) {
        forget_lookups();
        say_error(map_page(page, ADDRESS));
        if (i < LEVELS)
            must(map_table(tables[i], ADDRESS), "IOPageTable_Map");
    }
}

static void page_occupied(void)
{
    const seL4_CPtr copy = slot_new(), other = object_new(seL4_X86_4K, 0);

    map_all();
    say_error(map_page(page, ADDRESS + NEXT_PAGE));
    say_error(map_page(other, ADDRESS));
    say_error(map_page(other, ADDRESS + 0x123));
    say_error(seL4_X86_Page_MapIO(other, space, seL4_NoRights, ADDRESS));
    must(copy_cap(copy, page, seL4_AllRights), "Copy");
    say_error(map_page(copy, ADDRESS));
    say_error(map_page(copy, ADDRESS + NEXT_PAGE));
}

static void page_rights(void)
{
    const seL4_CPtr read_only = slot_new();

    map_tables();
    must(copy_cap(read_only, page, seL4_CanRead), "Copy");
    say_error(seL4_X86_Page_MapIO(page, space, seL4_NoRights, ADDRESS));
    say_error(seL4_X86_Page_MapIO(page, space, seL4_CapRights_new(1, 1, 0, 0), ADDRESS));
    say_error(seL4_X86_Page_MapIO(page, space, seL4_CanWrite, ADDRESS));
    say_error(seL4_X86_Page_MapIO(read_only, space, seL4_CanWrite, ADDRESS + NEXT_PAGE));
    say_error(seL4_X86_Page_MapIO(read_only, space, seL4_AllRights, ADDRESS + NEXT_PAGE));
}

static void page_for_both(void)
{
    const seL4_CPtr copy = slot_new();

    map_all();
    vspace_make_tables(&root_vspace, VADDR);
    say_error(seL4_X86_Page_Map(page, seL4_CapInitThreadVSpace, VADDR, seL4_ReadWrite,
                                seL4_X86_Default_VMAttributes));
    must(copy_cap(copy, page, seL4_AllRights), "Copy");
    say_error(seL4_X86_Page_Map(copy, seL4_CapInitThreadVSpace, VADDR, seL4_ReadWrite,
                                seL4_X86_Default_VMAttributes));
    say_error(map_page(copy, ADDRESS + NEXT_PAGE));
    say_error(seL4_X86_Page_Unmap(page));
    say_error(seL4_X86_Page_Unmap(copy));
    say_error(map_page(copy, ADDRESS));
    must(delete_cap(copy), "Delete");
}

/* The number of the device is that of the root task's ASID. */
static void page_of_device_1(void)
{
    map_all();
    space = slot_new();
    must(mint_cap(space, seL4_CapIOSpace, DOMAIN << 16 | 1), "Mint");
    for (unsigned i = 0; i < LEVELS; i++)
        must(map_table(new_table(), ADDRESS), "IOPageTable_Map");
    page = object_new(seL4_X86_4K, 0);
    say_error(map_page(page, ADDRESS));
    say_error(seL4_X86_Page_Map(page, seL4_CapInitThreadVSpace, VADDR, seL4_ReadWrite,
                                seL4_X86_Default_VMAttributes));
    must(delete_cap(space), "Delete");
}

static void page_unmap(void)
{
    const seL4_CPtr other = object_new(seL4_X86_4K, 0);

    map_all();
    say_error(seL4_X86_Page_Unmap(page));
    say_error(seL4_X86_Page_Unmap(page));
    say_error(map_page(other, ADDRESS));
    say_error(delete_cap(other));
    say_error(map_page(page, ADDRESS));
    say_error(seL4_X86_IOPageTable_Unmap(tables[2]));
    say_error(seL4_X86_Page_Unmap(page));
    say_error(map_table(tables[2], ADDRESS));
    say_error(map_page(object_new(seL4_X86_4K, 0), ADDRESS));
}

static const struct check checks[] = {
    {"IOSPACE0001", "levels of tables; what the capabilities are", boot_state},
    {"IOSPACE0002", "calls on an IOSpace", no_methods},
    {"IOSPACE0003", "Mint and Mutate: no domain, no device, twice, a copy, more bits", mint},
    {"IOSPACE0004", "Revoke of an IOSpace and of the master", revoke},
    {"IOSPACE0005", "Delete of an IOSpace, not the last and the last", delete_space},
    {"IOTABLE0001", "messages too short, labels that there are not", table_truncated},
    {"IOTABLE0002", "Map into what is no IOSpace, the master, mapped already", table_bad_space},
    {"IOTABLE0003", "copies: unmapped, mapped; the last one is unmapped", table_copies},
    {"IOTABLE0004", "Unmap of one of two capabilities", table_unmap_copied},
    {"IOTABLE0005", "one table more than there are levels", one_table_more},
    {"IOTABLE0006", "addresses of two tables; high bits", table_addresses},
    {"IOTABLE0007", "Unmap leaves what is in the table", table_keeps},
    {"IOTABLE0008", "Unmap of tables that are no longer reached", table_overmapped},
    {"IOTABLE0009", "Delete of a table", delete_table},
    {"IOTABLE0010", "Retype: of device memory, with a size; Revoke of the untyped", table_objects},
    {"IOTABLE0011", "messages too short, and the table is mapped", table_truncated_mapped},
    {"IOTABLE0012", "a table that stays where it was is a frame", table_is_frame},
    {"IOPAGE0001", "messages too short", page_truncated},
    {"IOPAGE0002", "a large page, no IOSpace, the master", page_bad_capability},
    {"IOPAGE0003", "0 to 3 tables", page_missing_tables},
    {"IOPAGE0004", "mapped already, address in use, and no rights, a copy", page_occupied},
    {"IOPAGE0005", "rights: none, no access, write; of a read-only capability", page_rights},
    {"IOPAGE0006", "a frame for a device and for the processor", page_for_both},
    {"IOPAGE0007", "a device with the number of the ASID", page_of_device_1},
    {"IOPAGE0008", "Unmap, and mapping again", page_unmap},
};

const struct check_table io_space_checks = CHECK_TABLE(checks);

#else

const struct check_table io_space_checks = {.count = 0};

#endif
