/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of the real kernel, booted under QEMU with 512 MiB and this image. */
#include <test.h>

#include <machine/boot_log.h>
#include <model/console.h>
#include <stdlib.h>
#include <string.h>

static void print(struct kernel *k, bool printing)
{
    struct kernel_config config = kernel_config_default();
    config.printing = printing;
    struct pc_memory_layout layout;
    pc_memory_layout(UINT64_C(512) << 20, &layout);
    const struct boot_info boot = {
        .config = &config,
        .memory = {.ram = {{0x100000, layout.ram[0].end}}, .ram_count = 1},
        .kernel_image = {0x800000, 0xa13000},
        .image = {.start = 0x400000, .end = 0x404000, .entry = 0x401000, .paddr = 0xa13000},
    };
    boot_log_begin(k, &boot, &layout);
    boot_log_end(k);
}

TEST(the_lines_of_the_real_kernel)
{
    struct kernel *k = calloc(1, sizeof(*k));
    const char *text;
    print(k, true);
    uint32_t length = console_take(k, &text);
    static const char expected[] =
        "Parsing GRUB physical memory map\n"
        "\tPhysical Memory Region from 0 size 9fc00 type 1\n"
        "\tPhysical Memory Region from 9fc00 size 400 type 2\n"
        "\tPhysical Memory Region from f0000 size 10000 type 2\n"
        "\tPhysical Memory Region from 100000 size 1fee0000 type 1\n"
        "Adding physical memory region 0x100000-0x1ffe0000\n"
        "\tPhysical Memory Region from 1ffe0000 size 20000 type 2\n"
        "\tPhysical Memory Region from fffc0000 size 40000 type 2\n"
        "Kernel loaded to: start=0x100000 end=0xa13000 size=0x913000\n"
        "ELF-loading userland images from boot modules:\n"
        "size=0x4000 v_entry=0x401000 v_start=0x400000 v_end=0x404000 p_start=0xa13000 "
        "p_end=0xa17000\n"
        "Starting node #0 with APIC ID 0\n"
        "Available phys memory regions: 1\n"
        "  [100000..1ffe0000)\n"
        "Reserved virt address space regions: 1\n"
        "  [ffffff8000100000..ffffff8000a17000)\n"
        "Booting all finished, dropped to user space\n";
    CHECK_EQ(length, strlen(expected));
    CHECK_MEM(text, expected, strlen(expected));
    free(k);
}

TEST(a_kernel_that_does_not_print_says_nothing)
{
    struct kernel *k = calloc(1, sizeof(*k));
    const char *text;
    print(k, false);
    CHECK_EQ(console_take(k, &text), 0);
    free(k);
}
