/* SPDX-License-Identifier: BSD-2-Clause */
#include <base/bits.h>
#include <loader/build_directory.h>
#include <loader/image.h>
#include <loader/kernel_image.h>

#include <stdlib.h>

#define KERNEL_WINDOW UINT64_C(0xffffffff80000000) /* where physical address 0 is to the kernel */
#define KERNEL_LOW    UINT64_C(0x100000)
#define KERNEL_HIGH   UINT64_C(0x4000000)
#define FILE_LIMIT    (UINT64_C(64) << 20)

struct kernel_image kernel_image_usual(const struct kernel_config *config)
{
    struct kernel_image image = {.start = 0x800000, .end = 0xa12000};

    if (config->debug_build) {
        image.end += PAGE_BYTES;
    }
    image.end += (config->num_domains - 1) * PAGE_BYTES; /* ready queues */
    return image;
}

bool kernel_image_parse(const uint8_t *data, uint64_t size, struct kernel_image *ret_image)
{
    struct image elf;

    if (!image_parse_symbols(data, size, &elf)) {
        return false;
    }
    const struct kernel_image image = {
        .start = image_symbol(&elf, "ki_boot_end") - KERNEL_WINDOW,
        .end = image_symbol(&elf, "ki_end") - KERNEL_WINDOW,
    };
    if (image.start < KERNEL_LOW || image.start >= image.end || image.end > KERNEL_HIGH ||
        !is_aligned(image.start, PAGE_BITS) || !is_aligned(image.end, PAGE_BITS)) {
        return false;
    }
    *ret_image = image;
    return true;
}

bool kernel_image_find(const char *path, struct kernel_image *ret_image)
{
    char kernel[FILE_PATH_BYTES];
    struct loader_error error;
    uint8_t *data;
    uint64_t size;

    if (!build_directory_find_kernel(path, kernel) ||
        !file_read(kernel, FILE_LIMIT, &data, &size, &error)) {
        return false;
    }
    const bool found = kernel_image_parse(data, size, ret_image);
    free(data);
    return found;
}
