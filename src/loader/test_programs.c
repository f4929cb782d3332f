/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/assert.h>
#include <loader/programs.h>
#include <loader/testkit_elf.h>
#include <loader/testkit_files.h>
#include <test.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT UINT64_C(0x400000)

static struct testkit_files files;
static struct testkit_elf elf, member;
static struct image image;
static struct loader_error error;
static char path[FILE_PATH_BYTES], image_path[FILE_PATH_BYTES], real[FILE_PATH_BYTES];
static uint8_t code[64];
static const uint8_t *there; /* the text of the VSpace */

static const uint8_t *code_of(unsigned char seed)
{
    for (size_t i = 0; i < sizeof(code); i++) {
        code[i] = (uint8_t)(seed + i);
    }
    return code;
}

static void make(struct testkit_elf *ret_elf, unsigned char seed, bool with_symbols,
                 const struct testkit_elf *carried)
{
    testkit_elf_start(ret_elf, TEXT);
    testkit_elf_segment(ret_elf, TEXT, code_of(seed), sizeof(code), sizeof(code), PF_R | PF_X);
    if (carried != NULL) {
        char header[128];
        const size_t length =
            (size_t)snprintf(header, sizeof(header), "070701%048x%08x%032x%08x%08x%s", 0,
                             (unsigned)carried->size, 0, 6, 0, "child");
        uint8_t archive[8192] = {0};

        ASSERT(length == 115 && sizeof(archive) > 116 + carried->size);
        memcpy(archive, header, length);
        memcpy(archive + 116, carried->bytes, carried->size);
        testkit_elf_segment(ret_elf, TEXT + 0x1000, archive, sizeof(archive), sizeof(archive),
                            PF_R);
    }
    if (with_symbols) {
        testkit_elf_symbol(ret_elf, "start", TEXT, 16, STT_FUNC);
        testkit_elf_finish(ret_elf);
    }
}

static void add_elf(const char *name, const struct testkit_elf *contents,
                    char ret_path[FILE_PATH_BYTES])
{
    testkit_files_add(&files, name, "", ret_path);
    FILE *stream = fopen(ret_path, "wb");

    ASSERT(stream && fwrite(contents->bytes, 1, contents->size, stream) == contents->size);
    fclose(stream);
}

static bool read_memory(void *context, vaddr_t vaddr, void *ret_bytes, size_t size)
{
    (void)context;
    if (vaddr < TEXT || vaddr + size > TEXT + sizeof(code)) {
        return false;
    }
    memcpy(ret_bytes, there + (vaddr - TEXT), size);
    return true;
}

static struct programs_match match(const struct programs *programs, unsigned char seed)
{
    const struct program_memory memory = {.read = read_memory};

    there = code_of(seed);
    return programs_match(programs, &memory, TEXT);
}

static const char *real_path(const char *given)
{
    ASSERT(realpath(given, real));
    return real;
}

/* A build directory: image with a stripped child in an archive, and what belongs to them. */
static struct programs *start(void)
{
    testkit_files_start(&files);
    testkit_files_add(&files, "CMakeCache.txt", "", path);
    make(&member, 2, false, NULL);
    make(&elf, 1, true, &member);
    add_elf("images/root-image-x86_64-pc99", &elf, image_path);
    make(&elf, 7, true, NULL);
    add_elf("apps/other/other", &elf, path);
    ASSERT(image_open(image_path, &image, &error));
    return programs_open(&image, image_path);
}

static void end(struct programs *programs)
{
    programs_close(programs);
    image_close(&image);
    testkit_files_end(&files);
}

TEST(programs_finds_the_image_itself)
{
    struct programs *programs = start();
    const struct program *program = match(programs, 1).program;

    CHECK(program != NULL);
    CHECK_STR(programs_path(programs, program), real_path(image_path));
    CHECK_STR(program->name, "root-image-x86_64-pc99");
    CHECK(match(programs, 9).program == NULL);
    end(programs);
}

TEST(programs_prefers_the_file_with_symbols)
{
    struct programs *programs = start();
    programs_close(programs);
    make(&elf, 2, true, NULL);
    add_elf("apps/root/child", &elf, path);
    programs = programs_open(&image, image_path);

    const struct programs_match found = match(programs, 2);
    CHECK(found.program != NULL);
    CHECK_EQ(found.program->symbols, PROGRAM_HAS_SYMBOLS);
    CHECK_STR(programs_path(programs, found.program), real_path(path));
    CHECK(found.stale == NULL);
    end(programs);
}

TEST(programs_takes_the_archives_member_if_the_file_has_other_code)
{
    struct programs *programs = start();
    programs_close(programs);
    make(&elf, 3, true, NULL);
    add_elf("apps/root/child", &elf, path);
    programs = programs_open(&image, image_path);

    const struct programs_match found = match(programs, 2);
    CHECK(found.program != NULL);
    CHECK(found.program->is_embedded);
    CHECK_STR(found.program->name, "child");
    CHECK(found.stale != NULL);
    CHECK_STR(found.stale->path, real_path(path));

    /* Its copy is a file as long as the set lives. */
    char copy[FILE_PATH_BYTES];
    strcpy(copy, programs_path(programs, found.program));
    CHECK_STR(programs_path(programs, found.program), copy);
    uint8_t *data;
    uint64_t size;
    CHECK(file_read(copy, 1 << 20, &data, &size, &error));
    CHECK_EQ(size, member.size);
    CHECK_EQ(memcmp(data, member.bytes, size), 0);
    free(data);
    CHECK(match(programs, 2).program == found.program); /* a copy is no file of the build */
    end(programs);
    CHECK(!file_is_regular(copy));
    file_directory_of(copy, copy);
    CHECK(!file_is_directory(copy));
    file_directory_of(copy, copy);
    CHECK(!file_is_directory(copy));
}

TEST(programs_says_when_no_copy_can_be_made)
{
    struct programs *programs = start();

    setenv("TMPDIR", "/nonexistent", 1);
    CHECK(programs_path(programs, match(programs, 2).program) == NULL);
    unsetenv("TMPDIR");
    end(programs);
}

TEST(programs_leaves_other_directories_alone)
{
    testkit_files_start(&files);
    make(&elf, 1, true, NULL);
    add_elf("root", &elf, image_path);
    make(&elf, 2, true, NULL);
    add_elf("beside", &elf, path);
    make(&elf, 3, true, NULL);
    add_elf("below/program", &elf, path);
    ASSERT(image_open(image_path, &image, &error));
    struct programs *programs = programs_open(&image, image_path);

    CHECK(match(programs, 2).program != NULL);
    CHECK(match(programs, 3).program == NULL); /* nothing says that this is a build directory */
    end(programs);
}

static const char *symbol_at(struct programs *programs, const struct program *program,
                             unsigned char seed, vaddr_t ip)
{
    const struct program_memory memory = {.read = read_memory};

    there = code_of(seed);
    return programs_symbol_at(programs, program, &memory, ip);
}

TEST(programs_names_functions)
{
    struct programs *programs = start();
    const struct program *program = match(programs, 1).program;

    CHECK_STR(symbol_at(programs, program, 1, TEXT + 15), "start");
    CHECK(symbol_at(programs, program, 1, TEXT + 16) == NULL);
    program = match(programs, 2).program; /* the stripped one in the archive */
    CHECK(symbol_at(programs, program, 2, TEXT) == NULL);
    program = match(programs, 7).program; /* a file */
    CHECK_STR(symbol_at(programs, program, 7, TEXT), "start");
    end(programs);
}

TEST(programs_names_no_functions_of_a_file_that_is_new)
{
    struct programs *programs = start();
    const struct program *program = match(programs, 7).program;

    make(&elf, 8, true, NULL);
    add_elf("apps/other/other", &elf, path);
    CHECK(symbol_at(programs, program, 7, TEXT) == NULL);
    end(programs);
}

TEST(programs_names_no_functions_of_a_file_that_is_gone)
{
    struct programs *programs = start();
    const struct program *program = match(programs, 7).program;

    unlink(path);
    CHECK(symbol_at(programs, program, 7, TEXT) == NULL);
    end(programs);
}
