/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses of devices: where they lead, and what the kernel says of those that lead nowhere. */
#include <kernel/kernel_api.h>

#include <base/bits.h>
#include <kernel/dma.h>
#include <mem/io_space.h>
#include <model/console.h>

struct dma_translation kernel_translate_dma(struct kernel *k, struct dma_access access)
{
    return io_translate(k, access);
}

bool kernel_refuse_dma(struct kernel *k, struct dma_access access, enum dma_fault_reason reason)
{
    struct io_mmu *io = &k->io_mmu;
    if (!io->root_table || io->fault_pending)
        return false;
    access.address = align_down(access.address, PAGE_BITS);
    if (reason == DMA_CLOSED)
        reason = access.is_write ? DMA_NO_WRITE : DMA_NO_READ;
    io->fault = (struct dma_fault){.access = access, .reason = reason};
    io->fault_pending = true;
    return true;
}

void dma_report_fault(struct kernel *k)
{
    const struct dma_fault *fault = &k->io_mmu.fault;
    if (!k->io_mmu.fault_pending)
        return;
    k->io_mmu.fault_pending = false;
    const struct dma_access *a = &fault->access;
    console_print(k,
                  "IOMMU: DMA %s page fault from 0x%x (bus: 0x%x/dev: 0x%x/fun: 0x%x) on address "
                  "0x%x:%x with reason code 0x%x\n",
                  a->is_write ? "write" : "read", a->requester, a->requester >> 8,
                  a->requester >> 3 & 0x1f, a->requester & 7, (unsigned)(a->address >> 32),
                  (unsigned)a->address, (unsigned)fault->reason);
}
