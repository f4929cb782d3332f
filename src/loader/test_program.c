/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/program.h>
#include <loader/testkit_elf.h>
#include <test.h>

#include <stdlib.h>
#include <string.h>

#define TEXT      UINT64_C(0x400000)
#define TEXT_SIZE (2 * PAGE_BYTES + 16)

static struct testkit_elf elf;
static struct program program;
static uint8_t text[TEXT_SIZE];

static void make_elf(unsigned char seed, bool with_symbols)
{
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = (uint8_t)(i * 7 + i / 256 + seed);
    }
    testkit_elf_start(&elf, TEXT);
    testkit_elf_segment(&elf, TEXT, text, sizeof(text), sizeof(text), PF_R | PF_X);
    testkit_elf_segment(&elf, TEXT + 0x10000, "data", 4, 64, PF_R | PF_W);
    if (with_symbols) {
        testkit_elf_symbol(&elf, "start", TEXT, 16, STT_FUNC);
        testkit_elf_finish(&elf);
    }
}

static struct program_bytes bytes_of_elf(void)
{
    return (struct program_bytes){.data = elf.bytes, .size = elf.size};
}

static bool parse(void)
{
    const struct program_bytes bytes = bytes_of_elf();

    program = (struct program){.data = elf.bytes};
    return program_parse(&bytes, &program);
}

TEST(program_knows_its_text)
{
    make_elf(1, false);
    CHECK(parse());
    CHECK_EQ(program.text_count, 1);
    CHECK_EQ(program.texts[0].vaddr, TEXT);
    CHECK_EQ(program.texts[0].size, TEXT_SIZE);
    CHECK_EQ(program.symbols, PROGRAM_STRIPPED);
    CHECK(program.size > TEXT_SIZE && program.size <= elf.size);

    make_elf(1, true);
    CHECK(parse());
    CHECK_EQ(program.symbols, PROGRAM_HAS_SYMBOLS);
}

TEST(program_refuses_what_is_none)
{
    make_elf(1, false);
    testkit_elf_header(&elf)->e_type = ET_REL;
    CHECK(!parse());
    make_elf(1, false);
    testkit_elf_header(&elf)->e_machine = EM_AARCH64;
    CHECK(!parse());
    make_elf(1, false);
    testkit_elf_header(&elf)->e_phoff = UINT64_MAX - 8;
    CHECK(!parse());

    testkit_elf_start(&elf, TEXT);
    testkit_elf_segment(&elf, TEXT, text, 16, 16, PF_R);
    CHECK(!parse()); /* nothing to execute */
    testkit_elf_start(&elf, TEXT);
    testkit_elf_segment(&elf, UINT64_C(0xffffffff80000000), text, 16, 16, PF_R | PF_X);
    CHECK(!parse()); /* a kernel */
    testkit_elf_start(&elf, TEXT);
    testkit_elf_segment(&elf, TEXT, text, 16, 16, PF_R | PF_X)->p_filesz = UINT64_MAX - 4;
    CHECK(!parse());
}

TEST(program_survives_every_truncation_and_damaged_sections)
{
    make_elf(1, true);
    const uint64_t whole = elf.size;

    for (uint64_t size = 0; size < whole; size++) {
        elf.size = size;
        if (parse()) {
            CHECK(size > TEXT_SIZE);
        }
    }
    elf.size = whole;
    for (size_t i = 0; i < sizeof(Elf64_Ehdr); i++) {
        const uint8_t was = elf.bytes[i];

        elf.bytes[i] = 0xff;
        parse();
        elf.bytes[i] = was;
    }
    CHECK(parse());
}

/* --- programs inside of a file ---------------------------------------------------------------- */

static uint8_t container[4 * TESTKIT_ELF_BYTES];
static uint64_t container_size;

static void put(const void *bytes, uint64_t size)
{
    memcpy(container + container_size, bytes, size);
    container_size += size;
}

/* A member of a cpio archive, as `cpio -H newc` writes it. */
static void put_member(const char *name, const void *bytes, uint64_t size)
{
    char header[111];
    const uint64_t start = container_size;

    snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
             1, 0100755, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
    put(header, 110);
    put(name, strlen(name) + 1);
    put("\0\0\0", (4 - (container_size - start) % 4) % 4);
    put(bytes, size);
    put("\0\0\0", (4 - (container_size - start) % 4) % 4);
}

TEST(program_finds_what_lies_in_an_archive)
{
    uint64_t at = 0;

    container_size = 0;
    put("odd", 3); /* archives lie anywhere */
    make_elf(1, false);
    put_member("bin/first", elf.bytes, elf.size);
    put_member("notes.txt",
               "\x7f"
               "ELF no program",
               15);
    make_elf(2, false);
    put_member("second", elf.bytes, elf.size);
    const uint64_t member_size = elf.size;
    put_member("TRAILER!!!", "", 0);

    CHECK(program_find_embedded(container, container_size, &at, &program));
    CHECK_STR(program.name, "first");
    CHECK_EQ(program.size, member_size);
    CHECK(program.is_embedded);
    CHECK(program_find_embedded(container, container_size, &at, &program));
    CHECK_STR(program.name, "second");
    CHECK_EQ(program.data - container, (int64_t)(container_size - 124 - member_size));
    CHECK(!program_find_embedded(container, container_size, &at, &program));
}

TEST(program_finds_what_lies_in_another_program)
{
    struct testkit_elf *outer = malloc(sizeof(*outer));
    uint64_t at = 1;

    make_elf(3, true);
    testkit_elf_start(outer, TEXT);
    testkit_elf_segment(outer, TEXT, text, sizeof(text), sizeof(text), PF_R | PF_X);
    testkit_elf_segment(outer, TEXT + 0x10000, elf.bytes, elf.size, elf.size, PF_R | PF_W);
    CHECK(program_find_embedded(outer->bytes, outer->size, &at, &program));
    CHECK_STR(program.name, "");
    CHECK_EQ(program.symbols, PROGRAM_HAS_SYMBOLS);
    CHECK(program.size <= elf.size && program.size + 8 > elf.size);
    CHECK(!program_find_embedded(outer->bytes, outer->size, &at, &program));
    free(outer);
}

TEST(program_believes_no_broken_archive)
{
    uint64_t at = 0;

    make_elf(1, false);
    container_size = 0;
    put_member("name", elf.bytes, elf.size);
    memcpy(container + 54, "ffffffff", 8); /* larger than the file */
    CHECK(program_find_embedded(container, container_size, &at, &program));
    CHECK_STR(program.name, "");
    memset(container + 54, 0, 8);
    at = 0;
    CHECK(program_find_embedded(container, container_size, &at, &program));
    CHECK_STR(program.name, "");
}

/* A name for terminals and files; one that ends with a slash and has no zero behind it. */
TEST(program_reads_a_members_name_no_further_than_it_goes)
{
    uint64_t at = 0;

    make_elf(1, false);
    container_size = 0;
    put_member("bin/\033[31mred", elf.bytes, elf.size);
    CHECK(program_find_embedded(container, container_size, &at, &program));
    CHECK_STR(program.name, "?[31mred");

    container_size = 0;
    put_member("abcd/", elf.bytes, elf.size);
    container[110 + 5] = '/'; /* instead of the zero */
    at = 0;
    CHECK(program_find_embedded(container, container_size, &at, &program));
    CHECK_STR(program.name, "");
}

/* --- comparing -------------------------------------------------------------------------------- */

static uint8_t memory[4 * PAGE_BYTES];
static unsigned mapped; /* bit n: page n */

static bool read_memory(void *context, vaddr_t vaddr, void *ret_bytes, size_t size)
{
    const uint64_t offset = vaddr - TEXT;

    (void)context;
    CHECK(offset / PAGE_BYTES == (offset + size - 1) / PAGE_BYTES);
    if (offset >= sizeof(memory) || !(mapped >> offset / PAGE_BYTES & 1)) {
        return false;
    }
    memcpy(ret_bytes, memory + offset, size);
    return true;
}

static bool is_in(vaddr_t ip)
{
    const struct program_memory there = {.read = read_memory};
    const struct program_bytes bytes = bytes_of_elf();

    return program_is_in(&program, &bytes, &there, ip);
}

TEST(program_is_told_by_its_text)
{
    make_elf(5, false);
    CHECK(parse());
    memcpy(memory, text, sizeof(text));
    mapped = 7;
    CHECK(is_in(TEXT));
    CHECK(is_in(TEXT + TEXT_SIZE - 1));
    CHECK(!is_in(TEXT + TEXT_SIZE)); /* a thread that executes something else */
    CHECK(!is_in(TEXT - 1));

    memory[2 * PAGE_BYTES + 15] ^= 1;
    CHECK(!is_in(TEXT));
    memory[2 * PAGE_BYTES + 15] ^= 1;
    memory[2 * PAGE_BYTES + 16] ^= 1; /* behind it */
    CHECK(is_in(TEXT));
    memory[PAGE_BYTES] ^= 1;
    CHECK(!is_in(TEXT));
    mapped = 5; /* what is not mapped does not count ... */
    CHECK(is_in(TEXT));
    CHECK(!is_in(TEXT + PAGE_BYTES)); /* ... but what is executed must be there */
}
