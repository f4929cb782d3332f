/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MACHINE_DMA_H
#define MACHINE_DMA_H

#include <device/bus.h>
#include <machine/state.h>

/* The machine's memory for devices: what the kernel's I/O page tables let them reach of it. */
struct dma_sink machine_dma_sink(struct machine *machine);

#endif
