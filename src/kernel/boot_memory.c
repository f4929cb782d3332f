/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/boot.h>

#include <abi/object.h>
#include <base/assert.h>
#include <base/bits.h>

/* Device untypeds end here; the kernel would take any physical address below. */
#define PADDR_DEVICE_TOP bit(47)

/* Where seL4's window on physical memory is: untypeds are aligned in its addresses. */
#define KERNEL_WINDOW UINT64_C(0xffffff8000000000)

static bool region_is_empty(struct memory_region region)
{
    return region.base >= region.end;
}

static void insert_at(struct boot_regions *regions, unsigned i, struct memory_region region)
{
    ASSERT(regions->count < BOOT_MAX_REGIONS);
    for (unsigned j = regions->count++; j > i; j--)
        regions->region[j] = regions->region[j - 1];
    regions->region[i] = region;
}

static void remove_at(struct boot_regions *regions, unsigned i)
{
    regions->count--;
    for (; i < regions->count; i++)
        regions->region[i] = regions->region[i + 1];
}

void boot_regions_add(struct boot_regions *regions, struct memory_region region)
{
    if (region_is_empty(region))
        return;
    unsigned i = 0;
    while (i < regions->count && regions->region[i].end < region.base)
        i++;
    while (i < regions->count && regions->region[i].base <= region.end) {
        region.base = min_u64(region.base, regions->region[i].base);
        region.end = max_u64(region.end, regions->region[i].end);
        remove_at(regions, i);
    }
    insert_at(regions, i, region);
}

void boot_regions_remove(struct boot_regions *regions, struct memory_region region)
{
    if (region_is_empty(region))
        return;
    for (unsigned i = 0; i < regions->count;) {
        struct memory_region old = regions->region[i];
        if (old.end <= region.base || old.base >= region.end) {
            i++;
            continue;
        }
        struct memory_region below = {old.base, region.base}, above = {region.end, old.end};
        remove_at(regions, i);
        if (!region_is_empty(above))
            insert_at(regions, i, above);
        if (!region_is_empty(below))
            insert_at(regions, i++, below);
    }
}

bool boot_regions_contain(const struct boot_regions *regions, struct memory_region region)
{
    for (unsigned i = 0; i < regions->count; i++) {
        if (regions->region[i].base <= region.base && region.end <= regions->region[i].end)
            return true;
    }
    return false;
}

struct boot_regions boot_regions_gaps(const struct boot_regions *regions)
{
    struct boot_regions gaps = {.count = 0};
    paddr_t base = 0;
    for (unsigned i = 0; i < regions->count; i++) {
        boot_regions_add(&gaps, (struct memory_region){base, regions->region[i].base});
        base = regions->region[i].end;
    }
    boot_regions_add(&gaps, (struct memory_region){base, PADDR_DEVICE_TOP});
    return gaps;
}

bool boot_next_untyped(struct memory_region *rest, paddr_t *ret_base, unsigned *ret_size_bits)
{
    while (!region_is_empty(*rest)) {
        paddr_t base = rest->base;
        uint64_t window_address = base + KERNEL_WINDOW;
        unsigned bits = highest_bit(rest->end - base);
        if (window_address != 0)
            bits = (unsigned)min_u64(bits, lowest_bit(window_address));
        bits = (unsigned)min_u64(bits, MAX_UNTYPED_BITS);
        rest->base += bit(bits);
        if (bits >= MIN_UNTYPED_BITS) {
            *ret_base = base;
            *ret_size_bits = bits;
            return true;
        }
    }
    return false;
}

static bool fits(struct memory_region region, uint64_t size, unsigned align_bits,
                 paddr_t *ret_start)
{
    if (region.end - region.base < size)
        return false;
    paddr_t start = align_down(region.end - size, align_bits);
    if (start < region.base)
        return false;
    *ret_start = start;
    return true;
}

/* Equal sizes stand in the order of enum root_object. */
static void lay_out(const struct root_object_size sizes[ROOT_OBJECT_COUNT], paddr_t start,
                    paddr_t ret_paddr[ROOT_OBJECT_COUNT])
{
    for (unsigned bits = MAX_UNTYPED_BITS; bits > 0; bits--) {
        for (unsigned i = 0; i < ROOT_OBJECT_COUNT; i++) {
            if (sizes[i].bits != bits || sizes[i].count == 0)
                continue;
            ret_paddr[i] = start;
            start += sizes[i].count * bit(bits);
        }
    }
}

bool boot_place_root_objects(struct boot_regions *free,
                             const struct root_object_size sizes[ROOT_OBJECT_COUNT],
                             paddr_t ret_paddr[ROOT_OBJECT_COUNT])
{
    uint64_t size = 0;
    unsigned align_bits = 0;
    for (unsigned i = 0; i < ROOT_OBJECT_COUNT; i++) {
        size += sizes[i].count * bit(sizes[i].bits);
        if (sizes[i].count > 0 && sizes[i].bits > align_bits)
            align_bits = sizes[i].bits;
    }
    for (unsigned i = free->count; i-- > 0;) {
        paddr_t start;
        if (!fits(free->region[i], size, align_bits, &start))
            continue;
        boot_regions_remove(free, (struct memory_region){start, start + size});
        lay_out(sizes, start, ret_paddr);
        return true;
    }
    return false;
}
