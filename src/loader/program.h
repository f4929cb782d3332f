/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF file that may be what runs in a VSpace: its text, which tells, and whether a debugger
 * gains by it. The file lies on its own or inside of another one, as a root server carries those
 * that it starts. Nothing of it is trusted. Internal to the loader, but for what programs.h hands
 * out.
 */
#ifndef LOADER_PROGRAM_H
#define LOADER_PROGRAM_H

#include <base/types.h>
#include <stdio.h>

#define PROGRAM_MAX_TEXTS  8
#define PROGRAM_NAME_BYTES 128

/* In ascending use. */
enum program_symbols { PROGRAM_STRIPPED, PROGRAM_HAS_SYMBOLS, PROGRAM_HAS_LINES };

/* An executable segment, as far as it is in the file. */
struct program_text {
    vaddr_t vaddr;
    uint64_t offset, size;
};

/* Where an ELF file's bytes are: in memory, or in a file. */
struct program_bytes {
    const uint8_t *data; /* NULL: in `file` */
    FILE *file;
    uint64_t size;
};

struct program {
    char name[PROGRAM_NAME_BYTES]; /* the file's or the archive member's; "" if it has none */
    char *path;                    /* of a file with it; NULL: none yet */
    const uint8_t *data;           /* NULL: it is in the file alone */
    bool is_embedded;              /* `data` lies inside of another file */
    uint64_t size;
    enum program_symbols symbols;
    unsigned text_count;
    struct program_text texts[PROGRAM_MAX_TEXTS];
    struct program_names *names; /* of functions; NULL: nobody has asked for any */
};

/* What a program is compared with: the memory of a VSpace. */
struct program_memory {
    void *context;
    /* False if nothing is mapped there. Never crosses a page. */
    bool (*read)(void *context, vaddr_t vaddr, void *ret_bytes, size_t size);
};

/*
 * Fills size (what its parts take; bytes->size may be more), symbols and texts. False: no static
 * x86_64 program for user level.
 */
bool program_parse(const struct program_bytes *bytes, struct program *program);

/*
 * The next program inside of `data` at or behind *at, which moves on: each that has a complete ELF
 * header, also those in archives (cpio, newc), whose names are taken from there. False: no more.
 */
bool program_find_embedded(const uint8_t *data, uint64_t size, uint64_t *at,
                           struct program *ret_program);

/* Whether `ip` is an address in the program's text. */
bool program_has_text(const struct program *program, vaddr_t ip);

/*
 * Whether all of the program's text that is mapped in `memory` is there unchanged, and the page of
 * `ip`, an address in the text, is.
 */
bool program_is_in(const struct program *program, const struct program_bytes *bytes,
                   const struct program_memory *memory, vaddr_t ip);

#endif
