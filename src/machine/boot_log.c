/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/boot_log.h>

#include <inttypes.h>
#include <model/console.h>

#define BOOT_CODE_BASE UINT64_C(0x100000)

/* In the kernel's window on physical memory. */
static vaddr_t kernel_address(paddr_t paddr)
{
    return UINT64_C(0xffffff8000000000) + paddr;
}

static void print_memory_map(struct kernel *k, const struct pc_memory_layout *layout)
{
    console_print(k, "Parsing GRUB physical memory map\n");
    for (unsigned i = 0; i < layout->map_count; i++) {
        const struct pc_range *range = &layout->map[i];
        console_print(k, "\tPhysical Memory Region from %" PRIx64 " size %" PRIx64 " type %u\n",
                      range->base, range->end - range->base, range->type);
        if (range->type == PC_MEMORY_RAM && range->base >= BOOT_CODE_BASE)
            console_print(k, "Adding physical memory region 0x%" PRIx64 "-0x%" PRIx64 "\n",
                          range->base, range->end);
    }
}

static void print_image(struct kernel *k, const struct boot_image *image)
{
    vaddr_t size = image->end - image->start;
    console_print(k,
                  "ELF-loading userland images from boot modules:\n"
                  "size=0x%" PRIx64 " v_entry=0x%" PRIx64 " v_start=0x%" PRIx64 " v_end=0x%" PRIx64
                  " p_start=0x%" PRIx64 " p_end=0x%" PRIx64 "\n",
                  size, image->entry, image->start, image->end, image->paddr, image->paddr + size);
}

static void print_regions(struct kernel *k, const struct boot_info *boot)
{
    const struct boot_memory *memory = &boot->memory;
    const struct boot_image *image = &boot->image;
    console_print(k, "Available phys memory regions: %u\n", memory->ram_count);
    for (unsigned i = 0; i < memory->ram_count; i++)
        console_print(k, "  [%" PRIx64 "..%" PRIx64 ")\n", memory->ram[i].base, memory->ram[i].end);
    console_print(k,
                  "Reserved virt address space regions: 1\n"
                  "  [%" PRIx64 "..%" PRIx64 ")\n",
                  kernel_address(BOOT_CODE_BASE),
                  kernel_address(image->paddr + (image->end - image->start)));
}

void boot_log_begin(struct kernel *k, const struct boot_info *boot,
                    const struct pc_memory_layout *layout)
{
    k->config = *boot->config; /* as kernel_boot() will: whether it prints */
    print_memory_map(k, layout);
    console_print(k, "Kernel loaded to: start=0x%" PRIx64 " end=0x%" PRIx64 " size=0x%" PRIx64 "\n",
                  BOOT_CODE_BASE, boot->kernel_image.end, boot->kernel_image.end - BOOT_CODE_BASE);
    print_image(k, &boot->image);
    console_print(k, "Starting node #0 with APIC ID 0\n");
    print_regions(k, boot);
}

void boot_log_end(struct kernel *k)
{
    console_print(k, "Booting all finished, dropped to user space\n");
}
