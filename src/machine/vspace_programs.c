/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/vspace_programs.h>

#include <host/host.h>
#include <inspect/space.h>
#include <kernel/kernel_api.h>
#include <stdlib.h>

/* A VSpace may have several: a loader, and what it has loaded beside itself. */
struct known_program {
    struct known_program *next;
    paddr_t root;
    uint64_t serial; /* of the VSpace */
    struct programs_match match;
};

struct memory_of_vspace {
    struct kernel *k;
    paddr_t root;
};

static bool read_memory(void *context, vaddr_t vaddr, void *ret_bytes, size_t size)
{
    const struct memory_of_vspace *memory = context;
    return space_read(memory->k, memory->root, vaddr, ret_bytes, size);
}

static const struct known_program *find_known(const struct vspace_programs *set, paddr_t root,
                                              vaddr_t ip)
{
    uint64_t serial = vspace_at(set->k, root)->serial;
    for (const struct known_program *known = set->known; known; known = known->next) {
        if (known->root == root && known->serial == serial &&
            program_has_text(known->match.program, ip))
            return known;
    }
    return NULL;
}

static void forget_dead(struct vspace_programs *set)
{
    struct known_program **link = &set->known;
    while (*link) {
        struct known_program *known = *link;
        if (kernel_vspace_is_alive(set->k, known->root, known->serial)) {
            link = &known->next;
            continue;
        }
        *link = known->next;
        free(known);
    }
}

/* Without memory it is found anew the next time. */
static void remember(struct vspace_programs *set, paddr_t root, struct programs_match match)
{
    forget_dead(set);
    struct known_program *known = host_allocate(1, sizeof(*known));
    if (!known)
        return;
    *known = (struct known_program){.next = set->known,
                                    .root = root,
                                    .serial = vspace_at(set->k, root)->serial,
                                    .match = match};
    set->known = known;
}

struct programs_match vspace_programs_match(struct vspace_programs *set, paddr_t root, vaddr_t ip)
{
    const struct known_program *known = find_known(set, root, ip);
    if (known)
        return known->match;
    if (!set->programs)
        set->programs = programs_open(set->image, set->image_path);
    if (!set->programs)
        return (struct programs_match){0};
    struct memory_of_vspace there = {.k = set->k, .root = root};
    const struct program_memory memory = {.context = &there, .read = read_memory};
    struct programs_match match = programs_match(set->programs, &memory, ip);
    if (match.program)
        remember(set, root, match);
    return match;
}

const char *vspace_programs_path(struct vspace_programs *set, const struct program *program)
{
    return programs_path(set->programs, program);
}

const char *vspace_programs_symbol(void *context, paddr_t root, vaddr_t ip)
{
    struct vspace_programs *set = context;
    const struct program *program = vspace_programs_match(set, root, ip).program;
    struct memory_of_vspace there = {.k = set->k, .root = root};
    const struct program_memory memory = {.context = &there, .read = read_memory};
    return program ? programs_symbol_at(set->programs, program, &memory, ip) : NULL;
}

void vspace_programs_end(struct vspace_programs *set)
{
    while (set->known) {
        struct known_program *known = set->known;
        set->known = known->next;
        free(known);
    }
    if (set->programs)
        programs_close(set->programs);
    set->programs = NULL;
}
