/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_DMA_H
#define KERNEL_DMA_H

#include <model/kernel.h>

/* The IOMMU's interrupt: says what its fault record holds, if that is new, and empties it. */
void dma_report_fault(struct kernel *k);

#endif
