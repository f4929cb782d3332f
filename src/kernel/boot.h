/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of kernel_boot(): which memory goes where (boot_memory.c), the page that tells the
 * initial thread about it (boot_bootinfo.c), and the thread and its capabilities (boot.c).
 */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <abi/bootinfo.h>
#include <kernel/kernel_api.h>

/* --- memory (boot_memory.c) ---------------------------------------------------------------- */

/* Ascending, without overlaps; room for what boot reserves and for each range to be split once. */
#define BOOT_MAX_REGIONS (4 * MAX_MEMORY_REGIONS)
struct boot_regions {
    struct memory_region region[BOOT_MAX_REGIONS];
    unsigned count;
};

/* Adds [region): what is already there stays there, neighbours melt together. */
void boot_regions_add(struct boot_regions *regions, struct memory_region region);
/* Takes it out wherever it is. */
void boot_regions_remove(struct boot_regions *regions, struct memory_region region);
/* Whether all of it is there. */
bool boot_regions_contain(const struct boot_regions *regions, struct memory_region region);
/* What lies between the regions, from 0 up to 2^47. */
struct boot_regions boot_regions_gaps(const struct boot_regions *regions);

/*
 * Takes the next untyped off the front of `rest`: the largest that its alignment and size allow.
 * False when nothing is left that is large enough for one.
 */
bool boot_next_untyped(struct memory_region *rest, paddr_t *ret_base, unsigned *ret_size_bits);

/* The objects that boot makes for the initial thread; they lie together, largest first. */
enum root_object {
    ROOT_EXTRA_BOOTINFO,
    ROOT_VSPACE,
    ROOT_CNODE,
    ROOT_ASID_POOL,
    ROOT_IPC_BUFFER,
    ROOT_BOOTINFO,
    ROOT_TCB,
    ROOT_PAGING,        /* PDPTs, page directories, page tables */
    ROOT_SCHED_CONTEXT, /* MCS */
    ROOT_OBJECT_COUNT,
};

struct root_object_size {
    unsigned bits;
    unsigned count; /* 0: there is none */
};

/* Takes memory for them off the top of the last region with room; false: there is none. */
bool boot_place_root_objects(struct boot_regions *free,
                             const struct root_object_size sizes[ROOT_OBJECT_COUNT],
                             paddr_t ret_paddr[ROOT_OBJECT_COUNT]);

/* --- BootInfo (boot_bootinfo.c) ------------------------------------------------------------ */

struct slot_region {
    word_t start, end;
};

struct boot_slots {
    struct slot_region extra_bootinfo, image_frames, image_paging, untyped, empty;
    struct slot_region sched_control; /* MCS */
};

/* Bytes of extra BootInfo, headers included. */
uint64_t bootinfo_extra_length(const struct boot_info *boot);
/* Writes the chunks to `extra`, which has room for `size` bytes. */
void bootinfo_write_extra(const struct boot_info *boot, void *extra, uint64_t size);

/* All but the list of untypeds. */
void bootinfo_write(const struct kernel *k, void *page, const struct boot_slots *slots,
                    vaddr_t ipc_buffer, uint64_t extra_length);
/* Entry `index` of the list; index < config.max_num_bootinfo_untyped_caps. */
void bootinfo_write_untyped(const struct kernel *k, void *page, unsigned index, paddr_t base,
                            unsigned size_bits, bool is_device);

#endif
