/* SPDX-License-Identifier: BSD-2-Clause */
#include <test.h>

#include <base/bits.h>
#include <mem/io_space.h>
#include <mem/open_pages.h>
#include <model/page_map.h>

/* Memory of which one region is backed, with room for a few tables at its start. */
#define MEMORY_BYTES UINT64_C(0x40000)
#define REQUESTER    0x1234
#define FIRST        UINT64_C(0x30000)
#define SECOND       UINT64_C(0x31000)
#define THIRD        UINT64_C(0x32000)
#define RIGHTS       (IO_ENTRY_READ | IO_ENTRY_WRITE)

static struct {
    struct kernel kernel;
    uint64_t page_maps[2 * PAGE_MAP_COUNT];
    _Alignas(4096) uint8_t memory[MEMORY_BYTES];
} world;

static struct kernel *k;

static uint64_t *entry(paddr_t table, unsigned index)
{
    return (uint64_t *)kernel_memory(k, table) + index;
}

/* A root table at 0x1000 that leads to one table of contexts for every bus. */
static void start(void)
{
    for (size_t i = 0; i < MEMORY_BYTES; i++)
        world.memory[i] = 0;
    k = &world.kernel;
    *k = (struct kernel){.memory_offset = world.memory - (uint8_t *)&world.kernel,
                         .memory = {{0x30000, MEMORY_BYTES}},
                         .memory_count = 1,
                         .io_mmu = {.root_table = 0x1000, .levels = 3}};
    for (unsigned i = 0; i < 2 * PAGE_MAP_COUNT; i++)
        world.page_maps[i] = 0;
    open_pages_add(k, FIRST, 3 * PAGE_BYTES);
    struct io_root *roots = kernel_memory(k, 0x1000);
    for (unsigned bus = 0; bus < IO_BUSES; bus++)
        roots[bus].low = (bus == REQUESTER >> 8 ? 0x3000 : 0x2000) | IO_ROOT_PRESENT;
}

static struct dma_translation go(uint64_t address, bool is_write)
{
    return io_translate(
        k, (struct dma_access){.requester = REQUESTER, .address = address, .is_write = is_write});
}

/* 0x40201000 is entry 1 of each of three tables. */
#define ADDRESS (bit(30) | bit(21) | bit(12))

static struct io_context *map_all(void)
{
    struct io_context *context = io_context_of(k, REQUESTER);
    *context = io_context_make(&k->io_mmu, 5, FIRST);
    *entry(FIRST, 1) = SECOND | RIGHTS;
    *entry(SECOND, 1) = THIRD | RIGHTS;
    *entry(THIRD, 1) = 0x7654000 | RIGHTS;
    return context;
}

TEST(without_an_iommu_addresses_are_physical)
{
    start();
    k->io_mmu.root_table = 0;
    CHECK_EQ(go(0x123456789, true).reason, DMA_ALLOWED);
    CHECK_EQ(go(0x123456789, true).paddr, 0x123456789);
}

TEST(a_context_has_the_layout_of_the_hardware)
{
    start();
    struct io_context *context = map_all();
    CHECK_EQ(context->low, FIRST | 1);
    CHECK_EQ(context->high, 5 << 8 | 1); /* domain 5; 39 bits of address: three levels */
    CHECK_EQ(kernel_paddr(k, context), 0x3000 + 16 * (REQUESTER & 0xff));
    CHECK(io_context_is_present(context));
    CHECK(!io_context_is_present(io_context_of(k, REQUESTER + 1)));
    CHECK_EQ(io_context_table(context), FIRST);
}

TEST(accesses_are_translated)
{
    start();
    map_all();
    CHECK_EQ(go(ADDRESS + 0x321, false).reason, DMA_ALLOWED);
    CHECK_EQ(go(ADDRESS + 0x321, false).paddr, 0x7654321);
    CHECK_EQ(go(ADDRESS + 0xfff, true).paddr, 0x7654fff);
}

TEST(each_way_to_be_refused)
{
    start();
    CHECK_EQ(go(ADDRESS, false).reason, DMA_NO_CONTEXT);
    CHECK_EQ(go(bit(39), false).reason, DMA_NO_CONTEXT);
    map_all();
    CHECK_EQ(go(bit(39), false).reason, DMA_BEYOND_WIDTH);
    CHECK_EQ(go(bit(39) - 1, false).reason, DMA_NO_READ);
    CHECK_EQ(go(ADDRESS + 0x1000, true).reason, DMA_NO_WRITE);
    *entry(THIRD, 1) = 0x7654000 | IO_ENTRY_READ;
    CHECK_EQ(go(ADDRESS, false).reason, DMA_ALLOWED);
    CHECK_EQ(go(ADDRESS, true).reason, DMA_NO_WRITE);
    *entry(THIRD, 1) = 0x7654000 | IO_ENTRY_WRITE;
    CHECK_EQ(go(ADDRESS, false).reason, DMA_NO_READ);
    CHECK_EQ(go(ADDRESS, true).reason, DMA_ALLOWED);
    *entry(SECOND, 1) = THIRD | IO_ENTRY_READ; /* rights of all levels count */
    CHECK_EQ(go(ADDRESS, true).reason, DMA_NO_WRITE);
    *entry(SECOND, 1) = bit(50) | RIGHTS; /* leads to what is no memory */
    CHECK_EQ(go(ADDRESS, true).reason, DMA_BAD_TABLE);
    *entry(SECOND, 1) = THIRD | RIGHTS;
    open_pages_remove(k, THIRD, PAGE_BYTES); /* to what is the kernel's */
    CHECK_EQ(go(ADDRESS, true).reason, DMA_BAD_TABLE);
    open_pages_add(k, THIRD, PAGE_BYTES);
    open_pages_remove(k, FIRST, PAGE_BYTES);
    CHECK_EQ(go(ADDRESS, true).reason, DMA_BAD_TABLE);
}

TEST(memory_of_the_kernel_is_closed)
{
    start();
    map_all();
    *entry(THIRD, 1) = 0x33000 | RIGHTS;
    CHECK_EQ(go(ADDRESS + 8, true).reason, DMA_CLOSED);
    CHECK_EQ(go(ADDRESS + 8, false).reason, DMA_CLOSED);
    CHECK_EQ(go(ADDRESS + 8, false).paddr, 0x33008);
    open_pages_add(k, 0x33000, PAGE_BYTES);
    CHECK_EQ(go(ADDRESS + 8, true).reason, DMA_ALLOWED);
    k->io_mmu.root_table = 0;
    CHECK_EQ(go(0x33008, true).reason, DMA_ALLOWED);
    CHECK_EQ(go(0x34008, true).reason, DMA_CLOSED);
    CHECK_EQ(go(0x34008, false).reason, DMA_CLOSED);
    CHECK_EQ(go(0x2f008, true).reason, DMA_ALLOWED); /* what is no RAM is no kernel's */
}

TEST(the_kernels_walk_stops_at_what_cannot_be_written_through)
{
    start();
    CHECK(!io_walk_leaf(k, io_context_of(k, REQUESTER), ADDRESS).entry);
    struct io_context *context = map_all();
    struct io_walk walk = io_walk_leaf(k, context, ADDRESS);
    CHECK(walk.entry == entry(THIRD, 1));
    CHECK_EQ(walk.below, 0);
    walk = io_walk_entry(k, context, ADDRESS, 1);
    CHECK(walk.entry == entry(SECOND, 1));
    CHECK_EQ(walk.below, 0);
    walk = io_walk_leaf(k, context, ADDRESS + bit(30));
    CHECK(walk.entry == entry(FIRST, 2));
    CHECK_EQ(walk.below, 2);
    *entry(SECOND, 1) = THIRD | IO_ENTRY_READ;
    walk = io_walk_leaf(k, context, ADDRESS);
    CHECK(walk.entry == entry(SECOND, 1));
    CHECK_EQ(walk.below, 1);
    *entry(SECOND, 1) = bit(50) | RIGHTS;
    CHECK(!io_walk_leaf(k, context, ADDRESS).entry);
    *entry(SECOND, 1) = 0x33000 | RIGHTS;
    CHECK(!io_walk_leaf(k, context, ADDRESS).entry);
}

TEST(other_numbers_of_levels)
{
    start();
    k->io_mmu.levels = 4;
    struct io_context *context = map_all();
    CHECK_EQ(context->high & 7, 2);
    open_pages_add(k, 0x33000, PAGE_BYTES);
    *entry(THIRD, 1) = 0x33000 | RIGHTS;
    *entry(0x33000, 1) = 0x55000 | RIGHTS;
    CHECK_EQ(go(ADDRESS | bit(39), true).paddr, 0x55000);
    CHECK_EQ(go(ADDRESS, true).reason, DMA_NO_WRITE);
    CHECK_EQ(go(ADDRESS | bit(48), true).reason, DMA_BEYOND_WIDTH);
}
