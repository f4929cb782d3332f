/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/image.h>
#include <loader/testkit_elf.h>
#include <test.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct testkit_elf elf;
static struct image image;
static struct loader_error error;

static bool parse(void)
{
    return image_parse(elf.bytes, elf.size, &image, &error);
}

/* Checks that the file is refused with a sentence that contains `part`. */
static bool is_refused(const char *part)
{
    memset(&error, 0, sizeof(error));
    memset(&image, 0x55, sizeof(image));
    if (parse()) {
        printf("not refused, wanted: %s\n", part);
        return false;
    }
    if (strstr(error.message, part) == NULL || strchr(error.message, '\n') != NULL) {
        printf("message: %s\n", error.message);
        return false;
    }
    return image.segment_count == 0x55555555;
}

TEST(image_takes_a_small_executable)
{
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0x402010, "data", 4, 0x3000, PF_R | PF_W);
    CHECK(parse());
    CHECK_EQ(image.entry, 0x400000);
    CHECK_EQ(image.start, 0x400000);
    CHECK_EQ(image.end, 0x406000);
    CHECK_EQ(image.segment_count, 2);
    CHECK(image.segments[0].executable);
    CHECK(!image.segments[1].executable);
}

TEST(image_loads_segments_at_their_places)
{
    static uint8_t memory[0x6000];

    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0x402010, "data", 4, 0x3000, PF_R | PF_W);
    CHECK(parse());
    image_load(&image, memory);
    CHECK_EQ(memory[0], 0x0f);
    CHECK_EQ(memory[1], 0x0b);
    CHECK_MEM(memory + 0x2010, "data", 4);
    CHECK_EQ(memory[0x2014], 0);
}

TEST(image_finds_bytes_by_address)
{
    testkit_elf_small(&elf);
    CHECK(parse());
    CHECK_EQ((uintptr_t)image_bytes(&image, 0x400001, 1),
             (uintptr_t)(elf.bytes + image.segments[0].file_offset + 1));
    CHECK(image_bytes(&image, 0x400000, 64) != NULL);
    CHECK(image_bytes(&image, 0x400000, 65) == NULL);
    CHECK(image_bytes(&image, 0x400040, 0) == NULL);
    CHECK(image_bytes(&image, 0x3fffff, 2) == NULL);
    CHECK(image_bytes(&image, 0x400001, UINT64_MAX) == NULL);
}

TEST(image_skips_empty_headers)
{
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0x1234567, NULL, 0, 0, PF_R);
    testkit_elf_segment(&elf, 0, NULL, 0, 0, PF_R)->p_type = PT_GNU_STACK;
    CHECK(parse());
    CHECK_EQ(image.segment_count, 1);
    CHECK_EQ(image.start, 0x400000);
}

TEST(image_knows_linked_programs)
{
    static const uint8_t notes[] = {4, 0, 0, 0, 5, 0, 0,   0,   1,   0,   0,   0,   'G', 'N', 'U',
                                    0, 1, 2, 3, 4, 5, 0,   0,   0,   8,   0,   0,   0,   0,   0,
                                    0, 0, 1, 0, 0, 0, 's', 'e', 'l', '4', 'e', 'm', 'u', 0};

    for (uint64_t bytes = 0; bytes <= sizeof(notes); bytes++) {
        testkit_elf_small(&elf);
        testkit_elf_segment(&elf, 0x401000, notes, bytes, bytes, PF_R)->p_type = PT_NOTE;
        testkit_elf_header(&elf)->e_type = ET_DYN;
        CHECK(is_refused(bytes == sizeof(notes) ? "linked with libsel4-emu" : "-no-pie"));
    }
    Elf64_Phdr *last = testkit_elf_segment(&elf, 0x402000, notes, 24, UINT64_MAX, PF_R);
    last->p_type = PT_NOTE;
    last->p_filesz = UINT64_MAX;
    testkit_elf_header(&elf)->e_type = ET_DYN;
    CHECK(is_refused("linked with libsel4-emu"));
}

TEST(image_names_other_files)
{
    static const struct {
        const char *contents;
        const char *part;
    } files[] = {
        {"#!/bin/sh\n", "a script"},
        {"\x1f\x8b\x08 ", "gunzip"},
        {"\xfd"
         "7zXZ ",
         "unxz"},
        {"!<arch>\n", "static library"},
        {"PK\x03\x04", "zip"},
        {"{\"KERNEL_MCS\": true}", "--config"},
        {"hello", "not an ELF file"},
        {"\x7f"
         "EL",
         "not an ELF file"},
        {"\x7f"
         "ELF\x02",
         "truncated"},
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        memset(&elf, 0, sizeof(elf));
        elf.size = strlen(files[i].contents);
        memcpy(elf.bytes, files[i].contents, elf.size);
        CHECK(is_refused(files[i].part));
    }
    elf.size = 0;
    CHECK(is_refused("empty"));
}

TEST(image_names_other_architectures)
{
    static const struct {
        uint16_t machine;
        uint8_t class;
        const char *part;
    } rows[] = {
        {EM_AARCH64, ELFCLASS64, "AArch64 image: sel4emu runs x86_64 images; rebuild with"},
        {EM_ARM, ELFCLASS32, "32-bit ARM image"},
        {EM_RISCV, ELFCLASS64, "RISC-V (64-bit) image"},
        {EM_386, ELFCLASS32, "x86 (32-bit) image"},
        {EM_X86_64, ELFCLASS32, "x32 image"},
        {0x1234, ELFCLASS64, "machine 4660"},
        {EM_X86_64, 7, "class 7"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        testkit_elf_small(&elf);
        testkit_elf_header(&elf)->e_machine = rows[i].machine;
        testkit_elf_header(&elf)->e_ident[EI_CLASS] = rows[i].class;
        CHECK(is_refused(rows[i].part));
    }
    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_ident[EI_DATA] = ELFDATA2MSB;
    CHECK(is_refused("big-endian"));
}

TEST(image_names_other_kinds_of_elf)
{
    static const struct {
        uint16_t type;
        const char *part;
    } rows[] = {
        {ET_DYN, "-no-pie"}, {ET_REL, "object file"}, {ET_CORE, "core dump"}, {0, "type unknown"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        testkit_elf_small(&elf);
        testkit_elf_header(&elf)->e_type = rows[i].type;
        CHECK(is_refused(rows[i].part));
    }
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0, "/lib/ld.so", 11, 11, PF_R)->p_type = PT_INTERP;
    CHECK(is_refused("dynamically linked"));
}

static void put_multiboot_header(void)
{
    uint32_t magic = 0x1badb002;

    memcpy(elf.bytes + 4096, &magic, sizeof(magic));
    elf.size = 8192;
}

TEST(image_knows_the_kernel)
{
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, UINT64_C(0xffffffff80108000), "k", 1, 0x8000, PF_X);
    put_multiboot_header();
    CHECK(is_refused("this is the kernel"));
    CHECK_EQ(error.problem, LOADER_IS_KERNEL);

    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_machine = EM_386;
    testkit_elf_header(&elf)->e_ident[EI_CLASS] = ELFCLASS32;
    put_multiboot_header();
    CHECK(is_refused("this is the kernel"));

    /* in the upper half, but nobody's kernel that we know */
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, UINT64_C(0xffffffff80108000), "k", 1, 0x8000, PF_X);
    CHECK(is_refused("outside user space"));
}

TEST(image_refuses_a_truncated_file)
{
    testkit_elf_small(&elf);
    elf.size = 60;
    CHECK(is_refused("truncated"));
    testkit_elf_small(&elf);
    elf.size = sizeof(Elf64_Ehdr) + 8;
    CHECK(is_refused("truncated"));
    testkit_elf_small(&elf);
    elf.size -= 1;
    CHECK(is_refused("truncated: segment 0"));
    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_phoff = UINT64_MAX - 8;
    CHECK(is_refused("truncated"));
}

TEST(image_refuses_damaged_headers)
{
    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_phnum = 0;
    CHECK(is_refused("nothing to load"));
    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_phentsize = 32;
    CHECK(is_refused("32 bytes"));
    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_ehsize = 1;
    CHECK(is_refused("damaged"));
    testkit_elf_start(&elf, 0x400000);
    testkit_elf_segment(&elf, 0x400000, NULL, 0, 0, PF_X);
    CHECK(is_refused("no segment"));
}

TEST(image_refuses_segments_that_cannot_be)
{
    Elf64_Phdr *ph;

    testkit_elf_small(&elf);
    ph = testkit_elf_segment(&elf, 0x402000, "x", 1, 1, PF_R);
    ph->p_filesz = 2;
    CHECK(is_refused("more bytes in the file"));
    ph->p_filesz = 1;
    ph->p_offset = UINT64_MAX;
    CHECK(is_refused("truncated: segment 1"));
    ph->p_offset = 0;
    ph->p_memsz = UINT64_MAX;
    CHECK(is_refused("outside user space"));
    ph->p_memsz = UINT64_C(0x7fffffbfdfff);
    CHECK(is_refused("outside user space"));
    ph->p_memsz = UINT64_C(0x7fffffbfbfff);
    CHECK(is_refused("no room below"));
    ph->p_memsz = UINT64_C(0x7fffffbfb000);
    CHECK(parse());
    CHECK_EQ(image.end, UINT64_C(0x7fffffffd000));
}

TEST(image_refuses_overlapping_segments)
{
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0x40003f, "x", 1, 1, PF_R);
    CHECK(is_refused("segments overlap: 0x400000"));
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0x3ff000, "x", 1, 0x1001, PF_R);
    CHECK(is_refused("overlap"));
    /* two in one page do not overlap */
    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, 0x400040, "x", 1, 1, PF_R);
    CHECK(parse());
}

/* As seL4's boot code does: what shares addresses with .tbss is zeroed. */
TEST(image_loads_program_headers_of_any_type_in_their_order)
{
    enum { DATA = 0x401000 };
    static uint8_t memory[4 * PAGE_BYTES];

    testkit_elf_small(&elf);
    testkit_elf_segment(&elf, DATA, "tdata123456789", 14, 64, PF_R | PF_W);
    Elf64_Phdr *tls = testkit_elf_segment(&elf, DATA, "TDATA", 5, 8, PF_R);
    tls->p_type = PT_TLS;
    Elf64_Phdr *note = testkit_elf_segment(&elf, DATA + 10, "N", 1, 1, PF_R);
    note->p_type = PT_NOTE;
    testkit_elf_segment(&elf, DATA + 64, "last", 4, 4, PF_R);
    CHECK(parse());
    CHECK_EQ(image.segment_count, 5);
    image_load(&image, memory);
    CHECK_MEM(memory + PAGE_BYTES,
              "TDATA\0\0\0"
              "45N789",
              14);
    CHECK_MEM(memory + PAGE_BYTES + 64, "last", 4);

    note->p_vaddr = DATA + 2 * PAGE_BYTES; /* it counts for the size, too */
    CHECK(parse());
    CHECK_EQ(image.end, DATA + 3 * PAGE_BYTES);
    Elf64_Phdr *stack = testkit_elf_segment(&elf, 0, NULL, 0, 0, PF_R | PF_W | PF_X);
    stack->p_type = PT_GNU_STACK;
    CHECK(parse());
    CHECK_EQ(image.start, 0x400000);
    stack->p_memsz = 0x100000; /* the linker's -z stack-size */
    CHECK(parse());
    CHECK_EQ(image.start, 0);
}

TEST(image_refuses_too_many_segments)
{
    testkit_elf_small(&elf);
    for (unsigned i = 1; i <= IMAGE_MAX_SEGMENTS; i++) {
        CHECK_EQ(parse(), true);
        testkit_elf_segment(&elf, 0x400000 + i * PAGE_BYTES, "x", 1, 1, PF_R);
    }
    CHECK(is_refused("more than 32"));
}

TEST(image_refuses_a_start_beside_a_page)
{
    testkit_elf_start(&elf, 0x400010);
    testkit_elf_segment(&elf, 0x400010, "x", 1, 1, PF_X);
    CHECK(is_refused("not on a 4 KiB page"));
}

TEST(image_refuses_an_entry_outside)
{
    testkit_elf_small(&elf);
    testkit_elf_header(&elf)->e_entry = 0x400040;
    CHECK(is_refused("entry point 0x400040"));
    testkit_elf_header(&elf)->e_entry = 0;
    CHECK(is_refused("entry point 0x0"));
    testkit_elf_header(&elf)->e_entry = 0x40003f;
    CHECK(parse());
}

/* --- symbols ------------------------------------------------------------------------------- */

static Elf64_Shdr *make_with_symbols(void)
{
    testkit_elf_small(&elf);
    testkit_elf_symbol(&elf, "_start", 0x400000, 0, STT_NOTYPE);
    testkit_elf_symbol(&elf, "main", 0x400010, 0x10, STT_FUNC);
    testkit_elf_symbol(&elf, "table", 0x400030, 8, STT_OBJECT);
    return testkit_elf_finish(&elf);
}

TEST(image_finds_symbols)
{
    make_with_symbols();
    CHECK(parse());
    CHECK_EQ(image_symbol(&image, "main"), 0x400010);
    CHECK_EQ(image_symbol(&image, "table"), 0x400030);
    CHECK_EQ(image_symbol(&image, "nothing"), 0);
    CHECK_STR(image_symbol_at(&image, 0x400000), "_start");
    CHECK_STR(image_symbol_at(&image, 0x400010), "main");
    CHECK_STR(image_symbol_at(&image, 0x40001f), "main");
    CHECK(image_symbol_at(&image, 0x400020) == NULL);
}

TEST(image_does_without_symbols)
{
    testkit_elf_small(&elf);
    CHECK(parse());
    CHECK_EQ(image.symbols.count, 0);
    CHECK_EQ(image_symbol(&image, "main"), 0);
    CHECK(image_symbol_at(&image, 0x400000) == NULL);
}

TEST(image_distrusts_section_headers)
{
    static const uint64_t wild[] = {UINT64_MAX, UINT64_MAX - 63, UINT64_C(1) << 63, 0x100000};

    for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        make_with_symbols()[1].sh_offset = wild[i];
        CHECK(parse());
        CHECK_EQ(image.symbols.count, 0);
        make_with_symbols()[1].sh_size = wild[i];
        CHECK(parse());
        CHECK_EQ(image.symbols.count, 0);
        make_with_symbols()[2].sh_size = wild[i];
        CHECK(parse());
        CHECK_EQ(image.symbols.count, 0);
        make_with_symbols();
        testkit_elf_header(&elf)->e_shoff = wild[i];
        CHECK(parse());
        CHECK_EQ(image.symbols.count, 0);
    }
    make_with_symbols()[1].sh_link = 3;
    CHECK(parse());
    CHECK_EQ(image.symbols.count, 0);
    /* names that no zero ends are left out */
    make_with_symbols()[2].sh_size -= 1;
    CHECK(parse());
    CHECK_EQ(image_symbol(&image, "main"), 0x400010);
    CHECK_EQ(image_symbol(&image, "table"), 0);
}

/* --- files --------------------------------------------------------------------------------- */

static void write_file(const char *path)
{
    FILE *stream = fopen(path, "wb");

    CHECK(stream != NULL && fwrite(elf.bytes, 1, elf.size, stream) == elf.size);
    if (stream != NULL) {
        fclose(stream);
    }
}

TEST(image_opens_files)
{
    char directory[] = "/tmp/test_image.XXXXXX", path[128];

    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof(path), "%s/image", directory);
    testkit_elf_small(&elf);
    write_file(path);
    CHECK(image_open(path, &image, &error));
    CHECK_EQ(image.size, elf.size);
    image_close(&image);

    elf.size = 70;
    write_file(path);
    CHECK(!image_open(path, &image, &error));
    CHECK(strncmp(error.message, path, strlen(path)) == 0);
    unlink(path);

    CHECK(!image_open(path, &image, &error));
    CHECK(strstr(error.message, "No such file") != NULL);
    CHECK_EQ(error.problem, LOADER_NO_FILE);
    CHECK(!image_open(directory, &image, &error));
    CHECK(strstr(error.message, "directory") != NULL);
    CHECK(mkfifo(path, 0600) == 0 && !image_open(path, &image, &error));
    CHECK(strstr(error.message, "not a regular file") != NULL);
    unlink(path);
    rmdir(directory);
}

TEST(image_names_the_image_beside_a_kernel)
{
    char directory[] = "/tmp/test_image.XXXXXX", kernel[128], beside[128];

    CHECK(mkdtemp(directory) != NULL);
    snprintf(kernel, sizeof(kernel), "%s/kernel-x86_64-pc99", directory);
    snprintf(beside, sizeof(beside), "%s/hello-image-x86_64-pc99", directory);
    testkit_elf_small(&elf);
    write_file(beside);
    testkit_elf_segment(&elf, UINT64_C(0xffffffff80108000), "k", 1, 0x8000, PF_X);
    put_multiboot_header();
    write_file(kernel);
    CHECK(!image_open(kernel, &image, &error));
    CHECK(strstr(error.message, beside) != NULL);
    unlink(beside);
    CHECK(!image_open(kernel, &image, &error));
    CHECK(strstr(error.message, "run IMAGE beside it") != NULL);
    unlink(kernel);
    rmdir(directory);
}
