/* SPDX-License-Identifier: BSD-2-Clause */
/* What a boot loader does for a real kernel: the image in memory, and what the firmware told. */
#include <machine/state.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <loader/kernel_image.h>
#include <machine/boot_log.h>
#include <string.h>

/* In small memory the kernel takes what ours needs. */
#define KERNEL_SMALL_BASE UINT64_C(0x100000)

/* Chunk X86_MBMMAP: the multiboot memory map, with room for a fixed number of entries. */
struct multiboot_entry {
    uint32_t size; /* of what follows */
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

#define MULTIBOOT_ENTRIES 50

struct multiboot_map {
    uint32_t length; /* bytes of entries in use */
    struct multiboot_entry entry[MULTIBOOT_ENTRIES];
} __attribute__((packed));

#define RSDP_BYTES 36

static struct multiboot_map multiboot_map(const struct pc_memory_layout *layout)
{
    struct multiboot_map map = {.length =
                                    layout->map_count * (uint32_t)sizeof(struct multiboot_entry)};
    for (unsigned i = 0; i < layout->map_count; i++) {
        const struct pc_range *range = &layout->map[i];
        map.entry[i] = (struct multiboot_entry){
            .size = sizeof(struct multiboot_entry) - sizeof(uint32_t),
            .base = range->base,
            .length = range->end - range->base,
            .type = range->type,
        };
    }
    return map;
}

static unsigned copy_ranges(struct memory_region *dest, const struct pc_range *ranges,
                            unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        dest[i] = (struct memory_region){.base = ranges[i].base, .end = ranges[i].end};
    return count;
}

/* What the real kernel takes, so that guests see the same untypeds around it. */
static struct memory_region choose_kernel_image(const struct machine *machine)
{
    const struct configuration *configuration = machine->options->configuration;
    struct kernel_image image;
    if (!kernel_image_find(configuration->found_in, &image))
        image = kernel_image_usual(&configuration->kernel);
    if (machine->layout.low_end >= 2 * image.end)
        return (struct memory_region){image.start, image.end};
    return (struct memory_region){KERNEL_SMALL_BASE, KERNEL_SMALL_BASE + kernel_boot_reserve()};
}

const char *boot_guest(struct machine *machine)
{
    const struct image *image = machine->options->image;
    const struct pc_memory_layout *layout = &machine->layout;
    uint8_t *memory = machine->memory.base;
    struct memory_region kernel_image = choose_kernel_image(machine);
    paddr_t image_paddr = align_up(kernel_image.end, PAGE_BITS);
    uint64_t image_size = align_up(image->end - image->start, PAGE_BITS);
    if (image_size > layout->low_end || image_paddr > layout->low_end - image_size)
        return "the image does not fit into the guest's memory; give it more with --memory";
    image_load(image, memory + image_paddr);
    machine->image_paddr = image_paddr;

    const struct multiboot_map map = multiboot_map(layout);
    const struct tsc tsc = machine->time->start(machine);
    const struct boot_chunk chunks[] = {
        {BOOTINFO_CHUNK_X86_ACPI_RSDP, memory + layout->rsdp, RSDP_BYTES},
        {BOOTINFO_CHUNK_X86_MBMMAP, &map, sizeof(map)},
        {BOOTINFO_CHUNK_X86_TSC_FREQ, &tsc.mhz, sizeof(tsc.mhz)},
    };
    struct boot_info boot = {
        .config = &machine->options->configuration->kernel,
        .kernel_image = kernel_image,
        .image = {.start = image->start,
                  .end = image->end,
                  .entry = image->entry,
                  .paddr = image_paddr},
        .chunks = chunks,
        .chunk_count = ARRAY_LENGTH(chunks),
        .num_ioapics = 1,
        .tsc = tsc,
        .num_cores = 1,
        .ioapic_pins = IOAPIC_PINS,
        .iommu = {.units = layout->iommu ? 1 : 0, .levels = pc_iommu_levels(layout->iommu_bits)},
        .name = "rootserver",
    };
    boot.memory.ram_count = copy_ranges(boot.memory.ram, layout->ram, layout->ram_count);
    boot.memory.reserved_count =
        copy_ranges(boot.memory.reserved, layout->reserved, layout->reserved_count);
    if (machine->options->boot_log)
        boot_log_begin(machine->kernel, &boot, layout);
    const char *problem = kernel_boot(machine->kernel, &boot, machine_now(machine));
    if (machine->options->boot_log && !problem)
        boot_log_end(machine->kernel);
    return problem;
}
