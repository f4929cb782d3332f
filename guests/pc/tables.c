/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI tables, found as libraries find them: from the RSDP in the extra BootInfo. */
#include "pc.h"

#define CHUNK_RSDP   3
#define RSDT_ADDRESS 16 /* in the RSDP */
#define HEADER       36
#define MAX_TABLES   16

#define FADT_SCI      46
#define FADT_PM_TIMER 76
#define FADT_CENTURY  108
#define FADT_FLAGS    112
#define HPET_ADDRESS  44
#define MADT_ENTRIES  44

static seL4_Word field(const volatile unsigned char *table, unsigned offset, unsigned size)
{
    seL4_Word value = 0;

    for (unsigned i = size; i-- > 0;)
        value = value << 8 | table[offset + i];
    return value;
}

static bool is_named(const volatile unsigned char *table, const char *name)
{
    for (unsigned i = 0; i < 4; i++)
        if (table[i] != (unsigned char)name[i])
            return false;
    return true;
}

static bool sums_to_zero(const volatile unsigned char *table)
{
    unsigned char sum = 0;

    for (seL4_Word i = 0; i < field(table, 4, 4); i++)
        sum = (unsigned char)(sum + table[i]);
    return sum == 0;
}

static seL4_Word find_rsdt(void)
{
    const unsigned char *chunk = (const unsigned char *)guest_boot_info + PAGE_SIZE;
    const unsigned char *end = chunk + guest_boot_info->extraLen;

    for (; chunk < end; chunk += field(chunk, 8, 8))
        if (field(chunk, 0, 8) == CHUNK_RSDP)
            return field(chunk, 16 + RSDT_ADDRESS, 4);
    must(seL4_FailedLookup, "no RSDP in the BootInfo");
    return 0;
}

static void show_fadt(const volatile unsigned char *table)
{
    print("  SCI %lu, PM timer 0x%lx, century 0x%lx, flags 0x%lx\n", field(table, FADT_SCI, 2),
          field(table, FADT_PM_TIMER, 4), field(table, FADT_CENTURY, 1),
          field(table, FADT_FLAGS, 4));
}

static void show_hpet_table(const volatile unsigned char *table)
{
    print("  at 0x%lx\n", field(table, HPET_ADDRESS, 8));
}

static void show_madt(const volatile unsigned char *table)
{
    const seL4_Word length = field(table, 4, 4);

    for (unsigned at = MADT_ENTRIES; at < length; at += table[at + 1]) {
        if (table[at] == 1)
            print("  IOAPIC at 0x%lx from %lu\n", field(table, at + 4, 4), field(table, at + 8, 4));
        if (table[at] == 2)
            print("  interrupt %u is pin %lu, flags 0x%lx\n", table[at + 3],
                  field(table, at + 4, 4), field(table, at + 8, 2));
    }
}

static const struct {
    const char *name;
    void (*show)(const volatile unsigned char *table);
} kinds[] = {{"FACP", show_fadt}, {"HPET", show_hpet_table}, {"APIC", show_madt}};

static void show_table(seL4_Word paddr)
{
    const volatile unsigned char *table = device_map(paddr);

    print("%c%c%c%c: checksum good: %s\n", table[0], table[1], table[2], table[3],
          answer(sums_to_zero(table)));
    for (unsigned i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (is_named(table, kinds[i].name))
            kinds[i].show(table);
}

void show_tables(void)
{
    const seL4_Word rsdt = find_rsdt();
    const volatile unsigned char *table;
    seL4_Word tables[MAX_TABLES];
    seL4_Word count;
    bool has_mcfg = false;

    print("-- ACPI\n");
    table = device_map(rsdt);
    count = (field(table, 4, 4) - HEADER) / 4;
    if (count > MAX_TABLES)
        count = MAX_TABLES;
    for (seL4_Word i = 0; i < count; i++)
        tables[i] = field(table, (unsigned)(HEADER + 4 * i), 4);
    for (seL4_Word i = 0; i < count; i++) {
        has_mcfg = has_mcfg || is_named(device_map(tables[i]), "MCFG");
        show_table(tables[i]);
    }
    print("PCI configuration in memory (MCFG): %s\n", answer(has_mcfg));
}
