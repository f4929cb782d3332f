/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine as a whole: QEMU's "pc" (i440FX), as far as seL4's pc99 platform library needs it.
 * Its memory map, what its firmware leaves in memory, and its devices on one bus.
 */
#ifndef DEVICE_PC_H
#define DEVICE_PC_H

#include <device/bus.h>
#include <device/ioapic.h>
#include <device/serial.h>
#include <device/stream.h>

#define PC_SERIAL_PORTS 2

/* --- memory ---------------------------------------------------------------------------------- */

#define PC_MAX_RANGES  8
#define PC_MEMORY_MIN  (UINT64_C(4) << 20)
#define PC_MEMORY_MAX  (UINT64_C(256) << 30)
#define PC_HIGH_MEMORY (UINT64_C(4) << 30) /* memory that does not fit below starts here */

enum pc_memory_type { /* as in the multiboot memory map */
                      PC_MEMORY_RAM = 1,
                      PC_MEMORY_RESERVED = 2,
};

struct pc_range {
    paddr_t base, end;
    enum pc_memory_type type;
};

struct pc_memory_layout {
    paddr_t low_end;      /* memory is [0, low_end) ... */
    paddr_t high_end;     /* ... and [PC_HIGH_MEMORY, high_end), empty if they are equal */
    paddr_t rsdp, tables; /* of ACPI */
    struct pc_range map[PC_MAX_RANGES]; /* what the BIOS reports, in its order */
    unsigned map_count;
    struct pc_range ram[PC_MAX_RANGES]; /* of it, what seL4 takes for RAM: at 1 MiB and above */
    unsigned ram_count;
    struct pc_range reserved[3]; /* registers that are the kernel's: IOAPIC, local APIC, IOMMU */
    unsigned reserved_count;
    paddr_t iommu;       /* registers of the VT-d unit; 0: there is none */
    unsigned iommu_bits; /* of address that it translates */
};

/* size: bytes, a multiple of PAGE_BYTES from PC_MEMORY_MIN to PC_MEMORY_MAX; else -EINVAL. */
int pc_memory_layout(uint64_t size, struct pc_memory_layout *ret_layout);

/*
 * Gives the machine a VT-d unit for all of PCI, which no QEMU pc has. Its registers are the
 * kernel's: nothing serves them. bits: of address, 48 as Intel's chips have it, 39 as the unit of
 * QEMU's q35 machine (-device intel-iommu).
 */
void pc_add_iommu(struct pc_memory_layout *layout, unsigned bits);

/* Levels of page tables of a unit with that many bits of address; 0: there is none. */
static inline unsigned pc_iommu_levels(unsigned bits)
{
    return bits ? (bits - PAGE_BITS) / 9 : 0;
}

/*
 * Whether memory lies behind `paddr`: RAM, the BIOS area, the VGA window (a plain frame buffer that
 * nobody shows). What is neither this nor a device's is open: reads give ones.
 */
bool pc_memory_is_backed(const struct pc_memory_layout *layout, paddr_t paddr);

/*
 * Writes what SeaBIOS leaves behind: BIOS data area and ACPI tables. memory: what stands for
 * physical address 0, zeroed, at least up to layout->low_end. cpus: 1..ACPI_MAX_CPUS.
 * serial_ports: up to PC_SERIAL_PORTS.
 */
void pc_write_firmware(uint8_t *memory, const struct pc_memory_layout *layout, unsigned cpus,
                       unsigned serial_ports);

/* --- devices ------------------------------------------------------------------------------------
 */

struct pc_options {
    struct host_stream
        *com[PC_SERIAL_PORTS]; /* of COM1 and COM2; stay the caller's. NULL: there is no COM2 */
    int64_t epoch;             /* seconds since 1970 (UTC) at time 0 */
    unsigned cpus;
    bool hpet_fsb;                    /* HPET can send messages; QEMU's default: false */
    void (*power_off)(void *context); /* the guest switched the machine off (ACPI S5) */
    void *context;
    const char *const *devices; /* for PCI slots, in their order: pc_has_device() */
    unsigned device_count;
};

/* Whether there are devices of that name to add. */
bool pc_has_device(const char *name);

struct pc {
    struct bus *bus;
    struct ioapic *ioapic;
    struct serial *com[PC_SERIAL_PORTS]; /* NULL: no COM2 */
};

/* 0, -ENOMEM, or -ENOSPC if there are more devices than slots. */
int pc_create(const struct pc_memory_layout *layout, const struct pc_options *options,
              struct pc **ret_pc);
void pc_destroy(struct pc *pc);

#endif
