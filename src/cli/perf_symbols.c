/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <cli/perf_symbols.h>
#include <loader/image.h>

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- mappings -------------------------------------------------------------------------------- */

/* A line of /proc/PID/maps: addresses, rights, offset, device, inode, name. */
static bool parse_line(const char *line, const char *name, struct perf_mapping *ret_mapping)
{
    struct perf_mapping mapping;
    char rights[5];
    int name_at = 0;

    return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &mapping.start,
                  &mapping.end, rights, &mapping.offset, &name_at) == 4 &&
           name_at > 0 && strncmp(line + name_at, name, strlen(name)) == 0 && rights[2] == 'x' &&
           mapping.start < mapping.end && (*ret_mapping = mapping, true);
}

bool perf_mappings_parse(const char *maps, const char *name, struct perf_mappings *ret_mappings)
{
    struct perf_mappings mappings = {0};
    struct perf_mapping mapping;

    for (const char *line = maps; *line != '\0'; line += *line == '\n') {
        if (parse_line(line, name, &mapping)) {
            struct perf_mapping *items =
                realloc(mappings.items, (mappings.count + 1) * sizeof(*items));
            if (items == NULL) {
                free(mappings.items);
                return false;
            }
            items[mappings.count++] = mapping;
            mappings.items = items;
        }
        line += strcspn(line, "\n");
    }
    *ret_mappings = mappings;
    return true;
}

/* --- symbols --------------------------------------------------------------------------------- */

struct perf_symbols {
    FILE *entries, *names; /* memory streams to these: */
    char *entry_bytes, *name_bytes;
    size_t entry_size, name_size;
    uint64_t end; /* of the highest function */
};

/* False: its streams have failed. */
static bool finish_streams(struct perf_symbols *symbols)
{
    bool failed = symbols->entries == NULL || symbols->names == NULL;

    failed |= symbols->entries != NULL && fclose(symbols->entries) != 0;
    failed |= symbols->names != NULL && fclose(symbols->names) != 0;
    return !failed;
}

static void free_symbols(struct perf_symbols *symbols)
{
    free(symbols->entry_bytes);
    free(symbols->name_bytes);
    free(symbols);
}

struct perf_symbols *perf_symbols_open(void)
{
    struct perf_symbols *symbols = calloc(1, sizeof(*symbols));
    static const Elf64_Sym none;

    if (symbols == NULL) {
        return NULL;
    }
    symbols->entries = open_memstream(&symbols->entry_bytes, &symbols->entry_size);
    symbols->names = open_memstream(&symbols->name_bytes, &symbols->name_size);
    if (symbols->entries == NULL || symbols->names == NULL) {
        finish_streams(symbols);
        free_symbols(symbols);
        return NULL;
    }
    fwrite(&none, sizeof(none), 1, symbols->entries);
    putc('\0', symbols->names);
    return symbols;
}

/* What of the function lies in the mapping. */
static void add_piece(struct perf_symbols *symbols, const struct image_symbol *function,
                      const struct perf_mapping *mapping)
{
    uint64_t start = max_u64(function->value, mapping->start);
    uint64_t end = min_u64(function->value + max_u64(function->size, 1), mapping->end);

    if (start >= end) {
        return;
    }
    const Elf64_Sym entry = {.st_name = (Elf64_Word)ftell(symbols->names),
                             .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                             .st_shndx = 1, /* .text */
                             .st_value = start - mapping->start + mapping->offset,
                             .st_size = end - start};
    fwrite(&entry, sizeof(entry), 1, symbols->entries);
    fputs(function->name, symbols->names);
    putc('\0', symbols->names);
    symbols->end = max_u64(symbols->end, entry.st_value + entry.st_size);
}

void perf_symbols_add(struct perf_symbols *symbols, const uint8_t *elf, uint64_t size,
                      const struct perf_mappings *mappings)
{
    struct image_symbol function;
    struct image image;
    uint64_t index = 0;

    if (!image_parse_symbols(elf, size, &image)) {
        return;
    }
    while (image_symbol_next(&image, &index, &function)) {
        for (size_t i = 0; function.function && i < mappings->count; i++) {
            add_piece(symbols, &function, &mappings->items[i]);
        }
    }
}

/* --- the file -------------------------------------------------------------------------------- */

enum { SECTION_NONE, SECTION_TEXT, SECTION_SYMBOLS, SECTION_NAMES, SECTION_COUNT };

static const char section_names[] = "\0.text\0.symtab\0.strtab";

/* Addresses are places in the mapped file, whichever way perf computes with them. */
static int write_file(const struct perf_symbols *symbols, FILE *file)
{
    const uint64_t entries_at = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    const uint64_t names_at = entries_at + symbols->entry_size;
    const uint64_t sections_at = names_at + symbols->name_size + sizeof(section_names);
    const Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_shoff = sections_at,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 1,
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_NAMES};
    const Elf64_Phdr text = {.p_type = PT_LOAD,
                             .p_flags = PF_R | PF_X,
                             .p_filesz = symbols->end,
                             .p_memsz = symbols->end};
    const Elf64_Word name = (Elf64_Word)symbols->name_size; /* section_names lie behind */
    const Elf64_Shdr sections[SECTION_COUNT] = {
        [SECTION_TEXT] = {.sh_name = name + 1,
                          .sh_type = SHT_NOBITS,
                          .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                          .sh_size = symbols->end},
        [SECTION_SYMBOLS] = {.sh_name = name + 7,
                             .sh_type = SHT_SYMTAB,
                             .sh_offset = entries_at,
                             .sh_size = symbols->entry_size,
                             .sh_link = SECTION_NAMES,
                             .sh_info = 1,
                             .sh_entsize = sizeof(Elf64_Sym)},
        [SECTION_NAMES] = {.sh_name = name + 15,
                           .sh_type = SHT_STRTAB,
                           .sh_offset = names_at,
                           .sh_size = symbols->name_size + sizeof(section_names)}};

    fwrite(&header, sizeof(header), 1, file);
    fwrite(&text, sizeof(text), 1, file);
    fwrite(symbols->entry_bytes, 1, symbols->entry_size, file);
    fwrite(symbols->name_bytes, 1, symbols->name_size, file);
    fwrite(section_names, sizeof(section_names), 1, file);
    fwrite(sections, sizeof(sections), 1, file);
    return ferror(file) ? -EIO : 0;
}

static int write_path(const struct perf_symbols *symbols, const char *path)
{
    FILE *file = fopen(path, "we");
    int error;

    if (file == NULL) {
        return -errno;
    }
    error = write_file(symbols, file);
    return fclose(file) == 0 ? error : -errno;
}

int perf_symbols_close(struct perf_symbols *symbols, const char *path)
{
    int error = finish_streams(symbols) ? write_path(symbols, path) : -ENOMEM;

    free_symbols(symbols);
    return error;
}
