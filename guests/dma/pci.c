/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci.h"

#define PORT_ADDRESS 0xcf8
#define PORT_DATA    0xcfc
#define ENABLE       0x80000000u
#define SLOTS        32

#define REG_COMMAND 0x04
#define REG_BAR0    0x10
#define REG_LINE    0x3c

#define COMMAND_MASTER 0x4

static seL4_CPtr ports;

void pci_open(void)
{
    ports = slot_new();
    must(seL4_X86_IOPortControl_Issue(seL4_CapIOPortControl, PORT_ADDRESS, PORT_DATA + 3,
                                      seL4_CapInitThreadCNode, ports, seL4_WordBits),
         "IOPortControl_Issue");
}

static void select_register(unsigned slot, unsigned reg)
{
    must(seL4_X86_IOPort_Out32(ports, PORT_ADDRESS, ENABLE | slot << 11 | (reg & 0xfc)),
         "IOPort_Out32");
}

seL4_Word pci_read(unsigned slot, unsigned reg, unsigned size)
{
    seL4_X86_IOPort_In32_t word;

    select_register(slot, reg);
    word = seL4_X86_IOPort_In32(ports, PORT_DATA);
    must((seL4_Error)word.error, "IOPort_In32");
    return (word.result >> (8 * (reg & 3))) & ((size == 4 ? 0 : (seL4_Word)1 << (8 * size)) - 1);
}

void pci_write(unsigned slot, unsigned reg, unsigned size, seL4_Word value)
{
    seL4_Word port = PORT_DATA + (reg & 3);

    select_register(slot, reg);
    if (size == 4)
        must(seL4_X86_IOPort_Out32(ports, port, value), "IOPort_Out32");
    else
        must(seL4_X86_IOPort_Out16(ports, port, value), "IOPort_Out16");
}

void pci_set_master(unsigned slot, int on)
{
    seL4_Word command = pci_read(slot, REG_COMMAND, 2) & ~(seL4_Word)COMMAND_MASTER;

    pci_write(slot, REG_COMMAND, 2, command | (on ? COMMAND_MASTER : 0));
}

struct pci_device pci_find(unsigned vendor, unsigned device)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if ((pci_read(slot, 0, 4) & 0xffffffff) == ((seL4_Word)device << 16 | vendor))
            return (struct pci_device){.slot = slot,
                                       .bar = pci_read(slot, REG_BAR0, 4) & 0xfffffff0,
                                       .line = (unsigned)pci_read(slot, REG_LINE, 1)};
    }
    print("guest: there is no PCI device %x:%x\n", vendor, device);
    guest_end();
}

/* The device untyped that covers the page. */
static const seL4_UntypedDesc *find_untyped(seL4_Word paddr, seL4_CPtr *ret_cap)
{
    const seL4_Word count = slot_count(guest_boot_info->untyped);

    for (seL4_Word i = 0; i < count; i++) {
        const seL4_UntypedDesc *untyped = &guest_boot_info->untypedList[i];

        if (untyped->isDevice && paddr - untyped->paddr < (seL4_Word)1 << untyped->sizeBits) {
            *ret_cap = guest_boot_info->untyped.start + i;
            return untyped;
        }
    }
    print("guest: no device untyped covers 0x%lx\n", paddr);
    guest_end();
}

/* Two halves of the untyped; returns the one that covers the offset. */
static seL4_CPtr halve(seL4_CPtr untyped, seL4_Word bits, seL4_Word offset)
{
    seL4_CPtr half[2] = {slot_new(), slot_new()};

    for (unsigned i = 0; i < 2; i++)
        must(seL4_Untyped_Retype(untyped, seL4_UntypedObject, bits - 1, seL4_CapInitThreadCNode, 0,
                                 0, half[i], 1),
             "Untyped_Retype of device memory");
    return half[offset >> (bits - 1) & 1];
}

seL4_CPtr device_frame(seL4_Word paddr)
{
    seL4_CPtr untyped, frame = slot_new();
    const seL4_UntypedDesc *desc = find_untyped(paddr, &untyped);

    for (seL4_Word bits = desc->sizeBits; bits > seL4_PageBits; bits--)
        untyped = halve(untyped, bits, paddr - desc->paddr);
    must(seL4_Untyped_Retype(untyped, seL4_X86_4K, 0, seL4_CapInitThreadCNode, 0, 0, frame, 1),
         "Untyped_Retype of a device frame");
    return frame;
}
