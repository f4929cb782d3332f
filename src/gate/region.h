/* SPDX-License-Identifier: BSD-2-Clause */
/* The runtime region (runtime/region.h) from outside: where it goes, and its parts as mappings. */
#ifndef GATE_REGION_H
#define GATE_REGION_H

#include <base/types.h>
#include <gate/runtime_image.h>
#include <runtime/landing.h>

struct address_range {
    vaddr_t start, end;
};

/*
 * A base for a region of that many bytes (region_bytes()), clear of what is in use by 1 GiB at
 * least; `random` chooses among all that there are. False: there is none.
 */
bool region_choose_base(uint64_t bytes, const struct address_range *used, unsigned used_count,
                        uint64_t random, vaddr_t *ret_base);

/* A page for the stubs of patched system calls, clear of what is in use; 0: there is none. */
vaddr_t region_choose_stubs(const struct address_range *used, unsigned used_count, uint64_t random);

/* What lies in a region, whoever maps it. */
struct region_contents {
    const struct runtime_image *image;
    int state_fd;
    int memory_fd;
    int wake_fd;    /* an eventfd: not mapped, but processes keep it */
    bool traps_tsc; /* nor is this: what runs there cannot read the time-stamp counter */
    uint64_t memory_bytes;
};

/* The first reserves all of the region and fails where something lies; each next one goes over it.
 */
void region_parts(const struct region_contents *contents,
                  struct region_part ret_parts[REGION_PART_COUNT]);

/* In this process. -EEXIST: something lies there. */
int region_map(vaddr_t base, const struct region_contents *contents);
int region_unmap(vaddr_t base, const struct region_contents *contents);

/* A memfd for REGION_KERNEL and REGION_SHARED, all zero. Whether a kernel for that memory fits: */
int region_state_open(void);
bool region_holds_kernel(paddr_t memory_end);

#endif
