/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/edu.h>
#include <device/testkit_bus.h>

#include <base/bits.h>
#include <string.h>
#include <test.h>

#define BAR    UINT64_C(0xfeb00000)
#define MASTER 0x107

static struct bus *bus;
static struct irq_record irqs;

/* Memory that the device reaches: 8 KiB from address 0x1000 on. */
static struct {
    uint8_t bytes[8192];
    uint16_t requester;
    unsigned accesses;
} memory;

static void memory_read(void *context, uint16_t requester, uint64_t address, uint8_t *bytes,
                        size_t size)
{
    (void)context;
    memory.requester = requester;
    memory.accesses++;
    memcpy(bytes, &memory.bytes[address - 0x1000], size);
}

static void memory_write(void *context, uint16_t requester, uint64_t address, const uint8_t *bytes,
                         size_t size)
{
    (void)context;
    memory.requester = requester;
    memory.accesses++;
    memcpy(&memory.bytes[address - 0x1000], bytes, size);
}

static void set_config(unsigned reg, unsigned size, uint32_t value)
{
    bus_port_out(bus, PCI_ADDRESS_PORT, 4, 0x80001000 | reg, 0);
    bus_port_out(bus, PCI_DATA_PORT, size, value, 0);
}

static void start(void)
{
    struct pci *pci;

    memset(&memory, 0, sizeof(memory));
    bus = testkit_create_bus(&irqs);
    bus_set_dma_sink(bus, (struct dma_sink){.read = memory_read, .write = memory_write});
    CHECK_EQ(pci_create(bus, &pci), 0);
    CHECK_EQ(edu_create(pci), 0);
    pci_start(pci);
    set_config(4, 2, MASTER);
}

static uint64_t read_at(uint64_t offset, unsigned size, nanoseconds_t now)
{
    return bus_mmio_read(bus, BAR + offset, size, now);
}

static void write_at(uint64_t offset, uint64_t value, nanoseconds_t now)
{
    bus_mmio_write(bus, BAR + offset, offset < 0x80 ? 4 : 8, value, now);
}

static void move(uint64_t source, uint64_t destination, uint64_t count, uint64_t command)
{
    write_at(0x80, source, 0);
    write_at(0x88, destination, 0);
    write_at(0x90, count, 0);
    write_at(0x98, command, 0);
    CHECK_EQ(read_at(0x98, 8, 9999), command);
    CHECK_EQ(bus_next_event(bus), 10000);
    bus_advance(bus, 10000);
    CHECK_EQ(read_at(0x98, 8, 10000), command & ~UINT64_C(1));
}

TEST(registers)
{
    start();
    CHECK_EQ(read_at(0, 4, 0), 0x010000ed);
    write_at(4, 0x12345678, 0);
    CHECK_EQ(read_at(4, 4, 0), 0xedcba987);
    CHECK_EQ(read_at(0, 8, 0), UINT64_MAX); /* too wide, too narrow, nothing there */
    CHECK_EQ(read_at(4, 2, 0), 0xffff);
    CHECK_EQ(read_at(0x30, 4, 0), 0xffffffff);
    bus_mmio_write(bus, BAR + 4, 2, 0, 0);
    CHECK_EQ(read_at(4, 4, 0), 0xedcba987);
    CHECK_EQ(read_at(0x60, 4, 0), 0xffffffff);
    bus_destroy(bus);
}

TEST(factorials_take_their_time)
{
    static const struct {
        uint32_t n, factorial;
    } cases[] = {{0, 1},           {1, 1},  {12, 479001600}, {13, 1932053504},
                 {33, 0x80000000}, {34, 0}, {35, 0},         {UINT32_MAX, 0}};

    start();
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        nanoseconds_t now = i * 10000;

        write_at(8, cases[i].n, now);
        write_at(8, 3, now); /* lost: it is busy */
        CHECK_EQ(read_at(0x20, 4, now + 999), 1);
        CHECK_EQ(read_at(0x20, 4, now + 1000), 0);
        CHECK_EQ(read_at(8, 4, now + 1000), cases[i].factorial);
    }
    CHECK_EQ(irqs.edges[10], 0);
    write_at(0x20, 0xffffffff, 100000);
    CHECK_EQ(read_at(0x20, 4, 100000), 0x80);
    write_at(8, 4, 100000);
    bus_advance(bus, 101000);
    CHECK(irqs.level[10]);
    CHECK_EQ(read_at(0x24, 4, 101000), 1);
    bus_destroy(bus);
}

TEST(interrupts_stay_until_all_are_acknowledged)
{
    start();
    write_at(0x60, 0, 0);
    CHECK(!irqs.level[10]);
    write_at(0x60, 0x5, 0);
    write_at(0x60, 0x8, 0);
    CHECK(irqs.level[10]);
    CHECK_EQ(irqs.edges[10], 1);
    CHECK_EQ(read_at(0x24, 4, 0), 0xd);
    write_at(0x64, 0x9, 0);
    CHECK(irqs.level[10]);
    write_at(0x64, 0x4, 0);
    CHECK(!irqs.level[10]);
    CHECK_EQ(read_at(0x24, 4, 0), 0);
    bus_destroy(bus);
}

TEST(transfers)
{
    start();
    for (unsigned i = 0; i < sizeof(memory.bytes); i++)
        memory.bytes[i] = (uint8_t)(3 * i + 1);
    move(0x1010, 0x40000, 100, 1);
    CHECK_EQ(memory.requester, 2 << 3);
    CHECK_EQ(irqs.edges[10], 0);
    move(0x40005, 0x2000, 50, 3);
    CHECK_MEM(&memory.bytes[0x1000], &memory.bytes[0x15], 50);
    CHECK_EQ(memory.bytes[0x1000 + 50], (uint8_t)(3 * (0x1000 + 50) + 1));
    move(0x40000, 0x2000 | bit(28) | bit(63), 4, 7); /* bits it has not, and an interrupt */
    CHECK_MEM(&memory.bytes[0x1000], &memory.bytes[0x10], 4);
    CHECK_EQ(read_at(0x24, 4, 10000), 0x100);
    CHECK(irqs.level[10]);
    bus_destroy(bus);
}

TEST(a_transfer_under_way_is_left_alone)
{
    start();
    memory.bytes[0] = 77;
    write_at(0x80, 0x1000, 0);
    write_at(0x88, 0x40000, 0);
    write_at(0x90, 1, 0);
    write_at(0x98, 6, 0); /* not started without its bit */
    CHECK_EQ(read_at(0x98, 8, 0), 0);
    write_at(0x98, 1, 0);
    write_at(0x80, 0x1001, 5);
    write_at(0x88, 0x40001, 5);
    write_at(0x90, 2, 5);
    write_at(0x98, 7, 5);
    bus_advance(bus, 20000);
    CHECK_EQ(memory.accesses, 1);
    CHECK_EQ(read_at(0x80, 8, 20000), 0x1000);
    CHECK_EQ(read_at(0x88, 8, 20000), 0x40000);
    CHECK_EQ(read_at(0x90, 8, 20000), 1);
    CHECK_EQ(bus_next_event(bus), NANOSECONDS_NEVER);
    bus_destroy(bus);
}

TEST(transfers_out_of_the_buffer_move_nothing)
{
    static const struct {
        uint64_t own, count;
    } cases[] = {{0x3ffff, 1},
                 {0x40000, 4097},
                 {0x40fff, 2},
                 {0x41000, 1},
                 {0, 4096},
                 {UINT64_MAX, 1},
                 {0x40001, UINT64_MAX},
                 {0x40000, UINT64_MAX},
                 {UINT64_MAX - 10, 11}};

    start();
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        move(0x1000, cases[i].own, cases[i].count, 1);
        move(cases[i].own, 0x1000, cases[i].count, 3);
    }
    CHECK_EQ(memory.accesses, 0);
    move(0x1000, 0x40000, 4096, 1);
    move(0x1000, 0x40fff, 1, 1);
    CHECK_EQ(memory.accesses, 2);
    bus_destroy(bus);
}
