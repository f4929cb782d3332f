/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in BootInfo. */
#ifndef GUEST_BOOT_INFO_H
#define GUEST_BOOT_INFO_H

#include <sel4/sel4.h>
#include <stddef.h>

static inline seL4_Word slot_count(seL4_SlotRegion region)
{
    return region.end - region.start;
}

/* The chunk `id` of what follows the page of BootInfo, or NULL. */
static inline const seL4_BootInfoHeader *boot_info_chunk(const seL4_BootInfo *info, seL4_Word id)
{
    const char *chunks = (const char *)info + seL4_BootInfoFrameSize;
    seL4_Word at = 0;

    while (at + sizeof(seL4_BootInfoHeader) <= info->extraLen) {
        const seL4_BootInfoHeader *chunk = (const void *)(chunks + at);

        if (chunk->id == id)
            return chunk;
        if (chunk->len < sizeof(*chunk))
            break;
        at += chunk->len;
    }
    return NULL;
}

#endif
