/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files made in memory, good ones, for a test to break or to run through the loader. */
#ifndef LOADER_TESTKIT_ELF_H
#define LOADER_TESTKIT_ELF_H

#include <base/types.h>
#include <elf.h>

#define TESTKIT_ELF_BYTES        65536
#define TESTKIT_ELF_MAX_SEGMENTS 40
#define TESTKIT_ELF_MAX_SYMBOLS  32

/* Layout: header, program headers, contents of the segments, sections. */
struct testkit_elf {
    _Alignas(8) uint8_t bytes[TESTKIT_ELF_BYTES];
    uint64_t size;
    Elf64_Sym symbols[TESTKIT_ELF_MAX_SYMBOLS];
    char strings[1024];
    uint32_t symbol_count, strings_size;
};

/* An executable for x86_64 with that entry and no segment. */
void testkit_elf_start(struct testkit_elf *elf, vaddr_t entry);

/* A PT_LOAD segment; `contents` may be NULL for zeroes. Returns its header. */
Elf64_Phdr *testkit_elf_segment(struct testkit_elf *elf, vaddr_t vaddr, const void *contents,
                                uint64_t file_size, uint64_t memory_size, uint32_t flags);

void testkit_elf_symbol(struct testkit_elf *elf, const char *name, vaddr_t value, uint64_t size,
                        unsigned char type);

/* Adds the sections for the symbols, which must come last. Returns the section headers. */
Elf64_Shdr *testkit_elf_finish(struct testkit_elf *elf);

static inline Elf64_Ehdr *testkit_elf_header(struct testkit_elf *elf)
{
    return (Elf64_Ehdr *)elf->bytes;
}

/* One segment of code at 0x400000 with the entry at its start. */
void testkit_elf_small(struct testkit_elf *elf);

#endif
