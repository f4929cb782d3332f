/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that are not an image, recognised so that the user reads what he gave and what to give
 * instead. Internal to the loader.
 */
#ifndef LOADER_FOREIGN_H
#define LOADER_FOREIGN_H

#include <loader/error.h>

/* Returns false with the sentence; for a file without ELF's magic number. */
bool foreign_refuse_file(const uint8_t *data, uint64_t size, struct loader_error *ret_error);

/*
 * True if the ELF header (all of e_ident and e_machine is there) is of a little-endian x86_64 file;
 * else false with the sentence.
 */
bool foreign_check_machine(const uint8_t *data, uint64_t size, struct loader_error *ret_error);

/* Whether the file carries a multiboot header, as seL4's kernel does. */
bool foreign_has_multiboot_header(const uint8_t *data, uint64_t size);

bool foreign_refuse_kernel(struct loader_error *ret_error);

#endif
