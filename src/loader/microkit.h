/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Microkit's images for x86_64. What its tool leaves is the initial task, an ELF file with the
 * system's description in segments of their own, and beside it the SDK's kernel, "sel4.elf". Which
 * kernel that is says the SDK, where it can be found: it has the same file in
 * board/BOARD/CONFIG/elf/. Without it the kernel's symbols tell what Microkit's kernels differ in.
 * Internal to the loader, but for microkit_configure().
 */
#ifndef LOADER_MICROKIT_H
#define LOADER_MICROKIT_H

#include <loader/configuration.h>

/*
 * The configuration of the image at `path`, if it is Microkit's and nothing is known yet of its
 * kernel; else nothing changes. sdk: the SDK's directory, or NULL: then one is looked for above the
 * image. False only if the SDK's own files are broken.
 */
bool microkit_configure(struct configuration *c, const struct image *image, const char *path,
                        const char *sdk, struct loader_error *ret_error);

/*
 * The processor that a file which is no image for x86_64 was made for by Microkit's tool, as in
 * "AArch64"; NULL if it was not.
 */
const char *microkit_loader_machine(const uint8_t *data, uint64_t size);

#endif
