/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf_file.h"

#include "guest.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments_offset, sections_offset;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_size, memory_size, alignment;
};

#define SEGMENT_LOAD     1
#define SEGMENT_WRITABLE 2

seL4_Word elf_entry(const void *elf)
{
    return ((const struct elf_header *)elf)->entry;
}

static struct elf_page page_at(const char *elf, const struct elf_segment *segment, seL4_Word at)
{
    const seL4_Word left = at < segment->file_size ? segment->file_size - at : 0;

    return (struct elf_page){
        .vaddr = segment->vaddr + at,
        .content = elf + segment->offset + at,
        .bytes = left < PAGE_SIZE ? left : PAGE_SIZE,
        .is_writable = (segment->flags & SEGMENT_WRITABLE) != 0,
    };
}

void elf_for_each_page(const void *elf, void (*visit)(void *context, const struct elf_page *page),
                       void *context)
{
    const struct elf_header *header = elf;
    const struct elf_segment *segments =
        (const void *)((const char *)elf + header->segments_offset);

    for (unsigned i = 0; i < header->segment_count; i++)
        for (seL4_Word at = 0; segments[i].type == SEGMENT_LOAD && at < segments[i].memory_size;
             at += PAGE_SIZE) {
            const struct elf_page page = page_at(elf, &segments[i], at);

            visit(context, &page);
        }
}
