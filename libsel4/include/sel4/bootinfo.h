/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel tells the initial thread, at the address it finds in rdi. The struct itself is in
 * <sel4/abi.h>, for its layout depends on the configuration. Manual, "System Bootstrapping".
 */
#ifndef SEL4_BOOTINFO_H
#define SEL4_BOOTINFO_H

#include <sel4/abi.h>

/* One chunk of the pages after BootInfo; the next one starts `len` bytes further. */
typedef struct {
    seL4_Word id;
    seL4_Word len; /* bytes, this header included */
} seL4_BootInfoHeader;

#define seL4_BootInfoFrameSize 4096

static inline seL4_Word seL4_SlotRegion_count(seL4_SlotRegion region)
{
    return region.end - region.start;
}

/* The chunk `id`, or NULL. */
static inline const seL4_BootInfoHeader *seL4_BootInfo_find_chunk(const seL4_BootInfo *info,
                                                                  seL4_Word id)
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
