/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the part of libsel4 that depends on the kernel's configuration, from the tables of
 * src/abi: the emulator and the guests cannot disagree about a number.
 */
#ifndef LIBSEL4_GENERATOR_H
#define LIBSEL4_GENERATOR_H

#include <abi/kernel_config.h>
#include <stdio.h>

/* <sel4/abi.h>: numbers, object types and sizes, BootInfo, registers. */
void write_abi_header(FILE *out, const struct kernel_config *config);

/*
 * <sel4/invocations.h>: a label and a function per method. False, with a sentence on stderr, if a
 * prototype does not fit the method's arguments: prototypes.c and invocations.def disagree.
 */
bool write_invocations_header(FILE *out, const struct kernel_config *config);

/*
 * The names of `method`'s parameters in the order of libsel4's prototype, separated by spaces;
 * NULL for the usual order: capabilities, then words.
 */
const char *prototype_order(const char *method, bool mcs);

/* The C type of the words called `name`: "seL4_Word" unless libsel4 has a better one. */
const char *parameter_type(const char *name, size_t name_length);

#endif
