/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/assert.h>
#include <kernel/kernel_api.h>
#include <loader/testkit_elf.h>
#include <loader/testkit_files.h>
#include <machine/vspace_programs.h>
#include <model/testkit_guest.h>
#include <string.h>

#define TEXT GUEST_IMAGE_START

static struct guest g;
static struct testkit_files files;
static struct testkit_elf elf;
static struct image image;
static struct vspace_programs set;
static uint8_t code[64];
static paddr_t root;

/* A guest whose VSpace holds the code of a program, at the address that it is linked to. */
static void start(void)
{
    static char path[FILE_PATH_BYTES];
    struct loader_error error;
    g = guest_boot_default();
    root = kernel_tcb_vspace(g.k, guest_root(&g));
    for (size_t i = 0; i < sizeof(code); i++)
        code[i] = (uint8_t)(i + 1);
    memcpy(kernel_memory(g.k, kernel_translate(g.k, root, TEXT).paddr), code, sizeof(code));

    testkit_elf_start(&elf, TEXT);
    testkit_elf_segment(&elf, TEXT, code, sizeof(code), sizeof(code), PF_R | PF_X);
    testkit_elf_symbol(&elf, "work", TEXT + 16, 16, STT_FUNC);
    testkit_elf_finish(&elf);
    ASSERT(image_parse(elf.bytes, elf.size, &image, &error));
    testkit_files_start(&files);
    testkit_files_add(&files, "image", "", path);
    set = (struct vspace_programs){.k = g.k, .image = &image, .image_path = path};
}

static void end(void)
{
    vspace_programs_end(&set);
    testkit_files_end(&files);
    guest_end(&g);
}

TEST(a_program_is_looked_for_when_it_is_asked_for_and_then_known)
{
    start();
    CHECK(set.programs == NULL);
    CHECK_STR(vspace_programs_symbol(&set, root, TEXT + 16), "work");
    CHECK(vspace_programs_symbol(&set, root, TEXT + 32) == NULL);
    CHECK(set.known != NULL);
    const struct program *program = vspace_programs_match(&set, root, TEXT).program;
    CHECK(program != NULL);
    const struct known_program *known = set.known;
    CHECK(vspace_programs_match(&set, root, TEXT + 1).program == program);
    CHECK(set.known == known);
    end();
}

TEST(a_vspace_without_the_programs_code_has_no_names)
{
    start();
    *(uint8_t *)kernel_memory(g.k, kernel_translate(g.k, root, TEXT).paddr) ^= 1;
    CHECK(vspace_programs_symbol(&set, root, TEXT + 16) == NULL);
    CHECK(set.known == NULL);
    end();
}

TEST(an_address_outside_of_the_program_has_no_name)
{
    start();
    CHECK(vspace_programs_symbol(&set, root, TEXT + sizeof(code)) == NULL);
    CHECK(vspace_programs_symbol(&set, root, 0) == NULL);
    CHECK(vspace_programs_symbol(&set, root, UINT64_MAX) == NULL);
    end();
}

TEST(what_was_found_is_of_that_vspace_alone)
{
    start();
    CHECK_STR(vspace_programs_symbol(&set, root, TEXT + 16), "work");
    /* another one at the same place */
    vspace_at(g.k, root)->serial++;
    *(uint8_t *)kernel_memory(g.k, kernel_translate(g.k, root, TEXT).paddr) ^= 1;
    CHECK(vspace_programs_symbol(&set, root, TEXT + 16) == NULL);
    end();
}
