/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a real kernel has done when the initial thread starts: the same capabilities in the same
 * slots, the same untypeds in the same order. Manual, "System Bootstrapping".
 */
#include <kernel/boot.h>

#include <abi/object.h>
#include <base/bits.h>
#include <cap/derivation.h>
#include <ipc/ipc.h>
#include <mem/vspace.h>
#include <model/console.h>
#include <model/page_map.h>
#include <object/object_types.h>
#include <object/tcb.h>
#include <sched/refill.h>
#include <sched/sched.h>

#define INITIAL_ASID     1
#define INITIAL_PRIORITY 255

/* Messages of PCI interrupts: no memory access may reach them. */
static const struct memory_region msi_region = {0xfffffff8, 0x100000000};

/* Where things are in the initial VSpace: image, IPC buffer, BootInfo, extra BootInfo. */
struct boot_space {
    vaddr_t ipc_buffer, bootinfo, extra, end;
    uint64_t extra_length; /* bytes */
    uint64_t extra_size;   /* of its pages; a power of two, or 0 */
};

struct boot {
    struct kernel *k;
    const struct boot_info *info;
    struct boot_regions free; /* RAM that nothing takes */
    struct boot_space space;
    paddr_t object[ROOT_OBJECT_COUNT];
    word_t next_slot;
    bool out_of_slots;
    unsigned untyped_count;
    struct boot_slots slots;
};

uint64_t kernel_boot_reserve(void)
{
    return align_up(NUM_IRQ_VECTORS * sizeof(struct slot), PAGE_BITS);
}

uint64_t kernel_bytes(paddr_t memory_end)
{
    return sizeof(struct kernel) + page_map_bytes(memory_end);
}

/* --- the plan ------------------------------------------------------------------------------ */

static struct memory_region image_memory(const struct boot_image *image)
{
    return (struct memory_region){image->paddr, image->paddr + (image->end - image->start)};
}

static const char *check_image(const struct boot_image *image)
{
    if (!is_aligned(image->start, PAGE_BITS) || !is_aligned(image->end, PAGE_BITS) ||
        !is_aligned(image->paddr, PAGE_BITS))
        return "the image does not begin and end at page boundaries";
    if (image->start >= image->end || image->end > USER_TOP)
        return "the image does not lie in user space";
    if (image->entry < image->start || image->entry >= image->end)
        return "the entry point lies outside of the image";
    return NULL;
}

static const char *plan_space(struct boot *b)
{
    const struct boot_image *image = &b->info->image;
    struct boot_space *space = &b->space;
    space->extra_length = bootinfo_extra_length(b->info);
    if (space->extra_length > 0)
        space->extra_size = max_u64(PAGE_BYTES, bit(highest_bit(space->extra_length * 2 - 1)));
    space->ipc_buffer = image->end;
    space->bootinfo = space->ipc_buffer + PAGE_BYTES;
    space->extra = space->bootinfo + BOOTINFO_FRAME_SIZE;
    space->end = space->extra + space->extra_size;
    return space->end < USER_TOP ? NULL : "no room for BootInfo above the image in user space";
}

/* How many tables of `level` the initial VSpace takes. */
static unsigned count_tables(const struct boot *b, enum paging_level level)
{
    unsigned bits = level_bits(level + 1);
    vaddr_t first = b->info->image.start >> bits, last = (b->space.end - 1) >> bits;
    return (unsigned)(last - first) + 1;
}

static unsigned count_cpu_tables(const struct boot *b)
{
    return count_tables(b, LEVEL_PDPT) + count_tables(b, LEVEL_PAGE_DIRECTORY) +
           count_tables(b, LEVEL_PAGE_TABLE);
}

static bool drives_iommu(const struct boot_info *info)
{
    return info->config->iommu && info->iommu.units > 0;
}

/* The IOMMU's: a root table, and one of contexts for each bus. */
static unsigned count_io_tables(const struct boot_info *info)
{
    return drives_iommu(info) ? 1 + IO_BUSES : 0;
}

static const char *plan_memory(struct boot *b)
{
    const struct boot_info *info = b->info;
    struct memory_region image = image_memory(&info->image);
    for (unsigned i = 0; i < info->memory.ram_count; i++)
        boot_regions_add(&b->free, info->memory.ram[i]);
    for (unsigned i = 0; i < info->memory.reserved_count; i++)
        boot_regions_remove(&b->free, info->memory.reserved[i]);
    if (!boot_regions_contain(&b->free, info->kernel_image) ||
        info->kernel_image.end - info->kernel_image.base < kernel_boot_reserve())
        return "not enough memory for the kernel";
    boot_regions_remove(&b->free, info->kernel_image);
    if (!boot_regions_contain(&b->free, image))
        return "not enough memory for the image";
    boot_regions_remove(&b->free, image);

    const struct kernel_config *config = info->config;
    struct root_object_size sizes[ROOT_OBJECT_COUNT] = {
        [ROOT_VSPACE] = {PAGE_BITS, 1},
        [ROOT_CNODE] = {config->root_cnode_size_bits + SLOT_BITS, 1},
        [ROOT_ASID_POOL] = {ASID_POOL_BITS, 1},
        [ROOT_IPC_BUFFER] = {PAGE_BITS, 1},
        [ROOT_BOOTINFO] = {PAGE_BITS, 1},
        [ROOT_TCB] = {abi_object_size_bits(config, OBJECT_TCB, 0), 1},
        [ROOT_PAGING] = {PAGE_BITS, count_cpu_tables(b) + count_io_tables(info)},
    };
    if (b->space.extra_size > 0)
        sizes[ROOT_EXTRA_BOOTINFO] = (struct root_object_size){highest_bit(b->space.extra_size), 1};
    if (config->mcs)
        sizes[ROOT_SCHED_CONTEXT] =
            (struct root_object_size){abi_object_min_size_bits(config, OBJECT_SCHED_CONTEXT), 1};
    return boot_place_root_objects(&b->free, sizes, b->object)
               ? NULL
               : "not enough memory for the objects of the initial thread";
}

/* --- kernel state -------------------------------------------------------------------------- */

/* Not to be had: what the kernel keeps, and the line through which the second PIC interrupts. */
static bool is_reserved(const struct kernel *k, unsigned vector)
{
    enum { SECOND_PIC = 2 };
    return vector > MAX_USER_VECTOR || (k->config.irq_pic && vector == SECOND_PIC);
}

static void init_irqs(struct kernel *k, paddr_t slots)
{
    k->irq_slots = slots;
    for (unsigned i = 0; i < NUM_IRQ_VECTORS; i++)
        k->irqs[i] = (struct irq){
            .kind = is_reserved(k, i) ? IRQ_RESERVED : IRQ_FREE,
            .masked = true,
        };
}

static void init_kernel(struct kernel *k, const struct boot_info *info)
{
    k->config = *info->config;
    abi_numbers_make(&k->config, &k->numbers);
    k->memory_count = info->memory.ram_count;
    for (unsigned i = 0; i < k->memory_count; i++)
        k->memory[i] = info->memory.ram[i];
    k->num_cores = (unsigned)min_u64(info->num_cores, k->config.max_cores);
    k->tsc = info->tsc;
    k->schedule[0] = (struct domain_slot){.domain = 0, .duration = mask(56)};
    k->next_serial = 1;
    k->num_ioapics = info->num_ioapics;
    k->ioapic_pins = info->ioapic_pins;
    k->lookup_failure = lookup_invalid_root();
    init_irqs(k, info->kernel_image.base);
}

/* Tables for all buses, behind those of the initial VSpace; no device has a context. */
static void init_io_mmu(struct boot *b)
{
    if (!drives_iommu(b->info))
        return;
    struct kernel *k = b->k;
    paddr_t root = b->object[ROOT_PAGING] + count_cpu_tables(b) * PAGE_BYTES;
    struct io_root *roots = kernel_memory(k, root);
    for (unsigned bus = 0; bus < IO_BUSES; bus++)
        roots[bus].low = (root + (1 + bus) * PAGE_BYTES) | IO_ROOT_PRESENT;
    k->io_mmu = (struct io_mmu){.root_table = root, .levels = b->info->iommu.levels};
}

/* --- capabilities -------------------------------------------------------------------------- */

static struct slot *root_slot(const struct boot *b, word_t index)
{
    return slot_at(b->k, b->object[ROOT_CNODE] + index * sizeof(struct slot));
}

static void provide(struct boot *b, union cap cap)
{
    if (b->next_slot == bit(b->k->config.root_cnode_size_bits)) {
        b->out_of_slots = true;
        return;
    }
    slot_insert_root(b->k, root_slot(b, b->next_slot++), cap);
}

static union cap cap_of_type(enum cap_type type)
{
    union cap cap = cap_null();
    cap.type = type & 0x1f;
    return cap;
}

static union cap root_cnode_cap(const struct boot *b)
{
    unsigned radix = b->k->config.root_cnode_size_bits;
    union cap cap = object_create(b->k, 0, NULL, OBJECT_CNODE, b->object[ROOT_CNODE], radix, false);
    cap.cnode.guard_size = (WORD_BITS - radix) & 0x3f;
    return cap;
}

static union cap root_vspace_cap(const struct boot *b)
{
    union cap cap = object_create(b->k, 0, NULL, OBJECT_PML4, b->object[ROOT_VSPACE], 0, false);
    cap.pml4.is_mapped = 1;
    cap.pml4.asid = INITIAL_ASID;
    return cap;
}

static union cap root_asid_pool_cap(const struct boot *b)
{
    union cap cap = cap_of_type(CAP_ASID_POOL);
    cap.asid_pool.object = b->object[ROOT_ASID_POOL] & 0xffffffffffff;
    return cap;
}

static uint64_t *root_entry(const struct boot *b, vaddr_t vaddr, enum paging_level level)
{
    unsigned missing;
    return walk_entry(b->k, b->object[ROOT_VSPACE], vaddr, level, &missing);
}

/* Links one more table into the initial VSpace and returns the capability to it. */
static union cap map_table(const struct boot *b, enum paging_level level, paddr_t table,
                           vaddr_t vaddr)
{
    static const enum object_kind kinds[] = {
        [LEVEL_PAGE_TABLE] = OBJECT_PAGE_TABLE,
        [LEVEL_PAGE_DIRECTORY] = OBJECT_PAGE_DIRECTORY,
        [LEVEL_PDPT] = OBJECT_PDPT,
    };
    union cap cap = object_create(b->k, 0, NULL, kinds[level], table, 0, false);
    cap.paging.is_mapped = 1;
    cap.paging.asid = INITIAL_ASID;
    cap.paging.vpage = (vaddr >> PAGE_BITS) & 0xfffffffff;
    *root_entry(b, vaddr, level + 1) = entry_make_table(table, 0);
    return cap;
}

static union cap map_frame(const struct boot *b, paddr_t paddr, vaddr_t vaddr)
{
    union cap cap = object_create(b->k, 0, NULL, OBJECT_4K_PAGE, paddr, 0, false);
    cap.frame.asid = INITIAL_ASID;
    cap.frame.vpage = (vaddr >> PAGE_BITS) & 0xfffffffff;
    cap.frame.map_type = FRAME_MAP_VSPACE;
    *root_entry(b, vaddr, LEVEL_PAGE_TABLE) = entry_make_page(paddr, FRAME_4K, VM_READ_WRITE, 0);
    return cap;
}

/* MCS: the right to give out time, for each core that the kernel might have. */
static struct slot_region provide_sched_controls(struct boot *b)
{
    struct slot_region region = {.start = b->next_slot};
    for (unsigned core = 0; b->k->config.mcs && core < b->k->config.max_cores; core++) {
        union cap cap = cap_of_type(CAP_SCHED_CONTROL);
        cap.sched_control.core = core & 0xff;
        provide(b, cap);
    }
    region.end = b->next_slot;
    return region;
}

static struct slot_region provide_tables(struct boot *b)
{
    struct slot_region region = {.start = b->next_slot};
    paddr_t table = b->object[ROOT_PAGING];
    for (enum paging_level level = LEVEL_PML4; level-- > LEVEL_PAGE_TABLE;) {
        unsigned bits = level_bits(level + 1);
        vaddr_t vaddr = align_down(b->info->image.start, bits);
        for (; vaddr < b->space.end; vaddr += bit(bits), table += PAGE_BYTES)
            provide(b, map_table(b, level, table, vaddr));
    }
    region.end = b->next_slot;
    return region;
}

static struct slot_region provide_frames(struct boot *b, paddr_t paddr, vaddr_t vaddr,
                                         uint64_t size)
{
    struct slot_region region = {.start = b->next_slot};
    for (uint64_t offset = 0; offset < size; offset += PAGE_BYTES)
        provide(b, map_frame(b, paddr + offset, vaddr + offset));
    region.end = b->next_slot;
    return region;
}

/* BootInfo can describe only so many: this one is lost to user level. */
static void drop_untyped(struct kernel *k)
{
    if (k->config.printing)
        console_print(k, "Kernel init: Too many untyped regions for boot info\n");
}

static void provide_untypeds(struct boot *b, const struct boot_regions *regions, bool is_device)
{
    struct kernel *k = b->k;
    void *bootinfo = kernel_memory(k, b->object[ROOT_BOOTINFO]);
    for (unsigned i = 0; i < regions->count; i++) {
        struct memory_region rest = regions->region[i];
        paddr_t base;
        unsigned bits;
        while (boot_next_untyped(&rest, &base, &bits)) {
            if (b->untyped_count == k->config.max_num_bootinfo_untyped_caps) {
                drop_untyped(k);
                continue;
            }
            bootinfo_write_untyped(k, bootinfo, b->untyped_count++, base, bits, is_device);
            provide(b, object_create(k, 0, NULL, OBJECT_UNTYPED, base, bits, is_device));
        }
    }
}

static struct boot_regions device_regions(const struct boot_info *info)
{
    struct boot_regions taken = {.count = 0};
    for (unsigned i = 0; i < info->memory.ram_count; i++)
        boot_regions_add(&taken, info->memory.ram[i]);
    for (unsigned i = 0; i < info->memory.reserved_count; i++)
        boot_regions_add(&taken, info->memory.reserved[i]);
    boot_regions_add(&taken, msi_region);
    return boot_regions_gaps(&taken);
}

static void provide_fixed(struct boot *b)
{
    const struct {
        enum initial_cap slot;
        union cap cap;
    } fixed[] = {
        {INITIAL_CAP_CNODE, root_cnode_cap(b)},
        {INITIAL_CAP_VSPACE, root_vspace_cap(b)},
        {INITIAL_CAP_IRQ_CONTROL, cap_of_type(CAP_IRQ_CONTROL)},
        {INITIAL_CAP_ASID_CONTROL, cap_of_type(CAP_ASID_CONTROL)},
        {INITIAL_CAP_ASID_POOL, root_asid_pool_cap(b)},
        {INITIAL_CAP_IO_PORT_CONTROL, cap_of_type(CAP_IO_PORT_CONTROL)},
        {INITIAL_CAP_DOMAIN, cap_of_type(CAP_DOMAIN_SET)},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(fixed); i++)
        slot_insert_root(b->k, root_slot(b, fixed[i].slot), fixed[i].cap);
    if (drives_iommu(b->info)) /* the master: it names no device */
        slot_insert_root(b->k, root_slot(b, INITIAL_CAP_IO_SPACE), cap_of_type(CAP_IO_SPACE));
    b->next_slot = abi_num_initial_caps(&b->k->config);
}

/* BootInfo and IPC buffer have fixed slots; the tables that map them must be there already. */
static void provide_own_pages(const struct boot *b)
{
    slot_insert_root(b->k, root_slot(b, INITIAL_CAP_BOOTINFO_FRAME),
                     map_frame(b, b->object[ROOT_BOOTINFO], b->space.bootinfo));
    slot_insert_root(b->k, root_slot(b, INITIAL_CAP_IPC_BUFFER),
                     map_frame(b, b->object[ROOT_IPC_BUFFER], b->space.ipc_buffer));
}

static void provide_all(struct boot *b)
{
    const struct boot_image *image = &b->info->image;
    provide_fixed(b);
    b->slots.sched_control = provide_sched_controls(b);
    b->slots.image_paging = provide_tables(b);
    provide_own_pages(b);
    b->slots.extra_bootinfo =
        provide_frames(b, b->object[ROOT_EXTRA_BOOTINFO], b->space.extra, b->space.extra_size);
    b->slots.image_frames =
        provide_frames(b, image->paddr, image->start, image->end - image->start);

    b->slots.untyped.start = b->next_slot;
    struct boot_regions devices = device_regions(b->info);
    provide_untypeds(b, &devices, true);
    provide_untypeds(b, &b->free, false);
    b->slots.untyped.end = b->next_slot;
    b->slots.empty = (struct slot_region){b->next_slot, bit(b->k->config.root_cnode_size_bits)};
}

/* --- the initial thread -------------------------------------------------------------------- */

/* The thread's own copy of a capability of its CSpace. */
static void give(const struct boot *b, struct tcb *tcb, enum tcb_slot to, enum initial_cap from)
{
    struct slot *source = root_slot(b, from);
    union cap cap = cap_null();
    cap_derive(b->k, source, source->cap, &cap);
    slot_insert(b->k, cap, source, &tcb->slots[to]);
}

/* MCS: a context of its own, round robin. */
static void give_sched_context(const struct boot *b, struct tcb *tcb, nanoseconds_t now)
{
    enum { NANOSECONDS_PER_MS = 1000000 };
    struct kernel *k = b->k;
    paddr_t paddr = b->object[ROOT_SCHED_CONTEXT];
    struct sched_context *sc = sched_context_at(k, paddr);
    unsigned size_bits = abi_object_min_size_bits(&k->config, OBJECT_SCHED_CONTEXT);
    refill_start(sc, now, MIN_REFILLS,
                 (nanoseconds_t)k->config.boot_thread_time_slice * NANOSECONDS_PER_MS, 0);
    sc->tcb = kernel_paddr(k, tcb);
    tcb->sched_context = paddr;
    slot_insert_root(b->k, root_slot(b, abi_initial_sched_context_slot(&k->config)),
                     object_create(k, 0, NULL, OBJECT_SCHED_CONTEXT, paddr, size_bits, false));
}

static void start_thread(struct boot *b, nanoseconds_t now)
{
    struct kernel *k = b->k;
    union cap cap = object_create(k, 0, NULL, OBJECT_TCB, b->object[ROOT_TCB], 0, false);
    struct tcb *tcb = tcb_at(k, b->object[ROOT_TCB]);
    k->idle_serial = k->next_serial++;
    give(b, tcb, TCB_SLOT_CTABLE, INITIAL_CAP_CNODE);
    give(b, tcb, TCB_SLOT_VTABLE, INITIAL_CAP_VSPACE);
    give(b, tcb, TCB_SLOT_BUFFER, INITIAL_CAP_IPC_BUFFER);
    slot_insert_root(b->k, root_slot(b, INITIAL_CAP_TCB), cap);

    tcb->ipc_buffer = b->space.ipc_buffer;
    tcb->context.reg[UREG_RIP] = b->info->image.entry;
    tcb->context.reg[UREG_RDI] = b->space.bootinfo;
    tcb->context.next_ip = b->info->image.entry;
    tcb->priority = INITIAL_PRIORITY;
    tcb->max_controlled_priority = INITIAL_PRIORITY;
    tcb_set_name(tcb, b->info->name);
    if (k->config.mcs)
        give_sched_context(b, tcb, now);
    else
        reply_setup_master(k, tcb);
    tcb->state = THREAD_RUNNING;
    k->cores[0].current = b->object[ROOT_TCB];
    sched_start(k, 0, now);
}

const char *kernel_boot(struct kernel *k, const struct boot_info *boot, nanoseconds_t now)
{
    struct boot b = {.k = k, .info = boot};
    const char *problem;
    if ((problem = check_image(&boot->image)) || (problem = plan_space(&b)) ||
        (problem = plan_memory(&b)))
        return problem;

    init_kernel(k, boot);
    k->asid_pools[0] = b.object[ROOT_ASID_POOL];
    asid_assign(k, INITIAL_ASID, b.object[ROOT_VSPACE]);
    init_io_mmu(&b);
    provide_all(&b);
    if (b.out_of_slots)
        return "the image has more pages than the initial CNode has slots";
    void *bootinfo = kernel_memory(k, b.object[ROOT_BOOTINFO]);
    bootinfo_write(k, bootinfo, &b.slots, b.space.ipc_buffer, b.space.extra_length);
    if (b.space.extra_size > 0)
        bootinfo_write_extra(boot, kernel_memory(k, b.object[ROOT_EXTRA_BOOTINFO]),
                             b.space.extra_size);
    start_thread(&b, now);
    return NULL;
}
