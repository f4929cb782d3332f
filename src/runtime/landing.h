/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a process gets into its region. What it came with may lie where the region goes: so it runs
 * first in a copy of the image elsewhere, which takes everything else away, maps the region, jumps
 * to it, and is taken away in turn.
 *
 *     copy     the image, r-x
 *              struct runtime_landing, and behind it, to the end of the copy, a stack
 */
#ifndef RUNTIME_LANDING_H
#define RUNTIME_LANDING_H

#include <base/types.h>

/* One mapping, as mmap() takes it. */
struct region_part {
    uint64_t offset, bytes; /* offset: in the region */
    int protection, flags, fd;
    uint64_t file_offset;
};

#define REGION_PART_COUNT 8

#define LANDING_FILTER_MAX 384 /* instructions */

/*
 * Descriptors of a process that lands. Once it has landed only the first two are left: guest
 * memory, and the eventfd that wakes the machine.
 */
enum { LANDING_MEMORY_FD = 3, LANDING_WAKE_FD, LANDING_STATE_FD, LANDING_IMAGE_FD };

struct runtime_landing {
    vaddr_t base;
    vaddr_t copy, copy_end;
    uint32_t vspace; /* index of its struct runtime_vspace */
    struct region_part parts[REGION_PART_COUNT];
    struct {
        uint16_t length; /* of filter: as Linux's struct sock_fprog has it */
        const uint64_t *filter;
    } program;
    uint64_t filter[LANDING_FILTER_MAX];
};

/* Its exit status if part i cannot be mapped is this + i. */
#define LANDING_FAILED_STATUS 80 /* i = REGION_PART_COUNT: the filter; one more: the gates */

/* On the copy's stack. */
_Noreturn void runtime_land(const struct runtime_landing *landing);

#endif
