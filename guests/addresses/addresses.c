/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every address below UserTop is the guest's: pages at the ends of the address space and in its
 * middle, in frames of all sizes, hold data and code and are gone when they are unmapped. Addresses
 * that nobody mapped fault, whatever is done to them, and wherever they lie.
 */
#include "probe.h"

#define HIGHEST_PAGE (seL4_UserTop - PAGE_SIZE)

/* Descending: an unprivileged user of sel4emu cannot run code in the lowest ones. */
static const seL4_Word pages[] = {
    HIGHEST_PAGE, 0x555555554000, 0x8000000000, 0x100000000, 0x80000000,
    0x7ffff000,   0x10000,        0xf000,       0x1000,      0,
};

/* --- a thread that tries an address ---------------------------------------------------------- */

static const char *const probe_names[PROBE_COUNT] = {"read", "write", "jump"};

/* Of an instruction fetch the processor may tell more or less: that it was no write is enough. */
static void print_try(enum probe what, seL4_Word address)
{
    const seL4_Word label = probe_try(what, address);

    print(" %s: ", probe_names[what]);
    if (label == seL4_Fault_VMFault)
        print("VM fault at 0x%lx%s;", seL4_GetMR(seL4_VMFault_Addr),
              seL4_GetMR(seL4_VMFault_FSR) & 2 ? ", a write" : "");
    else if (label == seL4_Fault_UserException)
        print("exception %lu, code %lu;", seL4_GetMR(seL4_UserException_Number),
              seL4_GetMR(seL4_UserException_Code));
    else
        print("done;");
}

/* --- pages ----------------------------------------------------------------------------------- */

static seL4_CPtr frame;

static void map_page(seL4_Word address)
{
    vspace_map(&root_vspace, frame, address, seL4_ReadWrite);
}

static void unmap_page(void)
{
    must(seL4_X86_Page_Unmap(frame), "Page_Unmap");
}

/* Kept from the compiler, for which nothing lies at address 0. */
static seL4_Word load(seL4_Word address)
{
    seL4_Word value;

    __asm__ volatile("movq (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static void store(seL4_Word address, seL4_Word value)
{
    __asm__ volatile("movq %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

static void data_at(seL4_Word address)
{
    print("data at 0x%lx:", address);
    map_page(address);
    store(address, address + 1);
    store(address + PAGE_SIZE - 8, address + 2);
    print(" %s;", load(address) == address + 1 && load(address + PAGE_SIZE - 8) == address + 2
                      ? "kept"
                      : "lost");
    unmap_page();
    print_try(PROBE_READ, address);
    print_try(PROBE_WRITE, address + PAGE_SIZE - 1);
    print_try(PROBE_JUMP, address + 16);
    print("\n");
}

static void code_at(seL4_Word address)
{
    enum { RET = 0xc3 };

    print("code at 0x%lx:", address);
    map_page(address);
    store(address + 8, RET);
    print_try(PROBE_JUMP, address + 8);
    unmap_page();
    print("\n");
}

/* --- large frames ---------------------------------------------------------------------------- */

#define GIB         (UINT64_C(1) << 30)
#define LARGE_BYTES (UINT64_C(1) << seL4_LargePageBits)
#define BIG_BASE    (2048 * GIB) /* sel4emu may have a page of its own in the next 64 GiB */
#define BIG_COUNT   64

static seL4_CPtr find_memory(unsigned size_bits)
{
    const seL4_BootInfo *info = guest_boot_info;

    for (seL4_Word i = 0; i < slot_count(info->untyped); i++)
        if (!info->untypedList[i].isDevice && info->untypedList[i].sizeBits == size_bits)
            return info->untyped.start + i;
    return seL4_CapNull;
}

/* Maps copies of a frame side by side: all show the same memory. */
static void same_everywhere(seL4_CPtr big, seL4_Word size)
{
    seL4_CPtr copies[BIG_COUNT];
    seL4_Word wrong = 0;

    for (unsigned i = 0; i < BIG_COUNT; i++) {
        copies[i] = cap_mint(big, seL4_AllRights, 0);
        must(seL4_X86_Page_Map(copies[i], root_vspace.pml4, BIG_BASE + i * size, seL4_ReadWrite,
                               seL4_X86_Default_VMAttributes),
             "Page_Map of a large frame");
    }
    for (unsigned i = 0; i < BIG_COUNT; i++)
        for (seL4_Word at = 0; at < size; at += size / 16)
            store(BIG_BASE + i * size + at + 8 * i, i + at);
    for (unsigned i = 0; i < BIG_COUNT; i++)
        for (seL4_Word at = 0; at < size; at += size / 16)
            wrong += load(BIG_BASE + (BIG_COUNT - 1 - i) * size + at + 8 * i) != i + at;
    print("%u mappings of %lu MiB side by side: %lu words wrong;", BIG_COUNT, size >> 20, wrong);
    for (unsigned i = 0; i < BIG_COUNT; i++)
        must(seL4_CNode_Delete(seL4_CapInitThreadCNode, copies[i], seL4_WordBits), "CNode_Delete");
    print_try(PROBE_READ, BIG_BASE + size / 2);
    print("\n");
}

static void large_frames(void)
{
    must(seL4_X86_PageDirectory_Map(object_new(seL4_X86_PageDirectoryObject, 0), root_vspace.pml4,
                                    BIG_BASE, seL4_X86_Default_VMAttributes),
         "PageDirectory_Map");
    same_everywhere(object_new(seL4_X86_LargePageObject, 0), LARGE_BYTES);
}

static void huge_frames(void)
{
    const seL4_CPtr memory = find_memory(seL4_HugePageBits), huge = slot_new();

    if (memory == seL4_CapNull) {
        print("no untyped memory of 1 GiB\n");
        return;
    }
    must(seL4_Untyped_Retype(memory, seL4_X64_HugePageObject, 0, seL4_CapInitThreadCNode, 0, 0,
                             huge, 1),
         "Untyped_Retype");
    vspace_make_tables(&root_vspace, BIG_BASE + BIG_COUNT * GIB); /* the table they lie in */
    same_everywhere(huge, GIB);
}

/* --- addresses of nobody --------------------------------------------------------------------- */

#define SWEEP 300

static void outside(void)
{
    static const seL4_Word addresses[] = {
        seL4_UserTop - 1,   seL4_UserTop,       0x7fffffffffff,     0x800000000000,
        0x123456789abcdef0, 0xffff7fffffffffff, 0xffff800000000000, 0xffffa00000000000,
        0xffffffffff600000, 0xffffffffff600400, 0xffffffffff600123, 0xffffffffff601000,
        0xfffffffffffff000, 0xffffffffffffffff,
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(addresses); i++) {
        print("nothing at 0x%lx:", addresses[i]);
        for (enum probe what = 0; what < PROBE_COUNT; what++)
            print_try(what, addresses[i]);
        print("\n");
    }
}

/* Addresses without a pattern, below 64 GiB: sel4emu's kernel never lies there. */
static void sweep(void)
{
    seL4_Word state = 20261122;
    unsigned right[PROBE_COUNT] = {0};

    for (unsigned i = 0; i < SWEEP; i++) {
        const enum probe what = i % PROBE_COUNT;
        seL4_Word address;

        state = state * 6364136223846793005 + 1442695040888963407;
        address = (state >> 17) % (63 * GIB) + GIB;
        right[what] += probe_try(what, address) == seL4_Fault_VMFault &&
                       seL4_GetMR(seL4_VMFault_Addr) == address;
    }
    print("addresses without a pattern:");
    for (enum probe what = 0; what < PROBE_COUNT; what++)
        print(" %u of %u faults of a %s;", right[what], SWEEP / PROBE_COUNT, probe_names[what]);
    print("\n");
}

void guest_main(void)
{
    frame = object_new(seL4_X86_4K, 0);
    probe_start();
    for (unsigned i = 0; i < ARRAY_LENGTH(pages); i++)
        data_at(pages[i]);
    outside();
    sweep();
    huge_frames();
    large_frames();
    for (unsigned i = 0; i < ARRAY_LENGTH(pages); i++)
        code_at(pages[i]);
    print("Goodbye.\n");
}
