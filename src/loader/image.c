/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/foreign.h>
#include <loader/image.h>

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#define USER_TOP UINT64_C(0x00007ffffffff000)

/* A program header of rust-sel4's: where a capDL initialiser finds what it is to make. */
#define PT_SEL4_CAPDL_SPEC 0x64c34003

/* The kernel puts the IPC buffer and BootInfo right behind the image. */
#define BOOT_PAGES_BYTES (2 * PAGE_BYTES)

/* Structures of the file need not be aligned: they are copied out. */
static bool read_bytes(const struct image *image, uint64_t offset, void *ret_bytes, uint64_t size)
{
    if (offset > image->size || size > image->size - offset) {
        return false;
    }
    memcpy(ret_bytes, image->data + offset, size);
    return true;
}

static const char *type_problem(uint16_t type)
{
    switch (type) {
    case ET_EXEC:
        return NULL;
    case ET_DYN:
        return "position-independent (PIE or shared object): seL4 does not relocate root servers; "
               "link it with -static -no-pie";
    case ET_REL:
        return "an object file: link it first";
    case ET_CORE:
        return "a core dump, not an image";
    default:
        return "not an executable (ELF type unknown)";
    }
}

/* libsel4/linked/src/launch.c leaves a note. */
static bool is_linked_program(const struct image *image, const Elf64_Ehdr *header)
{
    static const char name[8] = "sel4emu";
    struct {
        Elf64_Nhdr header;
        char name[sizeof(name)];
    } note;
    Elf64_Phdr ph;

    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (!read_bytes(image, header->e_phoff + i * sizeof(ph), &ph, sizeof(ph)))
            return false;
        for (uint64_t at = 0;
             ph.p_type == PT_NOTE && at < ph.p_filesz && ph.p_filesz - at >= sizeof(note);
             at += sizeof(note.header) + align_up(note.header.n_namesz, 2) +
                   align_up(note.header.n_descsz, 2)) {
            if (!read_bytes(image, ph.p_offset + at, &note, sizeof(note)))
                break;
            if (note.header.n_namesz == sizeof(name) && memcmp(note.name, name, sizeof(name)) == 0)
                return true;
        }
    }
    return false;
}

static bool check_header(const struct image *image, const Elf64_Ehdr *header,
                         struct loader_error *ret_error)
{
    const char *problem = type_problem(header->e_type);
    uint64_t table = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);

    if (header->e_type == ET_DYN && is_linked_program(image, header)) {
        problem = "linked with libsel4-emu, a program of Linux's that brings its kernel along: run "
                  "it by itself, with options in SEL4EMU_OPTIONS";
    }
    if (problem != NULL) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "%s", problem);
    }
    if (header->e_version != EV_CURRENT || header->e_ehsize < sizeof(*header)) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "damaged ELF header");
    }
    if (header->e_phnum == 0) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "no program headers: nothing to load");
    }
    if (header->e_phentsize != sizeof(Elf64_Phdr)) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "damaged: program headers of %u bytes",
                           header->e_phentsize);
    }
    if (header->e_phoff > image->size || table > image->size - header->e_phoff) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "truncated: the program headers lie outside the file (%" PRIu64
                           " bytes); copy it again",
                           image->size);
    }
    return true;
}

static bool check_segment(const struct image *image, const Elf64_Phdr *ph, unsigned number,
                          struct loader_error *ret_error)
{
    if (ph->p_filesz > ph->p_memsz) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "damaged: segment %u has more bytes in the file than in memory", number);
    }
    if (ph->p_vaddr >= bit(63) && foreign_has_multiboot_header(image->data, image->size)) {
        return foreign_refuse_kernel(ret_error);
    }
    if (ph->p_vaddr >= USER_TOP || ph->p_memsz > USER_TOP - ph->p_vaddr) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "segment %u (0x%" PRIx64 ", 0x%" PRIx64 " bytes) lies outside user "
                           "space, which ends at 0x%" PRIx64 "; link it lower",
                           number, ph->p_vaddr, ph->p_memsz, USER_TOP);
    }
    if (ph->p_offset > image->size || ph->p_filesz > image->size - ph->p_offset) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "truncated: segment %u lies outside the file (%" PRIu64
                           " bytes); copy it again",
                           number, image->size);
    }
    return true;
}

static bool check_overlap(const struct image *image, const struct image_segment *segment,
                          struct loader_error *ret_error)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *other = &image->segments[i];

        if (segment->is_load && other->is_load &&
            segment->vaddr < other->vaddr + other->memory_size &&
            other->vaddr < segment->vaddr + segment->memory_size) {
            return loader_fail(ret_error, LOADER_BAD_FILE,
                               "segments overlap: 0x%" PRIx64 " (0x%" PRIx64
                               " bytes) and 0x%" PRIx64 " (0x%" PRIx64 " bytes)",
                               other->vaddr, other->memory_size, segment->vaddr,
                               segment->memory_size);
        }
    }
    return true;
}

static bool add_segment(struct image *image, const Elf64_Phdr *ph, unsigned number,
                        struct loader_error *ret_error)
{
    struct image_segment segment = {
        .vaddr = ph->p_vaddr,
        .file_offset = ph->p_offset,
        .file_size = ph->p_filesz,
        .memory_size = ph->p_memsz,
        .is_load = ph->p_type == PT_LOAD,
        .executable = (ph->p_flags & PF_X) != 0,
    };

    if (!check_segment(image, ph, number, ret_error) ||
        !check_overlap(image, &segment, ret_error)) {
        return false;
    }
    if (image->segment_count == IMAGE_MAX_SEGMENTS) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "more than %u segments to load",
                           IMAGE_MAX_SEGMENTS);
    }
    image->segments[image->segment_count++] = segment;
    return true;
}

static bool read_segments(struct image *image, const Elf64_Ehdr *header,
                          struct loader_error *ret_error)
{
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr ph;

        if (!read_bytes(image, header->e_phoff + i * sizeof(ph), &ph, sizeof(ph))) {
            return loader_fail(ret_error, LOADER_BAD_FILE, "truncated program headers");
        }
        if (ph.p_type == PT_INTERP) {
            return loader_fail(
                ret_error, LOADER_BAD_FILE,
                "dynamically linked, so for Linux or the like: seL4 root servers are "
                "linked with -static");
        }
        if (ph.p_memsz != 0 && !add_segment(image, &ph, i, ret_error)) {
            return false;
        }
        image->has_capdl_spec |= ph.p_type == PT_SEL4_CAPDL_SPEC;
    }
    if (image->segment_count == 0) {
        return loader_fail(ret_error, LOADER_BAD_FILE, "no segment to load");
    }
    return true;
}

static bool check_bounds(struct image *image, struct loader_error *ret_error)
{
    vaddr_t lowest = UINT64_MAX, highest = 0;

    for (unsigned i = 0; i < image->segment_count; i++) {
        lowest = min_u64(lowest, image->segments[i].vaddr);
        highest = max_u64(highest, image->segments[i].vaddr + image->segments[i].memory_size);
    }
    image->start = lowest;
    image->end = align_up(highest, PAGE_BITS);
    if (!is_aligned(lowest, PAGE_BITS)) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "the lowest segment starts at 0x%" PRIx64
                           ", not on a 4 KiB page: seL4 refuses it",
                           lowest);
    }
    if (image->end > USER_TOP - BOOT_PAGES_BYTES) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "the image ends at 0x%" PRIx64 ": no room below 0x%" PRIx64
                           " for the IPC buffer and BootInfo",
                           image->end, USER_TOP);
    }
    return true;
}

static bool check_entry(const struct image *image, struct loader_error *ret_error)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];

        if (image->entry >= segment->vaddr &&
            image->entry - segment->vaddr < segment->memory_size) {
            return true;
        }
    }
    return loader_fail(ret_error, LOADER_BAD_FILE,
                       "the entry point 0x%" PRIx64 " lies in no segment (0x%" PRIx64
                       " to 0x%" PRIx64 "); name it to the linker with -e",
                       image->entry, image->start, image->end);
}

/* Symbols are a convenience: a table that is not as it should be counts as none. */
static void find_symbols(struct image *image, const Elf64_Ehdr *header)
{
    Elf64_Shdr section, strings;

    if (header->e_shentsize != sizeof(section)) {
        return;
    }
    for (unsigned i = 0; i < header->e_shnum; i++) {
        uint64_t at = i * sizeof(section);

        if (header->e_shoff > image->size ||
            !read_bytes(image, header->e_shoff + at, &section, sizeof(section))) {
            return;
        }
        if (section.sh_type != SHT_SYMTAB || section.sh_entsize != sizeof(Elf64_Sym)) {
            continue;
        }
        if (section.sh_link >= header->e_shnum ||
            !read_bytes(image, header->e_shoff + section.sh_link * sizeof(strings), &strings,
                        sizeof(strings)) ||
            strings.sh_offset > image->size || strings.sh_size > image->size - strings.sh_offset ||
            section.sh_offset > image->size || section.sh_size > image->size - section.sh_offset) {
            return;
        }
        image->symbols = (struct image_symbol_table){
            .offset = section.sh_offset,
            .count = section.sh_size / sizeof(Elf64_Sym),
            .strings_offset = strings.sh_offset,
            .strings_size = strings.sh_size,
        };
        return;
    }
}

bool image_parse(const uint8_t *data, uint64_t size, struct image *ret_image,
                 struct loader_error *ret_error)
{
    struct image image = {.data = data, .size = size};
    Elf64_Ehdr header;

    if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0) {
        return foreign_refuse_file(data, size, ret_error);
    }
    if (size < sizeof(Elf32_Ehdr)) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "truncated: an ELF file of %" PRIu64 " bytes", size);
    }
    if (!foreign_check_machine(data, size, ret_error)) {
        return false;
    }
    if (!read_bytes(&image, 0, &header, sizeof(header))) {
        return loader_fail(ret_error, LOADER_BAD_FILE,
                           "truncated: an ELF file of %" PRIu64 " bytes", size);
    }
    image.entry = header.e_entry;
    if (!check_header(&image, &header, ret_error) || !read_segments(&image, &header, ret_error) ||
        !check_bounds(&image, ret_error) || !check_entry(&image, ret_error)) {
        return false;
    }
    find_symbols(&image, &header);
    *ret_image = image;
    return true;
}

bool image_parse_symbols(const uint8_t *data, uint64_t size, struct image *ret_image)
{
    struct image image = {.data = data, .size = size};
    Elf64_Ehdr header;

    if (!read_bytes(&image, 0, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
        return false;
    }
    find_symbols(&image, &header);
    *ret_image = image;
    return image.symbols.count != 0;
}

void image_load(const struct image *image, uint8_t *memory)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];

        uint8_t *start = memory + (segment->vaddr - image->start);

        memcpy(start, image->data + segment->file_offset, segment->file_size);
        if (!segment->is_load) { /* else it is zero already */
            memset(start + segment->file_size, 0, segment->memory_size - segment->file_size);
        }
    }
}

const uint8_t *image_bytes(const struct image *image, vaddr_t vaddr, uint64_t size)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct image_segment *segment = &image->segments[i];
        uint64_t offset = vaddr - segment->vaddr;

        if (vaddr >= segment->vaddr && offset < segment->file_size &&
            size <= segment->file_size - offset) {
            return image->data + segment->file_offset + offset;
        }
    }
    return NULL;
}

bool image_symbol_next(const struct image *image, uint64_t *index, struct image_symbol *ret_symbol)
{
    const struct image_symbol_table *table = &image->symbols;
    const char *strings = (const char *)image->data + table->strings_offset;

    while (*index < table->count) {
        Elf64_Sym symbol;
        unsigned type;

        memcpy(&symbol, image->data + table->offset + *index * sizeof(symbol), sizeof(symbol));
        (*index)++;
        type = ELF64_ST_TYPE(symbol.st_info);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= table->strings_size ||
            memchr(strings + symbol.st_name, '\0', table->strings_size - symbol.st_name) == NULL ||
            (type != STT_FUNC && type != STT_NOTYPE && type != STT_OBJECT)) {
            continue;
        }
        *ret_symbol = (struct image_symbol){
            .name = strings + symbol.st_name,
            .value = symbol.st_value,
            .size = symbol.st_size,
            .function = type == STT_FUNC,
        };
        return true;
    }
    return false;
}

vaddr_t image_symbol(const struct image *image, const char *name)
{
    struct image_symbol symbol;
    uint64_t index = 0;

    while (image_symbol_next(image, &index, &symbol)) {
        if (strcmp(symbol.name, name) == 0) {
            return symbol.value;
        }
    }
    return 0;
}

const char *image_symbol_at(const struct image *image, vaddr_t address)
{
    struct image_symbol symbol;
    const char *label = NULL; /* assembly often gives its entry neither type nor size */
    uint64_t index = 0;

    while (image_symbol_next(image, &index, &symbol)) {
        if (symbol.function && address >= symbol.value &&
            (address - symbol.value < symbol.size || address == symbol.value)) {
            return symbol.name;
        }
        if (address == symbol.value && symbol.name[0] != '\0' && label == NULL) {
            label = symbol.name;
        }
    }
    return label;
}
