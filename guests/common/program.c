/* SPDX-License-Identifier: BSD-2-Clause */
#include "program.h"

#include "elf_file.h"

static void load_page(void *context, const struct elf_page *page)
{
    const seL4_CPtr frame = object_new(seL4_X86_4K, 0);
    char *to = window_open(frame);

    for (seL4_Word i = 0; i < page->bytes; i++)
        to[i] = page->content[i];
    window_close();
    vspace_map(context, frame, page->vaddr, page->is_writable ? seL4_ReadWrite : seL4_CanRead);
}

seL4_Word program_load(struct vspace *vspace, const void *elf)
{
    elf_for_each_page(elf, load_page, vspace);
    return elf_entry(elf);
}
