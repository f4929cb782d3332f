/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/microkit.h>
#include <loader/testkit_elf.h>
#include <loader/testkit_files.h>
#include <test.h>

#include <stdio.h>
#include <string.h>

#define CAPDL_SPEC  0x64c34003
#define KERNEL_BASE UINT64_C(0xffffffff80100000)
#define GEN_CONFIG  "{\"SEL4_ARCH\": \"x86_64\", \"KERNEL_MCS\": true, \"NUM_DOMAINS\": \"7\"}"

static struct testkit_files files;
static struct testkit_elf elf;
static struct image image;
static struct configuration c;
static struct loader_error error;
static char path[FILE_PATH_BYTES], ignored[FILE_PATH_BYTES];

static void make_image(bool is_microkit)
{
    testkit_elf_start(&elf, 0x400000);
    testkit_elf_segment(&elf, 0x400000, "code", 4, 4, PF_R | PF_X);
    testkit_elf_segment(&elf, 0x401000, "spec", 4, 4, PF_R);
    testkit_elf_segment(&elf, 0x401000, "spec", 4, 4, PF_R)->p_type =
        is_microkit ? CAPDL_SPEC : PT_NOTE;
    testkit_elf_finish(&elf);
    CHECK(image_parse(elf.bytes, elf.size, &image, &error));
}

static void write_file(const char *name, const void *bytes, uint64_t size)
{
    testkit_files_add(&files, name, "", ignored);
    FILE *stream = fopen(ignored, "w");
    CHECK(stream != NULL && fwrite(bytes, 1, size, stream) == size);
    CHECK_EQ(fclose(stream), 0);
}

/* A kernel's file with the symbols of `names`, which ends with NULL. */
static void add_kernel(const char *file, const char *const *names)
{
    static struct testkit_elf kernel;

    testkit_elf_start(&kernel, KERNEL_BASE);
    for (; *names != NULL; names++) {
        testkit_elf_symbol(&kernel, *names, KERNEL_BASE, 8, STT_OBJECT);
    }
    testkit_elf_finish(&kernel);
    write_file(file, kernel.bytes, kernel.size);
}

static const char *const debug_kernel[] = {
    "ksIdleThreadSC", "x86KSvtdRootTable",   "byte8BreakpointsSupported",
    "_assert_fail",   "kernel_putDebugChar", NULL};
static const char *const release_kernel[] = {"ksIdleThreadSC", "x86KSvtdRootTable", NULL};
static const char *const smp_kernel[] = {
    "ksIdleThreadSC", "ksSMP", "benchmark_log_utilisation_enabled", "x86KSNextVPID", NULL};

static void setup(void)
{
    testkit_files_start(&files);
    testkit_files_add(&files, "project/loader.img", "", path);
    configuration_init(&c);
    make_image(true);
}

TEST(the_kernel_beside_the_image_says_what_it_is)
{
    setup();
    add_kernel("project/sel4.elf", release_kernel);
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK(c.kernel.mcs && c.kernel.iommu && !c.kernel.hardware_debug_api);
    CHECK(!c.kernel.debug_build && !c.kernel.printing && !c.kernel.vtx);
    CHECK_EQ(c.kernel.num_domains, 16);
    CHECK_EQ(c.kernel.root_cnode_size_bits, 17);
    CHECK_EQ(c.kernel.xsave_size, 576);
    CHECK(c.kernel.fsgsbase_inst);
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_BUILD);
    CHECK(strstr(c.found_in, "/project/sel4.elf") != NULL);

    configuration_init(&c);
    add_kernel("project/sel4.elf", debug_kernel);
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK(c.kernel.hardware_debug_api && c.kernel.debug_build && c.kernel.printing);

    configuration_init(&c);
    add_kernel("project/sel4.elf", smp_kernel);
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK_EQ(c.kernel.num_domains, 1);
    CHECK_EQ(c.kernel.max_cores, 16);
    CHECK_EQ(c.kernel.benchmarks, BENCHMARKS_TRACK_UTILISATION);
    CHECK(c.kernel.vtx && c.kernel.vtx_64bit_guests && !c.kernel.iommu);
    testkit_files_end(&files);
}

TEST(the_sdk_knows_the_kernel_that_came_from_it)
{
    char sdk[FILE_PATH_BYTES];

    setup();
    add_kernel("project/sel4.elf", debug_kernel);
    add_kernel("sdk/board/x86_64_generic/release/elf/sel4.elf", release_kernel);
    add_kernel("sdk/board/x86_64_generic/debug/elf/sel4.elf", debug_kernel);
    testkit_files_add(&files, "sdk/board/x86_64_generic/debug/include/kernel/gen_config.json",
                      GEN_CONFIG, ignored);
    testkit_files_path(&files, "sdk", sdk);
    CHECK(microkit_configure(&c, &image, path, sdk, &error));
    CHECK_STR(c.found_in, ignored);
    CHECK_EQ(c.kernel.num_domains, 7);

    /* One that it does not have, and an SDK that is none. */
    add_kernel("project/sel4.elf", smp_kernel);
    configuration_init(&c);
    CHECK(microkit_configure(&c, &image, path, sdk, &error));
    CHECK_EQ(c.kernel.max_cores, 16);
    configuration_init(&c);
    CHECK(microkit_configure(&c, &image, path, "/nonexistent", &error));
    CHECK_EQ(c.kernel.max_cores, 16);

    testkit_files_add(&files, "sdk/board/x86_64_generic/debug/include/kernel/gen_config.json",
                      "{\"SEL4_ARCH\": \"aarch64\"}", ignored);
    add_kernel("project/sel4.elf", debug_kernel);
    configuration_init(&c);
    CHECK(!microkit_configure(&c, &image, path, sdk, &error));
    CHECK(strstr(error.message, "aarch64") != NULL);
    testkit_files_end(&files);
}

TEST(an_sdk_is_found_above_an_image_that_lies_in_it)
{
    setup();
    testkit_files_add(&files, "example/hello/build/loader.img", "", path);
    add_kernel("example/hello/build/sel4.elf", debug_kernel);
    add_kernel("board/x86_64_generic/debug/elf/sel4.elf", debug_kernel);
    testkit_files_add(&files, "board/x86_64_generic/debug/include/kernel/gen_config.json",
                      GEN_CONFIG, ignored);
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK_EQ(c.kernel.num_domains, 7);
    testkit_files_end(&files);
}

TEST(without_a_kernel_the_usual_one_is_a_guess)
{
    setup();
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK(c.kernel.mcs && c.kernel.hardware_debug_api);
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_INFERRED);
    CHECK_STR(c.found_in, "");

    configuration_init(&c);
    write_file("project/sel4.elf", "no kernel", 9);
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK_EQ(c.source[configuration_row("mcs")], SETTING_INFERRED);
    testkit_files_end(&files);
}

TEST(what_is_known_and_what_is_no_microkit_image_stays)
{
    setup();
    make_image(false);
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK(!c.kernel.mcs);
    make_image(true);
    CHECK(configuration_set(&c, "KernelRootCNodeSizeBits=13", &error));
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK_EQ(c.kernel.root_cnode_size_bits, 13);
    configuration_init(&c);
    strcpy(c.found_in, "gen_config.json");
    CHECK(microkit_configure(&c, &image, path, NULL, &error));
    CHECK(!c.kernel.mcs);
    testkit_files_end(&files);
}

static const char *machine_of(uint32_t instruction, bool is_uimage, uint64_t magic)
{
    static const uint8_t header[4] = {0x27, 0x05, 0x19, 0x56};
    static uint8_t bytes[256];
    const size_t start = is_uimage ? 64 : 0;

    memset(bytes, 0, sizeof(bytes));
    if (is_uimage) {
        memcpy(bytes, header, sizeof(header));
    }
    memcpy(bytes + start, &instruction, sizeof(instruction));
    memcpy(bytes + start + 101, &magic, sizeof(magic));
    return microkit_loader_machine(bytes, sizeof(bytes));
}

TEST(images_for_other_processors_have_microkits_loader)
{
    const uint64_t magic = UINT64_C(0x5e14dead14de5ead);

    CHECK_STR(machine_of(0xb0000041, false, magic), "AArch64");
    CHECK_STR(machine_of(0x00003197, true, magic), "RISC-V");
    CHECK(machine_of(0xb0000041, false, magic + 1) == NULL);
    CHECK(machine_of(0x00000000, false, magic) == NULL);
    CHECK(microkit_loader_machine((const uint8_t *)"\x27\x05\x19", 3) == NULL);
    CHECK(!image_parse((const uint8_t *)"\x27\x05\x19\x56", 4, &image, &error));
    CHECK(strstr(error.message, "U-Boot") != NULL);
}
