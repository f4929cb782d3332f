/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <abi/bootinfo.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <kernel/boot.h>
#include <mem/vspace.h>
#include <model/testkit_guest.h>

/* What the real kernel (16.0, non-MCS, QEMU -m 512M) lists, with an image of the same size. */
struct untyped {
    paddr_t base;
    unsigned bits;
};
static const struct untyped device_untypeds_512m[] = {
    {0x0, 20},
    {0x1ffe0000, 17},
    {0x20000000, 29},
    {0x40000000, 30},
    {0x80000000, 30},
    {0xc0000000, 29},
    {0xe0000000, 28},
    {0xf0000000, 27},
    {0xf8000000, 26},
    {0xfc000000, 25},
    {0xfe000000, 23},
    {0xfe800000, 22},
    {0xfec01000, 12},
    {0xfec02000, 13},
    {0xfec04000, 14},
    {0xfec08000, 15},
    {0xfec10000, 16},
    {0xfec20000, 17},
    {0xfec40000, 18},
    {0xfec80000, 19},
    {0xfed00000, 20},
    {0xfee01000, 12},
    {0xfee02000, 13},
    {0xfee04000, 14},
    {0xfee08000, 15},
    {0xfee10000, 16},
    {0xfee20000, 17},
    {0xfee40000, 18},
    {0xfee80000, 19},
    {0xfef00000, 20},
    {0xff000000, 23},
    {0xff800000, 22},
    {0xffc00000, 21},
    {0xffe00000, 20},
    {0xfff00000, 19},
    {0xfff80000, 18},
    {0xfffc0000, 17},
    {0xfffe0000, 16},
    {0xffff0000, 15},
    {0xffff8000, 14},
    {0xffffc000, 13},
    {0xffffe000, 12},
    {0xfffff000, 11},
    {0xfffff800, 10},
    {0xfffffc00, 9},
    {0xfffffe00, 8},
    {0xffffff00, 7},
    {0xffffff80, 6},
    {0xffffffc0, 5},
    {0xffffffe0, 4},
    {0x100000000, 32},
    {0x200000000, 33},
    {0x400000000, 34},
    {0x800000000, 35},
    {0x1000000000, 36},
    {0x2000000000, 37},
    {0x4000000000, 38},
    {0x8000000000, 46},
    {0x408000000000, 45},
    {0x608000000000, 44},
    {0x708000000000, 43},
    {0x788000000000, 42},
    {0x7c8000000000, 41},
    {0x7e8000000000, 40},
    {0x7f8000000000, 39},
};
static const struct untyped ram_untypeds_512m[] = {
    {0x100000, 20},   {0x200000, 21},   {0x400000, 22},   {0xa19000, 12},   {0xa1a000, 13},
    {0xa1c000, 14},   {0xa20000, 17},   {0xa40000, 18},   {0xa80000, 19},   {0xb00000, 20},
    {0xc00000, 22},   {0x1000000, 24},  {0x2000000, 25},  {0x4000000, 26},  {0x8000000, 27},
    {0x10000000, 27}, {0x18000000, 26}, {0x1c000000, 25}, {0x1e000000, 24}, {0x1f000000, 23},
    {0x1f800000, 22}, {0x1fc00000, 21}, {0x1fe00000, 20}, {0x1ff00000, 19}, {0x1ff80000, 17},
    {0x1ffc8800, 11}, {0x1ffc9000, 12}, {0x1ffca000, 13}, {0x1ffcc000, 14}, {0x1ffd0000, 16},
};
/* -m 3G: what differs from it */
static const struct untyped high_ram_untypeds_3g[] = {
    {0x8000000, 27},  {0x10000000, 28}, {0x20000000, 29}, {0x40000000, 30}, {0x80000000, 29},
    {0xa0000000, 28}, {0xb0000000, 27}, {0xb8000000, 26}, {0xbc000000, 25}, {0xbe000000, 24},
    {0xbf000000, 23}, {0xbf800000, 22}, {0xbfc00000, 21}, {0xbfe00000, 20}, {0xbff00000, 19},
    {0xbff80000, 17}, {0xbffc8800, 11}, {0xbffc9000, 12}, {0xbffca000, 13}, {0xbffcc000, 14},
    {0xbffd0000, 16},
};

static const char rsdp[36], memory_map[1204], tsc[4];
static const struct boot_chunk chunks[] = {
    {BOOTINFO_CHUNK_X86_ACPI_RSDP, rsdp, sizeof(rsdp)},
    {BOOTINFO_CHUNK_X86_MBMMAP, memory_map, sizeof(memory_map)},
    {BOOTINFO_CHUNK_X86_TSC_FREQ, tsc, sizeof(tsc)},
};

static struct guest boot_as_qemu(struct kernel_config config, paddr_t memory_end)
{
    struct boot_info boot = guest_boot_info(&config, memory_end);
    boot.chunks = chunks;
    boot.chunk_count = ARRAY_LENGTH(chunks);
    return guest_boot_with(&boot, memory_end);
}

static struct bootinfo_layout layout(const struct guest *g)
{
    return abi_bootinfo_layout(&g->k->config);
}

static void check_region(const struct guest *g, unsigned offset, word_t start, word_t end)
{
    CHECK_EQ(guest_bootinfo_word(g, offset), start);
    CHECK_EQ(guest_bootinfo_word(g, offset + 8), end);
}

/* Entry `index` of untypedList and its capability are `expected`. */
static void check_untyped(const struct guest *g, unsigned index, struct untyped expected,
                          bool is_device)
{
    const unsigned char *entry =
        (unsigned char *)guest_bootinfo(g) + layout(g).untyped_list + index * 16;
    CHECK_EQ(guest_bootinfo_word(g, layout(g).untyped_list + index * 16), expected.base);
    CHECK_EQ(entry[8], expected.bits);
    CHECK_EQ(entry[9], is_device);
    union cap cap = guest_cap(g, g->first_untyped + index);
    CHECK_EQ(cap_type(cap), CAP_UNTYPED);
    CHECK_EQ(cap.untyped.base, expected.base);
    CHECK_EQ(cap.untyped.size_bits, expected.bits);
    CHECK_EQ(cap.untyped.is_device, is_device);
}

TEST(bootinfo_is_that_of_the_real_kernel)
{
    struct guest g = boot_as_qemu(kernel_config_default(), GUEST_MEMORY_END);
    CHECK_STR(g.problem, NULL);
    struct bootinfo_layout at = layout(&g);
    CHECK_EQ(guest_bootinfo_word(&g, at.extra_len), 0x50c);
    CHECK_EQ(guest_bootinfo_word(&g, at.node_id), 0);
    CHECK_EQ(guest_bootinfo_word(&g, at.num_nodes), 1);
    CHECK_EQ(guest_bootinfo_word(&g, at.ipc_buffer), 0x406000);
    check_region(&g, at.empty, 121, 4096);
    check_region(&g, at.shared_frames, 0, 0);
    check_region(&g, at.user_image_frames, 20, 26);
    check_region(&g, at.user_image_paging, 16, 19);
    check_region(&g, at.io_space_caps, 0, 0);
    check_region(&g, at.extra_bi_pages, 19, 20);
    check_region(&g, at.untyped, 26, 121);
    CHECK_EQ(guest_bootinfo_word(&g, at.init_thread_cnode_size_bits), 12);
    CHECK_EQ(guest_bootinfo_word(&g, at.init_thread_domain), 0);
    guest_end(&g);
}

TEST(without_a_unit_there_are_no_levels_of_io_page_tables)
{
    struct kernel_config config = kernel_config_default();
    for (unsigned i = 0; i < 2; i++) {
        config.iommu = i;
        struct guest g = guest_boot(config, GUEST_MEMORY_END);
        CHECK_EQ(guest_bootinfo_word(&g, layout(&g).num_iopt_levels), i ? 0 : UINT64_MAX);
        CHECK(cap_is_null(guest_cap(&g, INITIAL_CAP_IO_SPACE)));
        guest_end(&g);
    }
}

TEST(untypeds_of_512_mib)
{
    struct guest g = boot_as_qemu(kernel_config_default(), GUEST_MEMORY_END);
    unsigned devices = ARRAY_LENGTH(device_untypeds_512m);
    for (unsigned i = 0; i < devices; i++)
        check_untyped(&g, i, device_untypeds_512m[i], true);
    for (unsigned i = 0; i < ARRAY_LENGTH(ram_untypeds_512m); i++)
        check_untyped(&g, devices + i, ram_untypeds_512m[i], false);
    guest_end(&g);
}

TEST(untypeds_of_3_gib)
{
    struct guest g = boot_as_qemu(kernel_config_default(), 0xbffe0000);
    check_region(&g, layout(&g).untyped, 26, 123);
    check_untyped(&g, 1, (struct untyped){0xbffe0000, 17}, true);
    for (unsigned i = 0; i < ARRAY_LENGTH(high_ram_untypeds_3g); i++)
        check_untyped(&g, 76 + i, high_ram_untypeds_3g[i], false);
    guest_end(&g);
}

TEST(extra_bootinfo_chunks_follow_each_other)
{
    struct guest g = boot_as_qemu(kernel_config_default(), GUEST_MEMORY_END);
    const char *extra = kernel_memory(g.k, frame_cap_paddr(guest_cap(&g, 19)));
    static const struct {
        unsigned offset;
        uint64_t header[2];
    } expected[] = {{0, {3, 52}}, {0x34, {2, 1220}}, {0x4f8, {5, 20}}};
    for (unsigned i = 0; i < ARRAY_LENGTH(expected); i++)
        CHECK_MEM(extra + expected[i].offset, expected[i].header, 16);
    CHECK_EQ(frame_cap_vaddr(guest_cap(&g, 19)), 0x408000);
    guest_end(&g);
}

TEST(extra_bootinfo_ended_with_padding_before_16_0)
{
    struct kernel_config config = kernel_config_default();
    config.release = SEL4_RELEASE_15_0;
    struct guest g = boot_as_qemu(config, GUEST_MEMORY_END);
    CHECK_EQ(guest_bootinfo_word(&g, layout(&g).extra_len), 0x51c);
    const char *extra = kernel_memory(g.k, frame_cap_paddr(guest_cap(&g, 19)));
    const uint64_t padding[2] = {0, 0x1000 - 0x50c};
    CHECK_MEM(extra + 0x50c, padding, 16);
    guest_end(&g);
}

TEST(fixed_slots)
{
    struct guest g = boot_as_qemu(kernel_config_default(), GUEST_MEMORY_END);
    static const uint8_t tags[] = {0, 12, 10, 9, 14, 11, 13, 31, 0, 1, 1, 20, 0, 0,
                                   0, 0,  7,  5, 3,  1,  1,  1,  1, 1, 1, 1,  2};
    for (unsigned i = 0; i < ARRAY_LENGTH(tags); i++)
        CHECK_EQ(cap_object_type(guest_cap(&g, i))->identify_tag, tags[i]);
    CHECK(cap_is_null(guest_cap(&g, 121)));
    union cap cnode = guest_cap(&g, INITIAL_CAP_CNODE);
    CHECK_EQ(cnode.cnode.radix, 12);
    CHECK_EQ(cnode.cnode.guard_size, 52);
    guest_end(&g);
}

TEST(initial_thread)
{
    struct guest g = guest_boot_default();
    const struct tcb *tcb = guest_root(&g);
    CHECK_EQ(tcb->state, THREAD_RUNNING);
    CHECK_EQ(tcb->priority, 255);
    CHECK_EQ(tcb->max_controlled_priority, 255);
    CHECK_EQ(tcb->context.reg[UREG_RIP], GUEST_IMAGE_START + 0xe8);
    CHECK_EQ(tcb->context.reg[UREG_RDI], 0x407000);
    CHECK_EQ(tcb->context.reg[UREG_RSP], 0);
    CHECK_EQ(tcb->context.reg[UREG_RFLAGS], 0x202);
    CHECK_EQ(tcb->ipc_buffer, 0x406000);
    CHECK_EQ(tcb->time_slice, g.k->config.time_slice);
    CHECK_STR(tcb->name, "rootserver");
    CHECK_EQ(guest_cap(&g, INITIAL_CAP_TCB).tcb.object, kernel_paddr(g.k, tcb));
    CHECK_EQ(tcb->slots[TCB_SLOT_BUFFER].cap.frame.asid, 0);
    CHECK_EQ(tcb->slots[TCB_SLOT_VTABLE].cap.pml4.asid, 1);
    CHECK(!slot_is_final(g.k, guest_slot(&g, INITIAL_CAP_CNODE)));
    CHECK(slot_is_final(g.k, guest_slot(&g, INITIAL_CAP_TCB)));
    guest_end(&g);
}

TEST(initial_vspace_maps_image_and_pages)
{
    struct guest g = guest_boot_default();
    paddr_t vspace = asid_vspace(g.k, 1);
    CHECK_EQ(vspace, guest_cap(&g, INITIAL_CAP_VSPACE).pml4.object);
    struct translation t = kernel_translate(g.k, vspace, GUEST_IMAGE_START + 0x1234);
    CHECK(t.present);
    CHECK_EQ(t.paddr, 0xa13000 + 0x1234);
    CHECK_EQ(t.rights, VM_READ_WRITE);
    t = kernel_translate(g.k, vspace, 0x406000);
    CHECK_EQ(t.paddr, frame_cap_paddr(guest_cap(&g, INITIAL_CAP_IPC_BUFFER)));
    t = kernel_translate(g.k, vspace, 0x407000);
    CHECK_EQ(t.paddr, frame_cap_paddr(guest_cap(&g, INITIAL_CAP_BOOTINFO_FRAME)));
    CHECK(!kernel_translate(g.k, vspace, 0x408000).present);
    CHECK(!kernel_translate(g.k, vspace, GUEST_IMAGE_START - 1).present);
    guest_end(&g);
}

/* Counts, for each page of RAM, who has it. */
static void count_pages(uint8_t *count, struct memory_region region)
{
    paddr_t end = min_u64(region.end, GUEST_MEMORY_END);
    for (paddr_t page = region.base >> PAGE_BITS; page < (end + PAGE_BYTES - 1) >> PAGE_BITS;
         page++)
        count[page]++;
}

static struct memory_region cap_memory(union cap cap)
{
    paddr_t base = 0;
    unsigned bits = 0;
    bool has_memory = cap_object_type(cap)->extent(cap, &base, &bits);
    return (struct memory_region){base, has_memory ? base + bit(bits) : base};
}

/*
 * Every byte of RAM is the kernel's, the image's, an object of the initial thread, or untyped, and
 * no byte is two of these. In pages: the TCB shares one with an untyped, which is seen to.
 */
TEST(every_page_of_ram_is_accounted_for_once)
{
    static uint8_t count[GUEST_MEMORY_END >> PAGE_BITS];
    struct guest g = boot_as_qemu(kernel_config_default(), GUEST_MEMORY_END);
    count_pages(count, g.boot.kernel_image);
    for (word_t i = 0; i < g.next_slot; i++) {
        struct memory_region region = cap_memory(guest_cap(&g, i));
        if (i != INITIAL_CAP_TCB)
            count_pages(count, region);
    }
    unsigned wrong = 0;
    for (paddr_t page = 0; page < GUEST_MEMORY_END >> PAGE_BITS; page++)
        wrong += count[page] != 1;
    CHECK_EQ(wrong, 0);
    struct memory_region tcb = cap_memory(guest_cap(&g, INITIAL_CAP_TCB));
    CHECK_EQ(tcb.base, 0x1ffc8000);
    CHECK_EQ(tcb.end, 0x1ffc8800);
    guest_end(&g);
}

TEST(large_images_take_more_tables)
{
    struct kernel_config config = kernel_config_default();
    config.root_cnode_size_bits = 13;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.image.start = 0x3fe00000; /* 2 MiB below 1 GiB, up to 1 MiB above */
    boot.image.end = 0x40100000;
    boot.image.entry = 0x40000000;
    struct guest g = guest_boot_with(&boot, GUEST_MEMORY_END);
    CHECK_STR(g.problem, NULL);
    check_region(&g, layout(&g).user_image_paging, 16, 21);
    static const enum cap_type types[] = {CAP_PDPT, CAP_PAGE_DIRECTORY, CAP_PAGE_DIRECTORY,
                                          CAP_PAGE_TABLE, CAP_PAGE_TABLE};
    static const vaddr_t vaddrs[] = {0, 0, 0x40000000, 0x3fe00000, 0x40000000};
    for (unsigned i = 0; i < ARRAY_LENGTH(types); i++) {
        CHECK_EQ(cap_type(guest_cap(&g, 16 + i)), types[i]);
        CHECK_EQ(paging_cap_vaddr(guest_cap(&g, 16 + i)), vaddrs[i]);
    }
    check_region(&g, layout(&g).user_image_frames, 21, 21 + 768);
    CHECK_EQ(kernel_translate(g.k, asid_vspace(g.k, 1), 0x400fffff).paddr, 0xa13000 + 0x2fffff);
    guest_end(&g);
}

TEST(surplus_untypeds_are_dropped)
{
    struct kernel_config config = kernel_config_default();
    config.max_num_bootinfo_untyped_caps = 50;
    struct guest g = boot_as_qemu(config, GUEST_MEMORY_END);
    check_region(&g, layout(&g).untyped, 26, 76);
    CHECK(cap_is_null(guest_cap(&g, 76)));
    guest_end(&g);
}

static const char *boot_problem(struct boot_info boot)
{
    struct guest g = guest_boot_with(&boot, GUEST_MEMORY_END);
    const char *problem = g.problem;
    guest_end(&g);
    return problem ? problem : "none";
}

TEST(impossible_images_are_refused_with_a_reason)
{
    struct kernel_config config = kernel_config_default();
    struct boot_info good = guest_boot_info(&config, GUEST_MEMORY_END), bad;
    CHECK_STR(boot_problem(good), "none");

    bad = good, bad.image.start += 1;
    CHECK_STR(boot_problem(bad), "the image does not begin and end at page boundaries");
    bad = good, bad.image.entry = bad.image.end;
    CHECK_STR(boot_problem(bad), "the entry point lies outside of the image");
    bad = good, bad.image.end = bad.image.start;
    CHECK_STR(boot_problem(bad), "the image does not lie in user space");
    bad = good, bad.image.end = USER_TOP + PAGE_BYTES;
    CHECK_STR(boot_problem(bad), "the image does not lie in user space");
    bad = good, bad.image.start = USER_TOP - PAGE_BYTES, bad.image.end = USER_TOP;
    bad.image.entry = bad.image.start;
    CHECK_STR(boot_problem(bad), "no room for BootInfo above the image in user space");
    bad = good, bad.image.paddr = GUEST_MEMORY_END - PAGE_BYTES;
    CHECK_STR(boot_problem(bad), "not enough memory for the image");
    bad = good, bad.kernel_image.end = bad.kernel_image.base + PAGE_BYTES;
    CHECK_STR(boot_problem(bad), "not enough memory for the kernel");
    bad = good, bad.memory.ram[0].end = 0xa20000;
    CHECK_STR(boot_problem(bad), "none"); /* the boot memory below the kernel has room */
    bad.memory.ram[0].base = 0x800000;
    CHECK_STR(boot_problem(bad), "not enough memory for the objects of the initial thread");
}

TEST(an_image_larger_than_the_cnode_is_refused)
{
    struct kernel_config config = kernel_config_default();
    config.root_cnode_size_bits = 8;
    struct boot_info boot = guest_boot_info(&config, GUEST_MEMORY_END);
    boot.image.end = boot.image.start + 300 * PAGE_BYTES;
    CHECK_STR(boot_problem(boot), "the image has more pages than the initial CNode has slots");
}
