/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root-server images: ELF files read with suspicion. Nothing of the file is trusted before it is
 * checked; a bad one gives one sentence that says what is wrong and what to do.
 *
 * The rules for a good one are those of the kernel's boot code (manual, "Initial Thread"): an
 * x86_64 executable, linked to fixed addresses below UserTop, whose lowest segment starts on a
 * page, with the entry in a segment, and with room behind it for the IPC buffer and BootInfo.
 */
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include <base/types.h>
#include <loader/error.h>

#define IMAGE_MAX_SEGMENTS 32

/*
 * A program header of any type that takes memory: seL4's boot code does not look at the type, but
 * copies what each has in the file and zeroes the rest of it, in the order of the file. (So it
 * zeroes what a linker puts at the addresses of .tbss, which only a PT_TLS header has.)
 */
struct image_segment {
    vaddr_t vaddr;
    uint64_t file_offset, file_size, memory_size;
    bool is_load;    /* PT_LOAD: these do not overlap each other */
    bool executable; /* what the file says; the kernel maps all of an image readable and writable */
};

/* Where the symbols are in the file; counts are 0 for a stripped image. Checked by image_parse. */
struct image_symbol_table {
    uint64_t offset, count;
    uint64_t strings_offset, strings_size;
};

struct image {
    const uint8_t *data; /* the whole file */
    uint64_t size;
    vaddr_t entry;
    vaddr_t start, end; /* lowest and highest address of a segment, to page boundaries */
    unsigned segment_count;
    struct image_segment segments[IMAGE_MAX_SEGMENTS]; /* in the order of the file */
    struct image_symbol_table symbols;
    bool has_capdl_spec; /* Microkit's initial task, with the system's description in it */
};

/*
 * Reads and checks the file, and names it in its sentence. image_close() gives the memory back. On
 * failure nothing is left open.
 */
bool image_open(const char *path, struct image *ret_image, struct loader_error *ret_error);

/* The checks alone, on bytes in memory that outlive the image: what the fuzzer calls. */
bool image_parse(const uint8_t *data, uint64_t size, struct image *ret_image,
                 struct loader_error *ret_error);

/*
 * Only the symbols of an ELF file for x86_64 of any kind: the rest of *ret_image is 0. False if
 * there are none.
 */
bool image_parse_symbols(const uint8_t *data, uint64_t size, struct image *ret_image);

/* Of an image that image_open() made. */
void image_close(struct image *image);

/* Puts the segments into `memory`, which stands for [start, end) and is zeroed. */
void image_load(const struct image *image, uint8_t *memory);

/* The file's bytes for [vaddr, vaddr + size), or NULL where they are not all in one segment. */
const uint8_t *image_bytes(const struct image *image, vaddr_t vaddr, uint64_t size);

struct image_symbol {
    const char *name; /* in the file's string table; may be empty, never NULL */
    vaddr_t value;
    uint64_t size;
    bool function; /* else data, or a label of assembly without a type */
};

/*
 * Symbol number *index or the next that is defined and has a readable name; moves *index past it.
 * Returns false at the end. Start with 0.
 */
bool image_symbol_next(const struct image *image, uint64_t *index, struct image_symbol *ret_symbol);

/* The symbol's value, or 0; the function that covers `address` by name, or NULL. */
vaddr_t image_symbol(const struct image *image, const char *name);
const char *image_symbol_at(const struct image *image, vaddr_t address);

#endif
