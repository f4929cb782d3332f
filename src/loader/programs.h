/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of a system, for debuggers: the image, the ELF files of its build directory and
 * those inside of the image (archives, other programs). Which one runs in a VSpace is told by its
 * text and by nothing else: a file that was built anew or belongs to another system is never taken.
 */
#ifndef LOADER_PROGRAMS_H
#define LOADER_PROGRAMS_H

#include <loader/image.h>
#include <loader/program.h>

struct programs;

/*
 * Looks for them: in the build directory that `image_path` lies in, with all below; else in the
 * image's own directory alone. The image stays the caller's and must outlive the set. NULL: no
 * memory. What cannot be read is left out.
 */
struct programs *programs_open(const struct image *image, const char *image_path);
/* Removes the files that programs_path() has made. */
void programs_close(struct programs *programs);

/* In no useful order; NULL at the end. */
const struct program *programs_get(const struct programs *programs, size_t index);

struct programs_match {
    const struct program *program; /* the best: with source lines before others; NULL: none */
    const struct program *stale;   /* has its name, but other code; or NULL */
};

/* ip: an address that a thread of the VSpace executes. */
struct programs_match programs_match(const struct programs *programs,
                                     const struct program_memory *memory, vaddr_t ip);

/*
 * The function that covers `ip`, or NULL, by the symbols of a program that programs_match() has
 * found in `memory`. A file that was built anew since then has none. Valid as long as the set.
 */
const char *programs_symbol_at(struct programs *programs, const struct program *program,
                               const struct program_memory *memory, vaddr_t ip);

/*
 * The path of a file with the program. One that lies in the image is written to a temporary
 * directory. NULL: that failed, see errno.
 */
const char *programs_path(struct programs *programs, const struct program *program);

#endif
