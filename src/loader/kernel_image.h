/* SPDX-License-Identifier: BSD-2-Clause */
/* Which physical memory the real kernel's image takes: guests see the untypeds around it. */
#ifndef LOADER_KERNEL_IMAGE_H
#define LOADER_KERNEL_IMAGE_H

#include <abi/kernel_config.h>

/* [start, end), what is needed for booting alone left out. Ends at pages. */
struct kernel_image {
    paddr_t start, end;
};

/* What a kernel of this configuration takes if its build system does nothing unusual. */
struct kernel_image kernel_image_usual(const struct kernel_config *config);

/* Asks the kernel's ELF file. False if it does not say so, or nothing that can be. */
bool kernel_image_parse(const uint8_t *data, uint64_t size, struct kernel_image *ret_image);

/* The same for the kernel that was built with the configuration file at `path`, if it lies there.
 */
bool kernel_image_find(const char *path, struct kernel_image *ret_image);

#endif
