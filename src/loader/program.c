/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <base/text.h>
#include <loader/program.h>

#include <elf.h>
#include <string.h>

#define USER_TOP UINT64_C(0x00007ffffffff000)

/* A header of the cpio format "newc": a magic number and fields of eight hexadecimal digits. */
#define CPIO_MAGIC        "070701"
#define CPIO_HEADER_BYTES 110
#define CPIO_SIZE_AT      54
#define CPIO_NAME_SIZE_AT 94
#define CPIO_ALIGN_BITS   2

static bool read_at(const struct program_bytes *bytes, uint64_t offset, void *ret_bytes,
                    uint64_t size)
{
    if (offset > bytes->size || size > bytes->size - offset) {
        return false;
    }
    if (bytes->data != NULL) {
        memcpy(ret_bytes, bytes->data + offset, size);
        return true;
    }
    return fseeko(bytes->file, (off_t)offset, SEEK_SET) == 0 &&
           fread(ret_bytes, 1, size, bytes->file) == size;
}

/* --- what an ELF file says ------------------------------------------------------------------- */

static bool is_user_program(const Elf64_Ehdr *header)
{
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
           header->e_type == ET_EXEC && header->e_machine == EM_X86_64 &&
           header->e_phentsize == sizeof(Elf64_Phdr) && header->e_entry < USER_TOP;
}

static void grow_to(struct program *program, uint64_t offset, uint64_t size)
{
    if (size <= UINT64_MAX - offset) {
        program->size = max_u64(program->size, offset + size);
    }
}

/* False for a file that is damaged or is not for user level. */
static bool read_texts(const struct program_bytes *bytes, const Elf64_Ehdr *header,
                       struct program *program)
{
    program->text_count = 0;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr ph;

        if (header->e_phoff > bytes->size ||
            !read_at(bytes, header->e_phoff + i * sizeof(ph), &ph, sizeof(ph)) ||
            ph.p_offset > bytes->size || ph.p_filesz > bytes->size - ph.p_offset) {
            return false;
        }
        grow_to(program, ph.p_offset, ph.p_filesz);
        if (ph.p_type != PT_LOAD || !(ph.p_flags & PF_X) || ph.p_filesz == 0) {
            continue;
        }
        if (ph.p_vaddr >= USER_TOP || ph.p_filesz > USER_TOP - ph.p_vaddr ||
            program->text_count == PROGRAM_MAX_TEXTS) {
            return false;
        }
        program->texts[program->text_count++] =
            (struct program_text){.vaddr = ph.p_vaddr, .offset = ph.p_offset, .size = ph.p_filesz};
    }
    return program->text_count > 0;
}

/* The name at `offset` of a section that holds names. */
static bool has_name(const struct program_bytes *bytes, const Elf64_Shdr *names, uint64_t offset,
                     const char *wanted)
{
    char name[16];
    size_t size = strlen(wanted) + 1;

    return size <= sizeof(name) && offset <= names->sh_size && size <= names->sh_size - offset &&
           names->sh_offset <= bytes->size && offset <= bytes->size - names->sh_offset &&
           read_at(bytes, names->sh_offset + offset, name, size) && memcmp(name, wanted, size) == 0;
}

/* Sections are a convenience: without them a program is one without symbols. */
static void read_sections(const struct program_bytes *bytes, const Elf64_Ehdr *header,
                          struct program *program)
{
    const uint64_t table = (uint64_t)header->e_shnum * sizeof(Elf64_Shdr);
    Elf64_Shdr names, section;

    program->symbols = PROGRAM_STRIPPED;
    if (header->e_shentsize != sizeof(section) || header->e_shoff > bytes->size ||
        table > bytes->size - header->e_shoff || header->e_shstrndx >= header->e_shnum ||
        !read_at(bytes, header->e_shoff + header->e_shstrndx * sizeof(names), &names,
                 sizeof(names))) {
        return;
    }
    grow_to(program, header->e_shoff, table);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (!read_at(bytes, header->e_shoff + i * sizeof(section), &section, sizeof(section))) {
            return;
        }
        if (section.sh_type == SHT_SYMTAB && program->symbols == PROGRAM_STRIPPED) {
            program->symbols = PROGRAM_HAS_SYMBOLS;
        }
        if (has_name(bytes, &names, section.sh_name, ".debug_info")) {
            program->symbols = PROGRAM_HAS_LINES;
        }
    }
}

bool program_parse(const struct program_bytes *bytes, struct program *program)
{
    Elf64_Ehdr header;

    if (!read_at(bytes, 0, &header, sizeof(header)) || !is_user_program(&header)) {
        return false;
    }
    program->size = sizeof(header);
    if (!read_texts(bytes, &header, program)) {
        return false;
    }
    read_sections(bytes, &header, program);
    return true;
}

/* --- programs inside of a file ---------------------------------------------------------------- */

static bool read_hexadecimal(const uint8_t *digits, uint64_t *ret_value)
{
    *ret_value = 0;
    for (unsigned i = 0; i < 8; i++) {
        const char *all = "0123456789abcdef0123456789ABCDEF";
        const char *digit = digits[i] == '\0' ? NULL : strchr(all, digits[i]);

        if (digit == NULL) {
            return false;
        }
        *ret_value = *ret_value << 4 | (uint64_t)(digit - all) % 16;
    }
    return true;
}

/* What is behind the last slash of a path of `size` bytes; a name for files and for terminals. */
static void set_member_name(struct program *program, const char *path, uint64_t size)
{
    const char *slash = memrchr(path, '/', size);
    const char *name = slash == NULL ? path : slash + 1;
    const size_t length = strnlen(name, size - (uint64_t)(name - path));

    snprintf(program->name, sizeof(program->name), "%.*s", (int)length, name);
    text_copy_printable(program->name, sizeof(program->name), program->name);
}

/* The archive's header at `header`, if what it describes starts at `start`. */
static bool read_member(const uint8_t *data, uint64_t size, uint64_t header, uint64_t start,
                        struct program *ret_program)
{
    uint64_t member_size, name_size;

    if (memcmp(data + header, CPIO_MAGIC, strlen(CPIO_MAGIC)) != 0 ||
        !read_hexadecimal(data + header + CPIO_SIZE_AT, &member_size) ||
        !read_hexadecimal(data + header + CPIO_NAME_SIZE_AT, &name_size) ||
        align_up(CPIO_HEADER_BYTES + name_size, CPIO_ALIGN_BITS) != start - header ||
        member_size > size - start || name_size == 0) {
        return false;
    }
    set_member_name(ret_program, (const char *)data + header + CPIO_HEADER_BYTES, name_size);
    ret_program->size = member_size;
    return true;
}

/* Whether the file at `start` is a member of an archive: its header lies right before. */
static bool find_member(const uint8_t *data, uint64_t size, uint64_t start,
                        struct program *ret_program)
{
    const uint64_t furthest = align_up(CPIO_HEADER_BYTES + PROGRAM_NAME_BYTES, CPIO_ALIGN_BITS);

    for (uint64_t back = CPIO_HEADER_BYTES; back <= furthest && back <= start; back++) {
        if (read_member(data, size, start - back, start, ret_program)) {
            return true;
        }
    }
    return false;
}

bool program_find_embedded(const uint8_t *data, uint64_t size, uint64_t *at,
                           struct program *ret_program)
{
    const uint8_t *found;

    while (*at < size && (found = memmem(data + *at, size - *at, ELFMAG, SELFMAG)) != NULL) {
        const uint64_t start = (uint64_t)(found - data);
        struct program program = {.data = found, .is_embedded = true};
        struct program member = {0};
        bool is_member = find_member(data, size, start, &member);
        const struct program_bytes bytes = {.data = found,
                                            .size = is_member ? member.size : size - start};

        *at = start + 1;
        if (!program_parse(&bytes, &program)) {
            continue;
        }
        if (is_member) {
            program.size = member.size;
            memcpy(program.name, member.name, sizeof(program.name));
        }
        *ret_program = program;
        return true;
    }
    *at = size;
    return false;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* What lies of [vaddr, end) in the page of vaddr. */
static uint64_t rest_of_page(vaddr_t vaddr, vaddr_t end)
{
    return min_u64(end, align_down(vaddr, PAGE_BITS) + PAGE_BYTES) - vaddr;
}

enum comparison { IS_EQUAL, IS_DIFFERENT, IS_NOT_MAPPED };

static enum comparison compare_page(const struct program_text *text,
                                    const struct program_bytes *bytes,
                                    const struct program_memory *memory, vaddr_t vaddr)
{
    uint8_t wanted[PAGE_BYTES], there[PAGE_BYTES];
    const uint64_t size = rest_of_page(vaddr, text->vaddr + text->size);

    if (!memory->read(memory->context, vaddr, there, size)) {
        return IS_NOT_MAPPED;
    }
    if (!read_at(bytes, text->offset + (vaddr - text->vaddr), wanted, size)) {
        return IS_DIFFERENT;
    }
    return memcmp(wanted, there, size) == 0 ? IS_EQUAL : IS_DIFFERENT;
}

static const struct program_text *find_text(const struct program *program, vaddr_t ip)
{
    for (unsigned i = 0; i < program->text_count; i++) {
        const struct program_text *text = &program->texts[i];

        if (ip >= text->vaddr && ip - text->vaddr < text->size) {
            return text;
        }
    }
    return NULL;
}

bool program_has_text(const struct program *program, vaddr_t ip)
{
    return find_text(program, ip) != NULL;
}

bool program_is_in(const struct program *program, const struct program_bytes *bytes,
                   const struct program_memory *memory, vaddr_t ip)
{
    const struct program_text *text = find_text(program, ip);

    /* The page of `ip` first: it is there, and most programs differ in it. */
    if (text == NULL || compare_page(text, bytes, memory,
                                     max_u64(text->vaddr, align_down(ip, PAGE_BITS))) != IS_EQUAL) {
        return false;
    }
    for (unsigned i = 0; i < program->text_count; i++) {
        text = &program->texts[i];
        for (vaddr_t at = text->vaddr; at < text->vaddr + text->size;
             at += rest_of_page(at, text->vaddr + text->size)) {
            if (compare_page(text, bytes, memory, at) == IS_DIFFERENT) {
                return false;
            }
        }
    }
    return true;
}
