/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/acpi.h>

#include <base/assert.h>
#include <base/bits.h>
#include <device/cmos.h>
#include <device/hpet.h>
#include <device/ioapic.h>
#include <device/pm.h>

#define HEADER_LENGTH   4
#define HEADER_CHECKSUM 9
#define FACS_BYTES      64
#define MAX_TABLES      5 /* that the RSDT names */

/* Where QEMU's FADT lies: its DSDT is longer than ours. The tables from here on are contiguous. */
#define FADT_OFFSET 0x198c

/*
 * Scope (\_SB) { Device (PCI0) { Name (_HID, EisaId ("PNP0A03")) Name (_ADR, Zero) } }
 * Name (\_S5, Package () { 0, 0, 0, 0 }), whose first element is PM_SLEEP_OFF
 */
static const uint8_t dsdt_body[] = {
    0x10, 0x1d, '\\', '_', 'S',  'B',  '_',  0x5b, 0x82, 0x15, 'P', 'C', 'I', '0', 0x08,
    '_',  'H',  'I',  'D', 0x0c, 0x41, 0xd0, 0x0a, 0x03, 0x08, '_', 'A', 'D', 'R', 0,
    0x08, '\\', '_',  'S', '5',  '_',  0x12, 0x06, 0x04, 0,    0,   0,   0,
};

/* Interrupt source overrides of the MADT: ISA interrupt, pin, MPS INTI flags. */
static const struct {
    uint8_t source, gsi;
    uint16_t flags;
} overrides[] = {
    {0, 2, 0x0}, /* the PIT: conforming to the bus */
    {5, 5, 0xd}, /* PCI interrupts: active high, level */
    {9, 9, 0xd}, {10, 10, 0xd}, {11, 11, 0xd},
};

/* Appends little-endian fields; `end` is a physical address. */
struct writer {
    uint8_t *memory;
    paddr_t end;
};

static void put(struct writer *w, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++)
        w->memory[w->end++] = (uint8_t)(value >> (8 * i));
}

static void put_zeros(struct writer *w, unsigned size)
{
    w->end += size; /* the block is zeroed */
}

/* Exactly `size` characters of `text`. */
static void put_text(struct writer *w, const char *text, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        put(w, 1, (uint8_t)text[i]);
}

static void set_checksum(uint8_t *bytes, uint64_t size, unsigned offset)
{
    uint8_t sum = 0;

    for (uint64_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[offset] = (uint8_t)(bytes[offset] - sum);
}

/* Starts a table; returns its address. */
static paddr_t begin_table(struct writer *w, const char *signature)
{
    paddr_t start = w->end;

    put_text(w, signature, 4);
    put(w, 4, 0); /* length: set at the end */
    put(w, 1, 1); /* revision */
    put(w, 1, 0); /* checksum: set at the end */
    put_text(w, "BOCHS ", 6);
    put_text(w, "BXPC    ", 8);
    put(w, 4, 1); /* OEM revision */
    put_text(w, "BXPC", 4);
    put(w, 4, 1); /* creator revision */
    return start;
}

static void end_table(struct writer *w, paddr_t start)
{
    struct writer length = {w->memory, start + HEADER_LENGTH};

    put(&length, 4, w->end - start);
    set_checksum(w->memory + start, w->end - start, HEADER_CHECKSUM);
}

static paddr_t write_facs(struct writer *w)
{
    paddr_t start = w->end;

    put_text(w, "FACS", 4);
    put(w, 4, FACS_BYTES);
    put_zeros(w, FACS_BYTES - 8);
    return start;
}

static paddr_t write_dsdt(struct writer *w)
{
    paddr_t start = begin_table(w, "DSDT");

    for (size_t i = 0; i < sizeof(dsdt_body); i++)
        put(w, 1, dsdt_body[i]);
    end_table(w, start);
    return start;
}

static paddr_t write_fadt(struct writer *w, paddr_t facs, paddr_t dsdt)
{
    paddr_t start = begin_table(w, "FACP");

    put(w, 4, facs);
    put(w, 4, dsdt);
    put(w, 1, 1); /* interrupt model: multiple APIC */
    put_zeros(w, 1);
    put(w, 2, 9);             /* SCI */
    put_zeros(w, 8);          /* SMI command port: none, the machine is in ACPI mode always */
    put(w, 4, PM_EVENT_PORT); /* PM1a event, PM1b event */
    put_zeros(w, 4);
    put(w, 4, PM_CONTROL_PORT); /* PM1a control, PM1b control, PM2 control */
    put_zeros(w, 8);
    put(w, 4, PM_TIMER_PORT);
    put_zeros(w, 8); /* GPE blocks */
    put(w, 1, 4);    /* lengths: PM1 event, control, PM2, timer, GPE0, GPE1 */
    put(w, 1, 2);
    put(w, 1, 0);
    put(w, 1, 4);
    put_zeros(w, 4);
    put(w, 2, 0xfff); /* C2 and C3 latencies: not supported */
    put(w, 2, 0xfff);
    put_zeros(w, 8);
    put(w, 1, CMOS_CENTURY);
    put_zeros(w, 3);
    put(w, 4, 0x80a5); /* WBINVD, C1, no fixed buttons, RTC not fixed, platform clock */
    end_table(w, start);
    return start;
}

static void put_local_apic(struct writer *w, unsigned id)
{
    put(w, 1, 0); /* type, length */
    put(w, 1, 8);
    put(w, 1, id); /* processor, APIC */
    put(w, 1, id);
    put(w, 4, 1); /* enabled */
}

static void put_ioapic(struct writer *w)
{
    put(w, 1, 1);
    put(w, 1, 12);
    put(w, 2, 0); /* id */
    put(w, 4, IOAPIC_BASE);
    put(w, 4, 0); /* first global interrupt */
}

static void put_override(struct writer *w, size_t index)
{
    put(w, 1, 2);
    put(w, 1, 10);
    put(w, 1, 0); /* bus: ISA */
    put(w, 1, overrides[index].source);
    put(w, 4, overrides[index].gsi);
    put(w, 2, overrides[index].flags);
}

static void put_local_nmi(struct writer *w)
{
    put(w, 1, 4);
    put(w, 1, 6);
    put(w, 1, 0xff); /* all processors */
    put(w, 2, 0);
    put(w, 1, 1); /* LINT1 */
}

static paddr_t write_madt(struct writer *w, unsigned cpus)
{
    paddr_t start = begin_table(w, "APIC");

    put(w, 4, LOCAL_APIC_BASE);
    put(w, 4, 1); /* there are 8259s, too */
    for (unsigned i = 0; i < cpus; i++)
        put_local_apic(w, i);
    put_ioapic(w);
    for (size_t i = 0; i < ARRAY_LENGTH(overrides); i++)
        put_override(w, i);
    put_local_nmi(w);
    end_table(w, start);
    return start;
}

static paddr_t write_hpet(struct writer *w)
{
    paddr_t start = begin_table(w, "HPET");

    put(w, 4, HPET_BLOCK_ID);
    put(w, 4, 0); /* generic address: memory */
    put(w, 8, HPET_BASE);
    put_zeros(w, 4); /* sequence, minimum tick, page protection */
    end_table(w, start);
    return start;
}

static paddr_t write_waet(struct writer *w)
{
    paddr_t start = begin_table(w, "WAET");

    put(w, 4, 2); /* one read of the PM timer is enough */
    end_table(w, start);
    return start;
}

/* One unit that is responsible for all PCI devices of segment 0 (VT-d specification, chapter 8). */
static paddr_t write_dmar(struct writer *w, const struct acpi_options *options)
{
    paddr_t start = begin_table(w, "DMAR");

    put(w, 1, options->iommu_bits - 1);
    put_zeros(w, 11); /* flags: interrupts are not remapped */
    put(w, 2, 0);     /* a unit: type, length */
    put(w, 2, 16);
    put(w, 1, 1); /* all devices of the segment */
    put_zeros(w, 3);
    put(w, 8, options->iommu);
    end_table(w, start);
    return start;
}

static paddr_t write_rsdt(struct writer *w, const paddr_t *tables, size_t count)
{
    paddr_t start = begin_table(w, "RSDT");

    for (size_t i = 0; i < count; i++)
        put(w, 4, tables[i]);
    end_table(w, start);
    return start;
}

static void write_rsdp(uint8_t *memory, paddr_t rsdp, paddr_t rsdt)
{
    struct writer w = {memory, rsdp};

    put_text(&w, "RSD PTR ", 8);
    put(&w, 1, 0); /* checksum */
    put_text(&w, "BOCHS ", 6);
    put(&w, 1, 0); /* revision: ACPI 1.0, no XSDT */
    put(&w, 4, rsdt);
    set_checksum(memory + rsdp, ACPI_RSDP_BYTES, 8);
}

void acpi_write_tables(uint8_t *memory, const struct acpi_options *options)
{
    struct writer w = {memory, options->tables};
    paddr_t facs, dsdt, tables[MAX_TABLES];
    size_t count = 0;

    ASSERT(options->cpus >= 1 && options->cpus <= ACPI_MAX_CPUS);
    facs = write_facs(&w);
    dsdt = write_dsdt(&w);
    ASSERT(w.end <= options->tables + FADT_OFFSET);
    w.end = options->tables + FADT_OFFSET;
    tables[count++] = write_fadt(&w, facs, dsdt);
    tables[count++] = write_madt(&w, options->cpus);
    tables[count++] = write_hpet(&w);
    if (options->iommu)
        tables[count++] = write_dmar(&w, options);
    tables[count++] = write_waet(&w);
    write_rsdp(memory, options->rsdp, write_rsdt(&w, tables, count));
    ASSERT(w.end <= options->tables + ACPI_TABLES_BYTES);
}
