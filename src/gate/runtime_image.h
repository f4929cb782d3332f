/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime image for one base: a memfd with its relocations applied, sealed, which all processes
 * of a guest map at REGION_IMAGE of their region; behind it its symbols, for REGION_SYMBOLS.
 */
#ifndef GATE_RUNTIME_IMAGE_H
#define GATE_RUNTIME_IMAGE_H

#include <runtime/image.h>

struct runtime_image {
    int fd;
    uint64_t code_bytes, bytes;        /* mappings: [0, code_bytes) r-x, the rest r-- */
    uint64_t symbols_bytes;            /* behind the image: what goes to REGION_SYMBOLS */
    vaddr_t enter;                     /* address of runtime_enter() in a region at that base */
    uint64_t land;                     /* offset of runtime_land(), which may run anywhere */
    vaddr_t calls[RUNTIME_CALL_COUNT]; /* behind each `syscall` instruction, in that region */
};

/* base: that of the region, not the image's own. Owner: the caller. */
int runtime_image_create(vaddr_t base, struct runtime_image *ret_image);
void runtime_image_destroy(struct runtime_image *image);

/* The text at an offset that somebody in the region wrote; NULL: there is none. */
const char *runtime_image_text(uint64_t offset);

#endif
