/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI tables (ACPI 1.0b layout, plus HPET, WAET and DMAR) as QEMU's pc machine has them: RSDP
 * in the BIOS area, the rest in the block that the memory map reserves at the end of low memory.
 * With one processor every table has the address it has on QEMU 7.2.
 */
#ifndef DEVICE_ACPI_H
#define DEVICE_ACPI_H

#include <base/types.h>

#define ACPI_TABLES_BYTES 0x20000 /* what the memory map reserves for them */
#define ACPI_MAX_CPUS     32
#define ACPI_RSDP_BYTES   20

struct acpi_options {
    paddr_t rsdp;        /* in 0xe0000..0xfffff, on a 16-byte boundary */
    paddr_t tables;      /* of ACPI_TABLES_BYTES; below 4 GiB */
    unsigned cpus;       /* 1..ACPI_MAX_CPUS: local APIC ids 0.. */
    unsigned iommu_bits; /* of address */
    paddr_t iommu;       /* registers of the VT-d unit; 0: none, and no DMAR table */
};

/* memory: what stands for physical address 0; the two places are zero there. */
void acpi_write_tables(uint8_t *memory, const struct acpi_options *options);

#endif
