/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <runtime/image.h>
#include <runtime/region.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GIB (UINT64_C(1) << 30)

/* --- where it may lie ---------------------------------------------------------------------- */

/*
 * Where the sanitizers of GCC and Clang take addresses for an application's, and Linux, which
 * allocates from above, is unlikely to come by.
 */
#define APPLICATION_LOW  UINT64_C(0x7e8000000000)
#define APPLICATION_HIGH UINT64_C(0x7ff000000000)
/* Valgrind knows no higher ones for a program. */
#define VALGRIND_LOW  (REGION_LOWEST_BASE + GIB)
#define VALGRIND_HIGH UINT64_C(0x1f00000000)

struct gap {
    vaddr_t low, high;    /* to be found in [low, high) */
    vaddr_t start, end;   /* the largest */
    vaddr_t previous_end; /* of the mapping before */
    int is_valgrind;
};

static void note_free(struct gap *gap, vaddr_t start, vaddr_t end)
{
    if (start < gap->low)
        start = gap->low;
    if (end > gap->high)
        end = gap->high;
    if (start < end && end - start > gap->end - gap->start) {
        gap->start = start;
        gap->end = end;
    }
}

/* Mappings come in the order of their addresses. */
static void read_mappings(struct gap *gap)
{
    char line[512];
    vaddr_t start, end;
    FILE *file = fopen("/proc/self/maps", "re");

    if (!file)
        fail("/proc/self/maps", errno);
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
            continue;
        gap->is_valgrind = gap->is_valgrind || strstr(line, "/vgpreload_") != NULL;
        note_free(gap, gap->previous_end, start);
        gap->previous_end = end;
    }
    note_free(gap, gap->previous_end, UINT64_MAX);
    fclose(file);
}

/* The lower half of the largest gap: Linux goes on allocating from its upper end. */
void place_find(vaddr_t *ret_low, vaddr_t *ret_high)
{
    struct gap gap = {.low = APPLICATION_LOW, .high = APPLICATION_HIGH};

    read_mappings(&gap);
    if (gap.is_valgrind) {
        gap = (struct gap){.low = VALGRIND_LOW, .high = VALGRIND_HIGH};
        read_mappings(&gap);
    }
    *ret_low = gap.start;
    *ret_high = gap.start + (gap.end - gap.start) / 2;
}

/* --- mapping ------------------------------------------------------------------------------- */

static void *window;
static size_t window_bytes;

void place_drop_window(void)
{
    if (window && valgrind_is_here())
        munmap(window, window_bytes);
}

void place_map(const struct linked_place *place, const int fds[LINKED_FD_COUNT])
{
    for (unsigned i = 0; i < REGION_PART_COUNT; i++) {
        const struct region_part *part = &place->parts[i];
        const vaddr_t address = place->base + part->offset;
        const int fd = part->fd < 0 || part->fd >= LINKED_FD_COUNT ? -1 : fds[part->fd];
        void *mapped = mmap((void *)address, part->bytes, part->protection, part->flags, fd,
                            (off_t)part->file_offset);
        if (mapped == MAP_FAILED)
            fail("the kernel's region cannot be mapped", errno);
        if (mapped != (void *)address)
            fail("the kernel's region has no place", 0);
    }
    /* a child that the program forks is none of the guest's */
    if (madvise((void *)place->base, place->parts[0].bytes, MADV_DONTFORK) != 0)
        fail("the kernel's region cannot be kept from children", errno);
    window = (void *)(place->base + REGION_WINDOW);
    window_bytes = place->parts[0].bytes - REGION_WINDOW;
}

const struct linked_calls *place_calls(const struct linked_place *place)
{
    const struct runtime_header *header = (const void *)(place->base + REGION_IMAGE);

    if (header->magic != RUNTIME_MAGIC)
        fail("the emulator is of another version than libsel4-emu", 0);
    return (const void *)(place->base + REGION_IMAGE + header->linked);
}

/* --- the program --------------------------------------------------------------------------- */

struct text {
    vaddr_t start, end;
};

/* Of the first object, the program. */
static int find_text(struct dl_phdr_info *info, size_t size, void *context)
{
    struct text *text = context;

    (void)size;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X && text->end == 0)
            *text = (struct text){.start = info->dlpi_addr + segment->p_vaddr,
                                  .end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz};
    }
    return 1;
}

void place_find_text(vaddr_t *ret_start, vaddr_t *ret_end)
{
    static struct text text;

    if (text.end == 0)
        dl_iterate_phdr(find_text, &text);
    *ret_start = text.start;
    *ret_end = text.end;
}
