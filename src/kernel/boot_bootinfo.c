/* SPDX-License-Identifier: BSD-2-Clause */
#include <kernel/boot.h>

#include <base/memory.h>

struct chunk_header {
    uint64_t id;
    uint64_t length; /* includes this header */
};

_Static_assert(sizeof(struct chunk_header) == BOOTINFO_CHUNK_HEADER_SIZE, "seL4_BootInfoHeader");

/* Until 15.0 a last chunk stood for what was left of the pages. */
static bool ends_with_padding(const struct boot_info *boot)
{
    return boot->config->release < SEL4_RELEASE_16_0;
}

uint64_t bootinfo_extra_length(const struct boot_info *boot)
{
    uint64_t length = ends_with_padding(boot) ? BOOTINFO_CHUNK_HEADER_SIZE : 0;
    for (unsigned i = 0; i < boot->chunk_count; i++)
        length += BOOTINFO_CHUNK_HEADER_SIZE + boot->chunks[i].size;
    return length;
}

/* Chunks follow each other without gaps: a header may stand at any address. */
static char *write_header(char *at, uint64_t id, uint64_t length)
{
    struct chunk_header header = {.id = id, .length = length};
    mem_copy(at, &header, sizeof(header));
    return at + sizeof(header);
}

void bootinfo_write_extra(const struct boot_info *boot, void *extra, uint64_t size)
{
    char *at = extra;
    for (unsigned i = 0; i < boot->chunk_count; i++) {
        const struct boot_chunk *chunk = &boot->chunks[i];
        at = write_header(at, chunk->id, BOOTINFO_CHUNK_HEADER_SIZE + chunk->size);
        mem_copy(at, chunk->data, chunk->size);
        at += chunk->size;
    }
    if (ends_with_padding(boot))
        write_header(at, BOOTINFO_CHUNK_PADDING, size - (uint64_t)(at - (char *)extra));
}

static void write_word(void *page, unsigned offset, word_t value)
{
    *(word_t *)(void *)((char *)page + offset) = value;
}

static void write_region(void *page, unsigned offset, struct slot_region region)
{
    write_word(page, offset, region.start);
    write_word(page, offset + sizeof(word_t), region.end);
}

void bootinfo_write(const struct kernel *k, void *page, const struct boot_slots *slots,
                    vaddr_t ipc_buffer, uint64_t extra_length)
{
    struct bootinfo_layout at = abi_bootinfo_layout(&k->config);
    write_word(page, at.extra_len, extra_length);
    write_word(page, at.node_id, 0);
    write_word(page, at.num_nodes, k->num_cores);
    write_word(page, at.num_iopt_levels, k->config.iommu ? k->io_mmu.levels : UINT64_MAX);
    write_word(page, at.ipc_buffer, ipc_buffer);
    write_region(page, at.empty, slots->empty);
    write_region(page, at.user_image_frames, slots->image_frames);
    write_region(page, at.user_image_paging, slots->image_paging);
    write_region(page, at.extra_bi_pages, slots->extra_bootinfo);
    write_word(page, at.init_thread_cnode_size_bits, k->config.root_cnode_size_bits);
    write_word(page, at.init_thread_domain, 0);
    if (at.sched_control)
        write_region(page, at.sched_control, slots->sched_control);
    write_region(page, at.untyped, slots->untyped);
}

void bootinfo_write_untyped(const struct kernel *k, void *page, unsigned index, paddr_t base,
                            unsigned size_bits, bool is_device)
{
    struct bootinfo_untyped_layout at = abi_bootinfo_untyped_layout(&k->config);
    unsigned list = abi_bootinfo_layout(&k->config).untyped_list;
    unsigned char *entry = (unsigned char *)page + list + index * at.size;
    mem_copy(entry + at.paddr, &base, sizeof(base));
    entry[at.size_bits] = (unsigned char)size_bits;
    entry[at.is_device] = is_device;
}
