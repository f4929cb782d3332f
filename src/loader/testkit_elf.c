/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/assert.h>
#include <loader/testkit_elf.h>

#include <string.h>

void testkit_elf_start(struct testkit_elf *elf, vaddr_t entry)
{
    memset(elf, 0, sizeof(*elf));
    *testkit_elf_header(elf) = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = entry,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_shentsize = sizeof(Elf64_Shdr),
    };
    elf->size = sizeof(Elf64_Ehdr) + TESTKIT_ELF_MAX_SEGMENTS * sizeof(Elf64_Phdr);
    elf->strings_size = 1;
    elf->symbol_count = 1;
}

static uint64_t append(struct testkit_elf *elf, const void *bytes, uint64_t size)
{
    uint64_t at = elf->size;

    ASSERT(size <= TESTKIT_ELF_BYTES - elf->size - 8);
    if (bytes != NULL) {
        memcpy(elf->bytes + at, bytes, size);
    }
    elf->size = (at + size + 7) / 8 * 8;
    return at;
}

Elf64_Phdr *testkit_elf_segment(struct testkit_elf *elf, vaddr_t vaddr, const void *contents,
                                uint64_t file_size, uint64_t memory_size, uint32_t flags)
{
    Elf64_Ehdr *header = testkit_elf_header(elf);
    Elf64_Phdr *ph = (Elf64_Phdr *)(elf->bytes + header->e_phoff) + header->e_phnum;

    ASSERT(header->e_phnum < TESTKIT_ELF_MAX_SEGMENTS);
    header->e_phnum++;
    *ph = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = flags,
        .p_offset = append(elf, contents, file_size),
        .p_vaddr = vaddr,
        .p_paddr = vaddr,
        .p_filesz = file_size,
        .p_memsz = memory_size,
        .p_align = PAGE_BYTES,
    };
    return ph;
}

void testkit_elf_symbol(struct testkit_elf *elf, const char *name, vaddr_t value, uint64_t size,
                        unsigned char type)
{
    uint32_t length = (uint32_t)strlen(name) + 1;

    ASSERT(elf->symbol_count < TESTKIT_ELF_MAX_SYMBOLS);
    ASSERT(length <= sizeof(elf->strings) - elf->strings_size);
    memcpy(elf->strings + elf->strings_size, name, length);
    elf->symbols[elf->symbol_count++] = (Elf64_Sym){
        .st_name = elf->strings_size,
        .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
        .st_shndx = 1,
        .st_value = value,
        .st_size = size,
    };
    elf->strings_size += length;
}

Elf64_Shdr *testkit_elf_finish(struct testkit_elf *elf)
{
    Elf64_Ehdr *header = testkit_elf_header(elf);
    Elf64_Shdr sections[3] = {
        [1] = {.sh_type = SHT_SYMTAB, .sh_link = 2, .sh_entsize = sizeof(Elf64_Sym)},
        [2] = {.sh_type = SHT_STRTAB},
    };

    sections[1].sh_size = elf->symbol_count * sizeof(Elf64_Sym);
    sections[1].sh_offset = append(elf, elf->symbols, sections[1].sh_size);
    sections[2].sh_size = elf->strings_size;
    sections[2].sh_offset = append(elf, elf->strings, sections[2].sh_size);
    header->e_shnum = 3;
    header->e_shoff = append(elf, sections, sizeof(sections));
    return (Elf64_Shdr *)(elf->bytes + header->e_shoff);
}

void testkit_elf_small(struct testkit_elf *elf)
{
    static const uint8_t code[64] = {0x0f, 0x0b};

    testkit_elf_start(elf, 0x400000);
    testkit_elf_segment(elf, 0x400000, code, sizeof(code), sizeof(code), PF_R | PF_X);
}
