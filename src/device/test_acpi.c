/* SPDX-License-Identifier: BSD-2-Clause */
#include <device/acpi.h>
#include <device/hpet.h>

#include <stdlib.h>
#include <string.h>
#include <test.h>

#define RSDP   0xf59d0
#define TABLES 0x1e0000
#define SIZE   0x200000

static uint8_t *memory;

static void write_tables(unsigned cpus)
{
    memory = calloc(1, SIZE);
    acpi_write_tables(memory, &(struct acpi_options){.rsdp = RSDP, .tables = TABLES, .cpus = cpus});
}

static uint32_t dword(uint64_t paddr)
{
    uint32_t value;

    memcpy(&value, memory + paddr, sizeof(value));
    return value;
}

static uint8_t sum(uint64_t paddr, uint64_t size)
{
    uint8_t total = 0;

    for (uint64_t i = 0; i < size; i++)
        total = (uint8_t)(total + memory[paddr + i]);
    return total;
}

/* The table of that signature, through RSDP and RSDT as a guest finds it; 0 if there is none. */
static uint32_t find(const char *signature)
{
    uint32_t rsdt = dword(RSDP + 16);

    for (uint32_t entry = rsdt + 36; entry < rsdt + dword(rsdt + 4); entry += 4) {
        if (memcmp(memory + dword(entry), signature, 4) == 0)
            return dword(entry);
    }
    return 0;
}

TEST(every_checksum_is_right)
{
    uint32_t rsdt;

    write_tables(1);
    CHECK_MEM(memory + RSDP, "RSD PTR ", 8);
    CHECK_EQ(sum(RSDP, 20), 0);
    CHECK_EQ(RSDP % 16, 0);
    rsdt = dword(RSDP + 16);
    CHECK_MEM(memory + rsdt, "RSDT", 4);
    CHECK_EQ(dword(rsdt + 4), 36 + 4 * 4);
    CHECK_EQ(sum(rsdt, dword(rsdt + 4)), 0);
    for (uint32_t entry = rsdt + 36; entry < rsdt + 36 + 16; entry += 4)
        CHECK_EQ(sum(dword(entry), dword(dword(entry) + 4)), 0);
    free(memory);
}

TEST(tables_lie_where_qemu_has_them)
{
    write_tables(1);
    CHECK_EQ(find("FACP"), TABLES + 0x198c);
    CHECK_EQ(find("APIC"), TABLES + 0x1a00);
    CHECK_EQ(find("HPET"), TABLES + 0x1a78);
    CHECK_EQ(find("WAET"), TABLES + 0x1ab0);
    CHECK_EQ(dword(RSDP + 16), TABLES + 0x1ad8);
    free(memory);
}

/* As read from QEMU 7.2's pc machine with one processor. */
TEST(madt_hpet_and_waet_are_those_of_qemu)
{
    static const uint8_t madt[] = {
        0x41, 0x50, 0x49, 0x43, 0x78, 0x00, 0x00, 0x00, 0x01, 0x8a, 0x42, 0x4f, 0x43, 0x48, 0x53,
        0x20, 0x42, 0x58, 0x50, 0x43, 0x20, 0x20, 0x20, 0x20, 0x01, 0x00, 0x00, 0x00, 0x42, 0x58,
        0x50, 0x43, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe0, 0xfe, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x08, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x00, 0x00, 0x00, 0x00, 0xc0, 0xfe,
        0x00, 0x00, 0x00, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
        0x0a, 0x00, 0x05, 0x05, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x02, 0x0a, 0x00, 0x09, 0x09, 0x00,
        0x00, 0x00, 0x0d, 0x00, 0x02, 0x0a, 0x00, 0x0a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x02,
        0x0a, 0x00, 0x0b, 0x0b, 0x00, 0x00, 0x00, 0x0d, 0x00, 0x04, 0x06, 0xff, 0x00, 0x00, 0x01,
    };
    static const uint8_t hpet[] = {
        0x48, 0x50, 0x45, 0x54, 0x38, 0x00, 0x00, 0x00, 0x01, 0xb4, 0x42, 0x4f, 0x43, 0x48,
        0x53, 0x20, 0x42, 0x58, 0x50, 0x43, 0x20, 0x20, 0x20, 0x20, 0x01, 0x00, 0x00, 0x00,
        0x42, 0x58, 0x50, 0x43, 0x01, 0x00, 0x00, 0x00, 0x01, 0xa2, 0x86, 0x80, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0xd0, 0xfe, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    };

    write_tables(1);
    CHECK_MEM(memory + find("APIC"), madt, sizeof(madt));
    CHECK_MEM(memory + find("HPET"), hpet, sizeof(hpet));
    CHECK_EQ(dword(find("WAET") + 36), 2);
    CHECK_EQ(memory[find("WAET") + 9], 0x39);
    free(memory);
}

TEST(the_fadt_names_what_there_is)
{
    uint32_t fadt, dsdt;

    write_tables(1);
    fadt = find("FACP");
    CHECK_EQ(dword(fadt + 4), 116);
    CHECK_EQ(dword(fadt + 36), TABLES);
    CHECK_MEM(memory + TABLES, "FACS", 4);
    CHECK_EQ(dword(TABLES + 4), 64);
    dsdt = dword(fadt + 40);
    CHECK_EQ(dsdt, TABLES + 0x40);
    CHECK_MEM(memory + dsdt, "DSDT", 4);
    CHECK_EQ(sum(dsdt, dword(dsdt + 4)), 0);
    CHECK_EQ(dword(fadt + 48), 0);     /* SMI command port */
    CHECK_EQ(dword(fadt + 56), 0x600); /* PM1a event, control, timer */
    CHECK_EQ(dword(fadt + 64), 0x604);
    CHECK_EQ(dword(fadt + 76), 0x608);
    CHECK_EQ(memory[fadt + 88], 4);
    CHECK_EQ(memory[fadt + 89], 2);
    CHECK_EQ(memory[fadt + 91], 4);
    CHECK_EQ(memory[fadt + 108], 0x32); /* century */
    CHECK_EQ(dword(fadt + 112), 0x80a5);
    free(memory);
}

TEST(each_processor_has_its_entry)
{
    uint32_t madt;

    write_tables(ACPI_MAX_CPUS);
    madt = find("APIC");
    CHECK_EQ(dword(madt + 4), 120 + 8 * (ACPI_MAX_CPUS - 1));
    CHECK_EQ(sum(madt, dword(madt + 4)), 0);
    for (unsigned i = 0; i < ACPI_MAX_CPUS; i++) {
        CHECK_EQ(dword(madt + 44 + 8 * i), 0x0800 | i << 16 | i << 24);
        CHECK_EQ(dword(madt + 48 + 8 * i), 1);
    }
    CHECK(find("HPET") == madt + dword(madt + 4));
    free(memory);
}

TEST(an_iommu_has_its_table)
{
    static const uint8_t unit[] = {0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0};
    uint32_t dmar;

    write_tables(1);
    CHECK_EQ(find("DMAR"), 0);
    free(memory);
    memory = calloc(1, SIZE);
    acpi_write_tables(memory, &(struct acpi_options){.rsdp = RSDP,
                                                     .tables = TABLES,
                                                     .cpus = ACPI_MAX_CPUS,
                                                     .iommu = 0xfed90000,
                                                     .iommu_bits = 48});
    dmar = find("DMAR");
    CHECK(dmar != 0 && find("WAET") != 0);
    CHECK_EQ(dword(dmar + 4), 64);
    CHECK_EQ(sum(dmar, 64), 0);
    CHECK_EQ(memory[dmar + 36], 47); /* bits of address, less one */
    CHECK_EQ(memory[dmar + 37], 0);
    CHECK_MEM(memory + dmar + 48, unit, sizeof(unit));
    free(memory);
}
