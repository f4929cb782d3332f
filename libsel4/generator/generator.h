/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the part of libsel4 that depends on the kernel's configuration, from the tables of
 * src/abi: the emulator and the guests cannot disagree about a number.
 *
 * A writer writes what stands between a header's include guards. False, with a sentence on stderr,
 * if the tables here and there disagree.
 */
#ifndef LIBSEL4_GENERATOR_H
#define LIBSEL4_GENERATOR_H

#include <abi/kernel_config.h>
#include <stdio.h>

typedef bool (*header_writer)(FILE *out, const struct kernel_config *config);

/* <sel4/sel4_arch/constants.h>: sizes of objects, message registers of faults. */
bool write_arch_constants(FILE *out, const struct kernel_config *config);
/* <sel4/constants.h>: limits, priorities, flags, breakpoints. */
bool write_constants(FILE *out, const struct kernel_config *config);
bool write_errors(FILE *out, const struct kernel_config *config);
bool write_object_types(FILE *out, const struct kernel_config *config);
bool write_bootinfo_types(FILE *out, const struct kernel_config *config);
/* <sel4/sel4_arch/types.h>: a thread's registers. */
bool write_arch_types(FILE *out, const struct kernel_config *config);
bool write_syscalls(FILE *out, const struct kernel_config *config);
/* <sel4/invocation.h>: a label per method. */
bool write_labels(FILE *out, const struct kernel_config *config);
/* <sel4emu/labels.h>: the same as macros; #ifdef says whether the kernel has a method. */
bool write_label_macros(FILE *out, const struct kernel_config *config);
/* <interfaces/sel4_client.h>: a function per method. */
bool write_client(FILE *out, const struct kernel_config *config);
/* <sel4/shared_types_gen.h>, <sel4/sel4_arch/types_gen.h>: words of bit fields. */
bool write_shared_bit_fields(FILE *out, const struct kernel_config *config);
bool write_fault_bit_fields(FILE *out, const struct kernel_config *config);
/* <kernel/gen_config.h>, <sel4/gen_config.h>: CONFIG_*, for who has no build system that does. */
bool write_kernel_configuration(FILE *out, const struct kernel_config *config);
bool write_libsel4_configuration(FILE *out, const struct kernel_config *config);

/* `define NAME value` */
void write_define(FILE *out, const char *name, int64_t value);

/* "rip" is FaultIP in fault messages, any other register is in capitals, but `special` ones. */
struct register_name {
    unsigned reg;
    const char *name;
};
#define REGISTER_NAME_BYTES 16
void fault_register_name(unsigned reg, const struct register_name *special,
                         char ret_name[REGISTER_NAME_BYTES]);

/*
 * The names of `method`'s parameters in the order of libsel4's prototype, separated by spaces;
 * NULL for the usual order: capabilities, then words.
 */
const char *prototype_order(const char *method, bool mcs);

/* The C type of the object whose method it is: "seL4_TCB" of "TCB_Suspend". */
void service_type(const char *method, char *ret_type, size_t size);

/* The C type of a word of `bits` bits called `name`. */
const char *parameter_type(const char *method, const char *name, size_t name_length, unsigned bits);

/* libsel4's name of a method's label: "TCBSuspend" of "TCB_Suspend". */
void label_name(const char *method, char *ret_name, size_t size);

#endif
