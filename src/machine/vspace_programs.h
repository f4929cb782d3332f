/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which program runs in a VSpace, and the names of its functions: for the debugger, the inspector,
 * core files, and for a state that was read from a file. The programs of a system are looked for
 * when one is first asked for, and what was found of a VSpace is kept as long as that lives.
 */
#ifndef MACHINE_VSPACE_PROGRAMS_H
#define MACHINE_VSPACE_PROGRAMS_H

#include <loader/programs.h>
#include <model/kernel.h>

struct vspace_programs {
    struct kernel *k;
    const struct image *image;
    const char *image_path;

    struct programs *programs; /* NULL: not looked for yet, or no memory */
    struct known_program *known;
};

/* Frees what was found, not the set itself. */
void vspace_programs_end(struct vspace_programs *set);

/* ip: an address that a thread of the VSpace executes. What is returned is valid until the end. */
struct programs_match vspace_programs_match(struct vspace_programs *set, paddr_t root, vaddr_t ip);

/* As programs_path(). */
const char *vspace_programs_path(struct vspace_programs *set, const struct program *program);

/* The function that covers `ip` in the VSpace, or NULL. context: struct vspace_programs. */
const char *vspace_programs_symbol(void *context, paddr_t root, vaddr_t ip);

#endif
