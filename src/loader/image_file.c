/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images as files. The file is read, not mapped: a build that overwrites it under a running guest
 * would otherwise be a SIGBUS in the machine.
 */
#include <loader/build_directory.h>
#include <loader/image.h>

#include <stdlib.h>
#include <string.h>

#define IMAGE_LIMIT (UINT64_C(1) << 30)

static bool refuse(const char *path, struct loader_error *error)
{
    char likely[FILE_PATH_BYTES];

    if (error->problem == LOADER_IS_KERNEL && build_directory_guess_image(path, likely)) {
        return loader_fail(
            error, LOADER_IS_KERNEL,
            "%s: this is the kernel, whose place sel4emu takes; run the image beside "
            "it: sel4emu %s",
            path, likely);
    }
    return loader_fail_prefix(error, path);
}

bool image_open(const char *path, struct image *ret_image, struct loader_error *ret_error)
{
    uint8_t *data;
    uint64_t size;

    if (!file_read(path, IMAGE_LIMIT, &data, &size, ret_error)) {
        return false;
    }
    if (!image_parse(data, size, ret_image, ret_error)) {
        free(data);
        return refuse(path, ret_error);
    }
    return true;
}

void image_close(struct image *image)
{
    free((void *)(uintptr_t)image->data);
    *image = (struct image){0};
}
