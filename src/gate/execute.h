/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes here what Linux cannot let the guest do: an instruction that accesses a device, or a
 * page that Linux does not map. Page tables are the guest's, who may be changing them: every table
 * and every access is checked to lie in memory that there is.
 */
#ifndef GATE_EXECUTE_H
#define GATE_EXECUTE_H

#include <gate/mmio.h>
#include <gate/seat.h>

/* Whose instruction: in which VSpace, on what memory and devices. */
struct execute_for {
    struct kernel *k; /* of which memory_offset, memory[] and memory_count are used */
    paddr_t root;     /* a page of RAM */
    const struct seat_client *client;
};

/* ret_address, ret_fsr: of the fault, with MMIO_FAULT. */
enum mmio_result execute_instruction(const struct execute_for *who, word_t reg[USER_REGISTER_COUNT],
                                     vaddr_t *ret_address, word_t *ret_fsr);

/* `cpuid`, as a kernel of this configuration would have it answer. */
void execute_cpuid(const struct kernel_config *config, word_t reg[USER_REGISTER_COUNT]);

#endif
