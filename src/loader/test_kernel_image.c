/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <loader/kernel_image.h>
#include <loader/testkit_elf.h>
#include <loader/testkit_files.h>
#include <stdio.h>

#define WINDOW UINT64_C(0xffffffff80000000)

static struct testkit_elf elf;

static void make(vaddr_t start, vaddr_t end)
{
    testkit_elf_start(&elf, 0x1002f7);
    testkit_elf_symbol(&elf, "ki_end_of_nothing", 0, 0, STT_NOTYPE);
    testkit_elf_symbol(&elf, "ki_boot_end", start, 0, STT_NOTYPE);
    testkit_elf_symbol(&elf, "ki_end", end, 0, STT_NOTYPE);
    testkit_elf_finish(&elf);
}

/* Measured on kernels with these settings. */
TEST(the_usual_image_depends_on_debugging_and_domains)
{
    struct kernel_config config = kernel_config_default();
    CHECK_EQ(kernel_image_usual(&config).start, 0x800000);
    CHECK_EQ(kernel_image_usual(&config).end, 0xa13000);
    config.num_domains = 4;
    CHECK_EQ(kernel_image_usual(&config).end, 0xa16000);
    config.num_domains = 1;
    config.debug_build = false;
    CHECK_EQ(kernel_image_usual(&config).end, 0xa12000);
}

TEST(the_kernels_symbols_say_what_it_takes)
{
    struct kernel_image image;
    make(WINDOW + 0x712000, WINDOW + 0x750000);
    CHECK(kernel_image_parse(elf.bytes, elf.size, &image));
    CHECK_EQ(image.start, 0x712000);
    CHECK_EQ(image.end, 0x750000);
}

TEST(what_cannot_be_is_not_believed)
{
    static const struct {
        vaddr_t start, end;
    } bad[] = {
        {0, 0},
        {WINDOW + 0x800000, WINDOW + 0x800000},
        {WINDOW + 0x800000, WINDOW + 0x7ff000},
        {WINDOW + 0x800001, WINDOW + 0xa13000},
        {WINDOW + 0x800000, WINDOW + 0xa13001},
        {WINDOW, WINDOW + 0xa13000},
        {0x800000, 0xa13000},
        {WINDOW + 0x800000, WINDOW + 0x10000000},
    };
    struct kernel_image image = {1, 2};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        make(bad[i].start, bad[i].end);
        CHECK(!kernel_image_parse(elf.bytes, elf.size, &image));
    }
    make(WINDOW + 0x800000, WINDOW + 0xa13000);
    for (uint64_t size = 0; size < elf.size; size += 8) {
        kernel_image_parse(elf.bytes, size, &image); /* reads nothing behind the end */
    }
    elf.bytes[EI_CLASS] = ELFCLASS32;
    CHECK(!kernel_image_parse(elf.bytes, elf.size, &image));
    CHECK(!kernel_image_parse((const uint8_t *)"#!", 2, &image));
}

TEST(the_kernel_lies_where_its_build_put_it)
{
    static const char *const places[][2] = {
        {"gen_config/kernel/gen_config.json", "kernel.elf"},
        {"kernel/gen_config/kernel/gen_config.json", "kernel/kernel.elf"},
        {"include/kernel/gen_config.json", "elf/sel4.elf"},
        {"libsel4/include/kernel/gen_config.json", "bin/kernel.elf"},
    };
    make(WINDOW + 0x800000, WINDOW + 0xa16000);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        static char configuration[FILE_PATH_BYTES], kernel[FILE_PATH_BYTES];
        struct testkit_files files;
        struct kernel_image image = {0, 0};
        testkit_files_start(&files);
        testkit_files_add(&files, places[i][0], "{}", configuration);
        CHECK(!kernel_image_find(configuration, &image));
        testkit_files_add(&files, places[i][1], "not one", kernel);
        CHECK(!kernel_image_find(configuration, &image));
        FILE *file = fopen(kernel, "we");
        fwrite(elf.bytes, 1, elf.size, file);
        fclose(file);
        CHECK(kernel_image_find(configuration, &image));
        CHECK_EQ(image.end, 0xa16000);
        testkit_files_end(&files);
    }
    struct kernel_image image;
    CHECK(!kernel_image_find("", &image));
}
