/* SPDX-License-Identifier: BSD-2-Clause */
/* What a debugger goes by that attaches to a process and knows nothing of regions. */
#include <test.h>

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <base/bits.h>
#include <gate/attachable.h>
#include <gate/testkit_region.h>
#include <runtime/region.h>

#define NAME "vs:rootserver"

/* --- the symbols --------------------------------------------------------------------------- */

/* The file as it lies in memory, read as debuggers do: by its first segment. */
struct symbols {
    const char *file;
    vaddr_t offset; /* of its addresses */
    const Elf64_Sym *symbols;
    size_t count;
    const char *names;
    const Elf64_Shdr *sections;
    const char *section_names;
    unsigned section_count;
};

static const Elf64_Shdr *find_section(const struct symbols *s, const char *name)
{
    for (unsigned i = 0; i < s->section_count; i++) {
        if (!strcmp(s->section_names + s->sections[i].sh_name, name))
            return &s->sections[i];
    }
    return NULL;
}

static bool read_symbols(const struct test_region *r, struct symbols *ret_symbols)
{
    const char *file = (const char *)r->base + REGION_SYMBOLS;
    const Elf64_Ehdr *header = (const void *)file;
    const Elf64_Phdr *segment = (const void *)(file + header->e_phoff);
    if (!CHECK(!memcmp(header->e_ident, ELFMAG, SELFMAG)) || !CHECK_EQ(header->e_phnum, 1))
        return false;
    CHECK_EQ(segment->p_type, PT_LOAD);
    CHECK_EQ(segment->p_offset, 0);
    struct symbols s = {.file = file,
                        .offset = (vaddr_t)file - segment->p_vaddr,
                        .sections = (const void *)(file + header->e_shoff),
                        .section_count = header->e_shnum};
    s.section_names = file + s.sections[header->e_shstrndx].sh_offset;
    const Elf64_Shdr *symbols = find_section(&s, ".symtab"), *names = find_section(&s, ".strtab");
    if (!CHECK(symbols) || !CHECK(names))
        return false;
    CHECK(header->e_shoff + header->e_shnum * sizeof(Elf64_Shdr) <= segment->p_filesz);
    CHECK(names->sh_offset + names->sh_size <= segment->p_filesz);
    s.symbols = (const void *)(file + symbols->sh_offset);
    s.count = symbols->sh_size / sizeof(Elf64_Sym);
    s.names = file + names->sh_offset;
    *ret_symbols = s;
    return true;
}

static vaddr_t address_of(const struct symbols *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!strcmp(s->names + s->symbols[i].st_name, name))
            return s->offset + s->symbols[i].st_value;
    }
    return 0;
}

/* Debuggers know where a handler returns to by these bytes, and by this name. */
TEST(functions_of_the_runtime_have_names_and_ways_back)
{
    static const uint8_t sigreturn[] = {0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05};
    struct test_region r;
    struct symbols s;
    if (!test_region_open(&r, 21) || !read_symbols(&r, &s))
        return;
    CHECK_EQ(address_of(&s, "runtime_enter"), r.image.enter);
    CHECK_EQ(address_of(&s, "runtime_land"), r.base + REGION_IMAGE + r.image.land);
    vaddr_t restorer = address_of(&s, "__restore_rt");
    if (CHECK(restorer))
        CHECK(!memcmp((const void *)restorer, sigreturn, sizeof(sigreturn)));
    const Elf64_Shdr *frames = find_section(&s, ".debug_frame");
    CHECK(frames && frames->sh_type == SHT_PROGBITS && frames->sh_size > 0);
    test_region_close(&r);
}

/* --- the process --------------------------------------------------------------------------- */

/* One that waits for its end after attachable_make(). */
static int start(const struct test_region *r)
{
    int ready[2];
    char done;
    if (!CHECK_EQ(pipe(ready), 0))
        return -1;
    int pid = fork();
    if (pid == 0) {
        attachable_make(r->base, &r->image, NAME);
        _exit(write(ready[1], "x", 1) == 1 ? pause() : 1);
    }
    CHECK(pid > 0 && read(ready[0], &done, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static size_t read_of_process(int pid, const char *file, void *bytes, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
    FILE *stream = fopen(path, "r");
    if (!CHECK(stream))
        return 0;
    size_t count = fread(bytes, 1, size, stream);
    fclose(stream);
    return count;
}

static uint64_t auxiliary_value(const Elf64_auxv_t *vector, size_t count, unsigned type)
{
    for (size_t i = 0; i < count; i++) {
        if (vector[i].a_type == type)
            return vector[i].a_un.a_val;
    }
    return 0;
}

/* Not all builds of Linux have the call by which a process changes that. */
static uint64_t expected_symbols(const struct test_region *r)
{
    unsigned size;
    return prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0 ? r->base + REGION_SYMBOLS
                                                                  : getauxval(AT_SYSINFO_EHDR);
}

TEST(a_process_says_what_it_is_called_and_where_its_symbols_are)
{
    Elf64_auxv_t vector[64];
    struct test_region r;
    char name[32] = "";
    if (!test_region_open(&r, 22))
        return;
    int pid = start(&r);
    if (pid <= 0)
        return;
    read_of_process(pid, "comm", name, sizeof(name) - 1);
    CHECK_STR(name, NAME "\n");
    size_t count = read_of_process(pid, "auxv", vector, sizeof(vector)) / sizeof(vector[0]);
    CHECK_EQ(auxiliary_value(vector, count, AT_SYSINFO_EHDR), expected_symbols(&r));
    CHECK_EQ(auxiliary_value(vector, count, AT_ENTRY), getauxval(AT_ENTRY));
    CHECK_EQ(kill(pid, SIGKILL), 0);
    waitpid(pid, NULL, 0);
    test_region_close(&r);
}
