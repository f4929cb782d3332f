/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device that reaches memory by itself and interrupts: the educational one of QEMU. On a kernel
 * without an IOMMU it uses physical addresses and reaches all of memory; with one it reaches what
 * was mapped for it, and the kernel says when it tries more.
 */
#include "edu.h"
#include "pci.h"

#define VENDOR 0x1234
#define DEVICE 0x11e8

#define REG_BAR0        0x10
#define REG_MSI_CONTROL 0x42
#define REG_MSI_ADDRESS 0x44
#define REG_MSI_UPPER   0x48
#define REG_MSI_DATA    0x4c

#define INTX_VECTOR  20
#define MSI_VECTOR   21
#define CPU_VECTORS  0x30 /* where those of user level begin among the processor's */
#define MSI_TARGET   0xfee00000
#define LEVEL        1
#define ACTIVE_LOW   1
#define BADGE        0x42
#define DEVICE_LIMIT 0x10000000 /* of addresses that the device can use */

#define PAGES      2
#define BYTES      256
#define PAGES_VIEW UINT64_C(0x31000000)

static struct pci_device edu;
static seL4_CPtr notification, intx, msi;
static seL4_CPtr pages[PAGES];

/* --- memory ---------------------------------------------------------------------------------- */

static uint8_t *view(unsigned page)
{
    return (uint8_t *)(PAGES_VIEW + page * PAGE_SIZE);
}

static void fill(uint8_t *bytes, unsigned count, unsigned seed)
{
    for (unsigned i = 0; i < count; i++)
        bytes[i] = (uint8_t)(seed + 7 * i);
}

/* What a transfer has made of bytes that were filled with `old`, if it brought those of `seed`. */
static const char *describe(const uint8_t *bytes, unsigned count, unsigned seed, unsigned old)
{
    unsigned new = 0, same = 0, zero = 0;

    for (unsigned i = 0; i < count; i++) {
        new += bytes[i] == (uint8_t)(seed + 7 * i);
        same += bytes[i] == (uint8_t)(old + 7 * i);
        zero += bytes[i] == 0;
    }
    return new == count    ? "the pattern"
           : zero == count ? "zeros"
           : same == count ? "not written"
                           : "something else";
}

/* RAM that the device can address whatever the kernel, with room for two pages in a row. */
static seL4_CPtr low_untyped(void)
{
    const seL4_Word count = slot_count(guest_boot_info->untyped);
    seL4_CPtr best = seL4_CapNull;
    unsigned best_bits = seL4_WordBits;

    for (seL4_Word i = 0; i < count; i++) {
        const seL4_UntypedDesc *untyped = &guest_boot_info->untypedList[i];

        if (untyped->isDevice || untyped->sizeBits <= seL4_PageBits ||
            untyped->sizeBits >= best_bits || untyped->paddr >= DEVICE_LIMIT)
            continue;
        best = guest_boot_info->untyped.start + i;
        best_bits = untyped->sizeBits;
    }
    if (best == seL4_CapNull) {
        print("guest: no untyped of two pages\n");
        guest_end();
    }
    return best;
}

static void create_pages(void)
{
    seL4_CPtr untyped = low_untyped();

    for (unsigned i = 0; i < PAGES; i++) {
        pages[i] = slot_new();
        must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, seL4_CapInitThreadCNode, 0, 0, pages[i],
                                 1),
             "Untyped_Retype");
        vspace_map(&root_vspace, cap_mint(pages[i], seL4_ReadWrite, 0), PAGES_VIEW + i * PAGE_SIZE,
                   seL4_ReadWrite);
    }
}

/* --- the device ------------------------------------------------------------------------------ */

static void show_configuration(void)
{
    seL4_Word bar = pci_read(edu.slot, REG_BAR0, 4);

    print("-- configuration space\n");
    print("slot %u, command 0x%lx, status 0x%lx\n", edu.slot, pci_read(edu.slot, 4, 2),
          pci_read(edu.slot, 6, 2));
    print("class and revision 0x%lx, header 0x%lx, subsystem 0x%lx\n", pci_read(edu.slot, 8, 4),
          pci_read(edu.slot, 12, 4), pci_read(edu.slot, 0x2c, 4));
    print("capabilities at 0x%lx, interrupt pin %lu\n", pci_read(edu.slot, 0x34, 1),
          pci_read(edu.slot, 0x3d, 1));
    print("message capability 0x%lx 0x%lx 0x%lx 0x%lx\n", pci_read(edu.slot, 0x40, 4),
          pci_read(edu.slot, 0x44, 4), pci_read(edu.slot, 0x48, 4), pci_read(edu.slot, 0x4c, 4));
#ifndef CONFIG_IOMMU /* the machines of the two kernels differ */
    print("memory range at 0x%lx, interrupt line %u\n", bar, edu.line);
#endif
    pci_write(edu.slot, REG_BAR0, 4, 0xffffffff);
    print("its size mask is 0x%lx\n", pci_read(edu.slot, REG_BAR0, 4));
    pci_write(edu.slot, REG_BAR0, 4, bar);
}

static void show_registers(void)
{
    static const uint32_t numbers[] = {0, 1, 10, 12, 13, 33, 34, 100};

    print("-- registers\n");
    print("identification 0x%x\n", edu_read(EDU_IDENTIFICATION));
    edu_write(EDU_LIVENESS, 0x12345678);
    print("alive: 0x%x\n", edu_read(EDU_LIVENESS));
    for (unsigned i = 0; i < ARRAY_LENGTH(numbers); i++) {
        edu_write(EDU_FACTORIAL, numbers[i]);
        while (edu_read(EDU_STATUS) & EDU_STATUS_COMPUTING)
            seL4_Yield();
        print("%u! = 0x%x\n", numbers[i], edu_read(EDU_FACTORIAL));
    }
}

/* --- interrupts ------------------------------------------------------------------------------ */

static seL4_Word wait_badge(void)
{
    seL4_Word badge;

    seL4_Wait(notification, &badge);
    return badge;
}

static seL4_Word poll_badge(void)
{
    seL4_Word badge;

    seL4_Yield();
    seL4_Poll(notification, &badge);
    return badge;
}

static void acknowledge_device(void)
{
    uint32_t interrupts = edu_read(EDU_INTERRUPTS);

    print("the device's interrupt status is 0x%x\n", interrupts);
    edu_write(EDU_ACKNOWLEDGE, interrupts);
}

static void create_handlers(void)
{
    seL4_CPtr badged;

    notification = object_new(seL4_NotificationObject, 0);
    badged = cap_mint(notification, seL4_CanWrite, BADGE);
    intx = slot_new();
    must(seL4_IRQControl_GetIOAPIC(seL4_CapIRQControl, seL4_CapInitThreadCNode, intx, seL4_WordBits,
                                   0, edu.line, LEVEL, ACTIVE_LOW, INTX_VECTOR),
         "IRQControl_GetIOAPIC");
    must(seL4_IRQHandler_SetNotification(intx, badged), "IRQHandler_SetNotification");
    msi = slot_new();
    must(seL4_IRQControl_GetMSI(seL4_CapIRQControl, seL4_CapInitThreadCNode, msi, seL4_WordBits, 0,
                                edu.slot, 0, 0, MSI_VECTOR),
         "IRQControl_GetMSI");
    must(seL4_IRQHandler_SetNotification(msi, badged), "IRQHandler_SetNotification");
}

static void show_pin(void)
{
    print("-- interrupt by pin\n");
    edu_write(EDU_RAISE, 0x5);
    print("badge 0x%lx\n", wait_badge());
    must(seL4_IRQHandler_Ack(intx), "IRQHandler_Ack");
    print("acknowledged while the pin is asserted: badge 0x%lx\n", poll_badge());
    acknowledge_device();
    must(seL4_IRQHandler_Ack(intx), "IRQHandler_Ack");
    print("acknowledged behind the device: badge 0x%lx\n", poll_badge());

    edu_write(EDU_STATUS, EDU_STATUS_INTERRUPT);
    edu_write(EDU_FACTORIAL, 5);
    print("after a factorial: badge 0x%lx\n", wait_badge());
    acknowledge_device();
    must(seL4_IRQHandler_Ack(intx), "IRQHandler_Ack");
    edu_write(EDU_STATUS, 0);
    print("the pin is not asserted: status 0x%lx\n", pci_read(edu.slot, 6, 2));
}

static void use_messages(void)
{
    pci_write(edu.slot, REG_MSI_ADDRESS, 4, MSI_TARGET);
    pci_write(edu.slot, REG_MSI_UPPER, 4, 0);
    pci_write(edu.slot, REG_MSI_DATA, 2, CPU_VECTORS + MSI_VECTOR);
    pci_write(edu.slot, REG_MSI_CONTROL, 2, 1);
}

static void show_messages(void)
{
    print("-- interrupt by message\n");
    use_messages();
    print("control 0x%lx\n", pci_read(edu.slot, REG_MSI_CONTROL, 2));
    edu_write(EDU_RAISE, 0x8);
    print("badge 0x%lx\n", wait_badge());
    edu_write(EDU_RAISE, 0x10);
    print("once more, not acknowledged: badge 0x%lx\n", poll_badge());
    acknowledge_device();
    must(seL4_IRQHandler_Ack(msi), "IRQHandler_Ack");
    print("acknowledged: badge 0x%lx\n", poll_badge());
}

/* --- transfers ------------------------------------------------------------------------------- */

/* From memory to the device at one address and back at another, which are `there` and `back`. */
static void round_trip(const char *what, seL4_Word there, seL4_Word back, unsigned seed)
{
    fill(view(0), BYTES, seed);
    fill(view(1), BYTES, seed + 1);
    edu_transfer(EDU_FROM_MEMORY, there, BYTES);
    edu_transfer(EDU_TO_MEMORY, back, BYTES);
    print("%s: %s\n", what, describe(view(1), BYTES, seed, seed + 1));
}

static void show_interrupt_of_transfer(seL4_Word there, seL4_Word back)
{
    fill(view(0), BYTES, 50);
    edu_start(EDU_FROM_MEMORY, there, BYTES, 1);
    print("interrupt at the end: badge 0x%lx\n", wait_badge());
    acknowledge_device();
    must(seL4_IRQHandler_Ack(msi), "IRQHandler_Ack");
    edu_start(EDU_TO_MEMORY, back, BYTES, 1);
    print("and at that of the way back: badge 0x%lx\n", wait_badge());
    print("there is %s\n", describe(view(1), BYTES, 50, 0));
    acknowledge_device();
    must(seL4_IRQHandler_Ack(msi), "IRQHandler_Ack");
}

#ifndef CONFIG_IOMMU

static seL4_Word address_of(seL4_CPtr page)
{
    seL4_X86_Page_GetAddress_t address = seL4_X86_Page_GetAddress(page);

    must((seL4_Error)address.error, "Page_GetAddress");
    return address.paddr;
}

static void show_transfers(void)
{
    seL4_Word first = address_of(pages[0]), second = address_of(pages[1]);

    print("-- transfers by physical addresses\n");
    pci_set_master(edu.slot, 0);
    round_trip("not master of the bus", first, second, 1);
    pci_set_master(edu.slot, 1);
    round_trip("master of the bus", first, second, 2);
    fill(view(0), 2 * PAGE_SIZE, 4);
    edu_transfer(EDU_FROM_MEMORY, first + PAGE_SIZE - 100, 200);
    edu_transfer(EDU_TO_MEMORY, first, 200);
    print("across a page: %s\n", describe(view(0), 200, 4 + 7 * (PAGE_SIZE - 100), 4));
    show_interrupt_of_transfer(first, second);
}

#else

#define DOMAIN    9
#define IO_ADDR   UINT64_C(0x08000000)
#define IO_LEVELS 4 /* of page tables, at most */

static seL4_CPtr io_space, tables[IO_LEVELS];

static seL4_Error map_io(seL4_CPtr page, seL4_CapRights_t rights, seL4_Word address)
{
    return seL4_X86_Page_MapIO(page, io_space, rights, address);
}

static void map_tables(void)
{
    unsigned count = (unsigned)guest_boot_info->numIOPTLevels;

    for (unsigned i = 0; i < count; i++) {
        tables[i] = object_new(seL4_X86_IOPageTableObject, 0);
        must(seL4_X86_IOPageTable_Map(tables[i], io_space, IO_ADDR), "IOPageTable_Map");
    }
}

static void show_refusals(void)
{
    print("-- nothing is mapped\n");
    round_trip("both ways", IO_ADDR, IO_ADDR + PAGE_SIZE, 1);
    map_tables();
    print("-- page tables, no page\n");
    round_trip("both ways", IO_ADDR, IO_ADDR + PAGE_SIZE, 2);
}

static void show_mappings(void)
{
    print("-- two pages are mapped\n");
    must(map_io(pages[0], seL4_ReadWrite, IO_ADDR), "Page_MapIO");
    must(map_io(pages[1], seL4_ReadWrite, IO_ADDR + PAGE_SIZE), "Page_MapIO");
    round_trip("both ways", IO_ADDR, IO_ADDR + PAGE_SIZE, 3);
    fill(view(0), 2 * PAGE_SIZE, 4);
    edu_transfer(EDU_FROM_MEMORY, IO_ADDR + PAGE_SIZE - 100, 200);
    edu_transfer(EDU_TO_MEMORY, IO_ADDR, 200);
    print("across a page: %s\n", describe(view(0), 200, 4 + 7 * (PAGE_SIZE - 100), 4));
    show_interrupt_of_transfer(IO_ADDR, IO_ADDR + PAGE_SIZE);
}

static void show_rights(void)
{
    print("-- the second page cannot be written\n");
    must(seL4_X86_Page_Unmap(pages[1]), "Page_Unmap");
    must(map_io(pages[1], seL4_CanRead, IO_ADDR + PAGE_SIZE), "Page_MapIO");
    round_trip("back to it", IO_ADDR, IO_ADDR + PAGE_SIZE, 5);
    fill(view(0), PAGE_SIZE, 7);
    fill(view(1), PAGE_SIZE, 8);
    edu_transfer(EDU_FROM_MEMORY, IO_ADDR, 200);
    edu_transfer(EDU_TO_MEMORY, IO_ADDR + PAGE_SIZE - 100, 200);
    print("across its start: below %s, above %s\n", describe(view(0) + PAGE_SIZE - 100, 100, 7, 0),
          describe(view(1), 100, 7 + 7 * 100, 8));
    print("-- the second page cannot be read\n");
    must(seL4_X86_Page_Unmap(pages[1]), "Page_Unmap");
    must(map_io(pages[1], seL4_CanWrite, IO_ADDR + PAGE_SIZE), "Page_MapIO");
    round_trip("from it", IO_ADDR + PAGE_SIZE, IO_ADDR + PAGE_SIZE, 9);
}

static void show_unmapping(void)
{
    unsigned last = (unsigned)guest_boot_info->numIOPTLevels - 1;

    print("-- the first page is unmapped\n");
    must(seL4_X86_Page_Unmap(pages[0]), "Page_Unmap");
    round_trip("from it", IO_ADDR, IO_ADDR + PAGE_SIZE, 10);
    must(map_io(pages[0], seL4_ReadWrite, IO_ADDR), "Page_MapIO");
    round_trip("mapped again", IO_ADDR, IO_ADDR + PAGE_SIZE, 11);
    print("-- the last page table is unmapped\n");
    must(seL4_X86_IOPageTable_Unmap(tables[last]), "IOPageTable_Unmap");
    round_trip("both ways", IO_ADDR, IO_ADDR + PAGE_SIZE, 12);
    must(seL4_X86_IOPageTable_Map(tables[last], io_space, IO_ADDR), "IOPageTable_Map");
    round_trip("mapped again, with what it held", IO_ADDR, IO_ADDR + PAGE_SIZE, 13);
    print("-- the capability to the first page is deleted\n");
    must(seL4_CNode_Delete(seL4_CapInitThreadCNode, pages[0], seL4_WordBits), "CNode_Delete");
    round_trip("from it", IO_ADDR, IO_ADDR + PAGE_SIZE, 14);
}

static void show_transfers(void)
{
    io_space = cap_mint(seL4_CapIOSpace, seL4_AllRights, DOMAIN << 16 | edu.slot << 3);
    pci_set_master(edu.slot, 1);
    show_refusals();
    show_mappings();
    show_rights();
    show_unmapping();
}

#endif

void guest_main(void)
{
    pci_open();
    edu = pci_find(VENDOR, DEVICE);
    show_configuration();
    edu_open(edu.bar);
    show_registers();
    create_handlers();
    pci_set_master(edu.slot, 1);
    show_pin();
    show_messages();
    create_pages();
    show_transfers();
    print("dma: done\n");
    guest_end();
}
