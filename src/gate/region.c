/* SPDX-License-Identifier: BSD-2-Clause */
#include <gate/region.h>

#include <string.h>
#include <sys/mman.h>

#include <base/bits.h>
#include <host/host.h>
#include <host/memory.h>
#include <kernel/kernel_api.h>
#include <runtime/patch.h>
#include <runtime/region.h>
#include <runtime/shared.h>

_Static_assert(sizeof(struct runtime_shared) <= REGION_VECTORS - REGION_SHARED, "it has its part");
_Static_assert(sizeof(struct kernel) <= REGION_SHARED - REGION_KERNEL, "it has its part");

#define UNIT (UINT64_C(1) << REGION_ALIGNMENT_BITS)

/* --- where it goes ------------------------------------------------------------------------- */

/*
 * How many bases are clear from this one on; 0: it is not, and *ret_next is the next that may be.
 * A base has a unit between it and what is used on either side.
 */
static uint64_t clear_bases(vaddr_t base, uint64_t bytes, const struct address_range *used,
                            unsigned used_count, vaddr_t *ret_next)
{
    vaddr_t end = REGION_HIGHEST_END + UNIT;

    for (unsigned i = 0; i < used_count; i++) {
        vaddr_t used_end = min_u64(used[i].end, REGION_HIGHEST_END);
        if (base >= used_end + UNIT)
            continue;
        if (used[i].start < base + bytes + UNIT) {
            *ret_next = align_up(used_end + UNIT, REGION_ALIGNMENT_BITS);
            return 0;
        }
        end = min_u64(end, used[i].start);
    }
    uint64_t count = (end - bytes - UNIT - base) / UNIT + 1;
    *ret_next = base + count * UNIT;
    return count;
}

/* The nth that is clear; 0: there are fewer, *ret_count of them. */
static vaddr_t nth_base(uint64_t bytes, const struct address_range *used, unsigned used_count,
                        uint64_t n, uint64_t *ret_count)
{
    vaddr_t base = REGION_LOWEST_BASE, next;
    uint64_t count = 0;

    for (; base <= REGION_HIGHEST_END - bytes; base = next) {
        uint64_t clear = clear_bases(base, bytes, used, used_count, &next);
        if (n - count < clear)
            return base + (n - count) * UNIT;
        count += clear;
    }
    *ret_count = count;
    return 0;
}

bool region_choose_base(uint64_t bytes, const struct address_range *used, unsigned used_count,
                        uint64_t random, vaddr_t *ret_base)
{
    uint64_t count = 0;

    if (bytes > REGION_HIGHEST_END - REGION_LOWEST_BASE)
        return false;
    nth_base(bytes, used, used_count, UINT64_MAX, &count);
    if (count == 0)
        return false;
    *ret_base = nth_base(bytes, used, used_count, random % count, &count);
    return true;
}

vaddr_t region_choose_stubs(const struct address_range *used, unsigned used_count, uint64_t random)
{
    enum { TRIES = 16 };
    for (uint64_t i = 0; i < TRIES; i++) {
        uint64_t offset =
            (random * PAGE_BYTES + i * (REGION_STUBS_BYTES / TRIES)) % REGION_STUBS_BYTES;
        vaddr_t page = REGION_STUBS + align_down(offset, PAGE_BITS);
        bool is_used = false;
        for (unsigned u = 0; u < used_count; u++)
            is_used = is_used || (page < used[u].end && used[u].start < page + PATCH_STUBS_BYTES);
        if (!is_used)
            return page;
    }
    return 0;
}

/* --- its parts ----------------------------------------------------------------------------- */

/* The code is private: so a debugger can plant breakpoints in it, and old kernels map what is
 * sealed.
 */
void region_parts(const struct region_contents *contents,
                  struct region_part ret_parts[REGION_PART_COUNT])
{
    enum { OWN = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };
    const struct runtime_image *image = contents->image;
    const struct region_part parts[] = {
        {.bytes = region_bytes(contents->memory_bytes),
         .protection = PROT_NONE,
         .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
         .fd = -1},
        {.offset = REGION_IMAGE,
         .bytes = image->code_bytes,
         .protection = PROT_READ | PROT_EXEC,
         .flags = MAP_PRIVATE | MAP_FIXED,
         .fd = image->fd},
        {.offset = REGION_IMAGE + image->code_bytes,
         .bytes = image->bytes - image->code_bytes,
         .protection = PROT_READ,
         .flags = MAP_PRIVATE | MAP_FIXED,
         .fd = image->fd,
         .file_offset = image->code_bytes},
        {.offset = REGION_SYMBOLS,
         .bytes = image->symbols_bytes,
         .protection = PROT_READ,
         .flags = MAP_PRIVATE | MAP_FIXED,
         .fd = image->fd,
         .file_offset = image->bytes},
        {.offset = REGION_KERNEL,
         .bytes = REGION_STATE_BYTES,
         .protection = PROT_READ | PROT_WRITE,
         .flags = MAP_SHARED | MAP_FIXED,
         .fd = contents->state_fd},
        {.offset = REGION_PROCESS,
         .bytes = REGION_PROCESS_BYTES,
         .protection = PROT_READ | PROT_WRITE,
         .flags = OWN,
         .fd = -1},
        {.offset = REGION_EDIT_STACK,
         .bytes = REGION_EDIT_STACK_BYTES,
         .protection = PROT_READ | PROT_WRITE,
         .flags = OWN,
         .fd = -1},
        {.offset = REGION_WINDOW,
         .bytes = contents->memory_bytes,
         .protection = PROT_READ | PROT_WRITE,
         .flags = MAP_SHARED | MAP_FIXED,
         .fd = contents->memory_fd},
    };

    _Static_assert(ARRAY_LENGTH(parts) == REGION_PART_COUNT, "all parts");
    memcpy(ret_parts, parts, sizeof(parts));
}

int region_map(vaddr_t base, const struct region_contents *contents)
{
    struct region_part parts[REGION_PART_COUNT];

    region_parts(contents, parts);
    for (unsigned i = 0; i < REGION_PART_COUNT; i++) {
        const struct region_part *part = &parts[i];
        long mapped = host_mmap((void *)(base + part->offset), part->bytes, part->protection,
                                part->flags, part->fd, part->file_offset);
        if (mapped < 0 && mapped > -4096) {
            if (i > 0)
                region_unmap(base, contents);
            return (int)mapped;
        }
    }
    return 0;
}

int region_unmap(vaddr_t base, const struct region_contents *contents)
{
    return (int)host_munmap((void *)base, region_bytes(contents->memory_bytes));
}

/* --- the state ----------------------------------------------------------------------------- */

int region_state_open(void)
{
    int fd = host_memory_open("sel4emu-kernel-state");

    if (fd < 0)
        return fd;
    int error = (int)host_ftruncate(fd, REGION_STATE_BYTES);
    if (error) {
        host_close(fd);
        return error;
    }
    return fd;
}

bool region_holds_kernel(paddr_t memory_end)
{
    return kernel_bytes(memory_end) <= REGION_SHARED - REGION_KERNEL;
}
