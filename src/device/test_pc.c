/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/acpi.h>
#include <device/pc.h>
#include <device/testkit_bus.h>

#include <errno.h>
#include <host/host.h>
#include <stdlib.h>
#include <test.h>

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static bool range_is(struct pc_range range, paddr_t base, uint64_t size, enum pc_memory_type type)
{
    return range.base == base && range.end == base + size && range.type == type;
}

/* The maps that QEMU 7.2 with SeaBIOS 1.16 gives for -m 512M, 3G, 4G and 6G. */
TEST(the_memory_map_is_that_of_qemu)
{
    static const struct {
        uint64_t size, low, high;
    } sizes[] = {
        {64 * MIB, 64 * MIB, 0},
        {512 * MIB, 512 * MIB, 0},
        {3 * GIB, 3 * GIB, 0},
        {3 * GIB + 256 * MIB, 3 * GIB + 256 * MIB, 0},
        {3 * GIB + 512 * MIB, 3 * GIB, 512 * MIB},
        {4 * GIB, 3 * GIB, GIB},
        {6 * GIB, 3 * GIB, 3 * GIB},
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t low = sizes[i].low, high = sizes[i].high;
        struct pc_memory_layout l;

        CHECK_EQ(pc_memory_layout(sizes[i].size, &l), 0);
        CHECK_EQ(l.map_count, high ? 7 : 6);
        CHECK(range_is(l.map[0], 0, 0x9fc00, PC_MEMORY_RAM));
        CHECK(range_is(l.map[1], 0x9fc00, 0x400, PC_MEMORY_RESERVED));
        CHECK(range_is(l.map[2], 0xf0000, 0x10000, PC_MEMORY_RESERVED));
        CHECK(range_is(l.map[3], MIB, low - MIB - 0x20000, PC_MEMORY_RAM));
        CHECK(range_is(l.map[4], low - 0x20000, 0x20000, PC_MEMORY_RESERVED));
        CHECK(range_is(l.map[5], 0xfffc0000, 0x40000, PC_MEMORY_RESERVED));
        CHECK(range_is(l.ram[0], MIB, low - MIB - 0x20000, PC_MEMORY_RAM));
        CHECK_EQ(l.ram_count, high ? 2 : 1);
        if (high) {
            CHECK(range_is(l.map[6], 4 * GIB, high, PC_MEMORY_RAM));
            CHECK(range_is(l.ram[1], 4 * GIB, high, PC_MEMORY_RAM));
        }
        CHECK_EQ(l.rsdp, high ? 0xf59b0 : 0xf59d0);
        CHECK_EQ(l.reserved_count, 2);
        CHECK(range_is(l.reserved[0], 0xfec00000, 0x1000, PC_MEMORY_RESERVED));
        CHECK(range_is(l.reserved[1], 0xfee00000, 0x1000, PC_MEMORY_RESERVED));
    }
}

TEST(bad_sizes_are_refused)
{
    struct pc_memory_layout l = {.map_count = 77};

    CHECK_EQ(pc_memory_layout(0, &l), -EINVAL);
    CHECK_EQ(pc_memory_layout(PC_MEMORY_MIN - PAGE_BYTES, &l), -EINVAL);
    CHECK_EQ(pc_memory_layout(PC_MEMORY_MIN + 1, &l), -EINVAL);
    CHECK_EQ(pc_memory_layout(PC_MEMORY_MAX + PAGE_BYTES, &l), -EINVAL);
    CHECK_EQ(pc_memory_layout(UINT64_MAX, &l), -EINVAL);
    CHECK_EQ(l.map_count, 77);
    CHECK_EQ(pc_memory_layout(PC_MEMORY_MIN, &l), 0);
    CHECK_EQ(pc_memory_layout(PC_MEMORY_MAX, &l), 0);
}

TEST(holes_are_not_backed)
{
    struct pc_memory_layout l;

    CHECK_EQ(pc_memory_layout(4 * GIB, &l), 0);
    CHECK(pc_memory_is_backed(&l, 0));
    CHECK(pc_memory_is_backed(&l, 0xb8000));
    CHECK(pc_memory_is_backed(&l, 0xf59b0));
    CHECK(pc_memory_is_backed(&l, 3 * GIB - 1));
    CHECK(!pc_memory_is_backed(&l, 3 * GIB));
    CHECK(!pc_memory_is_backed(&l, 0xfed00000));
    CHECK(pc_memory_is_backed(&l, 4 * GIB));
    CHECK(!pc_memory_is_backed(&l, 5 * GIB));
}

TEST(firmware_leaves_its_tables)
{
    struct pc_memory_layout l;
    uint8_t *memory = calloc(1, PC_MEMORY_MIN);

    CHECK_EQ(pc_memory_layout(PC_MEMORY_MIN, &l), 0);
    pc_write_firmware(memory, &l, 1, 1);
    CHECK_MEM(memory + l.rsdp, "RSD PTR ", 8);
    CHECK_MEM(memory + l.tables, "FACS", 4);
    CHECK_EQ(memory[0x400] | memory[0x401] << 8, 0x3f8);
    CHECK_EQ(memory[0x40e] | memory[0x40f] << 8, 0x9fc0);
    CHECK_EQ(memory[0x413] | memory[0x414] << 8, 639);
    free(memory);
}

TEST(an_iommu_is_the_kernels)
{
    struct pc_memory_layout l;
    uint8_t *memory = calloc(1, PC_MEMORY_MIN);

    CHECK_EQ(pc_memory_layout(PC_MEMORY_MIN, &l), 0);
    CHECK_EQ(pc_iommu_levels(l.iommu_bits), 0);
    pc_add_iommu(&l, 39);
    CHECK_EQ(pc_iommu_levels(l.iommu_bits), 3);
    CHECK_EQ(pc_iommu_levels(48), 4);
    CHECK_EQ(l.reserved_count, 3);
    CHECK(range_is(l.reserved[2], 0xfed90000, 0x1000, PC_MEMORY_RESERVED));
    pc_write_firmware(memory, &l, 1, 1);
    CHECK_MEM(memory + l.tables + 0x1ab0, "DMAR", 4);
    free(memory);
}

static struct host_stream *stream;

static int create(struct pc **ret_pc)
{
    struct pc_memory_layout l;

    pc_memory_layout(6 * GIB, &l);
    stream = stream_create(&host_stream_null_ops, NULL);
    return pc_create(&l, &(struct pc_options){.com = {stream}, .cpus = 4, .hpet_fsb = true},
                     ret_pc);
}

static uint8_t cmos(struct pc *pc, uint8_t reg)
{
    bus_port_out(pc->bus, 0x70, 1, reg, 0);
    return (uint8_t)bus_port_in(pc->bus, 0x71, 1, 0);
}

TEST(every_device_is_there)
{
    struct pc *pc;

    CHECK_EQ(create(&pc), 0);
    CHECK_EQ(bus_port_in(pc->bus, 0x3fd, 1, 0), 0x60);
    CHECK_EQ(bus_port_in(pc->bus, 0x21, 1, 0), 0xff);
    CHECK(bus_has_mmio(pc->bus, 0xfed00000));
    CHECK(bus_has_mmio(pc->bus, 0xfed003ff));
    CHECK(!bus_has_mmio(pc->bus, 0xfec00000));
    CHECK_EQ(bus_port_in(pc->bus, 0xcf8, 4, 0), 0);
    CHECK_EQ(bus_port_in(pc->bus, 0x604, 2, 0), 1);
    CHECK_EQ(cmos(pc, 0x5f), 3);
    CHECK_EQ(cmos(pc, 0x34) | cmos(pc, 0x35) << 8, (3 * GIB - 16 * MIB) / 0x10000);
    CHECK_EQ(cmos(pc, 0x5b) | cmos(pc, 0x5c) << 8, 3 * GIB / 0x10000);
    pc_destroy(pc);
    stream_destroy(stream);
}

TEST(slots_take_devices)
{
    static const char *const devices[] = {"edu", "edu"}, *const unknown[] = {"edu", "ede"};
    struct pc_memory_layout l;
    struct pc_options options = {.cpus = 1, .devices = devices, .device_count = 2};
    struct pc *pc;

    pc_memory_layout(6 * GIB, &l);
    CHECK(pc_has_device("edu"));
    CHECK(!pc_has_device("ed"));
    options.com[0] = stream = stream_create(&host_stream_null_ops, NULL);
    CHECK_EQ(pc_create(&l, &options, &pc), 0);
    CHECK_EQ(bus_mmio_read(pc->bus, 0xfea00000, 4, 0), 0x010000ed);
    CHECK_EQ(bus_mmio_read(pc->bus, 0xfeb00000, 4, 0), 0x010000ed);
    pc_destroy(pc);
    options.devices = unknown;
    CHECK_EQ(pc_create(&l, &options, &pc), -EINVAL);
    stream_destroy(stream);
}

TEST(an_hpet_interrupt_arrives_as_a_vector)
{
    struct pc *pc;

    CHECK_EQ(create(&pc), 0);
    ioapic_set_pin(pc->ioapic, 2, (struct ioapic_pin){.mapped = true, .vector = 17});
    bus_mmio_write(pc->bus, 0xfed00108, 8, 100, 0);
    bus_mmio_write(pc->bus, 0xfed00100, 8, 2 << 9 | 4, 0);
    bus_mmio_write(pc->bus, 0xfed00010, 8, 1, 0);
    CHECK_EQ(bus_next_event(pc->bus), 1000);
    bus_advance(pc->bus, 1000);
    CHECK_EQ(ioapic_pending(pc->ioapic), 17);
    bus_mmio_write(pc->bus, 0xfed00110, 8, UINT64_C(0xfee00000) << 32 | (0x30 + 5), 1000);
    bus_mmio_write(pc->bus, 0xfed00100, 8, 0x4000 | 4, 1000);
    bus_mmio_write(pc->bus, 0xfed00108, 8, 200, 1000);
    bus_advance(pc->bus, 2000);
    CHECK_EQ(ioapic_pending(pc->ioapic), 5);
    CHECK_EQ(ioapic_pending(pc->ioapic), -1);
    pc_destroy(pc);
    stream_destroy(stream);
}

TEST(no_memory_is_an_error_and_leaks_nothing)
{
    unsigned failures = 0;

    for (uint64_t nth = 1;; nth++) {
        struct pc *pc = NULL;
        int error;

        host_inject("allocate", nth + 1, ENOMEM); /* the first is the stream's */
        error = create(&pc);
        host_inject("allocate", 0, 0);
        stream_destroy(stream);
        if (!error) {
            pc_destroy(pc);
            break;
        }
        CHECK_EQ(error, -ENOMEM);
        CHECK(pc == NULL);
        failures++;
    }
    CHECK_EQ(failures, 10); /* the pc, bus, IOAPIC and seven models */
}

/* Random accesses at what is interesting and beside it: no crash, and time goes on. */
TEST(hostile_accesses)
{
    static const uint16_t ports[] = {0x20, 0xa0, 0x40, 0x61, 0x70, 0x3f8, 0xcf8, 0x600, 0x80};
    static const unsigned sizes[] = {1, 2, 4, 8, 0, 3};
    uint64_t random = 88172645463325252, now = 0;
    struct pc *pc;

    CHECK_EQ(create(&pc), 0);
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        ioapic_set_pin(pc->ioapic, i,
                       (struct ioapic_pin){
                           .mapped = true, .vector = (uint8_t)(i + 16), .level_triggered = i % 2});
    for (unsigned i = 0; i < 200000; i++) {
        unsigned size;
        uint16_t port;
        paddr_t paddr;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size = sizes[random % 6];
        port = (uint16_t)(ports[random / 6 % 9] + random / 54 % 16);
        paddr = 0xfed00000 + random / 54 % 0x420;
        now += random >> (random % 4 ? 52 : 34);
        switch (random >> 60 & 7) {
        case 0:
        case 1:
            bus_port_in(pc->bus, port, size, now);
            break;
        case 2:
        case 3:
            bus_port_out(pc->bus, port, size, random >> 20, now);
            break;
        case 4:
            bus_mmio_read(pc->bus, paddr, size, now);
            break;
        case 5:
            bus_mmio_write(pc->bus, paddr, size, random * (random >> 30 & 1 ? 1 : 0x10001), now);
            break;
        default:
            bus_advance(pc->bus, now);
            ioapic_pending(pc->ioapic);
        }
    }
    CHECK(bus_next_event(pc->bus) <= NANOSECONDS_NEVER);
    pc_destroy(pc);
    stream_destroy(stream);
}
