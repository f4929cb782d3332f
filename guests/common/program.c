/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

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

/* The frame of the segment's page at this offset: what the file holds of it, then zeroes. */
static seL4_CPtr fill_page(const char *content, const struct elf_segment *segment, seL4_Word offset)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    char *to = window_open(frame);

    for (seL4_Word i = 0; i < PAGE_SIZE && offset + i < segment->file_size; i++)
        to[i] = content[offset + i];
    window_close();
    return frame;
}

static void load_segment(struct vspace *vspace, const char *content,
                         const struct elf_segment *segment)
{
    const seL4_CapRights_t rights =
        segment->flags & SEGMENT_WRITABLE ? seL4_ReadWrite : seL4_CanRead;

    for (seL4_Word offset = 0; offset < segment->memory_size; offset += PAGE_SIZE)
        vspace_map(vspace, fill_page(content, segment, offset), segment->vaddr + offset, rights);
}

seL4_Word program_load(struct vspace *vspace, const void *elf)
{
    const struct elf_header *header = elf;
    const struct elf_segment *segments =
        (const void *)((const char *)elf + header->segments_offset);

    for (unsigned i = 0; i < header->segment_count; i++)
        if (segments[i].type == SEGMENT_LOAD)
            load_segment(vspace, (const char *)elf + segments[i].offset, &segments[i]);
    return header->entry;
}
