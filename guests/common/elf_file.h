/* SPDX-License-Identifier: BSD-2-Clause */
/* Static ELF programs in the root task's memory, page by page. Their segments start on pages. */
#ifndef GUEST_ELF_FILE_H
#define GUEST_ELF_FILE_H

#include <sel4/sel4.h>

#include <stdbool.h>

/* `bytes` of the file at the begin of the page, the rest is zero. */
struct elf_page {
    seL4_Word vaddr;
    const char *content;
    seL4_Word bytes;
    bool is_writable;
};

seL4_Word elf_entry(const void *elf);

/* Calls `visit` for each page that the program is to have, in the order of the file. */
void elf_for_each_page(const void *elf, void (*visit)(void *context, const struct elf_page *page),
                       void *context);

#endif
