/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/pc.h>

#include <base/assert.h>
#include <base/bits.h>
#include <device/acpi.h>
#include <device/cmos.h>
#include <device/edu.h>
#include <device/hpet.h>
#include <device/pci.h>
#include <device/pic.h>
#include <device/pit.h>
#include <device/pm.h>
#include <errno.h>
#include <host/host.h>
#include <stdlib.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* QEMU: memory up to here lies below 4 GiB as a whole; more is split at 3 GiB. */
#define LOW_MEMORY_MAX   (7 * GIB / 2)
#define LOW_MEMORY_SPLIT (3 * GIB)

#define EBDA_BASE  UINT64_C(0x9fc00) /* 1 KiB at the end of base memory */
#define BIOS_BASE  UINT64_C(0xf0000)
#define IOMMU_BASE UINT64_C(0xfed90000)
#define ROM_BASE   UINT64_C(0xfffc0000) /* the flash chip, 256 KiB */

/* Where SeaBIOS 1.16 puts it on a machine without and with memory above 4 GiB. */
#define RSDP_LOW  UINT64_C(0xf59d0)
#define RSDP_HIGH UINT64_C(0xf59b0)

/* --- memory --------------------------------------------------------------------------------------
 */

static void add_range(struct pc_range *ranges, unsigned *count, paddr_t base, paddr_t end,
                      enum pc_memory_type type)
{
    if (base == end)
        return;
    ASSERT(base < end && *count < PC_MAX_RANGES);
    ranges[(*count)++] = (struct pc_range){base, end, type};
}

static void fill_map(struct pc_memory_layout *l)
{
    const struct pc_range ranges[] = {
        {0, EBDA_BASE, PC_MEMORY_RAM},
        {EBDA_BASE, 640 * KIB, PC_MEMORY_RESERVED},
        {BIOS_BASE, MIB, PC_MEMORY_RESERVED},
        {MIB, l->tables, PC_MEMORY_RAM},
        {l->tables, l->low_end, PC_MEMORY_RESERVED},
        {ROM_BASE, 4 * GIB, PC_MEMORY_RESERVED},
        {PC_HIGH_MEMORY, l->high_end, PC_MEMORY_RAM},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(ranges); i++)
        add_range(l->map, &l->map_count, ranges[i].base, ranges[i].end, ranges[i].type);
}

int pc_memory_layout(uint64_t size, struct pc_memory_layout *ret_layout)
{
    struct pc_memory_layout l = {0};

    if (size < PC_MEMORY_MIN || size > PC_MEMORY_MAX || !is_aligned(size, PAGE_BITS))
        return -EINVAL;
    l.low_end = size < LOW_MEMORY_MAX ? size : LOW_MEMORY_SPLIT;
    l.high_end = PC_HIGH_MEMORY + (size - l.low_end);
    l.tables = l.low_end - ACPI_TABLES_BYTES;
    l.rsdp = l.high_end > PC_HIGH_MEMORY ? RSDP_HIGH : RSDP_LOW;
    fill_map(&l);
    add_range(l.ram, &l.ram_count, MIB, l.tables, PC_MEMORY_RAM);
    add_range(l.ram, &l.ram_count, PC_HIGH_MEMORY, l.high_end, PC_MEMORY_RAM);
    add_range(l.reserved, &l.reserved_count, IOAPIC_BASE, IOAPIC_BASE + PAGE_BYTES,
              PC_MEMORY_RESERVED);
    add_range(l.reserved, &l.reserved_count, LOCAL_APIC_BASE, LOCAL_APIC_BASE + PAGE_BYTES,
              PC_MEMORY_RESERVED);
    *ret_layout = l;
    return 0;
}

void pc_add_iommu(struct pc_memory_layout *l, unsigned bits)
{
    l->iommu = IOMMU_BASE;
    l->iommu_bits = bits;
    add_range(l->reserved, &l->reserved_count, l->iommu, l->iommu + PAGE_BYTES, PC_MEMORY_RESERVED);
}

bool pc_memory_is_backed(const struct pc_memory_layout *l, paddr_t paddr)
{
    return paddr < l->low_end || (paddr >= PC_HIGH_MEMORY && paddr < l->high_end);
}

/* --- firmware ----------------------------------------------------------------------------------
 */

static void put_word(uint8_t *memory, paddr_t paddr, uint16_t value)
{
    memory[paddr] = (uint8_t)value;
    memory[paddr + 1] = (uint8_t)(value >> 8);
}

/* The BIOS data area's fields that say what the machine has. */
static void write_bios_data(uint8_t *memory, unsigned serial_ports)
{
    static const uint16_t ports[PC_SERIAL_PORTS] = {SERIAL_COM1_PORT, SERIAL_COM2_PORT};

    for (unsigned i = 0; i < serial_ports; i++)
        put_word(memory, 0x400 + 2 * i, ports[i]);
    put_word(memory, 0x40e, EBDA_BASE >> 4);
    put_word(memory, 0x413, EBDA_BASE / KIB);
    memory[EBDA_BASE] = 1; /* its size in KiB */
}

void pc_write_firmware(uint8_t *memory, const struct pc_memory_layout *l, unsigned cpus,
                       unsigned serial_ports)
{
    const struct acpi_options options = {.rsdp = l->rsdp,
                                         .tables = l->tables,
                                         .cpus = cpus,
                                         .iommu = l->iommu,
                                         .iommu_bits = l->iommu_bits};

    write_bios_data(memory, serial_ports);
    acpi_write_tables(memory, &options);
}

/* Memory sizes and processors as a PC's BIOS finds them in the clock's RAM. */
static void fill_cmos(struct cmos *cmos, const struct pc_memory_layout *l, unsigned cpus)
{
    uint64_t above_1m = min_u64((l->low_end - MIB) / KIB, 0xffff);
    uint64_t above_16m = l->low_end > 16 * MIB ? (l->low_end - 16 * MIB) / (64 * KIB) : 0;
    uint64_t above_4g = (l->high_end - PC_HIGH_MEMORY) / (64 * KIB);
    const struct {
        uint8_t reg;
        uint64_t value;
    } bytes[] = {
        {0x15, 640 & 0xff}, {0x16, 640 >> 8},      {0x17, above_1m},       {0x18, above_1m >> 8},
        {0x30, above_1m},   {0x31, above_1m >> 8}, {0x34, above_16m},      {0x35, above_16m >> 8},
        {0x5b, above_4g},   {0x5c, above_4g >> 8}, {0x5d, above_4g >> 16}, {0x5f, cpus - 1},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(bytes); i++)
        cmos_set_ram(cmos, bytes[i].reg, (uint8_t)bytes[i].value);
}

/* --- devices for PCI slots ----------------------------------------------------------------------
 */

static const struct {
    const char *name;
    int (*create)(struct pci *pci);
} pci_devices[] = {
    {"edu", edu_create},
};

static int add_pci_device(struct pci *pci, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pci_devices); i++) {
        if (strcmp(pci_devices[i].name, name) == 0)
            return pci_devices[i].create(pci);
    }
    return -EINVAL;
}

bool pc_has_device(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(pci_devices); i++) {
        if (strcmp(pci_devices[i].name, name) == 0)
            return true;
    }
    return false;
}

static int add_pci(struct pc *pc, const struct pc_options *o)
{
    struct pci *pci;
    int error = pci_create(pc->bus, &pci);

    for (unsigned i = 0; i < o->device_count && !error; i++)
        error = add_pci_device(pci, o->devices[i]);
    if (!error)
        pci_start(pci);
    return error;
}

/* --- devices ------------------------------------------------------------------------------------
 */

static int add_devices(struct pc *pc, const struct pc_memory_layout *l, const struct pc_options *o)
{
    struct hpet_options hpet_options = {.route_mask = (uint32_t)bit(PIT_GSI),
                                        .fsb_delivery = o->hpet_fsb};
    struct cmos *cmos;
    struct hpet *hpet;
    int error;

    error = serial_create(pc->bus, SERIAL_COM1_PORT, SERIAL_COM1_GSI, o->com[0], &pc->com[0]);
    if (!error && o->com[1])
        error = serial_create(pc->bus, SERIAL_COM2_PORT, SERIAL_COM2_GSI, o->com[1], &pc->com[1]);
    if (!error)
        error = pit_create(pc->bus, &hpet_options.pit);
    if (!error)
        error = hpet_create(pc->bus, hpet_options, &hpet);
    if (!error)
        error = cmos_create(pc->bus, o->epoch, &cmos);
    if (!error)
        error = pic_create(pc->bus);
    if (!error)
        error = add_pci(pc, o);
    if (!error)
        error = pm_create(pc->bus, o->power_off, o->context);
    if (!error)
        fill_cmos(cmos, l, o->cpus);
    return error;
}

int pc_create(const struct pc_memory_layout *layout, const struct pc_options *options,
              struct pc **ret_pc)
{
    struct pc *pc = host_allocate(1, sizeof(*pc));
    int error = -ENOMEM;

    if (!pc)
        return error;
    pc->bus = bus_create();
    pc->ioapic = ioapic_create();
    if (pc->bus && pc->ioapic) {
        bus_set_irq_sink(pc->bus, ioapic_sink(pc->ioapic));
        error = add_devices(pc, layout, options);
    }
    if (error) {
        pc_destroy(pc);
        return error;
    }
    *ret_pc = pc;
    return 0;
}

void pc_destroy(struct pc *pc)
{
    bus_destroy(pc->bus);
    ioapic_destroy(pc->ioapic);
    free(pc);
}
