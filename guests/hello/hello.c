/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest system: one thread, the root task, says what the kernel gave it. It prints only what
 * is the same on every machine with this kernel configuration.
 */
#include "guest.h"

static seL4_Word untyped_bytes(bool device)
{
    const seL4_BootInfo *info = guest_boot_info;
    seL4_Word bytes = 0;

    for (seL4_Word i = 0; i < slot_count(info->untyped); i++)
        if (info->untypedList[i].isDevice == device)
            bytes += (seL4_Word)1 << info->untypedList[i].sizeBits;
    return bytes;
}

static const char *yes(bool holds)
{
    return holds ? "yes" : "no";
}

void guest_main(void)
{
    const seL4_BootInfo *info = guest_boot_info;
    const seL4_Word slots = (seL4_Word)1 << info->initThreadCNodeSizeBits;

    print("Hello from an seL4 root task.\n");
    print("node %lu of %lu, domain %lu\n", info->nodeID, info->numNodes, info->initThreadDomain);
    print("CSpace: one CNode of %lu slots, %u of them have fixed uses\n", slots,
          seL4_NumInitialCaps);
    print("IPC buffer: below BootInfo, %u bytes: %s\n", (unsigned)sizeof(seL4_IPCBuffer),
          yes((seL4_Word)info->ipcBuffer + PAGE_SIZE == (seL4_Word)info));
    print("the image's frames come before untyped memory in the CSpace: %s\n",
          yes(info->userImageFrames.end <= info->untyped.start));
    print("untyped memory comes before the empty slots, which end the CSpace: %s\n",
          yes(info->untyped.end <= info->empty.start && info->empty.end == slots));
    print("RAM for new objects: %s; memory of devices: %s\n", yes(untyped_bytes(false) > 0),
          yes(untyped_bytes(true) > 0));
    print("TSC frequency known: %s; ACPI tables known: %s\n",
          yes(boot_info_chunk(info, SEL4_BOOTINFO_HEADER_X86_TSC_FREQ) != NULL),
          yes(boot_info_chunk(info, SEL4_BOOTINFO_HEADER_X86_ACPI_RSDP) != NULL));
    print("Goodbye.\n");
}
