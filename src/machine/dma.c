/* SPDX-License-Identifier: BSD-2-Clause */
#include <machine/dma.h>

#include <base/bits.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Called with each piece of an access that lies in one page; memory NULL: it reaches nothing. */
typedef void piece_fn(uint8_t *memory, void *bytes, size_t size);

/* The IOMMU tells the kernel by a message of its own. */
static void refuse(struct machine *machine, struct dma_access access, enum dma_fault_reason reason)
{
    if (kernel_refuse_dma(machine->kernel, access, reason))
        bus_send_message(machine->pc->bus, LOCAL_APIC_BASE, IOMMU_VECTOR + IOAPIC_VECTOR_OFFSET);
}

/* No hardware would refuse this; so it is said, once. */
static void report_closed(struct machine *machine, struct dma_access access, paddr_t paddr)
{
    if (machine->dma_refused)
        return;
    machine->dma_refused = true;
    fprintf(stderr,
            "sel4emu: device %02x:%02x.%x: DMA %s 0x%" PRIx64 " is refused: no frame is there, but "
            "a kernel object or unused memory (said once)\n",
            access.requester >> 8, access.requester >> 3 & 0x1f, access.requester & 7,
            access.is_write ? "to" : "from", paddr);
}

static uint8_t *reach(struct machine *machine, struct dma_access access)
{
    struct dma_translation found = kernel_translate_dma(machine->kernel, access);
    if (found.reason == DMA_CLOSED)
        report_closed(machine, access, found.paddr);
    if (found.reason != DMA_ALLOWED) {
        refuse(machine, access, found.reason);
        return NULL;
    }
    if (!pc_memory_is_backed(&machine->layout, found.paddr))
        return NULL;
    return (uint8_t *)machine->memory.base + found.paddr;
}

static void by_pages(struct machine *machine, struct dma_access access, uint8_t *bytes, size_t size,
                     piece_fn *piece)
{
    while (size > 0) {
        size_t count = min_u64(size, PAGE_BYTES - access.address % PAGE_BYTES);
        piece(reach(machine, access), bytes, count);
        access.address += count;
        bytes += count;
        size -= count;
    }
}

static void read_piece(uint8_t *memory, void *bytes, size_t size)
{
    if (memory)
        memcpy(bytes, memory, size);
    else
        memset(bytes, 0, size);
}

static void write_piece(uint8_t *memory, void *bytes, size_t size)
{
    if (memory)
        memcpy(memory, bytes, size);
}

static void dma_read(void *context, uint16_t requester, uint64_t address, uint8_t *bytes,
                     size_t size)
{
    struct dma_access access = {.requester = requester, .address = address};
    by_pages(context, access, bytes, size, read_piece);
}

static void dma_write(void *context, uint16_t requester, uint64_t address, const uint8_t *bytes,
                      size_t size)
{
    struct dma_access access = {.requester = requester, .address = address, .is_write = true};
    by_pages(context, access, (uint8_t *)(uintptr_t)bytes, size, write_piece);
}

struct dma_sink machine_dma_sink(struct machine *machine)
{
    return (struct dma_sink){.context = machine, .read = dma_read, .write = dma_write};
}
